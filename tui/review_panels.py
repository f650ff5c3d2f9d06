"""Panels of the review: a question, the number that is right, what the check says of the whole draft."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from backbones.store.drafts import Draft, Evidence, Finding, accepted
from backbones.store.errors import BackbonesError
from backbones.store.text import printable
from backbones.tui.panel import Panel
from backbones.tui.prompt import PromptPanel
from backbones.tui.reading_panel import ReadingPanel, reading_keys
from backbones.tui.review_printed import place_in, typed_number, where_printed
from backbones.tui.review_values import BY_HAND, Value, of_the_whole, written


class AskPanel(Panel[bool]):
    """A question that is answered by yes or no; no is what happens when it is closed."""

    DEFAULT_CSS = """
    AskPanel { align: center middle; }
    AskPanel > Vertical { width: 66; max-width: 100%; height: auto; border: round $primary;
        background: $background; padding: 0 1; }
    AskPanel Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer(True)", "yes", key_display="y", id="ask.yes", tooltip="Do it"),
        Binding("n,escape,q", "answer(False)", "no", key_display="n", id="ask.no", tooltip="Do nothing"),
    ]
    has_field = False

    def __init__(self, title: str, question: str) -> None:
        super().__init__()
        self._title, self._question = title, question

    def compose(self) -> ComposeResult:
        """The question in a frame that says which keys answer it."""
        with Vertical() as box:
            box.border_title = Content(printable(self._title))
            box.border_subtitle = self.hints()
            yield Static("\n".join(printable(line) for line in self._question.splitlines()), markup=False)

    def action_answer(self, answer: bool) -> None:
        """Close, with the answer."""
        self.dismiss(answer)


class CorrectPanel(PromptPanel):
    """Asks for the number that is right; says as it is typed in which cell it stands, or that it will be noted as by hand."""

    DEFAULT_CSS = """
    CorrectPanel { align: left top; }
    CorrectPanel > Vertical { margin: 1 0 0 0; }  /* over the list, so that the cell can be seen */
    CorrectPanel #prompt-said { color: $foreground; max-height: 5; }
    """

    def __init__(self, value: Value, draft: Draft, text: str, then: Callable[[float], None]) -> None:
        super().__init__(
            f"{value.model} {value.metric}: instead of {written(value.evidence.value)}", text, self._read, then
        )
        self._value, self._draft = value, draft
        self.field.select_on_focus = True  # what is typed takes the place of what is there

    def on_mount(self) -> None:
        """Say where the number stands that is there already."""
        self._tell_place()

    def _read(self, text: str, is_sure: bool) -> float:
        number = typed_number(text, self._value.evidence.quantity)
        if reason := refused(self._draft, self._value.evidence, number):
            raise BackbonesError(reason)
        return number

    @on(Input.Changed)
    def _tell_place(self) -> None:
        try:
            number = typed_number(self.field.value, self._value.evidence.quantity)
        except BackbonesError as error:
            self.say(str(error) if self.field.value.strip() else "")
            return
        self.say(_stands(number, self._value.evidence, self._draft))


def _stands(number: float, held: Evidence, draft: Draft) -> str:
    """Where a number is printed, as seen from the value that it would take the place of."""
    if number == held.value:
        return "that is what was read: taking it accepts the value"
    place = where_printed(draft.grids, number, held)
    if held.row < 0 and place_in(held.printed, number):
        return "it stands in the same sentence"
    if place is None:
        return f"no cell of the draft's tables prints {written(number)}: it will be noted as {BY_HAND}"
    if held.row < 0:
        return f"it stands in {place.text}"
    is_other = {
        "table": place.grid.id != held.table,
        "row": place.row != held.row,
        "column": place.column != held.column,
    }
    others = ["another table"] if is_other["table"] else [f"another {what}" for what in is_other if is_other[what]]
    return f"it stands in {place.text}" + (f": that is {' and '.join(others)}" if others else "")


def refused(draft: Draft, evidence: Evidence, number: float) -> str:
    """Why a number cannot stand in the file, whatever else is decided; empty: it can."""
    untouched = replace(draft, evidence=(replace(evidence, decision="", corrected=None),))
    try:
        accepted(untouched)
    except BackbonesError:
        return ""  # not because of this number; writing says why
    try:
        accepted(untouched.decide(evidence.path, "corrected", number))
    except BackbonesError as error:
        reason = str(error).removeprefix(f"{draft.path}: cannot be accepted: ").removeprefix(evidence.path)
        return f"{written(number)} cannot stand there: {reason.partition(' [type=')[0].strip()}"
    return ""


class DraftPanel(ReadingPanel):
    """What the draft was made of, and what the check says that is about no single number."""

    BINDINGS: ClassVar[list[BindingType]] = reading_keys(
        "review_about", "escape,q,i,enter", first="the top", last="the end"
    )

    def __init__(self, draft: Draft, value: Value | None, told: tuple[str, ...]) -> None:
        super().__init__(f"Draft of {draft.family}")
        self._draft, self._value, self._told = draft, value, told

    def text(self) -> Content:
        """The paper, how far the review is, the findings."""
        draft = self._draft
        lines = [Content(draft.title), Content(f"{draft.paper} · {draft.path}"), Content(", ".join(self._told))]
        groups: list[tuple[str, tuple[Finding, ...]]] = [("Of the whole draft", of_the_whole(draft))]
        if self._value is not None:
            own = (*self._value.findings, *self._value.around)
            groups.insert(0, (f"Of {self._value.model} {self._value.metric} {self._value.number}", own))
        for title, findings in groups:
            lines += [Content(""), Content(printable(title)).stylize("bold")]
            lines += [_line(finding) for finding in findings] or [Content("  the check has nothing to say")]
        return Content("\n").join(lines)


def _line(finding: Finding) -> Content:
    word = Content(f"  {finding.severity}: ").stylize("bold")
    where = f" (page {finding.page})" if finding.page and "page" not in finding.text else ""
    return word + Content(finding.text + where)

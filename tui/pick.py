"""The adviser: a task and limits in, a short list with reasons out, while one types."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Final
from weakref import WeakKeyDictionary

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from backbones.plot.palette import Look
from backbones.store.adviser import Advice, advise
from backbones.store.advising.form import choices_of, cleared, field_of, typed, value_text, with_value
from backbones.store.advising.table import table_of
from backbones.store.advising.task import Wish
from backbones.store.errors import BackbonesError
from backbones.store.explorer import Choice, Explorer
from backbones.store.row_links import link_of_row
from backbones.tui.advice import AdvicePane, AnswerMarked, AnswerOpened
from backbones.tui.heading_line import HeadingLine
from backbones.tui.hints import KeyHints
from backbones.tui.navigation import Place
from backbones.tui.pick_form import FieldCleared, FieldOpened, PickForm
from backbones.tui.place import PlaceScreen

NO_CHOICE = {
    "head": "this task needs no head",
    "precision": "choose a device first; its precisions are listed then",
}
NEEDS_DEVICE = ("min_img_s", "max_ms")

_LAST: Final[WeakKeyDictionary[App[Any], Wish]] = WeakKeyDictionary()
"""What was last asked for in a session: whoever comes to the adviser anew goes on from there."""


@dataclass(frozen=True, slots=True)
class PickPosition:
    """Where one was in the adviser."""

    wish: Wish
    field: int
    entry: int
    is_in_answer: bool


class PickScreen(PlaceScreen):
    """A form on the left, its answer on the right."""

    AUTO_FOCUS = "#pick-form"
    DEFAULT_CSS = """
    PickScreen #pick-panes { height: 1fr; layout: horizontal; }
    PickScreen #pick-form { width: 38%; max-width: 48; }
    PickScreen #pick-advice { margin: 0 0 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "tab,shift+tab", "other_pane", "pane", False, id="pick.pane", tooltip="From the form to the answer and back"
        ),
        Binding("l,right", "go_to(True)", "answers", id="pick.answers", tooltip="To the answers"),
        Binding("h,left", "go_to(False)", "form", False, id="pick.form", tooltip="To the form"),
        Binding("o", "show_rows", "rows", id="pick.show", tooltip="All rows of this question on the first screen"),
        Binding("R", "reset", "reset", id="pick.reset", tooltip="Ask for nothing"),
        Binding("Y", "copy", "copy", id="pick.copy", tooltip="Copy the command line that asks the same"),
        Binding("E", "export", "export", False, id="pick.export", tooltip="Copy or write the short list"),
        Binding(
            "v", "app.visit('compare')", "compare", False, id="pick.compare", tooltip="What is marked, side by side"
        ),
    ]

    def __init__(self, explorer: Explorer, look: Look, place: Place, position: Any = None) -> None:
        super().__init__(explorer, look, place, position)
        self._was = position if isinstance(position, PickPosition) else None
        self.wish = self._was.wish if self._was else Wish()
        self.advice: Advice | None = None

    def compose(self) -> ComposeResult:
        """Heading, form and answer, keys; a new visit has the limits of the one before."""
        if self._was is None:
            self.wish = _LAST.get(self.app, self.wish)
        self.heading = HeadingLine("Pick", id="pick-heading")
        self.form = PickForm(self.wish, id="pick-form")
        self.pane = AdvicePane(self.look.ascii, id="pick-advice")
        yield self.heading
        with Container(id="pick-panes"):
            yield self.form
            yield self.pane
        yield KeyHints(id="hints")

    def on_mount(self) -> None:
        """Ask for what was wished for."""
        self.heading.mark(len(self.home.marks))
        if self._was is not None:
            self.form.row = self._was.field
            self.set_focus(self.pane if self._was.is_in_answer else self.form)
        self._request(self.wish)

    def position(self) -> PickPosition:
        """The wish and both cursors."""
        return PickPosition(self.wish, self.form.row, self.pane.entry, self.pane.has_focus)

    # Question and answer

    def _request(self, wish: Wish) -> None:
        self.wish = wish
        _LAST[self.app] = wish
        self.form.show(wish, "")
        self.heading.note("asking …")
        self.ask(partial(advise, wish=wish), self._take, "advice")

    def _take(self, advice: Advice) -> None:
        self.advice = advice
        self.form.show(self.wish, advice.columns[0].label)
        self.pane.show(advice, self.home.marks)
        if self._was is not None:
            self.pane.entry = max(0, min(self._was.entry, len(self.pane.entries) - 1))
            self._was = None
        limits = (
            f"{advice.meeting:,} of {advice.candidates:,} rows meet the limits"
            if advice.relaxed
            else f"{advice.candidates:,} rows"
        )
        self.heading.say("Pick", limits, f"{len(advice.front):,} on the front")

    def complain(self, error: BackbonesError) -> None:
        """A wish that means nothing: say so where the answer would be."""
        self.advice = None
        self.heading.note("this cannot be answered")
        self.pane.say(str(error))

    # The form

    @on(FieldOpened)
    def _edit(self, event: FieldOpened) -> None:
        field = field_of(event.name)
        if event.name in NEEDS_DEVICE and not self.wish.device:
            self.app.notify("choose a device first: a speed is one of a device", timeout=3)
        elif field.kind == "flag":
            self._request(with_value(self.wish, event.name, not getattr(self.wish, event.name)))
        elif field.kind == "choice":
            self.ask(partial(choices_of, wish=self.wish, name=event.name), partial(self._choose, event.name), "choices")
        else:
            self._type(event.name)

    def _choose(self, name: str, choices: tuple[Choice, ...]) -> None:
        from backbones.tui.choose import ChoosePanel

        if not self.is_active:
            return
        if len(choices) < 2 and name in NO_CHOICE:
            self.app.notify(NO_CHOICE[name], timeout=3)
            return
        panel = ChoosePanel(field_of(name).label, choices, getattr(self.wish, name))
        self.app.push_screen(panel, partial(self._chosen, name))

    def _chosen(self, name: str, reference: str | None) -> None:
        if reference is not None:
            self._request(with_value(self.wish, name, reference))

    def _type(self, name: str) -> None:
        from backbones.tui.prompt import PromptPanel

        field = field_of(name)
        now = "" if getattr(self.wish, name) in (None, "") else value_text(self.wish, name)
        hint = "family != ViT and published >= 2022" if field.kind == "filter" else "a number; empty: no limit"
        self.app.push_screen(
            PromptPanel(
                field.label, now, lambda text, _: typed(name, text), lambda value: self._typed(name, value), hint
            )
        )

    def _typed(self, name: str, value: Any) -> None:
        self._request(with_value(self.wish, name, value))

    @on(FieldCleared)
    def _clear(self, event: FieldCleared) -> None:
        wish = cleared(self.wish, event.name)
        if wish != self.wish:
            self._request(wish)

    def action_reset(self) -> None:
        """Ask for nothing."""
        self._request(Wish())

    # The answer

    @on(AnswerOpened)
    def _open(self, event: AnswerOpened) -> None:
        self.ask(partial(link_of_row, key=event.key), self.follow, "link")

    @on(AnswerMarked)
    def _mark(self, event: AnswerMarked) -> None:
        name = f"#{event.key}"
        if self.home.marks.pop(name, None) is None:
            self.home.marks[name] = event.name
        self.heading.mark(len(self.home.marks))
        self.pane.refresh()

    def action_other_pane(self) -> None:
        """To the other pane."""
        self.set_focus(self.form if self.pane.has_focus else self.pane)

    def action_go_to(self, to_answers: bool) -> None:
        """To the answers or the form."""
        self.set_focus(self.pane if to_answers else self.form)

    def action_show_rows(self) -> None:
        """All rows of the question, on the first screen."""
        if self.advice is not None:
            self.home.show_view(self.advice.view())

    def action_copy(self) -> None:
        """Copy the command line."""
        self.copy_line(self.wish.command())

    def action_export(self) -> None:
        """Take the short list along."""
        from backbones.tui.export_panel import ExportPanel
        from backbones.tui.takeaway import Takeaway

        if self.advice is None or not self.advice.answers:
            return
        keys = tuple(answer.key for answer in self.advice.answers)
        row = min(self.pane.entry, len(keys) - 1)
        view = replace(self.advice.view(), limit=None)
        self.app.push_screen(
            ExportPanel(Takeaway("short list", table_of(self.advice), row, 1, view, keys=keys), self.explorer)
        )

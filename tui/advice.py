"""The adviser's answer as text: the short list with reasons, what looser limits bring, what nobody has measured."""

from __future__ import annotations

import textwrap
from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from backbones.store.adviser import Advice, Recommended
from backbones.store.advising.evidence import OF_THE_BACKBONE
from backbones.store.formats import shown
from backbones.store.text import printable
from backbones.tui.cells import padded

BOLD, DIM, REVERSE, QUIET, DOUBT = (
    Style(bold=True), Style(dim=True), Style(reverse=True, bold=True), Style(reverse=True, dim=True), Style(color="yellow"),
)  # fmt: skip
MARK = "*"
MORE, MORE_ASCII = ("\u25b4", "\u25be"), ("^", "v")


@dataclass(eq=False, repr=False)
class AnswerOpened(Message):
    """Enter was pressed on an answer, or on a row that might be one."""

    key: int


@dataclass(eq=False, repr=False)
class AnswerMarked(Message):
    """An answer shall be marked, or no longer."""

    key: int
    name: str


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line as painted; `entry` is the answer, or other row, that it belongs to."""

    text: str
    style: Style | None = None
    entry: int | None = None
    is_head: bool = False


class AdvicePane(Widget, can_focus=True):
    """Lines with a cursor that goes from answer to answer."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "AdvicePane { width: 1fr; height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", False, id="advice.down", tooltip="The next answer"),
        Binding("up,k", "move(-1)", "Up", False, id="advice.up", tooltip="The answer before"),
        Binding("home,g", "move(-99)", "First", False, id="advice.first", tooltip="The first answer"),
        Binding("end,G", "move(99)", "Last", False, id="advice.last", tooltip="The last line"),
        Binding("pagedown,ctrl+d", "scroll(1)", "Page down", False, id="advice.page_down", tooltip="A screen further"),
        Binding("pageup,ctrl+u", "scroll(-1)", "Page up", False, id="advice.page_up", tooltip="A screen back"),
        Binding("enter", "open", "page", id="advice.open", tooltip="The page of the answer"),
        Binding("space", "mark", "mark", id="advice.mark", tooltip="Mark the answer, to compare it; again: no longer"),
    ]

    def __init__(self, is_ascii: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self._more = MORE_ASCII if is_ascii else MORE
        self.advice: Advice | None = None
        self.entry = 0
        self._marks: Collection[str] = ()
        self._top = 0
        self._note = "asking …"
        self._lines: list[TextLine] = []
        self._for: tuple[object, int, int] = (None, 0, 0)
        self._follows = True

    def show(self, advice: Advice, marks: Collection[str]) -> None:
        """Take another advice; the cursor stays on the answer it was on, where that is still there."""
        key = self.entries[self.entry][0] if self.entry < len(self.entries) else None
        self.advice, self._marks, self._note = advice, marks, ""
        keys = [answer.key for answer in advice.answers]
        self.entry = keys.index(key) if key in keys else 0
        self._top = 0 if self.entry == 0 else self._top
        self._for, self._follows = (None, 0, 0), True
        self.refresh()

    def say(self, text: str) -> None:
        """Show a sentence instead."""
        self.advice, self._note = None, text
        self._for = (None, 0, 0)
        self._top = 0
        self.refresh()

    @property
    def entries(self) -> list[tuple[int, str]]:
        """Key and name of everything that the cursor can stand on: answers, then rows that might be one."""
        if self.advice is None:
            return []
        found = [(answer.key, answer.name) for answer in self.advice.answers]
        for unknown in self.advice.unknown:
            found += [(key, name) for name, _, key in unknown.best if key not in {k for k, _ in found}]
        return found

    @property
    def page(self) -> int:
        """Lines that fit; where not all do, the last row of the pane says so."""
        height = self.size.height
        return height if len(self._lines) <= height or height < 3 else height - 1

    def _beyond(self) -> str:
        """How much of the text is above and below what is on the screen, the answers among it counted."""
        below = self._lines[self._top + self.page :]
        count = len(self.advice.answers) if self.advice else 0
        answers = sum(line.is_head and line.entry is not None and line.entry < count for line in below)
        told = [f"{self._more[0]} {self._top:,} lines above"] if self._top else []
        if below:
            more = f", {answers} answer{'s' if answers != 1 else ''} among them" if answers else ""
            told.append(f"{self._more[1]} {len(below):,} more lines{more}")
        return " " + "   ".join(told)

    # Keys

    def action_move(self, entries: int) -> None:
        """Go to another answer; beyond the last the text scrolls on."""
        at = max(0, min(len(self.entries) - 1, self.entry + entries))
        if at == self.entry and entries > 0:
            self.action_scroll(1)
        elif at != self.entry:
            self.entry, self._follows = at, True
            self.refresh()

    def action_scroll(self, screens: int) -> None:
        """Scroll the text."""
        self._scroll(screens * max(1, self.page - 1))

    def _scroll(self, lines: int) -> None:
        self._top = max(0, min(self._top + lines, len(self._lines) - self.page))
        self._follows = False
        self.refresh()

    def action_open(self) -> None:
        """Ask for the page of the answer."""
        if self.entries:
            self.post_message(AnswerOpened(self.entries[self.entry][0]))

    def action_mark(self) -> None:
        """Ask to mark the answer."""
        if self.entries:
            self.post_message(AnswerMarked(*self.entries[self.entry]))

    def on_click(self, event: events.Click) -> None:
        """Choose an answer; at the second click open its page."""
        at = self._top + event.y
        if event.y < self.page and at < len(self._lines) and self._lines[at].entry is not None:
            self.entry = self._lines[at].entry or 0
            self.refresh()
            if event.chain > 1:
                self.action_open()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Three lines further."""
        event.stop()
        self._scroll(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Three lines back."""
        event.stop()
        self._scroll(-3)

    # Painting

    def render_line(self, y: int) -> Strip:
        """Line y of the widget."""
        width = self.size.width
        if self._for != (self.advice, width, self.entry):
            self._for = (self.advice, width, self.entry)
            self._lines = (
                lines_of(self.advice, width, self.entry) if self.advice else wrapped(self._note, width, "", None)
            )
        if self._follows:
            self._follow(self.page)
        if y >= self.page:
            return Strip([Segment(padded(self._beyond() if y == self.page else "", width), BOLD)], width)
        if self._top + y >= len(self._lines):
            return Strip.blank(width)
        line = self._lines[self._top + y]
        style, text = line.style, line.text
        if line.is_head and line.entry is not None and self.entries:
            if f"#{self.entries[line.entry][0]}" in self._marks:
                text = MARK + text[1:]
            if line.entry == self.entry:
                style = REVERSE if self.has_focus else QUIET
        return Strip([Segment(padded(text, width), style)], width)

    def _follow(self, height: int) -> None:
        """Bring the whole entry under the cursor into view."""
        mine = [i for i, line in enumerate(self._lines) if line.entry == self.entry]
        if mine:
            self._top = min(max(self._top, mine[-1] - height + 1), mine[0])
        if self.entry == 0:
            self._top = 0


def lines_of(advice: Advice, width: int, opened: int = 0) -> list[TextLine]:
    """All lines of an advice, wrapped to a width; of the answer `opened` also where each of its costs comes from."""
    lines: list[TextLine] = []
    for number, answer in enumerate(advice.answers):
        lines += _answer(advice, number, answer, width, number == opened)
    if not advice.answers:
        lines += wrapped("Nothing meets all limits.", width, " ", BOLD)
    if advice.relaxed:
        lines.append(TextLine(" A tenth looser", BOLD))
        for relaxed in advice.relaxed:
            style = None if relaxed.gain is None or relaxed.gain > 0 else DIM
            lines += wrapped(relaxed.text, width, "   ", style, first=" ")
    if advice.unknown:
        keys: list[int] = [answer.key for answer in advice.answers]
        lines += [TextLine(""), TextLine(" Not known", BOLD)]
        for unknown in advice.unknown:
            lines += wrapped(
                unknown.text.partition("; the best of them: ")[0] + "; the best of them:", width, "   ", None, first=" "
            )
            for name, value, key in unknown.best:
                text = f"   {printable(name)} {shown(value, advice.columns[0])}"
                if key in keys:
                    lines.append(TextLine(text))
                else:
                    lines.append(TextLine(text, None, len(keys), True))
                    keys.append(key)
    if advice.notes:
        lines.append(TextLine(""))
        for note in advice.notes:
            lines += wrapped(note, width, "   ", DIM, first=" ")
    return lines


def _answer(advice: Advice, number: int, answer: Recommended, width: int, is_opened: bool) -> list[TextLine]:
    proof = answer.evidence
    head = f" {number + 1} {printable(answer.name)}"
    values = [
        f"{shown(value, column) or 'unknown'} {column.unit if i else column.label}"
        + (f" {proof.spread}" if not i and str(proof.spread) else "")
        for i, (column, value) in enumerate(zip(advice.columns, answer.values, strict=True))
    ]
    values[1:] = [
        v.replace(" M", f" M params{_whose(advice, source)}") if c.name == "params_m" else v
        for v, c, source in zip(values[1:], advice.columns[1:], proof.sources[1:], strict=True)
    ]
    lines = [TextLine(head, BOLD, number, True)]
    texts: list[tuple[str, Style | None]] = [(answer.reason, None), (" · ".join(values), None)]
    about = [
        answer.setting,
        f"{proof.licence_class or 'licence unknown'}{f' ({proof.licence})' if proof.licence else ''}",
    ]
    texts.append((" · ".join(a for a in about if a), None))
    texts.append((proof.load or proof.why_not or "no released file is known", DIM))
    texts.append((f"from {proof.sources[0]}", DIM))
    if is_opened:
        texts += [(text, DIM) for text in _costs(advice, answer)]
    if answer.others:
        texts.append((f"{answer.others} more of its settings on the front", DIM))
    texts += [(f"doubtful: {doubt}", DOUBT) for doubt in proof.doubts]
    for text, style in texts:
        lines += wrapped(text, width, "     ", style, number, first="   ")
    return [*lines, TextLine("")]


def _whose(advice: Advice, source: str) -> str:
    """Whether the parameters are those of the backbone alone, where a head stands on it."""
    return "" if advice.is_classification or source != OF_THE_BACKBONE else f" ({OF_THE_BACKBONE})"


def _costs(advice: Advice, answer: Recommended) -> list[str]:
    """`img/s V100 amp 1,420: timm, results.csv (via timm); amp, PyTorch 2.1, batch 256`"""
    found = []
    for column, value, source in list(zip(advice.columns, answer.values, answer.evidence.sources, strict=True))[1:]:
        if source and source not in (OF_THE_BACKBONE, answer.evidence.sources[0]):
            found.append(f"{column.label} {shown(value, column)}: {source}")
    return found


def wrapped(
    text: str, width: int, indent: str, style: Style | None, entry: int | None = None, first: str | None = None
) -> list[TextLine]:
    """The text in lines of at most `width` cells."""
    found = textwrap.wrap(
        printable(text), max(width, 10), initial_indent=indent if first is None else first, subsequent_indent=indent
    )
    return [TextLine(line, style, entry) for line in found]

"""The table of a comparison: one line an attribute, one column a model; the line's name stays when the models scroll."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from backbones.store.compare import Comparison, Line
from backbones.store.comparing.table import cell, difference
from backbones.store.text import printable
from backbones.tui.cells import padded

GAP = 2
NAME_SHARE, NAME_WIDEST, NAME_NARROWEST = 0.45, 46, 20
NARROWEST, TEXT_NARROWEST, WIDEST = 10, 14, 24
DIFFERENCE = 9
WINNER, DIFFERS, DIFFERS_ASCII = "*", "≠", "!"
BOLD, REVERSE, QUIET, DIM = Style(bold=True), Style(reverse=True), Style(reverse=True, dim=True), Style(dim=True)
HERE = Style(bold=True, reverse=True)
MORE_LEFT, MORE_RIGHT = "\u2039", "\u203a"


@dataclass(eq=False, repr=False)
class LineHighlighted(Message):
    """The cursor went to another line or model."""


@dataclass(eq=False, repr=False)
class ModelOpened(Message):
    """Enter was pressed on a model."""

    at: int


class CompareTable(Widget, can_focus=True):
    """A cursor over lines and one over models; the better values are bold and starred."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "CompareTable { width: 1fr; height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", False, id="compare.down", tooltip="The next line"),
        Binding("up,k", "move(-1)", "Up", False, id="compare.up", tooltip="The line before"),
        Binding("pagedown,ctrl+d", "page(1)", "Page down", False, id="compare.page_down", tooltip="A screen further"),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", False, id="compare.page_up", tooltip="A screen back"),
        Binding("home,g", "edge(-1)", "First", False, id="compare.first", tooltip="The first line"),
        Binding("end,G", "edge(1)", "Last", False, id="compare.last", tooltip="The last line"),
        Binding("left,h", "column(-1)", "Left", False, id="compare.left", tooltip="The model on the left"),
        Binding("right,l", "column(1)", "Right", False, id="compare.right", tooltip="The model on the right"),
        Binding("enter", "open", "page", id="compare.open", tooltip="The page of the marked model"),
    ]

    def __init__(self, is_ascii: bool, id: str | None = None) -> None:
        super().__init__(id=id)
        self.comparison: Comparison | None = None
        self.lines: list[Line] = []
        self.reference = 0
        self.has_differences = False
        self.row = 0
        self.column = 0
        self.differs = DIFFERS_ASCII if is_ascii else DIFFERS
        self._top = 0
        self._left = 0
        self._name_width = NAME_NARROWEST
        self._widths: list[int] = []
        self._arranged_for = -1

    # What is shown

    def show(self, comparison: Comparison, lines: list[Line], reference: int, has_differences: bool) -> None:
        """Take other lines; the cursor stays on the line it was on, where that is still there."""
        kept = self.line
        self.comparison, self.lines, self.reference = comparison, lines, reference
        self.has_differences = has_differences
        self.row = lines.index(kept) if kept in lines else max(0, min(self.row, len(lines) - 1))
        self.column = max(0, min(self.column, len(comparison.sides) - 1))
        self._arranged_for = -1
        self.refresh()

    @property
    def line(self) -> Line | None:
        """The line under the cursor."""
        return self.lines[self.row] if self.row < len(self.lines) else None

    @property
    def page(self) -> int:
        """Lines that fit below the heading."""
        return max(1, self.size.height - 2)

    # Keys and mouse

    def action_move(self, lines: int) -> None:
        """Move the cursor and tell."""
        self._go(self.row + lines)

    def action_page(self, pages: int) -> None:
        """Move by what the screen holds, less one."""
        self._go(self.row + pages * max(1, self.page - 1))

    def action_edge(self, direction: int) -> None:
        """Go to the first or the last line."""
        self._go(len(self.lines) - 1 if direction > 0 else 0)

    def action_column(self, columns: int) -> None:
        """Go to another model."""
        count = len(self.comparison.sides) if self.comparison else 0
        if 0 <= self.column + columns < count:
            self.column += columns
            self.refresh()
            self.post_message(LineHighlighted())

    def action_open(self) -> None:
        """Ask for the page of the model under the cursor."""
        if self.comparison:
            self.post_message(ModelOpened(self.column))

    def on_click(self, event: events.Click) -> None:
        """Choose a line and a model; at the second click open it."""
        for at, start in self._places():
            if start <= event.x < start + self._width(at):
                self.column = at
        if event.y >= 2 and self._top + event.y - 2 < len(self.lines):
            self._go(self._top + event.y - 2)
        self.refresh()
        self.post_message(LineHighlighted())
        if event.chain > 1:
            self.action_open()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Three lines further."""
        event.stop()
        self._go(self.row + 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Three lines back."""
        event.stop()
        self._go(self.row - 3)

    def _go(self, row: int) -> None:
        row = max(0, min(row, len(self.lines) - 1))
        if row != self.row:
            self.row = row
            self.refresh()
            self.post_message(LineHighlighted())

    # Widths

    def _arrange(self) -> None:
        if self._arranged_for == self.size.width or self.comparison is None:
            return
        self._arranged_for = self.size.width
        names = max((len(name_of(line)) for line in self.lines), default=NAME_NARROWEST)
        self._name_width = max(NAME_NARROWEST, min(names, NAME_WIDEST, int(self.size.width * NAME_SHARE)))
        self._widths = [self._wanted(at) for at in range(len(self.comparison.sides))]

    def _wanted(self, at: int) -> int:
        """Numbers whole, the heading in two lines, texts up to a width that leaves room for the other models."""
        assert self.comparison is not None
        numbers = [len(cell(line, at)) + 2 for line in self.lines if line.column.kind == "number"]
        texts = [len(cell(line, at)) + 1 for line in self.lines if line.column.kind != "number"]
        shared = (self.size.width - self._name_width) // max(len(self.comparison.sides), 1) - GAP
        room = max(TEXT_NARROWEST, min(WIDEST, shared))
        heading = len(self.comparison.sides[at].label) * 5 // 9 + 1
        return min(WIDEST, max([NARROWEST, *numbers, min(room, max([heading, *texts]))]))

    def _width(self, at: int) -> int:
        """Of a model's column, with its difference."""
        return self._widths[at] + (DIFFERENCE if self._tells_difference(at) else 0)

    def _tells_difference(self, at: int) -> bool:
        return self.has_differences and at != self.reference

    def _places(self) -> list[tuple[int, int]]:
        """Which models are on the screen, and where; the one under the cursor always is."""
        self._arrange()
        self._left = min(self._left, self.column)
        while self._left < self.column and self._end_of(self.column) > self.size.width - len(MORE_RIGHT):
            self._left += 1
        places: list[tuple[int, int]] = []
        x = self._name_width + GAP
        for at in range(self._left, len(self._widths)):
            if places and x + self._width(at) > self.size.width - len(MORE_RIGHT):
                break
            places.append((at, x))
            x += self._width(at) + GAP
        return places

    def _end_of(self, column: int) -> int:
        return self._name_width + sum(GAP + self._width(at) for at in range(self._left, column + 1))

    # Painting

    def render_line(self, y: int) -> Strip:
        """Line y of the widget."""
        if self.comparison is None:
            return Strip.blank(self.size.width)
        places = self._places()
        if y < 2:
            return self._heading(y, places)
        top = max(0, min(self._top, len(self.lines) - self.page))
        self._top = min(max(top, self.row - self.page + 1), self.row)
        row = self._top + y - 2
        return self._row(row, places) if row < len(self.lines) else Strip.blank(self.size.width)

    def _heading(self, y: int, places: list[tuple[int, int]]) -> Strip:
        assert self.comparison is not None
        more = f"{MORE_LEFT} " if self._left else ""
        segments, x = [Segment(padded(more if y else "", self._name_width))], self._name_width
        for at, start in places:
            label = self.comparison.sides[at].label + (
                " (ref)" if self.has_differences and at == self.reference else ""
            )
            text = broken(label, self._widths[at])[y].rjust(self._widths[at])
            style = HERE if at == self.column and self.has_focus else BOLD
            segments += [Segment(" " * (start - x)), Segment(text, style)]
            x = start + self._widths[at]
            if self._tells_difference(at):
                segments.append(Segment(("Δ" if y else "").rjust(DIFFERENCE), BOLD))
                x += DIFFERENCE
        is_more = places and places[-1][0] < len(self._widths) - 1
        strip = Strip(segments).adjust_cell_length(self.size.width - len(MORE_RIGHT))
        return Strip([*strip, Segment(MORE_RIGHT if is_more and y else " ")])

    def _row(self, row: int, places: list[tuple[int, int]]) -> Strip:
        line = self.lines[row]
        is_here = row == self.row
        cursor = (REVERSE if self.has_focus else QUIET) if is_here else None
        segments, x = [Segment(padded(name_of(line), self._name_width), cursor)], self._name_width
        for at, start in places:
            text = self._cell(line, at)
            is_best = at in line.winners
            style = HERE if is_here and is_best else cursor or (BOLD if is_best else None)
            segments += [Segment(" " * (start - x), cursor), Segment(text, style)]
            x = start + self._widths[at]
            if self._tells_difference(at):
                told = difference(line, at, self.reference)[:DIFFERENCE].rjust(DIFFERENCE)
                segments.append(Segment(told, cursor or DIM))
                x += DIFFERENCE
        segments.append(Segment(" " * max(0, self.size.width - x), cursor))
        return Strip(segments).adjust_cell_length(self.size.width)

    def _cell(self, line: Line, at: int) -> str:
        """The value with a star before the better one, and a sign behind one whose setting is another."""
        text = printable(cell(line, at))
        if not text:
            return " " * self._widths[at]
        text = (WINNER if at in line.winners else "") + text
        room = self._widths[at] - 1
        text = text if len(text) <= room else padded(text, room)
        return text.rjust(room) + (self.differs if line.note(at) else " ")


def name_of(line: Line) -> str:
    """`top-1 ImageNet-1k · 224 px`"""
    return printable(line.label + (f" · {line.setting}" if line.setting else ""))


def broken(label: str, width: int) -> tuple[str, str]:
    """A label in two lines of at most `width` cells, the lower one filled first."""
    label = printable(label)
    if len(label) <= width:
        return "", label
    cut = max((i + 1 for i, c in enumerate(label[:width]) if c in " ._-/:"), default=0) or width
    return label[:cut].rstrip(), padded(label[cut:].strip(), width).rstrip()

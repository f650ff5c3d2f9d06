"""The table of a comparison: one line an attribute, one column a model; the line's name stays when the models scroll."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from backbones.store.compare import Comparison, Line
from backbones.store.comparing.table import cell, difference
from backbones.store.text import printable
from backbones.tui.cells import padded
from backbones.tui.compare_widths import GAP, NAME_NARROWEST, broken, divided, names_of, with_reference
from backbones.tui.cursor_keys import CursorKeys

HEADING = 2
DIFFERENCE = 9
WINNER, DIFFERS, DIFFERS_ASCII = "*", "≠", "!"
BOLD, REVERSE, QUIET, DIM = Style(bold=True), Style(reverse=True), Style(reverse=True, dim=True), Style(dim=True)
HERE = Style(bold=True, reverse=True)
MORE_LEFT, MORE_RIGHT = "\u2039", "\u203a"
MORE, MORE_ASCII = ("\u25b4", "\u25be"), ("^", "v")


@dataclass(eq=False, repr=False)
class LineHighlighted(Message):
    """The cursor went to another line or model."""


@dataclass(eq=False, repr=False)
class ModelOpened(Message):
    """Enter was pressed on a model."""

    at: int


class CompareTable(CursorKeys, can_focus=True):
    """A cursor over lines and one over models; the better values are bold and starred."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "CompareTable { width: 1fr; height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
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
        self._more = MORE_ASCII if is_ascii else MORE
        self._top = 0
        self._left = 0
        self._name_width = NAME_NARROWEST
        self._names: list[str] = []
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
    def count(self) -> int:
        """Lines of the table."""
        return len(self.lines)

    @property
    def page(self) -> int:
        """Lines that fit below the heading; where not all do, the row below them says so."""
        room = self.size.height - HEADING
        return max(1, room if len(self.lines) <= room or room < 3 else room - 1)

    # Keys and mouse

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
        if 0 <= event.y - HEADING < self.page and self._top + event.y - HEADING < len(self.lines):
            self._go(self._top + event.y - HEADING)
        self.refresh()
        self.post_message(LineHighlighted())
        if event.chain > 1:
            self.action_open()

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
        self._name_width, *self._widths = divided(self.comparison, self.lines, self.size.width, self._beside)
        self._names = names_of(self.lines, self._name_width)

    def _beside(self, at: int) -> int:
        """Cells for the difference of a model."""
        return DIFFERENCE if self.has_differences and at != self.reference else 0

    def _width(self, at: int) -> int:
        """Of a model's column, with its difference."""
        return self._widths[at] + self._beside(at)

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
        if y < HEADING:
            return self._heading(y, places)
        top = max(0, min(self._top, len(self.lines) - self.page))
        self._top = min(max(top, self.row - self.page + 1), self.row)
        if y - HEADING >= self.page and len(self.lines) > self.page:
            return self._beyond() if y - HEADING == self.page else Strip.blank(self.size.width)
        row = self._top + y - HEADING
        return self._row(row, places) if row < len(self.lines) else Strip.blank(self.size.width)

    def _beyond(self) -> Strip:
        """How many lines are above and below those on the screen."""
        below = len(self.lines) - self._top - self.page
        counts = ((self._more[0], self._top, "above"), (self._more[1], below, "more"))
        told = "   ".join(f"{sign} {count:,} {word}" for sign, count, word in counts if count > 0)
        return Strip([Segment(padded(told, self.size.width), BOLD)])

    def _heading(self, y: int, places: list[tuple[int, int]]) -> Strip:
        assert self.comparison is not None
        more = f"{MORE_LEFT} " if self._left else ""
        segments, x = [Segment(padded(more if y else "", self._name_width))], self._name_width
        for at, start in places:
            label = self.comparison.sides[at].label
            room = self._widths[at] - 1  # the last cell is that of the sign behind a value
            is_reference = self.has_differences and at == self.reference
            text = right((with_reference if is_reference else broken)(label, room)[y], room) + " "
            style = HERE if at == self.column and self.has_focus else BOLD
            segments += [Segment(" " * (start - x)), Segment(text, style)]
            x = start + self._widths[at]
            if self._beside(at):
                segments.append(Segment(("Δ" if y else "").rjust(DIFFERENCE), BOLD))
                x += DIFFERENCE
        is_more = places and places[-1][0] < len(self._widths) - 1
        strip = Strip(segments).adjust_cell_length(self.size.width - len(MORE_RIGHT))
        return Strip([*strip, Segment(MORE_RIGHT if is_more and y else " ")])

    def _row(self, row: int, places: list[tuple[int, int]]) -> Strip:
        line = self.lines[row]
        is_here = row == self.row
        cursor = (REVERSE if self.has_focus else QUIET) if is_here else None
        segments, x = [Segment(padded(self._names[row], self._name_width), cursor)], self._name_width
        for at, start in places:
            text = self._cell(line, at)
            is_best = at in line.winners
            style = HERE if is_here and is_best else cursor or (BOLD if is_best else None)
            segments += [Segment(" " * (start - x), cursor), Segment(text, style)]
            x = start + self._widths[at]
            if self._beside(at):
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
        return right(text, room) + (self.differs if line.note(at) else " ")


def right(text: str, width: int) -> str:
    """The text at the right end of exactly `width` cells, cut where it is longer."""
    kept = padded(text, width).rstrip()
    return padded("", width - cell_len(kept)) + kept

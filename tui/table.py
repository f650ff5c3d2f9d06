"""The results table: only the lines on the screen are built, so 60,000 rows cost what 60 cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.strip import Strip

from backbones.store.text import printable
from backbones.tui.cells import CellFormat, padded
from backbones.tui.cursor_keys import CursorKeys
from backbones.tui.headings import heading, wanted_width
from backbones.tui.messages import ColumnMoved, RowHighlighted, RowMarked, RowOpened, SortRequested
from backbones.tui.shown import Shown

GAP = 2
MORE_LEFT, MORE_RIGHT = "\u2039", "\u203a"
MARGIN = 1
MARK, DOUBTED = "*", "?"  # in the margin
NOTHING = "  nothing passes the filter; what could help stands below"
NARROWEST_TEXT = 6
NARROWEST_NAME = 22  # the frozen first column gives way down to this, where one more number fits then
SHARE_OF_NAME = 0.42  # of the width, at most, for the first column
BOLD, REVERSE, HERE = Style(bold=True), Style(reverse=True), Style(bold=True, reverse=True)
QUIET = Style(reverse=True, dim=True)
UNDERLINE = Style(underline=True, bold=True)


class ResultsTable(CursorKeys, can_focus=True):
    """Rows of an answer with a row cursor and a column cursor; the first column stays when the others scroll."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "ResultsTable { width: 1fr; height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sort", "sort", id="table.sort", tooltip="Order by the marked column; again: reversed"),
        Binding("enter", "open", "open", id="table.open", tooltip="Go where the marked cell leads"),
        Binding(
            "shift+left",
            "shift(-1)",
            "Column left",
            False,
            id="table.shift_left",
            tooltip="Move the marked column left",
        ),
        Binding(
            "shift+right",
            "shift(1)",
            "Column right",
            False,
            id="table.shift_right",
            tooltip="Move the marked column right",
        ),
        Binding("minus,delete", "hide", "Hide", False, id="table.hide", tooltip="Hide the marked column"),
        Binding("space", "mark", "mark", id="table.mark", tooltip="Mark the row, to compare it; again: no longer"),
        Binding(
            "vertical_line",
            "freeze",
            "Freeze",
            False,
            id="table.freeze",
            tooltip="Keep the columns up to this one in view; again: only the first",
        ),
    ]

    nothing: ClassVar[str] = NOTHING
    """What stands there when there are no rows."""

    def __init__(self, shown: Shown | None = None, id: str | None = None) -> None:
        super().__init__(id=id)
        self.shown = shown
        self.row = 0
        self.column = 0
        self.marked: set[int] = set()
        """Keys of the marked rows."""
        self.doubted: frozenset[int] = frozenset()
        """Keys of the rows whose value is suspected to be wrong."""
        self.frozen = 1
        """How many columns stay when the others scroll."""
        self._wished: int | None = None
        self._top = 0
        self._left = 1
        self._places: tuple[tuple[int, int, int], ...] = ()
        self._heading = 1
        self._arranged_for = (0, 0)

    # What is shown

    def show(self, shown: Shown, row: int = 0) -> None:
        """Take another answer, with the cursor on a row of it."""
        columns_changed = self.shown is None or self.shown.view.columns != shown.view.columns
        self.shown = shown
        wished, self._wished = self._wished, None
        if columns_changed and wished is None:
            self.column = 0
        else:
            self.column = min(self.column if wished is None else wished, max(len(shown.cells) - 1, 0))
        self.frozen = max(1, min(self.frozen, len(shown.cells) - 1))
        self._left = self.frozen if columns_changed and wished is None else max(self._left, self.frozen)
        self.row = max(0, min(row, self.count - 1))
        self._arrange()
        if wished is not None:
            self._bring_into_view(self.column)
        self._follow()
        self.refresh()

    def keep_column(self, column: int) -> None:
        """Where the column cursor shall stand when the next answer has other columns."""
        self._wished = column

    @property
    def count(self) -> int:
        """Rows in the answer."""
        return len(self.shown.answer.rows) if self.shown else 0

    @property
    def page(self) -> int:
        """Rows that fit below the heading."""
        return max(1, self.size.height - self._heading)

    def select(self, row: int) -> None:
        """Put the cursor on a row and scroll it into view, without telling anyone."""
        row = max(0, min(row, self.count - 1))
        if row == self.row:
            return
        old, self.row = self.row, row
        if self._follow():
            self.refresh(Region(0, self._heading, self.size.width, self.page))
        else:
            self._refresh_row(old)
            self._refresh_row(row)

    # Keys and mouse

    def action_column(self, columns: int) -> None:
        """Move the column cursor; the columns scroll when it leaves the screen."""
        if not self.shown:
            return
        column = max(0, min(len(self.shown.cells) - 1, self.column + columns))
        if column == self.column:
            return
        self.column, before = column, self._places
        self._bring_into_view(column)
        if self._places != before:
            self.refresh()
        else:
            self.refresh(Region(0, 0, self.size.width, self._heading))

    def action_sort(self) -> None:
        """Ask for the order by the column under the column cursor."""
        if self.shown and self.shown.cells:
            self.post_message(SortRequested(self.column, self.shown))

    def action_open(self) -> None:
        """Ask for all facts about the row."""
        if self.count:
            self.post_message(RowOpened(self.row, self.column, self.shown))

    def action_mark(self) -> None:
        """Ask to mark the row, or to unmark it."""
        if self.count:
            self.post_message(RowMarked(self.row, self.column, self.shown))
            self.action_move(1)

    def action_shift(self, places: int) -> None:
        """Ask to move the column under the column cursor; the cursor goes along."""
        if self.shown and 0 <= self.column + places < len(self.shown.cells):
            self.post_message(ColumnMoved(self.column, places))

    def action_hide(self) -> None:
        """Ask to hide the column under the column cursor."""
        if self.shown and len(self.shown.cells) > 1:
            self.post_message(ColumnMoved(self.column, 0))

    def action_freeze(self) -> None:
        """Keep the columns up to the marked one in view; at the last kept one: only the first."""
        if self.shown and self.shown.cells:
            self.frozen = (
                1 if self.column + 1 == self.frozen else max(1, min(self.column + 1, len(self.shown.cells) - 1))
            )
            self._left = self.frozen
            self._arrange()
            self.refresh()

    def mark(self, keys: set[int]) -> None:
        """Show these rows as marked."""
        if keys != self.marked:
            self.marked = set(keys)
            self.refresh()

    def doubt(self, keys: frozenset[int]) -> None:
        """Show these rows as doubted."""
        self.doubted = keys
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Choose a row; on a heading choose the column, and sort by it at the second click."""
        place = next((c for c, x, width in self._places if x <= event.x < x + width + GAP), None)
        if event.y < self._heading:
            if place is not None and place == self.column:
                self.action_sort()
            elif place is not None:
                self.action_column(place - self.column)
        elif (row := self._top + event.y - self._heading) < self.count:
            self._go(row)
            if event.chain > 1:
                self.action_open()

    def _go(self, row: int) -> None:
        before = self.row
        self.select(row)
        if self.row != before:
            self.post_message(RowHighlighted(self.row))

    def _follow(self) -> bool:
        """Scroll so that the cursor is visible; True if that moved anything."""
        top = max(0, min(self._top, self.count - self.page))
        top = min(max(top, self.row - self.page + 1), self.row)
        moved, self._top = top != self._top, max(0, top)
        return moved

    def _refresh_row(self, row: int) -> None:
        self.refresh(Region(0, row - self._top + self._heading, self.size.width, 1))

    # Columns

    def _arrange(self) -> None:
        """Which columns stand where: (column, x, width) from left to right."""
        cells = self.shown.cells if self.shown else ()
        self._arranged_for = self.size
        self._places = self._placed(cells, self._left)
        lines = [heading(cells[c].column.label, width)[0] for c, _, width in self._places]
        self._heading = 2 if any(lines) and self.size.height > 4 else 1

    def _placed(self, cells: tuple[CellFormat, ...], left: int) -> tuple[tuple[int, int, int], ...]:
        if not cells:
            return ()
        others = (*range(1, self.frozen), *range(max(self.frozen, left), len(cells)))
        widest = min(_wanted(cells[0]), int(self.size.width * SHARE_OF_NAME))
        placed = self._placed_after(widest, cells, others)
        for name in range(widest - 1, NARROWEST_NAME - 1, -1):
            tighter = self._placed_after(name, cells, others)
            if len(tighter) > len(placed) and self._is_whole(tighter[-1], cells):
                return tighter
        return placed

    def _placed_after(
        self, name: int, cells: tuple[CellFormat, ...], others: Sequence[int]
    ) -> tuple[tuple[int, int, int], ...]:
        room, x, places = self.size.width - len(MORE_RIGHT), MARGIN + name + GAP, [(0, MARGIN, name)]
        for c in others:
            width = _wanted(cells[c])
            if x + width > room:
                if cells[c].is_number or room - x < NARROWEST_TEXT:
                    break
                width = room - x
            places.append((c, x, width))
            x += width + GAP
        return tuple(places)

    def _bring_into_view(self, column: int) -> None:
        if column < self.frozen:
            self._left = self.frozen
        elif column < self._left:
            self._left = column
        self._arrange()
        cells = self.shown.cells if self.shown else ()
        while column > self._left and not any(p[0] == column and self._is_whole(p, cells) for p in self._places):
            self._left += 1
            self._arrange()

    def _is_whole(self, place: tuple[int, int, int], cells: tuple[CellFormat, ...]) -> bool:
        return place[2] >= _wanted(cells[place[0]])

    # Painting

    def render_line(self, y: int) -> Strip:
        """Line y of the widget."""
        if self._arranged_for != self.size:
            self._arrange()
            self._follow()
        if y < self._heading:
            return self._heading_line(y)
        row = self._top + y - self._heading
        if row >= self.count or self.shown is None:
            is_empty = self.shown is not None and not self.count and y == self._heading + 1
            return Strip([Segment(padded(self.nothing if is_empty else "", self.size.width))], self.size.width)
        return self._row_line(row)

    def _row_line(self, row: int) -> Strip:
        assert self.shown is not None
        values, cells, x, parts = self.shown.answer.rows.rows[row], self.shown.cells, 0, []
        for c, start, width in self._places:
            named = c > 0 or (values[c] is not None and not self.shown.word(row))
            text = cells[c].text(values[c], width) if named else self._named(row, width)
            parts.append(" " * (start - x) + text)
            x = start + width
        if not parts:
            return Strip.blank(self.size.width)
        parts[0] = self._sign(row) + parts[0][MARGIN:]
        rest = "".join(parts[1:]) + " " * (self.size.width - x)
        if row == self.row:
            return self._cursor_line(parts[0] + rest)
        is_on_front = self.shown.view.pareto and row in self.shown.answer.front
        return Strip([Segment(parts[0], BOLD if is_on_front else None), Segment(rest)], self.size.width)

    def _named(self, row: int, width: int) -> str:
        """What a row is called whose first column is empty, or not enough: what tells it from others of its name is cut last."""
        assert self.shown is not None
        name = self.shown.plain_name(row)
        if name and self.shown.answer.rows.rows[row][0] is None:
            name = f"({name})"
        word = f" ({printable(self.shown.word(row))})" if self.shown.word(row) else ""
        word = padded(word, min(len(word), width - width // 3))
        return padded(padded(name, min(len(name), width - len(word))) + word, width)

    def _cursor_line(self, text: str) -> Strip:
        """The row of the cursor."""
        return Strip([Segment(text, REVERSE if self.has_focus else QUIET)], self.size.width)

    def is_marked(self, row: int) -> bool:
        """Whether a row is marked."""
        assert self.shown is not None
        return row < len(self.shown.answer.keys) and self.shown.answer.keys[row] in self.marked

    def _sign(self, row: int) -> str:
        """What stands in the margin: the row is marked, or its value doubted."""
        assert self.shown is not None
        key = self.shown.answer.keys[row] if row < len(self.shown.answer.keys) else None
        return MARK if self.is_marked(row) else DOUBTED if key in self.doubted else " " * MARGIN

    def _heading_line(self, y: int) -> Strip:
        if self.shown is None or not self._places:
            return Strip.blank(self.size.width)
        line, here = [" "] * self.size.width, range(0)
        for c, start, width in self._places:
            cell = self.shown.cells[c]
            text = heading(cell.column.label, width)[1 if y == self._heading - 1 or self._heading == 1 else 0]
            at = start + width - len(text) if cell.is_number else start
            if y == self._heading - 1 and (mark := self._sort_mark(c)):
                at, text = (at - 1, mark + text) if cell.is_number else (at, text + mark)
            line[at : at + len(text)] = text
            if c == self.column and y == self._heading - 1:
                here = range(min(at, start), max(at + len(text), start + width))
        if self._places[-1][0] < len(self.shown.cells) - 1 and y == self._heading - 1:
            line[-1] = MORE_RIGHT
        if self._left > self.frozen and y == self._heading - 1 and len(self._places) > self.frozen:
            line[self._places[self.frozen][1] - GAP] = MORE_LEFT
        before, at_cursor, after = line[: here.start], line[here.start : here.stop], line[here.stop : self.size.width]
        style = HERE if self.has_focus else UNDERLINE
        parts = (("".join(before), BOLD), ("".join(at_cursor), style), ("".join(after), BOLD))
        return Strip([Segment(text, style) for text, style in parts if text], self.size.width)

    def _sort_mark(self, c: int) -> str:
        assert self.shown is not None
        if self.shown.sorted_by != self.shown.cells[c].column.name:
            return ""
        return "▼" if self.shown.view.sort[0].descending else "▲"


def _wanted(cell: CellFormat) -> int:
    """The width at which nothing of a column is cut."""
    return max(cell.width, wanted_width(cell.column.label))

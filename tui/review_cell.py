"""A value beside its cell: what it says of which model, what the check says, and its table with the row and the column lit."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from backbones.plot.palette import Look
from backbones.store.drafts import Grid
from backbones.tui.cells import padded
from backbones.tui.cursor_keys import CursorKeys
from backbones.tui.ordered_input import Ordered
from backbones.tui.review_printed import place_in
from backbones.tui.review_table import HERE, GridPainter
from backbones.tui.review_values import Value, written
from backbones.tui.table import BOLD

Line = list[tuple[str, Style | None]]
FEWEST_ROWS: Final = 3
"""Rows of the table that are shown, however much the check says."""
SEVERITIES_STYLED: Final = {"error": Style(color="red", bold=True), "warning": Style(color="yellow", bold=True)}
CAPTION_LINES: Final = 2
"""Of the caption where the table does not fit in whole."""
LONGEST: Final = 600
"""Characters of a caption or a quote."""
HOLE: Final = "\ue000"
"""Stands for a character of the number while its sentence is put into lines."""


@dataclass(eq=False, repr=False)
class CellChosen(Message):
    """Enter was pressed on a cell of the table."""

    text: str


class CellPane(Ordered, CursorKeys):
    """One value and its table; with the focus, a cursor goes over the cells, and Enter takes one as the correction."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "CellPane { width: 1fr; height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "choose", "take this cell", id="review.choose", tooltip="Correct the value to this cell's number"
        ),
    ]

    def __init__(self, look: Look, id: str | None = None) -> None:
        super().__init__(id=id)
        self._look = look
        self.value: Value | None = None
        self.grid: Grid | None = None
        self._painter: GridPainter | None = None
        self.row = 0
        self.column = 0
        self._lines: list[Line] = []
        self._painted_for: tuple[int, int, bool] | None = None
        self._page = 1
        self._table_at = range(0)

    def show(self, value: Value | None, grid: Grid | None) -> None:
        """Show another value; the cursor goes to its cell."""
        is_same = value is not None and self.value is not None and value.evidence.path == self.value.evidence.path
        self.value, self.grid = value, grid
        if not is_same and value is not None:
            self._painter = GridPainter(grid, value.evidence.row, value.evidence.column, self._look) if grid else None
            self.row, self.column = max(0, value.evidence.row), max(0, value.evidence.column)
        self._painted_for = None
        self.refresh()

    @property
    def text(self) -> str:
        """All that is shown."""
        self._paint()
        return "\n".join("".join(text for text, _ in line) for line in self._lines)

    # Keys and mouse

    @property
    def count(self) -> int:
        """Rows of the table."""
        return len(self.grid.rows) if self.grid else 0

    @property
    def page(self) -> int:
        """Rows that fit."""
        return self._page

    def _go(self, row: int) -> None:
        self._move_to(row, self.column)

    def action_column(self, columns: int) -> None:
        """Go to another column of the table."""
        self._move_to(self.row, self.column + columns)

    def _move_to(self, row: int, column: int) -> None:
        if self.grid is not None and self.grid.headers and self.grid.rows:
            self.row = max(0, min(row, len(self.grid.rows) - 1))
            self.column = max(0, min(column, len(self.grid.headers) - 1))
            self._painted_for = None
            self.refresh()

    def action_choose(self) -> None:
        """Ask to correct the value to what the cell under the cursor prints."""
        if self.grid is not None and self.row < self.count and self.column < len(self.grid.rows[self.row]):
            self.post_message(CellChosen(self.grid.rows[self.row][self.column]))

    def on_click(self, event: events.Click) -> None:
        """Choose a cell; at the second click take it."""
        at = event.get_content_offset(self)  # not on the border
        if self._painter is not None and at is not None and at.y in self._table_at:
            row, column = self._painter.cell_at(at.x, at.y - self._table_at.start)
            if row is not None:
                self._move_to(row, self.column if column is None else column)
                if event.chain > 1:
                    self.action_choose()

    def on_focus(self) -> None:
        """The cursor is seen."""
        self._painted_for = None

    def on_blur(self) -> None:
        """The cursor is seen no longer, and goes back to the value's cell."""
        if self.value is not None:
            self.row, self.column = max(0, self.value.evidence.row), max(0, self.value.evidence.column)
        self._painted_for = None

    # Painting

    def render_line(self, y: int) -> Strip:
        """Line y of the widget."""
        self._paint()
        if y >= len(self._lines):
            return Strip.blank(self.size.width)
        return Strip([Segment(text, style) for text, style in self._lines[y] if text]).adjust_cell_length(
            self.size.width
        )

    def _paint(self) -> None:
        wanted = (*self.size, self.has_focus)
        if self._painted_for == wanted:
            return
        self._painted_for = wanted
        width, height = self.size
        if self.value is None:
            self._lines = [[("", None)], [("  nothing to review", None)]]
            return
        value, inside = self.value, max(10, width - 2)
        told = value.evidence.caption or (self.grid.caption if self.grid else "")
        caption = _wrapped("" if told == value.evidence.printed else told, inside)
        findings = self._findings(value, inside)
        needs = self._painter.height if self._painter is not None else 0
        least = min(needs, self._painter.least + FEWEST_ROWS) if self._painter is not None else 0
        top, place = self._above_table(value, inside, height - least - min(1, len(findings)))
        spare = height - len(top) - len(place)
        table = max(
            0,
            min(
                needs,
                max(least, spare - len(findings) - min(len(caption), CAPTION_LINES)),
                spare - min(1, len(findings)),
            ),
        )
        findings = _cut(findings, max(1, spare - table - min(1, len(caption))), inside)
        caption = _cut(caption, max(0, spare - table - len(findings)), inside)
        if needs:
            table = max(table, min(needs, spare - len(findings) - len(caption)))
        self._lines = [*top, *findings, *place]
        self._table_at = range(len(self._lines), len(self._lines) + table)
        if self._painter is not None and table > 0:
            cursor = (self.row, self.column) if self.has_focus else None
            painted = self._painter.paint(width, table, (self.row, self.column), cursor)
            self._page = max(1, self._painter.rows_painted)
            self._lines += painted
        self._lines += caption

    def _above_table(self, value: Value, width: int, height: int) -> tuple[list[Line], list[Line]]:
        """What it says of which model; where it was read and what is printed there. In little height each has one line, and
        the least the setting has none."""
        title, setting, where, printed = parts = self._parts(value, width)
        while sum(map(len, parts)) > height and max(map(len, parts)) > 1:
            longest = max(parts, key=len)
            longest[:] = _cut(longest, len(longest) - 1, width)
        if sum(map(len, parts)) > height + FEWEST_ROWS - 1:  # then one row of the table would be left
            setting.clear()
        return title + setting, where + printed

    def _parts(self, value: Value, width: int) -> tuple[list[Line], list[Line], list[Line], list[Line]]:
        return (
            self._title(value, width),
            self._setting(value, width),
            self._where(value, width),
            self._quote(value, width),
        )

    def _title(self, value: Value, width: int) -> list[Line]:
        held = value.evidence
        number = value.number if held.corrected is None else f"{written(held.value)} -> {value.number}"
        state = value.state or "undecided"
        left = padded(f"{value.model}  {value.metric} {number}", max(0, width - len(state) - 1))
        return [[(f" {left} ", BOLD), (state, BOLD)]]

    def _setting(self, value: Value, width: int) -> list[Line]:
        return [[(f" {padded(value.setting, width)}", None)]] if value.setting else []

    def _findings(self, value: Value, width: int) -> list[Line]:
        lines: list[Line] = []
        for group, lead in ((value.findings, ""), (value.around, "around it: ")):
            for finding in group:
                first, *rest = textwrap.wrap(f"{lead}{finding.severity}: {finding.text}", width) or [""]
                word = f"{lead}{finding.severity}"
                style = SEVERITIES_STYLED.get(finding.severity) if self._look.depth else BOLD
                if first.startswith(word):
                    lines.append([(f" {word}", style), (first.removeprefix(word), None)])
                else:
                    lines.append([(f" {first}", None)])
                lines += [[(f" {text}", None)] for text in rest]
        return lines

    def _where(self, value: Value, width: int) -> list[Line]:
        """Where it was read."""
        held = value.evidence
        where = [f"table {held.number or held.table}"] if held.table else []
        where.append(f"page {held.page}")
        if held.row >= 0:
            where.append(f"row {held.row + 1} {held.row_label}".rstrip())
        if held.column >= 0:
            where.append(f"column {held.header or held.column + 1}")
        sections = self.grid.sections if self.grid is not None else ()
        if 0 <= held.row < len(sections) and sections[held.row]:
            where.append(f"under {sections[held.row]}")
        if held.row < 0 and held.column < 0:
            where.append("not in a cell" if held.table else "in a sentence")
        return _cut(_wrapped(" · ".join(where), width), 2, width)

    def _quote(self, value: Value, width: int) -> list[Line]:
        """What is printed there: of a long sentence, the part around the number, which is lit."""
        held = value.evidence
        how = f" ({held.how})" if held.how else ""
        read = "read by rules" if held.origin == "offline" else f"read with {held.origin}"
        most = LONGEST if self.grid is None else width * 2
        start, end = place_in(held.printed, held.value) or (0, 0) if held.row < 0 else (0, 0)
        lines = textwrap.wrap(f'printed "{_around(held.printed, start, end, most)}"{how}, {read}', width)
        return [_lit(f" {line}", held.printed[start:end]) for line in lines]


def _around(text: str, start: int, end: int, most: int) -> str:
    """The part of a long text around a place, from word to word; the place itself is holes."""
    text = text[:start] + HOLE * (end - start) + text[end:]
    first = max(0, min(start - most // 2, len(text) - most))
    first = text.rfind(" ", 0, first + 1) + 1 if first else 0
    cut = max(end, text.rfind(" ", end, first + most)) if len(text) > first + most else len(text)
    return ("…" if first else "") + text[first:cut].strip() + ("…" if cut < len(text) else "")


def _lit(line: str, number: str) -> Line:
    """A line with the number in its hole, lit."""
    before, hole, after = line.partition(HOLE * len(number)) if number else (line, "", "")
    return [(before, None), (number, HERE), (after, None)] if hole else [(line, None)]


def _wrapped(text: str, width: int) -> list[Line]:
    kept = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    return [[(f" {line}", None)] for line in textwrap.wrap(kept, width)]


def _cut(lines: list[Line], count: int, width: int) -> list[Line]:
    """The first lines; the last one says that there is more."""
    if len(lines) <= count:
        return lines
    if count <= 0:
        return []
    last = padded("".join(text for text, _ in lines[count - 1]), width).rstrip()
    return [*lines[: count - 1], [(last if last.endswith("…") else f"{last} …", None)]]

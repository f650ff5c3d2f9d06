"""A table of a paper as text, with one cell lit by its row and its column, and a window on it where it is too large."""

from __future__ import annotations

from typing import Final

from rich.cells import cell_len
from rich.style import Style

from backbones.plot.palette import Look
from backbones.store.drafts import Grid
from backbones.store.text import printable
from backbones.tui.cells import padded
from backbones.tui.headings import heading, wanted_width

Line = list[tuple[str, Style | None]]
GAP: Final = 2
MARGIN: Final = 2
"""Cells on the left for the sign of the row."""
WIDEST_NAME, WIDEST = 26, 18
ROW_SIGN, COLUMN_SIGN = ">", "v"
MORE_LEFT, MORE_RIGHT = "\u2039", "\u203a"
HERE, BOLD, REVERSE, DIM = Style(bold=True, reverse=True), Style(bold=True), Style(reverse=True), Style(dim=True)


class GridPainter:
    """Paints a table; `row` and `column` are those of the value, -1 for none.

    Without colours they are told by signs: `>` before the row, `v` above the column, brackets around the cell.
    """

    def __init__(self, grid: Grid, row: int, column: int, look: Look) -> None:
        self._grid, self._row, self._column = grid, row, column
        colour = None if not look.depth else "blue" if look.light else "cyan"
        self._lit = Style(bold=True, color=colour)
        self._lines: list[tuple[str, int]] = []
        """What stands below the heading: a section's text, or a row."""
        section = ""
        for at, text in enumerate(grid.sections[: len(grid.rows)] + ("",) * (len(grid.rows) - len(grid.sections))):
            if text != section:
                section = text
                if text:
                    self._lines.append((text, -1))
            self._lines.append(("", at))
        self._widths = [self._width(column) for column in range(len(grid.headers))]
        self._is_number = [self._holds_numbers(column) for column in range(len(grid.headers))]
        self._upper = [heading(label, w)[0] for label, w in zip(grid.headers, self._widths, strict=True)]
        self.rows_painted = 1
        self._frozen = self._left = 1
        self._top: int | None = None
        """The first line of the window, which moves no further than it must."""
        self._seen: list[int] = []
        self._places: list[tuple[int, int, int]] = []

    @property
    def least(self) -> int:
        """Lines above the first row: a heading of one or two lines, and the sign of the column."""
        return 3 if any(self._upper) else 2

    @property
    def height(self) -> int:
        """Lines of the whole table."""
        return self.least + len(self._lines)

    def cell_at(self, x: int, y: int) -> tuple[int | None, int | None]:
        """The row and the column of a place of what was painted last."""
        row = self._seen[y - self.least] if 0 <= y - self.least < len(self._seen) else -1
        column = next((c for c, start, width in self._places if start - 1 <= x <= start + width), None)
        return (row if row >= 0 else None), column

    def paint(self, width: int, height: int, look_at: tuple[int, int], cursor: tuple[int, int] | None) -> list[Line]:
        """The lines of a window of that size in which the cell `look_at` can be seen; `cursor` is a cell, too."""
        self._places = self._placed(width, look_at[1])
        rows = max(1, height - self.least)
        target = next((n for n, (_, at) in enumerate(self._lines) if at == look_at[0]), 0)
        top = target - rows // 2 if self._top is None else max(target - rows + 1, min(self._top, target))
        self._top = top = max(0, min(top, len(self._lines) - rows))
        window = self._lines[top : top + rows]
        self._seen = [at for _, at in window]
        self.rows_painted = len(window)
        above, below = top, len(self._lines) - top - len(window)
        lines: list[Line] = [
            self._row_line(at, width, cursor) if at >= 0 else [(padded(f"   {text}", width), DIM)]
            for text, at in window
        ]
        if below and _ends_with(lines[-1], f" {below} more "):
            below = 0
        return (self._heading(width, above, below) + lines)[:height]

    # Columns

    def _width(self, column: int) -> int:
        texts = [row[column] for row in self._grid.rows if column < len(row)]
        longest = max((cell_len(text) for text in texts), default=0)
        return max(1, min(max(longest, wanted_width(self._grid.headers[column])), WIDEST if column else WIDEST_NAME))

    def _holds_numbers(self, column: int) -> bool:
        texts = [row[column].strip() for row in self._grid.rows if column < len(row) and row[column].strip()]
        return sum(text[:1].isdigit() for text in texts) * 2 > len(texts)

    def _placed(self, width: int, target: int) -> list[tuple[int, int, int]]:
        """(column, x, width) from left to right: the first column, then as many as fit, among them the one looked at."""
        self._frozen = self._names(width)
        target = min(target, len(self._widths) - 1)
        places: list[tuple[int, int, int]] = []
        start = max(self._frozen, min(self._left, target))
        for self._left in range(start, max(start, target) + 1):
            places = self._from(width)
            if not places or target <= places[-1][0]:
                break
        return places

    def _names(self, width: int) -> int:
        """How many columns on the left stay when the others scroll: those that say which row it is, in half of the width."""
        count, used = 1, min(self._widths[0], max(6, width // 3)) if self._widths else 0
        while count < len(self._widths) - 1 and not self._is_number[count]:
            used += GAP + self._widths[count]
            if used > width // 2:
                break
            count += 1
        return count

    def _from(self, width: int) -> list[tuple[int, int, int]]:
        places, x = [], MARGIN
        for column in (*range(min(self._frozen, len(self._widths))), *range(self._left, len(self._widths))):
            wanted = self._widths[column] if column else min(self._widths[0], max(6, width // 3))
            if x + wanted + 2 > width:
                if column == self._left:
                    places.append((column, x, max(1, width - x - 2)))
                break
            places.append((column, x, wanted))
            x += wanted + GAP
        return places

    # Lines

    def _heading(self, width: int, above: int, below: int) -> list[Line]:
        """What the columns are called, and a line with the sign of the value's; how many rows are not seen stands in that
        line, where it fits, on the right or else above the names."""
        lines: list[Line] = []
        for which in (0, 1) if any(self._upper) else (1,):
            line: Line = [(" " * (MARGIN - 1), None)]
            for c, _, w in self._places:
                text = heading(self._grid.headers[c], w)[which]
                line.append((_field(text, w, self._is_number[c]), self._lit if c == self._column else BOLD))
            lines.append(line)
        rows = ", ".join([f"{above} above"] * bool(above) + [f"{below} more"] * bool(below))
        signs: Line = [(" " * (MARGIN - 1), None)]
        for c, _, w in self._places:
            sign = COLUMN_SIGN * w if c == self._column else ""
            signs.append((_field(sign, w, False), self._lit))
        end = self._places[-1][0] if self._places else 0
        arrows = MORE_LEFT * (self._left > self._frozen) + MORE_RIGHT * (end < len(self._widths) - 1)
        signs.append((" " * max(0, width - sum(cell_len(text) for text, _ in signs)), None))
        if not (rows and _ends_with(signs, f" {rows} {arrows}")):
            _ends_with(signs, arrows)
            above_names, _ = signs[1] if len(signs) > 2 else ("", None)
            if rows and not above_names.strip() and len(rows) < len(above_names):
                signs[1] = (f" {rows}".ljust(len(above_names)), DIM)
        return [*lines, signs]

    def _row_line(self, row: int, width: int, cursor: tuple[int, int] | None) -> Line:
        is_here = row == self._row
        line: Line = [(ROW_SIGN if is_here else " ", self._lit if is_here else None)]
        cells, x = self._grid.rows[row], MARGIN - 1
        for c, _, w in self._places:
            field = _field(printable(cells[c]) if c < len(cells) else "", w, self._is_number[c])
            is_lit = is_here and c == self._column
            style = self._lit if is_here or c == self._column else None
            if is_lit:
                field, style = _bracketed(field), HERE
            if cursor == (row, c):
                style = HERE
            elif is_lit and cursor is not None:
                style = self._lit
            line.append((field, style))
            x += cell_len(field)
        return [*line, (" " * max(0, width - x), None)]


def _field(text: str, width: int, is_right: bool) -> str:
    """The text in a column, with a cell on either side."""
    kept = padded(text, width)
    if is_right:
        bare = kept.rstrip()
        kept = " " * (len(kept) - len(bare)) + bare
    return f" {kept} "


def _ends_with(line: Line, told: str) -> bool:
    """Put a text at the end of a line that is blank there; whether it fits."""
    text, style = line[-1]
    if len(text) < len(told) or text[len(text) - len(told) :].strip():
        return False
    line[-1:] = [(text[: len(text) - len(told)], style), (told, DIM)]
    return True


def _bracketed(field: str) -> str:
    """The text of a field in brackets."""
    bare = field.strip()
    if not bare:
        return f"[{field[1:-1]}]"
    start = field.index(bare)
    return f"{field[: start - 1]}[{bare}]{field[start + len(bare) + 1 :]}"

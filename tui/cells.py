"""Values of an answer as table cells of a fixed width: numbers on their decimal point, text cut with an ellipsis."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from backbones.plot.cells import fitted
from backbones.store.rows import Column, Rows, Value
from backbones.store.text import printable

SAMPLE = 4_000  # values that decide a column's width; a number is never cut, a longer text is
LONGEST_TEXT = 44


@dataclass(frozen=True, slots=True)
class CellFormat:
    """How one column prints: `width` cells in all, the last `decimals + 1` of them from the decimal point on."""

    column: Column
    width: int
    decimals: int = 0

    @property
    def is_number(self) -> bool:
        """Numbers stand on the right, everything else on the left."""
        return self.column.kind == "number"

    def text(self, value: Value, width: int | None = None) -> str:
        """The value as exactly `width` cells; None is blank."""
        width = self.width if width is None else width
        if value is None:
            return " " * width
        if self.is_number and isinstance(value, int | float):
            return self._number(value).rjust(width)
        return padded(plain(value, self.column), width)

    def _number(self, value: float) -> str:
        if self.column.decimals is not None:
            return f"{value:.{self.column.decimals}f}"
        whole, point, fraction = _written(value, self.decimals).partition(".")
        return whole + point + fraction.ljust(self.decimals + (self.decimals > 0) - len(point))


def plain(value: Value, column: Column) -> str:
    """The value as a reader writes it, without padding."""
    if value is None:
        return ""
    if column.kind == "flag" and value in (0, 1):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _written(value, 10) if column.decimals is None else f"{value:.{column.decimals}f}"
    return printable(value)


def padded(text: str, width: int) -> str:
    """The text as exactly `width` terminal cells, cut with an ellipsis."""
    if len(text) <= width and text.isascii():
        return text.ljust(width)
    cells = fitted(text, width)
    return "".join(cells) + " " * (width - len(cells))


def formats(rows: Rows, count: int) -> tuple[CellFormat, ...]:
    """The formats of the first `count` columns, wide enough for the values (a sample of them in a large answer)."""
    sample = rows.rows if len(rows) <= SAMPLE else rows.rows[:: len(rows) // SAMPLE + 1]
    found = []
    for position, column in enumerate(rows.columns[:count]):
        if column.kind == "number":
            found.append(_number_format(column, rows, position, sample))
        else:
            longest = _longest(plain(row[position], column) for row in sample)
            found.append(CellFormat(column, min(max(longest, 3), LONGEST_TEXT)))
    return tuple(found)


def _number_format(column: Column, rows: Rows, position: int, sample: Sequence[tuple[Value, ...]]) -> CellFormat:
    numbers = [v for row in sample if isinstance(v := row[position], int | float)]
    decimals = column.decimals
    if decimals is None:
        decimals = max((len(_written(v, 10).partition(".")[2]) for v in numbers), default=0)
    every = [v for row in rows.rows if isinstance(v := row[position], int | float)]
    ends = (min(every), max(every)) if every else ()
    draft = CellFormat(column, 0, decimals)
    return CellFormat(column, max((len(draft.text(v, 0)) for v in ends), default=1), decimals)


def _written(value: float, decimals: int) -> str:
    if isinstance(value, int):
        return str(value)
    if value != value or abs(value) >= 1e15:
        return f"{value:g}"
    return f"{value:.{decimals}f}".rstrip("0").rstrip(".") if decimals else f"{value:.0f}"


def _longest(texts: Iterable[str]) -> int:
    return max((len(t) if t.isascii() else len(fitted(t, 200)) for t in texts), default=0)

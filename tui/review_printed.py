"""Numbers as the cells of a paper print them, and where a number that somebody types stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from backbones.store.drafts import Evidence, Grid
from backbones.store.errors import BackbonesError
from backbones.store.vocabulary import METRICS

_NUMBER: Final = re.compile(
    r"(?<![\w.,^±+\-−–])(?P<sign>[-−–]?)(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)\s?(?P<unit>[KMBGT]\b)?"
)
"""Not the power of `224^2`, a difference such as `(+1.1)`, a spread behind ±, nor a digit of a name."""
_UNITS: Final = {"K": 1e-3, "M": 1.0, "B": 1e3, "G": 1.0, "T": 1e3}
"""To millions of parameters, and to billions of operations (`T` of these, `G`)."""
LARGEST: Final = 1e12


@dataclass(frozen=True, slots=True)
class Printed:
    """A cell that prints a number."""

    grid: Grid
    row: int
    column: int

    @property
    def text(self) -> str:
        """Where it is, for a sentence."""
        label, header = self.grid.rows[self.row][0], self.grid.headers[self.column]
        return f"table {self.grid.number or self.grid.id}, page {self.grid.page}, row {self.row + 1} ({label}), column {header}"


def numbers_in(text: str) -> Iterator[tuple[float, float]]:
    """Each number of a cell: as it is printed, and by its unit."""
    for found in _NUMBER.finditer(text):
        value = float(found["digits"].replace(",", "")) * (-1 if found["sign"] else 1)
        yield value, value * _UNITS.get(found["unit"] or "", 1.0)


def first_number(text: str) -> float | None:
    """The first number of a cell, by its unit."""
    return next((scaled for _, scaled in numbers_in(text)), None)


def prints(text: str, header: str, value: float) -> bool:
    """Whether a cell prints a value; below a header of errors also the accuracy that remains."""
    is_error = "err" in header.casefold()
    return any(
        _same(value, number) or _same(value, scaled) or (is_error and _same(value, 100 - number))
        for number, scaled in numbers_in(text)
    )


def where_printed(grids: Sequence[Grid], value: float, near: Evidence | None = None) -> Printed | None:
    """The cell that prints a value; of several, the one that is nearest to a number: in its row, its column, its table."""

    def distance(place: Printed) -> tuple[bool, bool, bool]:
        is_elsewhere = near is None or place.grid.id != near.table
        return is_elsewhere, near is None or place.row != near.row, near is None or place.column != near.column

    places = (
        Printed(grid, r, c)
        for grid in grids
        for r, row in enumerate(grid.rows)
        for c, text in enumerate(row[: len(grid.headers)])
        if prints(text, grid.headers[c], value)
    )
    return min(places, key=distance, default=None)


def typed_number(text: str, quantity: str) -> float:
    """The number that was typed; BackbonesError says why it is none, or cannot be one of that quantity."""
    plain = text.strip().removesuffix("%").strip().replace("−", "-")
    try:
        value = float(plain.replace(",", "") if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", plain) else plain)
    except ValueError:
        raise BackbonesError(f"{text.strip()!r} is no number; type it as 84.9 or 1,170") from None
    if not abs(value) <= LARGEST:
        raise BackbonesError(f"{text.strip()!r} is no finite number below {LARGEST:g}")
    metric = METRICS.get(quantity)
    if metric is not None and not metric.holds(value):
        raise BackbonesError(f"{metric.label} is a percentage from 0 to 100, not {value:g}")
    if metric is None and value <= 0:
        raise BackbonesError(f"{quantity.replace('_', ' ')} is above 0, not {value:g}")
    return value


def _same(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-9 * max(1.0, abs(a), abs(b))

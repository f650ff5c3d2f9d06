"""Numbers as the cells of a paper print them, and where a number that somebody types stands."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from backbones.store.drafts import Evidence, Grid
from backbones.store.errors import BackbonesError
from backbones.store.vocabulary import METRICS

_NUMBER: Final = re.compile(
    r"(?<![\w.,^±+\-−–])(?P<sign>[-−–]?)(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)\s?(?P<unit>[KMBGT]\b)?"
)
"""Not the power of `224^2`, nor a digit of a name."""
_ASIDE: Final = re.compile(r"±\s*[\d.,]+|\(\s*[-+±−–]\s*[\d.,]+\s*%?\s*\)")
"""A spread, and a difference in brackets: `± 0.2`, `(+1.1)`."""
_ANY: Final = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?|\.\d+")
_UNITS: Final = {"K": 1e-3, "M": 1.0, "B": 1e3, "G": 1.0, "T": 1e3}
"""To millions of parameters, and to billions of operations (`T` of these, `G`)."""
LARGEST: Final = 1e12
WHOLE: Final = {"resolution": "a side in pixels", "batch_size": "a batch"}


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
    for found in _NUMBER.finditer(_ASIDE.sub(" ", text)):
        value = float(found["digits"].replace(",", "")) * (-1 if found["sign"] else 1)
        yield value, value * _UNITS.get(found["unit"] or "", 1.0)


def first_number(text: str) -> float | None:
    """The first number of a cell, by its unit."""
    return next((scaled for _, scaled in numbers_in(text)), None)


def place_in(text: str, value: float) -> tuple[int, int] | None:
    """Where a sentence has a number, as start and end; None: it has it in another form, or not at all."""
    found = (m for m in _ANY.finditer(text) if _key(float(m[0].replace(",", ""))) == _key(value))
    whole = [m.span() for m in found]
    bare = [at for at in whole if not re.search(r"[\w.^-]$", text[: at[0]])]  # before a digit of a name
    return next(iter(bare or whole), None)


def where_printed(grids: tuple[Grid, ...], value: float, near: Evidence | None = None) -> Printed | None:
    """The cell that prints a value, below a header of errors also as the error that goes with it; of several, the one that
    is nearest to a number: in its row, its column, its table."""

    def distance(place: Printed) -> tuple[bool, bool, bool]:
        is_elsewhere = near is None or place.grid.id != near.table
        return is_elsewhere, near is None or place.row != near.row, near is None or place.column != near.column

    return min(_places(grids).get(_key(value), ()), key=distance, default=None)


@lru_cache(maxsize=1)
def _places(grids: tuple[Grid, ...]) -> Mapping[float, Sequence[Printed]]:
    """The cells that print each number: as it stands there, by its unit, and what is left of an error."""
    found: dict[float, list[Printed]] = defaultdict(list)
    for grid in grids:
        is_error = ["err" in header.casefold() for header in grid.headers]
        for r, row in enumerate(grid.rows):
            for c, text in enumerate(row[: len(grid.headers)]):
                forms = {
                    form
                    for number, scaled in numbers_in(text)
                    for form in (number, scaled, 100 - number if is_error[c] else number)
                }
                for form in forms:
                    found[_key(form)].append(Printed(grid, r, c))
    return found


def _key(value: float) -> float:
    return float(f"{value:.9g}")


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
    if quantity in WHOLE and value != int(value):
        raise BackbonesError(f"{WHOLE[quantity]} is a whole number, not {value:g}")
    if metric is None and value <= 0:
        raise BackbonesError(f"{quantity.replace('_', ' ')} is above 0, not {value:g}")
    return value

"""One line of a comparison: values, who is better, and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from backbones.store.rows import Column, Value

SectionName = Literal["attributes", "results", "speeds"]


@dataclass(frozen=True, slots=True)
class Line:
    """What is known of each model in one respect."""

    section: SectionName
    label: str
    setting: str
    """What the values have in common: `224 px`, `Mask R-CNN, 36 epochs`."""
    column: Column
    """Kind, unit and direction of the values."""
    values: tuple[Value, ...]
    winners: frozenset[int] = frozenset()
    """Who is better than another; none where all are equal or there is no direction."""
    notes: tuple[str, ...] = ()
    """In what each value's own setting is another."""
    spreads: tuple[str, ...] = ()
    """`±0.2, 6 sources`"""
    keys: tuple[int | None, ...] = ()
    """The results that the values are."""
    differs: bool = False
    """Whether the settings are not alike, so that the values are no fair comparison."""
    doubted: frozenset[int] = frozenset()
    """Whose value is suspected to be wrong."""

    def note(self, at: int) -> str:
        """In what the value's own setting is another."""
        return self.notes[at] if self.notes else ""

    @property
    def is_same(self) -> bool:
        """Whether all say the same."""
        known = [v for v in self.values if v is not None]
        return len(known) == len(self.values) and all(are_equal(v, known[0], self.column) for v in known)


def decimals_of(value: float) -> int:
    """Digits after the point, as far as the number was printed."""
    return len(f"{value:.10f}".rstrip("0").partition(".")[2])


def are_equal(a: Value, b: Value, column: Column) -> bool:
    """The same within rounding: percentages as printed by whoever rounds more, at least to one decimal."""
    if not isinstance(a, int | float) or not isinstance(b, int | float):
        return a == b
    digits = max(1, min(decimals_of(a), decimals_of(b)))
    most = column.decimals if column.decimals is not None else digits
    return round(a, min(digits, most)) == round(b, min(digits, most))


def winners(values: Sequence[Value], column: Column) -> frozenset[int]:
    """Who has the better value; several within rounding; nobody where all that are known are equal."""
    if column.higher_is_better is None or column.kind not in ("number", "flag"):
        return frozenset()
    known = [(i, float(v)) for i, v in enumerate(values) if isinstance(v, int | float)]
    if len(known) < 2:
        return frozenset()
    best = (max if column.higher_is_better else min)(v for _, v in known)
    found = frozenset(i for i, v in known if are_equal(v, best, column))
    return found if len(found) < len(known) else frozenset()


def differences(line: Line, reference: int = 0) -> tuple[float | None, ...]:
    """Each value less the reference's; None for the reference, for texts and where one is unknown."""
    base = line.values[reference]
    if line.column.kind != "number" or not isinstance(base, int | float):
        return tuple(None for _ in line.values)
    return tuple(v - base if i != reference and isinstance(v, int | float) else None for i, v in enumerate(line.values))

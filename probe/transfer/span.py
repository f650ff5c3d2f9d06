"""A time, or a number of epochs, of which only the bounds are known: from the least to the most it may be."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """From `least` to `most`; with `most` infinite nothing is known but the least."""

    least: float
    most: float

    @classmethod
    def of(cls, value: float) -> Span:
        """One that is known."""
        return cls(value, value)

    def __add__(self, other: Span | float) -> Span:
        added = other if isinstance(other, Span) else Span.of(other)
        return Span(self.least + added.least, self.most + added.most)

    def __mul__(self, other: Span | float) -> Span:
        factor = other if isinstance(other, Span) else Span.of(other)
        return Span(_product(self.least, factor.least), _product(self.most, factor.most))

    __radd__, __rmul__ = __add__, __mul__

    @property
    def is_bounded(self) -> bool:
        """There is a most."""
        return math.isfinite(self.most)

    @property
    def middle(self) -> float:
        """As many times more than the least as the most is more than it; the least where there is no most."""
        return math.sqrt(self.least * self.most) if self.is_bounded else self.least


def _product(one: float, other: float) -> float:
    """Nothing of what may take for ever takes no time."""
    return one * other if one and other else 0.0

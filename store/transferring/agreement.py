"""Do two lists of numbers order models alike? Spearman's and Kendall's rank correlation, with an interval by bootstrap."""

from __future__ import annotations

import random
from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

DRAWS: Final = 2000
DRAWN: Final = 50_000
"""Of more than 25 models fewer draws are made, so that all together have about so many: an answer takes a fraction of a second."""
FEWEST_DRAWS: Final = 250
FEWEST: Final = 5
"""Fewer models say nothing about agreement."""
CLOSE: Final = 0.5
"""A correlation whose interval begins here or higher is one to rely on."""


@dataclass(frozen=True, slots=True)
class Correlation:
    """A rank correlation, -1 to 1, with its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two numbers order the same models alike. None where there are too few, or one number is the same of all."""

    models: int
    spearman: Correlation | None = None
    kendall: Correlation | None = None

    @property
    def short(self) -> str:
        """`rho 0.83 (0.60–0.93)`, Spearman's; empty where there is none."""
        rho = self.spearman
        return "" if rho is None else f"rho {rho.value:.2f} ({rho.low:.2f}–{rho.high:.2f})"

    def sentence(self, first: str, second: str) -> str:
        """`ImageNet-1k top-1 predicts yours: Spearman's rho 0.83 (0.60 to 0.93), Kendall's tau 0.66 (0.41 to 0.80), 24 models`"""
        counted = f"{self.models} model{'s' if self.models != 1 else ''}"
        if self.spearman is None or self.kendall is None:
            if self.models < FEWEST:
                return f"{counted} with both numbers: too few to say whether {first} predicts {second}."
            return f"{first} or {second} is the same of all {counted}: nobody can say whether one predicts the other."
        told = f"Spearman's rho {self.spearman}, Kendall's tau {self.kendall}, {counted}."
        rho = self.spearman
        if rho.high < 0:
            return f"{first} runs against {second}: {told}"
        if rho.low <= 0:
            return f"{first} does not tell which model is better by {second}: {told}"
        return f"{first} predicts {second}{'' if rho.low >= CLOSE else ' loosely'}: {told}"


def agreement(xs: Sequence[float], ys: Sequence[float], seed: int = 0) -> Agreement:
    """Both correlations of paired values; the interval is that of models drawn anew with replacement, always the same for a seed."""
    count = len(xs)
    if len(ys) != count:
        raise ValueError(f"{count} values cannot be paired with {len(ys)}")
    if count < FEWEST or len(set(xs)) < 2 or len(set(ys)) < 2:
        return Agreement(count)
    draws = max(FEWEST_DRAWS, min(DRAWS, DRAWN // count))
    return Agreement(count, _correlated(spearman, xs, ys, seed, draws), _correlated(kendall, xs, ys, seed, draws))


def spearman(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """Pearson's correlation of the ranks, ties at their mean rank; None where one list has one value."""
    a, b = _ranks(xs), _ranks(ys)
    mean = (len(a) + 1) / 2
    over = sum((x - mean) * (y - mean) for x, y in zip(a, b, strict=True))
    spread = sum((x - mean) ** 2 for x in a) * sum((y - mean) ** 2 for y in b)
    return over / spread**0.5 if spread else None


def kendall(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """Tau-b: pairs in the same order less pairs in opposite order, corrected for ties; None where one list has one value."""
    pairs = sorted(zip(xs, ys, strict=True))
    before: list[float] = []
    opposite = 0
    for _, y in pairs:
        opposite += len(before) - bisect_right(before, y)
        insort(before, y)
    every = len(pairs) * (len(pairs) - 1) // 2
    tied_x, tied_y, tied = (_ties(values) for values in (xs, ys, pairs))
    spread = (every - tied_x) * (every - tied_y)
    return (every - tied_x - tied_y + tied - 2 * opposite) / spread**0.5 if spread else None


def _correlated(
    measure: Callable[[Sequence[float], Sequence[float]], float | None], xs: Sequence[float], ys: Sequence[float], seed: int, draws: int
) -> Correlation | None:  # fmt: skip
    value = measure(xs, ys)
    if value is None:
        return None
    drawing, places, found = random.Random(seed), range(len(xs)), []
    for _ in range(draws):
        chosen = drawing.choices(places, k=len(xs))
        again = measure([xs[i] for i in chosen], [ys[i] for i in chosen])
        if again is not None:  # one model drawn again and again orders nothing
            found.append(again)
    found.sort()
    low, high = (found[int(share * (len(found) - 1))] for share in (0.025, 0.975))
    return Correlation(value, min(low, value), max(high, value))


def _ranks(values: Sequence[float]) -> list[float]:
    places: dict[float, list[int]] = {}
    for place, value in enumerate(sorted(values), 1):
        places.setdefault(value, []).append(place)
    means = {value: (at[0] + at[-1]) / 2 for value, at in places.items()}
    return [means[value] for value in values]


def _ties(values: Sequence[object]) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(values).values())

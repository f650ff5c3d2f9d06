"""What a handful of timed blocks says: an interval of the median without assuming a distribution, percentiles, outliers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from statistics import median
from typing import Final

OUTLYING: Final = 3.5
"""Modified z-score from which a value is an outlier (Iglewicz and Hoaglin, 1993)."""
LEAST_FOR_INTERVAL: Final = 6
"""Below six values even the whole range covers the median with less than 95 %."""


def half_width(values: Sequence[float]) -> float:
    """Half of the 95 % interval of the median, as a share of the median; of the whole range below six values."""
    ordered = sorted(values)
    if len(ordered) < 2:
        return 0.0
    rank = _rank(len(ordered))
    middle = median(ordered)
    return (ordered[-1 - rank] - ordered[rank]) / 2 / middle if middle else 0.0


@cache
def _rank(count: int) -> int:
    """How many values lie outside at each end: the order statistics of the sign test, at least 95 % between them."""
    below, rank = 0.0, 0
    for outside in range(count // 2):
        below += math.comb(count, outside) / 2**count
        if below > 0.025:
            break
        rank = outside
    return rank


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which a share of the values lies, between two by linear interpolation."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def outliers(values: Sequence[float]) -> tuple[int, ...]:
    """Places of the values that stand apart from the others, by the median absolute deviation."""
    if len(values) < 3:
        return ()
    middle = median(values)
    deviation = median(abs(value - middle) for value in values)
    if not deviation:
        return ()
    return tuple(i for i, value in enumerate(values) if 0.6745 * abs(value - middle) / deviation > OUTLYING)


def spread(values: Sequence[float]) -> float:
    """Range over median: by how much repeated visits disagree."""
    return (max(values) - min(values)) / median(values) if len(values) > 1 and median(values) else 0.0

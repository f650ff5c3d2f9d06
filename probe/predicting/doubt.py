"""How far a few visits may be off, and so whether a limit is too near to a measured speed to say on which side it lies."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean, median, stdev
from typing import Final

VISITS: Final = 3
"""Of a model near a limit, at most; of all others one."""
USUAL: Final[Mapping[str, float]] = {"gpu": 0.015, "cpu": 0.025}
"""Standard deviation of one visit, as a share, before this machine has shown its own. On CPUs 2.9 % was seen on a machine that others
used too; of GPUs only the published tables tell: an RTX 4090 measured twice differs by 1 to 6 %."""
_BELIEF: Final = 4.0
"""Visits' worth of belief in what is usual."""
_WIDEST: Final = 0.1
_REACH: Final = 2.0
"""Standard deviations: 95 of 100 visits are nearer."""


def scatter_of(visits: Iterable[Sequence[float]], usual: float) -> float:
    """The standard deviation of one visit, as a share: what models that were visited repeatedly say, drawn towards the usual one."""
    squares, free = _BELIEF * usual**2, _BELIEF
    for speeds in visits:
        if len(speeds) > 1:
            logs = [math.log(speed) for speed in speeds]
            middle = fmean(logs)
            squares += sum((one - middle) ** 2 for one in logs)
            free += len(logs) - 1
    return min(_WIDEST, math.sqrt(squares / free))


def reach(scatter: float, visits: int) -> float:
    """How far the median of so many visits may be from what many would say, as a share. Of three and more the median knows less than
    the mean, but one visit that was disturbed does not move it."""
    return _REACH * scatter * (1.0 if visits < 3 else 1.16) / math.sqrt(visits)


def bounds(speeds: Sequence[float], scatter: float) -> tuple[float, float]:
    """Between which speeds the true one lies, as far as these visits tell: wider where they are further apart than is usual."""
    own = stdev(map(math.log, speeds)) if len(speeds) > 1 else 0.0
    middle, far = median(speeds), 1 + reach(max(scatter, own), len(speeds))
    return middle / far, middle * far

"""The Pareto front: the points that no other point beats."""

from __future__ import annotations

import math
from collections.abc import Sequence


def front(
    xs: Sequence[float], ys: Sequence[float], *, x_more_is_better: bool = False, y_more_is_better: bool = True
) -> tuple[int, ...]:
    """Indices, in ascending x, of the points that none equals or beats on both axes; of equal points the first."""
    sign_x, sign_y = (-1 if x_more_is_better else 1), (-1 if y_more_is_better else 1)
    best, found = math.inf, []
    for i in sorted(range(len(xs)), key=lambda i: (sign_x * xs[i], sign_y * ys[i], i)):
        if sign_y * ys[i] < best:
            best = sign_y * ys[i]
            found.append(i)
    return tuple(reversed(found)) if x_more_is_better else tuple(found)


def spread(xs: Sequence[float], ys: Sequence[float], chosen: Sequence[int]) -> tuple[int, ...]:
    """The chosen points, the two ends first, then always the one farthest from those before: an order for labels."""
    if len(chosen) < 3:
        return tuple(reversed(chosen))
    wide = max(xs[i] for i in chosen) - min(xs[i] for i in chosen) or 1.0
    high = max(ys[i] for i in chosen) - min(ys[i] for i in chosen) or 1.0
    last = chosen[-1]
    distance = {i: _squared(xs, ys, i, last, wide, high) for i in chosen if i != last}
    order = [last]
    while distance:
        farthest = max(distance, key=distance.__getitem__)
        del distance[farthest]
        order.append(farthest)
        for i in distance:
            distance[i] = min(distance[i], _squared(xs, ys, i, farthest, wide, high))
    return tuple(order)


def _squared(xs: Sequence[float], ys: Sequence[float], i: int, j: int, wide: float, high: float) -> float:
    return ((xs[i] - xs[j]) / wide) ** 2 + ((ys[i] - ys[j]) / high) ** 2

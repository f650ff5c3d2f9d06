"""The Pareto front as a line through points, and which of its points to name first."""

from __future__ import annotations

from collections.abc import Sequence

from backbones.store import pareto


def front(
    xs: Sequence[float], ys: Sequence[float], *, x_more_is_better: bool = False, y_more_is_better: bool = True
) -> tuple[int, ...]:
    """Indices, in ascending x, of the points that none equals or beats on both axes; of equal points the first."""
    whole = pareto.front(xs, ys, x_more_is_better, y_more_is_better)
    first = {(xs[i], ys[i]): i for i in reversed(whole)}
    return tuple(i for i in whole if first[xs[i], ys[i]] == i)


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

"""The Pareto front of two columns with their directions."""

from __future__ import annotations

from collections.abc import Sequence


def front(
    xs: Sequence[float | None], ys: Sequence[float | None], x_more_is_better: bool, y_more_is_better: bool
) -> list[int]:
    """Positions that no other position beats: none is as good in both and better in one. In order of x.

    Positions with a missing value are on no front; equal points are all on it.
    """
    sx, sy = (-1 if x_more_is_better else 1), (-1 if y_more_is_better else 1)
    known = [
        (sx * x, sy * y, i) for i, (x, y) in enumerate(zip(xs, ys, strict=True)) if x is not None and y is not None
    ]
    found: list[int] = []
    best_y: float | None = None
    corner: tuple[float, float] | None = None
    for x, y, i in sorted(known):
        if best_y is None or y < best_y or (x, y) == corner:
            found.append(i)
            best_y, corner = y, (x, y)
    return sorted(found, key=lambda i: xs[i] or 0.0)

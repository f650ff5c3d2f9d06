"""The Pareto front as a staircase of box-drawing arms."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from backbones.plot.layout import Layout

UP, RIGHT, DOWN, LEFT = 1, 2, 4, 8


def staircase(corners: Sequence[tuple[int, int]], x_more_is_better: bool, layout: Layout) -> dict[tuple[int, int], int]:
    """(column, row) -> arms, clipped to the plotting area, through the front's (column, row) cells in ascending x.

    Where less x is better, what a point reaches holds for all larger x: the line runs on at its height and turns at
    the next point. Where more is better it turns at once, so that it never passes through what nobody reached.
    """
    arms: dict[tuple[int, int], int] = {}
    for (ax, ay), (bx, by) in pairwise(corners):
        row, column = (by, ax) if x_more_is_better else (ay, bx)
        _across(arms, row, ax, bx, layout)
        _upright(arms, column, min(ay, by), max(ay, by), layout)
    return arms


def _across(arms: dict[tuple[int, int], int], row: int, a: int, b: int, layout: Layout) -> None:
    if a == b or not layout.top <= row < layout.top + layout.rows:
        return
    for x in range(max(a, layout.left), min(b, layout.left + layout.columns - 1) + 1):
        arms[x, row] = arms.get((x, row), 0) | (RIGHT if x < b else 0) | (LEFT if x > a else 0)


def _upright(arms: dict[tuple[int, int], int], column: int, a: int, b: int, layout: Layout) -> None:
    if a == b or not layout.left <= column < layout.left + layout.columns:
        return
    for y in range(max(a, layout.top), min(b, layout.top + layout.rows - 1) + 1):
        arms[column, y] = arms.get((column, y), 0) | (DOWN if y < b else 0) | (UP if y > a else 0)

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbones.plot.pareto import front, spread
from backbones.plot.raster import draw
from backbones.plot.scatter import Scatter, scatter
from backbones.plot.spec import Axis

DIRECTIONS = list(itertools.product((False, True), repeat=2))
LINE_MARKS = set("╵╶╰╷│╭├╴╯─┴╮┤┬┼")
pairs = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=25)


def by_definition(points: list[tuple[int, int]], x_more: bool, y_more: bool) -> set[int]:
    """Those that no other point equals or beats on both axes, but for equal points before them."""

    def beats(p: tuple[int, int], q: tuple[int, int]) -> bool:
        better_x = p[0] >= q[0] if x_more else p[0] <= q[0]
        return better_x and (p[1] >= q[1] if y_more else p[1] <= q[1])

    return {
        i
        for i, q in enumerate(points)
        if not any(beats(p, q) and (p != q or j < i) for j, p in enumerate(points) if j != i)
    }


@pytest.mark.parametrize(("x_more", "y_more"), DIRECTIONS)
@given(points=pairs)
def test_the_front_is_what_its_definition_says(x_more: bool, y_more: bool, points: list[tuple[int, int]]) -> None:
    xs, ys = [float(p[0]) for p in points], [float(p[1]) for p in points]
    found = front(xs, ys, x_more_is_better=x_more, y_more_is_better=y_more)
    assert set(found) == by_definition(points, x_more, y_more)
    assert [xs[i] for i in found] == sorted(xs[i] for i in found)


def plot_for(points: list[tuple[int, int]], x_more: bool, y_more: bool) -> Scatter:
    xs, ys = [float(p[0]) for p in points], [float(p[1]) for p in points]
    names: list[str] = [""] * len(points)
    x, y = Axis("x", more_is_better=x_more), Axis("y", more_is_better=y_more)
    return scatter(xs, ys, names, [None] * len(points), x=x, y=y, labels=0)


@pytest.mark.parametrize(("x_more", "y_more"), DIRECTIONS)
@given(points=pairs)
def test_the_staircase_claims_nothing_that_no_point_reached(
    x_more: bool, y_more: bool, points: list[tuple[int, int]]
) -> None:
    plot = plot_for(points, x_more, y_more)
    frame = draw(plot.spec, plot.points, 60, 24)
    at = [(int(x), int(y)) for x, y in frame.positions.values()]
    left, top, width, height = frame.box
    for y, x in itertools.product(range(top, top + height), range(left, left + width)):
        if frame.chars[y][x] in LINE_MARKS:
            assert any((px >= x if x_more else px <= x) and (py <= y if y_more else py >= y) for px, py in at)


@pytest.mark.parametrize(
    ("x_more", "y_more", "points", "corner"),
    [
        (False, True, [(0, 0), (9, 9)], (9, 0)),
        (True, True, [(0, 9), (9, 0)], (0, 0)),
        (False, False, [(0, 9), (9, 0)], (9, 9)),
        (True, False, [(0, 0), (9, 9)], (0, 9)),
    ],
)
def test_the_staircase_turns_in_the_corner_that_both_points_reach(
    x_more: bool, y_more: bool, points: list[tuple[int, int]], corner: tuple[int, int]
) -> None:
    plot = plot_for(points, x_more, y_more)
    frame = draw(plot.spec, plot.points, 60, 24)
    column = {p[0]: int(frame.positions[i][0]) for i, p in enumerate(points)}[corner[0]]
    row = {p[1]: int(frame.positions[i][1]) for i, p in enumerate(points)}[corner[1]]
    assert frame.chars[row][column] in "╯╰╮╭"


def test_labels_start_with_the_ends_and_go_on_with_the_farthest() -> None:
    xs = [0.0, 1.0, 2.0, 5.0, 10.0]
    assert spread(xs, xs, range(5)) == (4, 0, 3, 2, 1)

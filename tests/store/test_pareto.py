"""The Pareto front against its definition."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from backbones.store.pareto import front
from backbones.store.query import CatalogExplorer
from backbones.store.view import View

coordinate = st.one_of(st.none(), st.integers(-3, 3).map(float), st.floats(-1e6, 1e6))
points = st.lists(st.tuples(coordinate, coordinate), max_size=40)


def by_definition(xs: list[float | None], ys: list[float | None], x_up: bool, y_up: bool) -> set[int]:
    """O(n²): nobody is at least as good in both and better in one."""
    known = [
        (i, x if x_up else -x, y if y_up else -y)
        for i, (x, y) in enumerate(zip(xs, ys, strict=True))
        if x is not None and y is not None
    ]
    return {i for i, x, y in known if not any(a >= x and b >= y and (a > x or b > y) for _, a, b in known)}


@given(points, st.booleans(), st.booleans())
def test_the_front_is_what_its_definition_says(
    found: list[tuple[float | None, float | None]], x_up: bool, y_up: bool
) -> None:
    xs, ys = [p[0] for p in found], [p[1] for p in found]
    assert set(front(xs, ys, x_up, y_up)) == by_definition(xs, ys, x_up, y_up)


@given(points, st.booleans(), st.booleans())
def test_the_front_is_in_the_order_of_x_without_repeats(
    found: list[tuple[float | None, float | None]], x_up: bool, y_up: bool
) -> None:
    xs = [p[0] for p in found]
    positions = front(xs, [p[1] for p in found], x_up, y_up)
    along = [xs[i] if xs[i] is not None else math.nan for i in positions]
    assert along == sorted(x for x in along if x is not None)
    assert len(set(positions)) == len(positions)


def test_equal_points_are_all_on_the_front() -> None:
    assert front([1, 1, 2], [5, 5, 4], False, True) == [0, 1]


def test_nothing_known_is_no_front() -> None:
    assert front([None, 1.0], [1.0, None], True, True) == []
    assert front([], [], True, True) == []


def test_the_front_of_an_answer_follows_the_direction_of_its_columns(explorer: CatalogExplorer) -> None:
    view = View(columns=("params_m", "top_1@imagenet-1k"), x="params_m", y="top_1@imagenet-1k", group="")
    answer = explorer.answer(view)
    xs, ys = (
        [None if v is None else float(v) for v in answer.rows.values(name)]
        for name in ("params_m", "top_1@imagenet-1k")
    )
    assert answer.front == by_definition(xs, ys, False, True)
    only = explorer.answer(view.with_(only_front=True))
    assert set(only.keys) == {answer.keys[i] for i in answer.front}
    assert only.front == frozenset(range(len(only.keys)))


def test_a_front_of_two_costs_wants_little_of_both(explorer: CatalogExplorer) -> None:
    answer = explorer.answer(View(columns=("params_m", "gmacs"), x="params_m", y="gmacs", group=""))
    xs, ys = ([None if v is None else float(v) for v in answer.rows.values(name)] for name in ("params_m", "gmacs"))
    assert answer.front == by_definition(xs, ys, False, False)

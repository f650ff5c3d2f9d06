from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from backbones.plot.palette import DARK, Look
from backbones.plot.raster import draw
from backbones.plot.scatter import Scatter, scatter
from backbones.plot.spec import Axis

X, Y = Axis("x", "log"), Axis("y")
PlotOf = Callable[..., Scatter]


def test_values_that_have_no_place_are_dropped_and_counted() -> None:
    xs = [1.0, None, 0.0, -1.0, math.inf, 2.0, 3.0]
    ys = [1.0, 1.0, 1.0, 1.0, 1.0, math.nan, 4.0]
    plot = scatter(xs, ys, list("abcdefg"), [None] * 7, x=X, y=Y)
    assert plot.points.names == ("a", "g") and plot.rows == (0, 6) and plot.dropped == 5
    assert plot.spec.note == "5 without a value"


def test_zero_has_a_place_on_a_linear_axis() -> None:
    assert scatter([0.0], [1.0], ["a"], [None], x=Axis("x"), y=Y).dropped == 0


def test_the_seven_largest_groups_are_in_focus_when_none_is_named(plot_of: PlotOf) -> None:
    plot = plot_of()
    shown = [g for g in plot.spec.groups if g.glyph]
    assert len(shown) == 7 and len({g.glyph for g in shown}) == 7 and len({g.ink for g in shown}) == 7
    sizes = [plot.points.group.count(k) for k in range(1, 8)]
    assert sizes == sorted(sizes, reverse=True)


def test_a_small_group_is_drawn_over_a_large_one() -> None:
    plot = scatter([1, 1, 1], [5, 5, 5], list("abc"), ["small", "large", "large"], x=X, y=Y, labels=0)
    frame = draw(plot.spec, plot.points, 40, 12)
    ((x, y),) = {(int(x), int(y)) for x, y in frame.positions.values()}
    assert frame.hit[y][x] == 0


def test_a_group_keeps_its_colour_when_its_neighbours_have_no_points() -> None:
    both = scatter([1, 2], [1, 2], list("ab"), ["vit", "swin"], x=X, y=Y, focus=["vit", "swin"])
    alone = scatter([2], [2], ["b"], ["swin"], x=X, y=Y, focus=["vit", "swin"])
    assert both.spec.groups[1] == alone.spec.groups[1] and alone.spec.groups[1].ink == DARK[1]


def test_eight_groups_in_focus_are_refused_with_the_one_to_leave_out() -> None:
    with pytest.raises(ValueError, match="at most 7 groups can be in focus, got 8: leave out 'h'"):
        scatter([1], [1], ["n"], ["a"], x=X, y=Y, focus=list("abcdefgh"))


def test_letters_give_sixty_two_groups_a_letter_and_leave_the_rest_grey() -> None:
    names = [f"family{i:02}" for i in range(70)]
    plot = scatter([1.0 + i for i in range(70)], [1.0] * 70, names, names, x=X, y=Y, letters=True)
    assert len(plot.spec.groups) == 63 and len({g.glyph for g in plot.spec.groups}) == 63
    assert plot.points.group.count(0) == 8


def test_ascii_glyphs_are_initials_and_differ() -> None:
    groups = ["vit", "volo", "swin"]
    plot = scatter([1, 2, 3], [1, 2, 3], list("abc"), groups, x=X, y=Y, focus=groups, look=Look(0, True))
    assert {g.name: g.glyph for g in plot.spec.groups[1:]} == {"vit": "V", "volo": "O", "swin": "S"}


def test_less_is_better_on_x_and_more_on_y_unless_the_axis_says_otherwise() -> None:
    xs, ys, names, groups = [1.0, 2.0, 3.0], [1.0, 3.0, 2.0], list("abc"), [None] * 3
    assert scatter(xs, ys, names, groups, x=X, y=Y).points.front == (0, 1)
    faster = replace(X, more_is_better=True)
    assert scatter(xs, ys, names, groups, x=faster, y=Y).points.front == (1, 2)
    error = replace(Y, more_is_better=False)
    assert scatter(xs, ys, names, groups, x=X, y=error).points.front == (0,)
    assert scatter(xs, ys, names, groups, x=faster, y=error).points.front == (0, 2)


def spread_with_a_tail(y: Axis) -> Scatter:
    ys = [80 + i % 10 for i in range(97)] + [1, 2, 3]
    return scatter([1 + i for i in range(100)], ys, [""] * 100, [None] * 100, x=X, y=y)


def test_a_few_bad_points_do_not_squeeze_the_others_and_are_counted() -> None:
    plot = spread_with_a_tail(Y)
    frame = draw(plot.spec, plot.points, 80, 24)
    assert "3 below" in frame.text() and len(frame.positions) == 97


def test_the_worst_errors_are_above_the_plot_where_less_is_better() -> None:
    ys = [20 + i % 10 for i in range(97)] + [99, 98, 97]
    y = Axis("mCE", more_is_better=False)
    plot = scatter([1 + i for i in range(100)], ys, [""] * 100, [None] * 100, x=X, y=y)
    assert "3 above" in draw(plot.spec, plot.points, 80, 24).text()


@pytest.mark.parametrize("y", [Axis("y", lo=0), Axis("y", hi=95), Axis("y", cut=0.0)])
def test_limits_that_the_user_gives_win_over_the_automatic_cut(y: Axis) -> None:
    frame = draw(spread_with_a_tail(y).spec, spread_with_a_tail(y).points, 80, 24)
    assert "below" not in frame.text() and len(frame.positions) == 100


def test_even_points_are_not_cut() -> None:
    plot = scatter(range(1, 101), range(100), [""] * 100, [None] * 100, x=X, y=Y)
    assert plot.spec.y.cut == 0


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"lo": 5, "hi": 3}, "lower limit 5 is above"),
        ({"lo": 0}, "lower limit 0 cannot be shown on a log axis"),
        ({"hi": math.nan}, "upper limit nan cannot"),
    ],
)
def test_limits_that_make_no_sense_are_refused(limits: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Axis("x", "log", **limits)  # type: ignore[arg-type]


def test_without_pareto_there_is_no_front(plot_of: PlotOf) -> None:
    assert plot_of(pareto=False).points.front == () != plot_of().points.front


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="columns differ in length: 2, 1, 1, 1"):
        scatter([1, 2], [1], ["a"], [None], x=X, y=Y)

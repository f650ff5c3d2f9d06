from __future__ import annotations

from collections.abc import Callable

import pytest

from backbones.plot.scatter import Scatter, scatter
from backbones.plot.spec import Axis, PlotSpec, Scale
from backbones.plot.view import panned, reset, zoomed

PlotOf = Callable[..., Scatter]


def plot(scale: Scale) -> Scatter:
    x, y = Axis("x", scale, lo=1, hi=10_000), Axis("y", lo=0, hi=100)
    return scatter([10, 100, 1000], [20, 50, 80], list("abc"), [None] * 3, x=x, y=y)


def limits(spec: PlotSpec) -> tuple[float | None, float | None, float | None, float | None]:
    return spec.x.lo, spec.x.hi, spec.y.lo, spec.y.hi


@pytest.mark.parametrize(
    ("scale", "expected"), [("linear", (2500.75, 7500.25)), ("date", (2500.75, 7500.25)), ("log", (10, 1000))]
)
def test_zooming_halves_the_range_about_the_middle(scale: Scale, expected: tuple[float, float]) -> None:
    made = plot(scale)
    assert limits(zoomed(made.spec, made.points, 0.5, 0.5)) == pytest.approx((*expected, 25, 75))


def test_the_anchor_of_a_zoom_stays_where_it_is() -> None:
    made = plot("log")
    assert limits(zoomed(made.spec, made.points, 0.5, 0.5, 0.0, 1.0)) == pytest.approx((1, 100, 50, 100))


def test_zooming_in_and_out_again_changes_nothing(plot_of: PlotOf) -> None:
    made = plot_of()
    there = zoomed(made.spec, made.points, 0.8, 0.8, 0.3, 0.6)
    back = zoomed(there, made.points, 1.25, 1.25, 0.3, 0.6)
    (x_low, x_high) = made.spec.x.span(made.spec.x.positions(made.points.x))
    assert (back.x.lo, back.x.hi) == pytest.approx((10**x_low, 10**x_high))


@pytest.mark.parametrize(("scale", "expected"), [("linear", (5000.5, 14999.5)), ("log", (100, 1e6))])
def test_panning_moves_by_a_share_of_the_range(scale: Scale, expected: tuple[float, float]) -> None:
    made = plot(scale)
    assert limits(panned(made.spec, made.points, 0.5, -0.1)) == pytest.approx((*expected, -10, 90))


def test_zooming_stops_where_floats_run_out_and_where_the_points_would_vanish(plot_of: PlotOf) -> None:
    for factor, least in ((0.5, 20), (2.0, 5)):
        made = plot_of()
        spec, seen = made.spec, []
        for _ in range(80):
            spec = zoomed(spec, made.points, factor, factor)
            seen.append(limits(spec))
        assert least <= len(set(seen)) < 60 and seen[-1] == seen[-2]


def test_panning_far_beyond_the_largest_number_does_not_fail() -> None:
    made = plot("log")
    spec = made.spec
    for _ in range(200):
        spec = panned(spec, made.points, 1.0, 1.0)
    assert spec.x.lo is not None and spec.x.hi is not None and spec.x.lo < spec.x.hi


def test_reset_goes_home() -> None:
    made = plot("log")
    there = zoomed(made.spec, made.points, 0.1, 0.1)
    assert reset(there, made.spec) == made.spec
    assert limits(reset(there)) == (None, None, None, None)

"""Zooming and panning: the same plot with other limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from backbones.plot.spec import Axis, PlotSpec, Points

NARROWEST = 1e-9  # of the largest position in view; below it ticks and floats run out of digits
WIDEST = 50.0  # times the range of the points


def zoomed(spec: PlotSpec, points: Points, fx: float, fy: float, ax: float = 0.5, ay: float = 0.5) -> PlotSpec:
    """The plot with its ranges multiplied by fx and fy (below 1: closer) about an anchor that stays where it is.

    The anchor is a share of the plotting area, from the left and from the bottom. A range that would become too
    narrow or too wide is left as it is.
    """
    return replace(
        spec,
        x=_moved(spec.x, points.x, factor=fx, anchor=ax),
        y=_moved(spec.y, points.y, factor=fy, anchor=ay),
    )


def panned(spec: PlotSpec, points: Points, dx: float, dy: float) -> PlotSpec:
    """The plot seen further to the right and further up, by shares of its ranges."""
    return replace(spec, x=_moved(spec.x, points.x, shift=dx), y=_moved(spec.y, points.y, shift=dy))


def reset(spec: PlotSpec, home: PlotSpec | None = None) -> PlotSpec:
    """The plot with the limits of `home`, or with limits that follow the points."""
    x_limits, y_limits = ((home.x.lo, home.x.hi), (home.y.lo, home.y.hi)) if home else ((None, None), (None, None))
    return replace(
        spec,
        x=replace(spec.x, lo=x_limits[0], hi=x_limits[1]),
        y=replace(spec.y, lo=y_limits[0], hi=y_limits[1]),
    )


def _moved(axis: Axis, values: Sequence[float], factor: float = 1.0, anchor: float = 0.5, shift: float = 0.0) -> Axis:
    if factor == 1 and shift == 0:
        return axis
    positions = axis.positions(values)
    low, high = axis.span(positions)
    pivot, moved_by = low + (high - low) * anchor, (high - low) * shift
    new_low, new_high = pivot + (low - pivot) * factor + moved_by, pivot + (high - pivot) * factor + moved_by
    home_low, home_high = replace(axis, lo=None, hi=None, cut=0.0).span(positions)
    too_narrow = factor < 1 and new_high - new_low < NARROWEST * max(abs(new_low), abs(new_high), home_high - home_low)
    too_wide = factor > 1 and new_high - new_low > WIDEST * (home_high - home_low)
    lo, hi = axis.back(new_low), axis.back(new_high)
    return axis if too_narrow or too_wide or not lo < hi else replace(axis, lo=lo, hi=hi)

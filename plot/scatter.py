"""Columns of values become a scatter plot that can be drawn at any size or saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from backbones.plot.family_lines import Member, joined
from backbones.plot.focus import grouped, shaped
from backbones.plot.palette import Look
from backbones.plot.pareto import front, spread
from backbones.plot.spec import Axis, PlotSpec, Points, collect

WORST_SHARE = 0.03  # of the points, left out of automatic limits of y
FEWEST_TO_CUT = 50
GAIN_TO_CUT = 0.1  # share of the range that leaving them out must free


@dataclass(frozen=True, slots=True)
class Scatter:
    """A plot: `rows[i]` is the index in the input of point i, `dropped` the number of inputs without a place."""

    spec: PlotSpec
    points: Points
    rows: tuple[int, ...]
    dropped: int


def scatter(
    xs: Sequence[float | None],
    ys: Sequence[float | None],
    names: Sequence[str],
    groups: Sequence[str | None],
    *,
    x: Axis,
    y: Axis,
    focus: Sequence[str] | None = None,
    letters: bool = False,
    pareto: bool = True,
    labels: int = 8,
    look: Look | None = None,
    title: str = "",
    shapes: Sequence[str | None] | None = None,
    shape_label: str = "",
    lines: Sequence[Member | None] | None = None,
) -> Scatter:
    """The plot of one point per (x, y) pair, the groups in `focus` in colour (None: the largest seven).

    Pairs with a missing, infinite or (on a log axis) non-positive value are dropped and counted. `letters` gives up
    to 62 groups a letter each; `shapes` are the values of an attribute that gives the points in focus their glyphs.
    `lines` says on which line each point is, and as what. Raises ValueError when the columns differ in length or too
    many groups are in focus.
    """
    lengths = [len(column) for column in (xs, ys, names, groups, shapes, lines) if column is not None]
    if len(set(lengths)) > 1:
        raise ValueError(f"columns differ in length: {', '.join(map(str, lengths))}")
    look = look or Look()
    drawn, group = grouped(groups, focus, letters, look)
    points, rows, dropped = collect(xs, ys, names, group, x=x, y=y)
    x = replace(x, more_is_better=bool(x.more_is_better), cut=x.cut or 0.0)
    y = replace(y, more_is_better=y.more_is_better is not False)
    at_x, at_y = x.positions(points.x), y.positions(points.y)
    best = front(at_x, at_y, x_more_is_better=bool(x.more_is_better), y_more_is_better=bool(y.more_is_better))
    forms, form = shaped([shapes[i] for i in rows], points.group, look) if shapes is not None else ((), [])
    spec = PlotSpec(
        x=x,
        y=replace(y, cut=_worst_share(y, at_y) if y.cut is None else y.cut),
        groups=drawn,
        title=title,
        grid=look.has_grid,
        ascii=look.ascii,
        step=pareto,
        labels=labels,
        note=f"{dropped:,} without a value" if dropped else "",
        theme=look.theme(),
        shapes=forms,
        shape_label=shape_label,
        is_coloured=look.depth > 0,
        palette=look.palette,
    )
    drawn_lines = joined([lines[i] for i in rows], points, bool(y.more_is_better)) if lines is not None else ()
    points = replace(
        points, front=best if pareto else (), labels=spread(at_x, at_y, best), shape=tuple(form), lines=drawn_lines
    )
    return Scatter(spec, points, rows, dropped)


def _worst_share(y: Axis, positions: list[float]) -> float:
    """WORST_SHARE where a few bad points would take many rows from the rest, else 0."""
    if len(positions) < FEWEST_TO_CUT or y.lo is not None or y.hi is not None:
        return 0.0
    lo, hi = replace(y, cut=0.0).span(positions)
    cut_lo, cut_hi = replace(y, cut=WORST_SHARE).span(positions)
    return WORST_SHARE if cut_hi - cut_lo < (hi - lo) * (1 - GAIN_TO_CUT) else 0.0

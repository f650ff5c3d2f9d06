"""Where everything goes: the plotting area, the limits, the ticks and the legend of a plot of a given size."""

from __future__ import annotations

import math
from dataclasses import dataclass

from backbones.plot.cells import fitted
from backbones.plot.legend import Row, legend_rows
from backbones.plot.palette import FOCUS_LIMIT
from backbones.plot.spec import PlotSpec, Points
from backbones.plot.ticks import Tick, ticks

ROWS_PER_Y_TICK = 3
COLUMNS_PER_X_TICK = 9
ROWS_PER_LEGEND_ROW = 8  # where groups are letters: one that is not in the legend says nothing
ENOUGH_FOR_MORE = 26  # rows of a frame in which colours and shapes may take two rows of legend each
FAR = 1e6  # cells; farther than any screen, near enough for int()


@dataclass(frozen=True, slots=True)
class Layout:
    """The plotting area is `columns` x `rows` cells from (left, top); the scales are cells per position."""

    left: int
    top: int
    columns: int
    rows: int
    x_low: float
    y_high: float
    x_scale: float
    y_scale: float
    x_ticks: list[Tick]
    y_ticks: list[tuple[float, tuple[str, ...]]]
    legend: list[Row]
    has_x_label: bool

    def column(self, position: float) -> int:
        """The column of a position on x; a position on the right border belongs to the last column."""
        at = (position - self.x_low) * self.x_scale
        last = self.left + self.columns - 1
        return last if at == self.columns else self.left + math.floor(min(max(at, -FAR), FAR))

    def row(self, position: float) -> int:
        """The row of a position on y; a position on the bottom border belongs to the last row."""
        at = (self.y_high - position) * self.y_scale
        last = self.top + self.rows - 1
        return last if at == self.rows else self.top + math.floor(min(max(at, -FAR), FAR))

    def holds(self, x: int, y: int) -> bool:
        """True where the cell lies in the plotting area."""
        return self.left <= x < self.left + self.columns and self.top <= y < self.top + self.rows


def arrange(spec: PlotSpec, points: Points, xs: list[float], ys: list[float], width: int, height: int) -> Layout:
    """The layout for points at positions xs, ys. What a low frame has no room for goes first: legend, then x label."""
    many = sum(bool(group.glyph) for group in spec.groups) > FOCUS_LIMIT
    wanted = max(spec.legend, height // ROWS_PER_LEGEND_ROW) if many and spec.legend else spec.legend
    if spec.shapes and spec.legend and height >= ENOUGH_FOR_MORE:
        wanted += 2
    room = min(wanted, max(height - 10 + bool(spec.shapes), 0))  # colours and shapes need a row each
    legend = legend_rows(spec, points, width - 4, room)
    has_x_label = height >= 10
    rows = height - 3 - has_x_label - len(legend)
    (x_low, x_high), (y_low, y_high) = spec.x.span(xs), spec.y.span(ys)
    y_ticks = [
        (at, fitted(text, width // 3, spec.ascii)) for at, text in ticks(spec.y, y_low, y_high, rows // ROWS_PER_Y_TICK)
    ]
    left = max((len(label) for _, label in y_ticks), default=0) + 1
    columns = width - left - 1
    return Layout(
        left=left,
        top=1,
        columns=columns,
        rows=rows,
        x_low=x_low,
        y_high=y_high,
        x_scale=columns / (x_high - x_low),
        y_scale=rows / (y_high - y_low),
        x_ticks=[(at, text) for at, text in ticks(spec.x, x_low, x_high, columns // _columns_per_tick(spec))],
        y_ticks=y_ticks,
        legend=legend,
        has_x_label=has_x_label,
    )


def _columns_per_tick(spec: PlotSpec) -> int:
    return COLUMNS_PER_X_TICK + 3 * (spec.x.scale == "date")

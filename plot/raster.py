"""A plot as terminal cells: pure computation, a few milliseconds for thousands of points."""

from __future__ import annotations

from backbones.plot.axes import draw_axes, draw_empty, draw_hidden_counts
from backbones.plot.canvas import BRAILLE, Canvas
from backbones.plot.cells import fitted
from backbones.plot.family_lines import draw_lines
from backbones.plot.frame import GROUP0, LINE, Frame
from backbones.plot.labels import Cell, Ground, Positions, draw_cursor, draw_labels
from backbones.plot.layout import Layout, arrange
from backbones.plot.spec import Ink, PlotSpec, Points
from backbones.plot.staircase import staircase

SMALLEST = (20, 8)


def draw(spec: PlotSpec, points: Points, width: int, height: int, cursor: int | None = None) -> Frame:
    """The frame of `width` x `height` cells; `cursor` is a point to mark and name.

    Below 20 x 8 cells the frame holds only a message.
    """
    width, height = max(width, 0), max(height, 0)
    canvas = Canvas(width, height, spec.ascii)
    inks = (*spec.theme.inks(), *(group.ink for group in spec.groups))
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return _too_small(canvas, inks)
    xs, ys = spec.x.positions(points.x), spec.y.positions(points.y)
    layout = arrange(spec, points, xs, ys, width, height)
    draw_axes(canvas, spec, layout)
    positions, below, above = _draw_points(canvas, spec, points, layout, xs, ys)
    crossed = draw_lines(canvas, spec, points, layout, xs, ys) if points.lines else set()
    line = _draw_front(canvas, spec, points, layout, xs, ys)
    draw_hidden_counts(canvas, layout, below, above)
    ground = Ground(canvas, spec, points, layout, line, crossed)
    draw_labels(ground, spec, points, layout, positions)
    if cursor is not None and cursor in positions:
        draw_cursor(canvas, ground, spec, points, layout, positions, cursor)
    if not points.x:
        draw_empty(canvas, layout)
    box = (layout.left, layout.top, layout.columns, layout.rows)
    return Frame(width, height, canvas.chars, canvas.ink, canvas.hit, inks, box, positions)


def _too_small(canvas: Canvas, inks: tuple[Ink, ...]) -> Frame:
    message = fitted("too small to plot", canvas.width, canvas.ascii)
    if message:
        canvas.put(0, 0, message, 1)
    return Frame(canvas.width, canvas.height, canvas.chars, canvas.ink, canvas.hit, inks)


def _draw_points(
    canvas: Canvas, spec: PlotSpec, points: Points, layout: Layout, xs: list[float], ys: list[float]
) -> tuple[Positions, int, int]:
    """The positions of the visible points, and how many lie below and above the plotting area.

    A point's cell is read off its position after rounding, so that the two never disagree. A cell shows the dots of
    one group only: the one that its topmost point belongs to.
    """
    left, top, group, hit = layout.left, layout.top, points.group, canvas.hit
    right, bottom = left + layout.columns, top + layout.rows
    x_low, y_high, x_scale, y_scale = layout.x_low, layout.y_high, layout.x_scale, layout.y_scale
    is_dotted = [not g.glyph and not spec.ascii for g in spec.groups]
    glyphs = [g.glyph or "." for g in spec.groups]
    shapes, shape = [s.glyph for s in spec.shapes], points.shape
    positions: Positions = {}
    below = above = 0
    for i in sorted(range(len(xs)), key=group.__getitem__):
        x, y = (xs[i] - x_low) * x_scale + left, (y_high - ys[i]) * y_scale + top
        if not left <= x <= right:
            continue
        if not top <= y <= bottom:
            below += y > bottom
            above += y < top
            continue
        column, row, g = int(x), int(y), group[i]
        if column == right:
            column, x = column - 1, right - 1e-6
        if row == bottom:
            row, y = row - 1, bottom - 1e-6
        positions[i] = x, y
        chars, under = canvas.chars[row], hit[row][column]
        hit[row][column], canvas.ink[row][column] = i, GROUP0 + g
        if is_dotted[g]:
            dots = ord(chars[column]) if under >= 0 and group[under] == g else 0x2800
            chars[column] = chr(dots | BRAILLE[int((y - row) * 4)][int((x - column) * 2)])
        elif shapes and spec.groups[g].glyph:
            chars[column] = shapes[shape[i]]
        else:
            chars[column] = glyphs[g]
    return positions, below, above


def _draw_front(
    canvas: Canvas, spec: PlotSpec, points: Points, layout: Layout, xs: list[float], ys: list[float]
) -> set[Cell]:
    """Draw the staircase and its grey points over grey points and under glyphs; return the cells of the staircase."""
    if not spec.step:
        return set()
    corners = [(layout.column(xs[i]), layout.row(ys[i])) for i in points.front]
    arms = staircase(corners, bool(spec.x.more_is_better), layout)
    drawn = {cell: canvas.marks.arms[directions] for cell, directions in arms.items()}
    drawn |= {cell: canvas.marks.on_front for cell in corners if layout.holds(*cell)}
    for (x, y), mark in drawn.items():
        i = canvas.hit[y][x]
        if i < 0 or not spec.groups[points.group[i]].glyph:
            canvas.chars[y][x], canvas.ink[y][x] = mark, LINE
    return set(drawn)

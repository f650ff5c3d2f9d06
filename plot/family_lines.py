"""Lines through the backbones of a family: which points are joined, and how a line is drawn in cells."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from backbones.plot.canvas import BRAILLE, Canvas
from backbones.plot.frame import GROUP0
from backbones.plot.layout import Layout
from backbones.plot.spec import PlotSpec, Points

Member = tuple[tuple[object, ...], object]
"""The line that a point is on, and what it is there: two points of one backbone are two tries, not two sizes."""

Cell = tuple[int, int]
INSIDE = 1e-6  # dots, that the last step of a line keeps from the border
FLAT, STEEP, RISING, FALLING = "~:/\\"


def joined(members: Sequence[Member | None], points: Points, more_is_better: bool) -> tuple[tuple[int, ...], ...]:
    """The points of each line in ascending x: of each backbone the best by y; lines of one point are none.

    Only points in colour are joined: dozens of grey lines over grey points would hide what they are drawn for.
    """
    sign = 1 if more_is_better else -1
    best: dict[Member, int] = {}
    for i, member in enumerate(members):
        if member is not None and points.group[i]:
            before = best.get(member)
            if before is None or sign * points.y[i] > sign * points.y[before]:
                best[member] = i
    lines: dict[tuple[object, ...], list[int]] = {}
    for (line, _), i in best.items():
        lines.setdefault(line, []).append(i)
    ordered = (sorted(found, key=lambda i: (points.x[i], points.y[i])) for found in lines.values() if len(found) > 1)
    return tuple(tuple(found) for found in ordered)


def draw_lines(
    canvas: Canvas, spec: PlotSpec, points: Points, layout: Layout, xs: list[float], ys: list[float]
) -> set[Cell]:
    """Draw the lines in their groups' inks over grey points and under glyphs; return the cells that they take."""
    columns, rows = layout.columns, layout.rows
    cells: list[int] = [0] * (columns * rows)  # the dots of each cell
    inks = list(cells)
    slopes: dict[int, str] = {}
    x_scale, y_scale = layout.x_scale * 2, layout.y_scale * 4  # dots, two by four in a cell
    last_x, last_y = columns * 2 - INSIDE, rows * 4 - INSIDE
    x_high, y_low = layout.x_low + columns / layout.x_scale, layout.y_high - rows / layout.y_scale
    for line in points.lines:
        ink = GROUP0 + points.group[line[0]]
        for a, b in pairwise(line):
            cut = clipped(xs[a], ys[a], xs[b], ys[b], (layout.x_low, x_high, y_low, layout.y_high))
            if cut is None:
                continue
            x, end_x = (min(max((at - layout.x_low) * x_scale, 0.0), last_x) for at in cut[::2])
            y, end_y = (min(max((layout.y_high - at) * y_scale, 0.0), last_y) for at in cut[1::2])
            steps = int(max(abs(end_x - x), abs(end_y - y))) + 1
            dx, dy = (end_x - x) / steps, (end_y - y) / steps
            slope = _slope(dx, dy) if canvas.ascii else ""
            for _ in range(steps + 1):
                column, row = int(x), int(y)
                cell = (row >> 2) * columns + (column >> 1)
                cells[cell] |= BRAILLE[row & 3][column & 1]
                inks[cell] = ink
                if slope:
                    slopes[cell] = slope
                x += dx
                y += dy
    has_glyph = [bool(group.glyph) for group in spec.groups]
    drawn = set()
    for cell, dots in enumerate(cells):
        if dots:
            at = cell % columns + layout.left, cell // columns + layout.top
            i = canvas.hit[at[1]][at[0]]
            if i < 0 or not has_glyph[points.group[i]]:
                canvas.chars[at[1]][at[0]] = slopes.get(cell) or chr(0x2800 | dots)
                canvas.ink[at[1]][at[0]] = inks[cell]
                drawn.add(at)
    return drawn


def clipped(
    x0: float, y0: float, x1: float, y1: float, box: tuple[float, float, float, float]
) -> tuple[float, float, float, float] | None:
    """The part of a segment that lies in the box (x from, x to, y from, y to); None where none does (Liang-Barsky).

    Without it a segment costs as much as it is long, and a zoom makes it as long as one likes.
    """
    dx, dy, first, last = x1 - x0, y1 - y0, 0.0, 1.0
    for step, room in ((-dx, x0 - box[0]), (dx, box[1] - x0), (-dy, y0 - box[2]), (dy, box[3] - y0)):
        if step == 0:
            if room < 0:
                return None
        elif step < 0:
            first = max(first, room / step)
        else:
            last = min(last, room / step)
    if first > last:
        return None
    return x0 + first * dx, y0 + first * dy, x0 + last * dx, y0 + last * dy


def _slope(dx: float, dy: float) -> str:
    """A character for a line of ASCII, by its slope in cells, y downwards."""
    across, down = abs(dx) / 2, abs(dy) / 4
    if down * 3 < across:
        return FLAT
    if across * 3 < down:
        return STEEP
    return FALLING if (dx > 0) == (dy > 0) else RISING

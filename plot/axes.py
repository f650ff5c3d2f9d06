"""The frame of a plot: axes, ticks, grid, title, legend and remarks."""

from __future__ import annotations

from backbones.plot.canvas import Canvas
from backbones.plot.cells import cells, fitted
from backbones.plot.frame import FRAME, GRID, TICK, TITLE
from backbones.plot.layout import Layout
from backbones.plot.spec import PlotSpec

GRID_PITCH = 4, 2  # columns, rows: as far apart on the screen, where a cell is twice as high as wide
SHORTEST_TITLE = 8


def draw_axes(canvas: Canvas, spec: PlotSpec, layout: Layout) -> None:
    """Everything that does not depend on the points."""
    _draw_head(canvas, spec, layout)
    for y in range(layout.top, layout.top + layout.rows):
        canvas.put(layout.left - 1, y, canvas.marks.vertical, FRAME)
    bottom = layout.top + layout.rows
    canvas.put(layout.left - 1, bottom, canvas.marks.corner + canvas.marks.horizontal * layout.columns, FRAME)
    _draw_y_ticks(canvas, spec, layout)
    _draw_x_ticks(canvas, spec, layout)
    if layout.has_x_label:
        _draw_foot(canvas, spec, layout)
    for k, row in enumerate(layout.legend, canvas.height - len(layout.legend)):
        x = layout.left
        for item, ink in row:
            canvas.put(x, k, item, ink)
            x += len(item)


def draw_hidden_counts(canvas: Canvas, layout: Layout, below: int, above: int) -> None:
    """How many points lie beyond the lower and the upper limit of y, where no point is covered."""
    marks, last = canvas.marks, layout.top + layout.rows - 1
    if below:
        _draw_remark(canvas, layout, last, f"{marks.below}{below} below")
    if above:
        _draw_remark(canvas, layout, layout.top, f"{marks.above}{above} above")


def draw_empty(canvas: Canvas, layout: Layout) -> None:
    """Say that there is nothing to see."""
    message = "no points"
    x = layout.left + (layout.columns - len(message)) // 2
    canvas.text(x, layout.top + layout.rows // 2, message, TICK)


def _draw_head(canvas: Canvas, spec: PlotSpec, layout: Layout) -> None:
    label = fitted(spec.y.label, canvas.width - layout.left, spec.ascii)
    canvas.put(layout.left - 1, 0, label, TICK)
    used = layout.left - 1 + len(label) + 2
    title = fitted(spec.title, canvas.width - used, spec.ascii)
    if len(title) >= min(SHORTEST_TITLE, len(cells(spec.title, spec.ascii))):
        canvas.put(max(used, layout.left + (layout.columns - len(title)) // 2), 0, title, TITLE)


def _draw_foot(canvas: Canvas, spec: PlotSpec, layout: Layout) -> None:
    y = layout.top + layout.rows + 2
    label = fitted(spec.x.label, layout.columns, spec.ascii)
    x = layout.left + (layout.columns - len(label)) // 2
    canvas.put(x, y, label, TICK)
    note = cells(spec.note, spec.ascii)
    if note and canvas.width - len(note) >= x + len(label) + 2:
        canvas.put(canvas.width - len(note), y, note, FRAME)


def _draw_y_ticks(canvas: Canvas, spec: PlotSpec, layout: Layout) -> None:
    for at, label in layout.y_ticks:
        y = layout.row(at)
        if layout.holds(layout.left, y):
            canvas.put(layout.left - 1 - len(label), y, label, TICK)
            canvas.put(layout.left - 1, y, canvas.marks.y_tick, FRAME)
            if spec.grid and not spec.ascii:
                for x in range(layout.left, layout.left + layout.columns, GRID_PITCH[0]):
                    canvas.put(x, y, canvas.marks.grid, GRID)


def _draw_x_ticks(canvas: Canvas, spec: PlotSpec, layout: Layout) -> None:
    bottom, free = layout.top + layout.rows, 0
    for at, text in layout.x_ticks:
        x, label = layout.column(at), cells(text, spec.ascii)
        if not layout.holds(x, layout.top):
            continue
        canvas.put(x, bottom, canvas.marks.x_tick, FRAME)
        if spec.grid and not spec.ascii:
            for y in range(bottom - 1, layout.top - 1, -GRID_PITCH[1]):
                canvas.put(x, y, canvas.marks.grid, GRID)
        start = min(x - len(label) // 2, canvas.width - len(label))
        if start >= free:
            canvas.put(start, bottom + 1, label, TICK)
            free = start + len(label) + 1


def _draw_remark(canvas: Canvas, layout: Layout, y: int, text: str) -> None:
    """Write a remark into the first stretch of the row that is free of points and lines, else on the axis below."""
    length, chars = len(cells(text)) + 1, canvas.chars[y]
    for x in range(layout.left, layout.left + layout.columns - length):
        if all(chars[k] in (" ", canvas.marks.grid) for k in range(max(x - 1, layout.left), x + length)):
            canvas.text(x, y, text, TICK)
            return
    canvas.text(layout.left + 1, layout.top + layout.rows, text, TICK)

"""The scatter plot as a widget: the raster draws a frame, and only the cells that changed are sent."""

from __future__ import annotations

from textwrap import wrap
from time import perf_counter
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from backbones.plot.frame import Frame
from backbones.plot.palette import Look
from backbones.plot.raster import draw
from backbones.plot.spec import Ink, PlotSpec
from backbones.plot.view import panned, reset, zoomed
from backbones.store.text import printable
from backbones.tui.cells import padded
from backbones.tui.messages import PointSelected, RowOpened
from backbones.tui.shown import Shown

Seen = tuple[float, float]
"""The ends of an axis as they are on the screen, in values; dates in days since 1970-01-01."""

CLOSER, FARTHER = 0.8, 1.25
DRAWN_AT_ONCE_S, LATE_S = 0.02, 0.1  # tens of thousands of points wait until the table's cursor rests
SHIFT = 0.15  # of the range, a press of a shifted arrow


class ScatterPlot(Widget, can_focus=True):
    """Points of the same rows as the table, with a cursor that goes from point to point."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "ScatterPlot { width: 1fr; height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move(-1,0)", "Left", False, id="plot.left", tooltip="The nearest point on the left"),
        Binding("right,l", "move(1,0)", "Right", False, id="plot.right", tooltip="The nearest point on the right"),
        Binding("up,k", "move(0,-1)", "Up", False, id="plot.up", tooltip="The nearest point above"),
        Binding("down,j", "move(0,1)", "Down", False, id="plot.down", tooltip="The nearest point below"),
        Binding("n", "cycle", "next here", id="plot.cycle", tooltip="The next point in the same cell"),
        Binding("plus,equals_sign", "zoom(-1)", "zoom", key_display="+ -", id="plot.closer", tooltip="Zoom in"),
        Binding("minus,underscore", "zoom(1)", "Zoom out", False, id="plot.farther", tooltip="Zoom out"),
        Binding("0", "home", "whole", id="plot.home", tooltip="The whole plot again"),
        Binding("shift+left,H", "pan(-1,0)", "Pan left", False, id="plot.pan_left", tooltip="Look further left"),
        Binding("shift+right", "pan(1,0)", "Pan right", False, id="plot.pan_right", tooltip="Look further right"),
        Binding("shift+up,K", "pan(0,1)", "Pan up", False, id="plot.pan_up", tooltip="Look further up"),
        Binding("shift+down,J", "pan(0,-1)", "Pan down", False, id="plot.pan_down", tooltip="Look further down"),
        Binding("enter", "open", "facts", id="plot.open", tooltip="All that is known about this point"),
    ]

    def __init__(self, look: Look, shown: Shown | None = None, id: str | None = None) -> None:
        super().__init__(id=id)
        self.look = look
        self.shown = shown
        self.spec: PlotSpec | None = shown.scatter.spec if shown and shown.scatter else None
        self._home = self.spec  # the whole plot: all points, or the view's limits
        self.point: int | None = shown.points.get(0) if shown else None
        self.frame: Frame | None = None
        self.follows_mouse = False
        self._draw_s = 0.0
        self._late: Timer | None = None
        self._styles: list[Style | None] = []

    # What is shown

    def show(self, shown: Shown, row: int | None) -> None:
        """Take another answer; a zoom stays where the axes and their limits stay the same."""
        kept = self.spec if self._has_the_axes_of(shown) else None
        self.shown = shown
        self._home = shown.scatter.spec if shown.scatter else None
        self.spec = shown.scatter.spec if shown.scatter else None
        if self.spec and kept:
            self.spec = reset(self.spec, kept)
        self.point = shown.points.get(row) if row is not None else None
        self._redraw()

    def select(self, row: int) -> None:
        """Light up the point of a row, without telling anyone; nothing is lit where the row has none."""
        self.point = self.shown.points.get(row) if self.shown else None
        if self._draw_s < DRAWN_AT_ONCE_S:
            self._redraw()
        elif self._late is None:
            self._late = self.set_timer(LATE_S, self._catch_up)

    def _catch_up(self) -> None:
        self._late = None
        self._redraw()

    @property
    def remark(self) -> str:
        """What the picture does not show of the cursor's point: others in its cell, or that it lies outside."""
        if self.frame is None or self.point is None:
            return ""
        if self.point not in self.frame.positions:
            return "outside the picture"
        others = len(self.frame.others_in_cell(self.point))
        return f"+{others} here (n)" if others else ""

    @property
    def seen(self) -> tuple[Seen, Seen] | None:
        """What the screen shows of x and of y."""
        if self.spec is None or self.shown is None or self.shown.scatter is None:
            return None
        points = self.shown.scatter.points
        ends = [axis.span(axis.positions(v)) for axis, v in ((self.spec.x, points.x), (self.spec.y, points.y))]
        (x_low, x_high), (y_low, y_high) = ends
        return (self.spec.x.back(x_low), self.spec.x.back(x_high)), (self.spec.y.back(y_low), self.spec.y.back(y_high))

    def _has_the_axes_of(self, shown: Shown) -> bool:
        if self.spec is None or shown.scatter is None:
            return False
        if self._home is None:
            return False
        old, new = self._home, shown.scatter.spec
        axes = ((old.x, new.x), (old.y, new.y))
        return all((a.label, a.scale, a.lo, a.hi) == (b.label, b.scale, b.lo, b.hi) for a, b in axes)

    # Keys and mouse

    def action_move(self, dx: int, dy: int) -> None:
        """Go to the nearest point in that direction."""
        if self.frame:
            self._go(self.frame.step(self.point, dx, dy))

    def action_cycle(self) -> None:
        """Go to the next point in the same cell."""
        if self.frame and self.point is not None:
            self._go(next(iter(self.frame.others_in_cell(self.point)), None))

    def action_zoom(self, direction: int) -> None:
        """Zoom about the cursor, or about the middle where it is not in view."""
        self._zoom(CLOSER if direction < 0 else FARTHER, *self._anchor())

    def action_pan(self, dx: int, dy: int) -> None:
        """Look elsewhere at the same scale."""
        if self.spec and self.shown and self.shown.scatter:
            self.spec = panned(self.spec, self.shown.scatter.points, dx * SHIFT, dy * SHIFT)
            self._redraw()

    def action_home(self) -> None:
        """Show the whole plot: all points, or those within the view's limits."""
        if self.shown and self.shown.scatter:
            self.spec = self.shown.scatter.spec
            self._redraw()

    def action_open(self) -> None:
        """Ask for all facts about the point."""
        if self.point is not None and self.shown and self.shown.scatter:
            self.post_message(RowOpened(self.shown.scatter.rows[self.point]))

    def on_click(self, event: events.Click) -> None:
        """Choose the point under the mouse; twice: open its facts."""
        if self.frame:
            self._go(self.frame.near(event.x, event.y))
            if event.chain > 1:
                self.action_open()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Follow the mouse, where that was asked for."""
        if self.follows_mouse and self.frame:
            self._go(self.frame.near(event.x, event.y))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in about the mouse."""
        event.stop()
        self._zoom(CLOSER, *self._share(event.x, event.y))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out about the mouse."""
        event.stop()
        self._zoom(FARTHER, *self._share(event.x, event.y))

    def _go(self, point: int | None) -> None:
        if point is None or point == self.point or not self.shown or not self.shown.scatter:
            return
        self.point = point
        self._redraw()
        self.post_message(PointSelected(self.shown.scatter.rows[point]))

    def _zoom(self, factor: float, across: float, up: float) -> None:
        if self.spec and self.shown and self.shown.scatter:
            self.spec = zoomed(self.spec, self.shown.scatter.points, factor, factor, across, up)
            self._redraw()

    def _anchor(self) -> tuple[float, float]:
        if self.frame and self.point in self.frame.positions:
            x, y = self.frame.positions[self.point]
            return self._share(x, y)
        return 0.5, 0.5

    def _share(self, x: float, y: float) -> tuple[float, float]:
        if not self.frame or not self.frame.box[2] or not self.frame.box[3]:
            return 0.5, 0.5
        left, top, width, height = self.frame.box
        return min(max((x - left) / width, 0.0), 1.0), min(max(1 - (y - top) / height, 0.0), 1.0)

    # Painting

    def _redraw(self) -> None:
        """Draw the frame, and send the cells in which it differs from the one before."""
        old, self.frame = self.frame, None
        if not self.region or old is None or (old.width, old.height) != self.size:
            self.refresh()  # hidden, or of another size: drawn when it is painted
            return
        self._draw()
        if self.frame is None:
            self.refresh()
        elif spans := self.frame.dirty(old):
            self.refresh(*(Region(x0, y, x1 - x0, 1) for y, x0, x1 in spans))

    def _draw(self) -> None:
        if self.spec and self.shown and self.shown.scatter:
            began = perf_counter()
            self.frame = draw(self.spec, self.shown.scatter.points, self.size.width, self.size.height, self.point)
            self._draw_s = perf_counter() - began
            self._styles = [style_of(ink, self.look) for ink in self.frame.inks]

    def render_line(self, y: int) -> Strip:
        """Line y of the widget."""
        if self.frame is None or (self.frame.width, self.frame.height) != self.size:
            self._draw()
        if self.frame is None or y >= self.frame.height:
            return self._message_line(y, self.size.width)
        return Strip([Segment(text, self._styles[ink]) for text, ink in self.frame.runs(y)], self.frame.width)

    def _message_line(self, y: int, width: int) -> Strip:
        told = self.shown.no_plot.splitlines() if self.shown else []
        lines = [line for sentence in told for line in wrap(printable(sentence), max(1, width - 2))]
        at = y - (self.size.height - len(lines)) // 2
        text = lines[at] if 0 <= at < len(lines) else ""
        return Strip([Segment(padded(text.center(width)[:width], width))], width)


def style_of(ink: Ink, look: Look) -> Style | None:
    """The ink as a style; None, which costs no bytes, for the terminal's own text."""
    if look.depth == 4:
        color = None if ink.ansi is None else f"color({ink.ansi})"
    else:
        color = ink.fg if look.depth else None
    if not (color or ink.bold or ink.dim or ink.reverse):
        return None
    return Style(color=color, bold=ink.bold or None, dim=ink.dim or None, reverse=ink.reverse or None)

"""Parallel bars of a few things: drawn in a thread, because the first chart costs 0.2 s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from backbones.plot.palette import Look
from backbones.tui.cells import padded
from backbones.tui.plot import style_of

if TYPE_CHECKING:
    from backbones.plot.bars import BarMetric, BarRow

CLOSE = 0.75  # of the largest value; bars from 0 of values above it look alike


@dataclass(eq=False, repr=False)
class BarsWanted(Message):
    """The pane has another size and needs other bars."""


class BarsPane(Widget):
    """Shows rows of bars that were drawn for its size; the screen has them drawn."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "BarsPane { height: 8; width: 1fr; }"

    def __init__(self, look: Look, id: str | None = None) -> None:
        super().__init__(id=id)
        self._look = look
        self.rows: list[BarRow] = []
        self._note = ""

    def drawn(self, names: Sequence[str], metrics: Sequence[BarMetric], size: tuple[int, int]) -> list[BarRow]:
        """The bars for a size; call from a worker thread. Where values lie close together they do not start at 0."""
        from backbones.plot.bars import bars

        known = [v for metric in metrics[:1] for v in metric.values if v is not None]
        from_zero = not known or min(known) < CLOSE * max(known)
        return bars(names, metrics, *size, self._look, from_zero=from_zero)

    def show(self, rows: list[BarRow]) -> None:
        """Take other bars."""
        self.rows, self._note = rows, ""
        self.refresh()

    def say(self, text: str) -> None:
        """Show a sentence instead."""
        self.rows, self._note = [], text
        self.refresh()

    def on_resize(self, _: events.Resize) -> None:
        """Ask for bars of that size."""
        self.post_message(BarsWanted())

    def render_line(self, y: int) -> Strip:
        """Line y of the widget."""
        width = self.size.width
        if y >= len(self.rows):
            return Strip([Segment(padded(f" {self._note}" if y == 0 and self._note else "", width))], width)
        segments = [Segment(text, style_of(ink, self._look)) for text, ink in self.rows[y]]
        return Strip(segments).adjust_cell_length(width)

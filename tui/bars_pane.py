"""A pane of bars: a subclass draws them in a thread, because the first chart costs 0.2 s."""

from __future__ import annotations

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
    from backbones.plot.bars import BarRow

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

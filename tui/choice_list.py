"""A list with one line marked; what is typed elsewhere moves the mark."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from backbones.tui.cells import padded
from backbones.tui.messages import ChoiceClicked

REVERSE, BOLD = Style(reverse=True), Style(bold=True)


class ChoiceList(Widget):
    """Lines of text (bold where ticked); only those on the screen are built."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "ChoiceList { height: 1fr; width: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.marked: int | None = None
        self._lines: list[tuple[str, str, bool]] = []
        self._top = 0

    def show(self, lines: Sequence[tuple[str, str, bool]], marked: int) -> None:
        """Show other lines: (text on the left, text on the right, is ticked)."""
        self._lines = list(lines)
        self.marked = min(marked, len(self._lines) - 1) if self._lines else None
        self.refresh()

    def move(self, lines: int) -> None:
        """Mark another line."""
        if self.marked is not None:
            self.marked = max(0, min(len(self._lines) - 1, self.marked + lines))
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Mark the line under the mouse, and say so."""
        if (line := self._top + event.y) < len(self._lines):
            self.marked = line
            self.refresh()
            self.post_message(ChoiceClicked(line))

    def on_mouse_scroll_down(self) -> None:
        """Further down."""
        self.move(3)

    def on_mouse_scroll_up(self) -> None:
        """Further up."""
        self.move(-3)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """All lines."""
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """Line y of the widget."""
        width, height = self.size
        marked = self.marked or 0
        self._top = max(0, min(max(self._top, marked - height + 1), marked, max(0, len(self._lines) - height)))
        at = self._top + y
        if at >= len(self._lines):
            return Strip([Segment(" " * width)], width)
        left, right, is_ticked = self._lines[at]
        text = padded(left, max(0, width - len(right) - 1)) + f" {right}"[:width]
        return Strip([Segment(text, REVERSE if at == self.marked else BOLD if is_ticked else None)], width)

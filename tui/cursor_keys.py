"""Keys and wheel that all tables with a cursor have."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widget import Widget


class CursorKeys(Widget, can_focus=True):
    """Keys and wheel of a table with a cursor; a subclass says where the cursor is, and goes where it is told to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", False, id="table.down", tooltip="The next row"),
        Binding("up,k", "move(-1)", "Up", False, id="table.up", tooltip="The row before"),
        Binding("pagedown,ctrl+d", "page(1)", "Page down", False, id="table.page_down", tooltip="A screen further"),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", False, id="table.page_up", tooltip="A screen back"),
        Binding("home,g", "edge(-1)", "First", False, id="table.first", tooltip="The first row"),
        Binding("end,G", "edge(1)", "Last", False, id="table.last", tooltip="The last row"),
        Binding("left,h", "column(-1)", "Left", False, id="table.left", tooltip="The column on the left"),
        Binding("right,l", "column(1)", "Right", False, id="table.right", tooltip="The column on the right"),
    ]

    row = 0

    @property
    def count(self) -> int:
        """Rows there are."""
        raise NotImplementedError

    @property
    def page(self) -> int:
        """Rows that fit below the heading."""
        raise NotImplementedError

    def _go(self, row: int) -> None:
        """Put the cursor there, or on the first or last row, and tell."""
        raise NotImplementedError

    def action_move(self, rows: int) -> None:
        """Move the cursor and tell."""
        self._go(self.row + rows)

    def action_page(self, pages: int) -> None:
        """Move by what the screen holds, less one row to keep one's place."""
        self._go(self.row + pages * max(1, self.page - 1))

    def action_edge(self, direction: int) -> None:
        """Go to the first or the last row."""
        self._go(self.count - 1 if direction > 0 else 0)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move three rows."""
        event.stop()
        self._go(self.row + 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move three rows back."""
        event.stop()
        self._go(self.row - 3)

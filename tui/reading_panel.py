"""A panel with a text to be read: it scrolls, and closes."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from backbones.store.text import printable
from backbones.tui.panel import Panel


def reading_keys(panel: str, closing: str, first: str, last: str) -> list[BindingType]:
    """The keys of such a panel; `closing` close it, `first` and `last` are what stands at its ends."""
    return [
        Binding(closing, "leave", "close", key_display="esc", id=f"{panel}.close", tooltip="Back"),
        Binding("j", "scroll(1)", "Down", False, id=f"{panel}.down", tooltip="Scroll down"),
        Binding("k", "scroll(-1)", "Up", False, id=f"{panel}.up", tooltip="Scroll up"),
        Binding("G", "edge(1)", "End", False, id=f"{panel}.end", tooltip=f"To {last}"),
        Binding("g", "edge(-1)", "Start", False, id=f"{panel}.start", tooltip=f"To {first}"),
    ]


class ReadingPanel(Panel[None]):
    """One scrolling text below a title."""

    DEFAULT_CSS = """
    ReadingPanel { align: center middle; }
    ReadingPanel > VerticalScroll { width: 90%; max-width: 110; height: auto; max-height: 90%; padding: 0 1;
        border: round $primary; background: $background; scrollbar-size-vertical: 1; }
    ReadingPanel Static { height: auto; }
    """
    has_field = False
    about_mouse: ClassVar[str] = ""
    """What the frame says behind the keys."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self.box = VerticalScroll()

    @abstractmethod
    def text(self) -> Content:
        """What is to be read."""

    def compose(self) -> ComposeResult:
        """The text in its frame."""
        with self.box as box:
            box.border_title = Content(printable(self._title))  # a str would be read as markup
            box.border_subtitle = self.hints() + Content(self.about_mouse)
            yield Static(self.text())

    def action_scroll(self, lines: int) -> None:
        """Scroll by a line."""
        if self.box.is_mounted:
            self.box.scroll_relative(y=lines, animate=False)

    def action_edge(self, direction: int) -> None:
        """Scroll to an end."""
        if self.box.is_mounted:
            self.box.scroll_to(y=self.box.max_scroll_y if direction > 0 else 0, animate=False)

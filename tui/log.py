"""What the program said, to be read again: the newest first."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from backbones.store.text import printable
from backbones.tui.manners import Note

STYLES = {"error": "$error bold", "warning": "$warning", "information": "dim"}


class LogPanel(ModalScreen[None]):
    """Time, severity and text of each message."""

    DEFAULT_CSS = """
    LogPanel { align: center middle; }
    LogPanel > VerticalScroll { width: 90%; max-width: 110; height: auto; max-height: 90%; padding: 0 1;
        border: round $primary; background: $background; scrollbar-size-vertical: 1; }
    LogPanel Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,q,enter,exclamation_mark,h",
            "app.pop_screen",
            "close",
            key_display="esc",
            id="log.close",
            tooltip="Back",
        ),
        Binding("j", "scroll(1)", "Down", False, id="log.down", tooltip="Scroll down"),
        Binding("k", "scroll(-1)", "Up", False, id="log.up", tooltip="Scroll up"),
        Binding("G", "edge(1)", "End", False, id="log.end", tooltip="To the oldest message"),
        Binding("g", "edge(-1)", "Start", False, id="log.start", tooltip="To the newest message"),
    ]

    def __init__(self, notes: Sequence[Note]) -> None:
        super().__init__()
        self.notes = notes
        self.box = VerticalScroll()

    def compose(self) -> ComposeResult:
        """One scrolling text."""
        with self.box as box:
            box.border_title = "Messages"
            box.border_subtitle = "esc closes · shift+drag selects text with the mouse"
            yield Static(log_text(self.notes))

    def action_scroll(self, lines: int) -> None:
        """Scroll by a line."""
        if self.box.is_mounted:
            self.box.scroll_relative(y=lines, animate=False)

    def action_edge(self, direction: int) -> None:
        """Scroll to an end."""
        if self.box.is_mounted:
            self.box.scroll_to(y=self.box.max_scroll_y if direction > 0 else 0, animate=False)


def log_text(notes: Sequence[Note]) -> Content:
    """The newest first; a message of several lines keeps them."""
    if not notes:
        return Content("nothing was said yet")
    blocks = []
    for note in reversed(notes):
        clock = time.strftime("%H:%M:%S", time.localtime(note.when_s))
        head = Content(f"{clock}  ") + Content(note.severity).stylize(STYLES[note.severity])
        if note.title:
            head += Content(f"  {printable(note.title)}").stylize("bold")
        lines = [Content(f"  {printable(line)}") for line in note.text.splitlines()]
        blocks.append(Content("\n").join([head, *lines]))
    return Content("\n").join(blocks)

"""What the program said, to be read again: the newest first."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content

from backbones.store.text import printable
from backbones.tui.manners import Note
from backbones.tui.reading_panel import ReadingPanel, reading_keys

STYLES = {"error": "$error bold", "warning": "$warning", "information": "dim"}


class LogPanel(ReadingPanel):
    """Time, severity and text of each message."""

    BINDINGS: ClassVar[list[BindingType]] = reading_keys(
        "log", "escape,q,enter,exclamation_mark,h", first="the newest message", last="the oldest message"
    )
    about_mouse = " · shift+drag selects text"

    def __init__(self, notes: Sequence[Note]) -> None:
        super().__init__("Messages")
        self.notes = notes

    def text(self) -> Content:
        """The newest first."""
        return log_text(self.notes)


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

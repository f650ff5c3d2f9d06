"""The line that says where one is: a name, counts, a note; and how much is marked."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from backbones.store.text import printable
from backbones.tui.cells import padded

BOLD, NOTE = Style(bold=True), Style(color="yellow")


class HeadingLine(Widget):
    """A bold name, then plain parts; a note in another colour takes their place for as long as it holds."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "HeadingLine { height: 1; width: 1fr; }"

    def __init__(self, name_of_place: str, *parts: str, id: str | None = None) -> None:
        super().__init__(id=id)
        self._title, self._parts, self._note, self._marks = name_of_place, parts, "", 0

    def say(self, name_of_place: str, *parts: str) -> None:
        """Show other parts, and no note."""
        said = (name_of_place, parts, "")
        if said != (self._title, self._parts, self._note):
            self._title, self._parts, self._note = said
            self.refresh()

    def note(self, text: str) -> None:
        """What one waits for, or what is wrong."""
        if text != self._note:
            self._note = text
            self.refresh()

    def mark(self, count: int) -> None:
        """How many things are marked."""
        if count != self._marks:
            self._marks = count
            self.refresh()

    @property
    def text(self) -> str:
        """What stands there."""
        return " · ".join(filter(None, (self._title, self._note or " · ".join(filter(None, self._parts)))))

    def render_line(self, y: int) -> Strip:
        """The line."""
        width = self.size.width
        marked = f" {self._marks} marked (v) " if self._marks else ""
        title = printable(self._title)
        title = padded(f" {title}", min(len(title) + 1, max(0, width - len(marked)))) if title else ""
        rest = printable(self._note or " · ".join(part for part in self._parts if part))
        room = max(0, width - len(title) - len(marked))
        rest = padded(f"{' ·' if title else ''} {rest}" if rest else "", room)
        segments = (Segment(title, BOLD), Segment(rest, NOTE if self._note else None), Segment(marked, BOLD))
        return Strip([s for s in segments if s.text]).adjust_cell_length(width)

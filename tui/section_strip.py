"""The sections of a page in one line, with how many rows each has."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from backbones.store.text import printable

HERE = Style(reverse=True)
BETWEEN = "│"
MORE_LEFT, MORE_RIGHT = "\u2039", "\u203a"


class SectionClicked(Message):
    """A section was chosen with the mouse."""

    def __init__(self, section: int) -> None:
        super().__init__()
        self.section = section


class SectionStrip(Widget):
    """Titles and counts side by side, the current one in reverse; they scroll so that it is in view."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "SectionStrip { height: 1; width: 1fr; }"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._texts: list[str] = []
        self._left = 0
        self.current = 0

    def show(self, titles: Sequence[tuple[str, int]], current: int) -> None:
        """Show these sections, (title, rows), and which of them one looks at."""
        self._texts = [f" {printable(title)} {rows:,} " for title, rows in titles]
        self.current, self._left = current, 0
        self.refresh()

    def select(self, section: int) -> None:
        """Another one is looked at."""
        if section != self.current:
            self.current = section
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Choose the section under the mouse."""
        found = next((i for i, x, text in self._places() if x <= event.x < x + len(text)), None)
        if found is not None:
            self.post_message(SectionClicked(found))

    def _places(self) -> list[tuple[int, int, str]]:
        """Which sections stand where: (section, x, text)."""
        width = self.size.width - 2
        self._left = min(self._left, self.current)
        while (
            self._left < self.current
            and sum(len(t) + 1 for t in self._texts[self._left : self.current + 1]) - 1 > width
        ):
            self._left += 1
        places, x = [], 1
        for i in range(self._left, len(self._texts)):
            text = self._texts[i]
            if x + len(text) > width + 1 and i > self._left:
                break
            places.append((i, x, text[:width]))
            x += len(text) + 1
        return places

    def render_line(self, y: int) -> Strip:
        """The line."""
        places, segments = self._places(), []
        segments.append(Segment(MORE_LEFT if self._left else " "))
        for i, _, text in places:
            segments.append(Segment(text, HERE if i == self.current else None))
            if i != places[-1][0]:
                segments.append(Segment(BETWEEN))
        strip = Strip(segments)
        if places and places[-1][0] < len(self._texts) - 1:
            return Strip([*strip.adjust_cell_length(self.size.width - 1), Segment(MORE_RIGHT)])
        return strip.adjust_cell_length(self.size.width)

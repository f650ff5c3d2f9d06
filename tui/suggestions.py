"""The list below the filter: what may follow at the cursor, one line marked."""

from __future__ import annotations

from rich.cells import cell_len
from textual import events

from backbones.store.completion import Completion, Completions
from backbones.store.text import fold, printable
from backbones.tui.cells import padded
from backbones.tui.choice_list import ChoiceList

MOST_LINES = 8
LONGEST_TEXT, LONGEST_LABEL = 40, 44
NARROWEST = 24
MEASURED = 20  # suggestions that decide how wide the list is


class SuggestionList(ChoiceList):
    """Suggestions over the panes, under the word that they would replace."""

    DEFAULT_CSS = f"""
    SuggestionList {{ layer: above; dock: top; width: 40; height: auto; max-height: {MOST_LINES}; margin: 1 0 0 8;
        background: $background; display: none; }}
    SuggestionList.-open {{ display: block; }}
    """

    def __init__(self) -> None:
        super().__init__()
        self.completions = Completions(0, 0)

    @property
    def choice(self) -> Completion | None:
        """What is marked, if that is something to type."""
        found = self.completions.items[self.marked] if self.marked is not None else None
        return found if found and found.text else None

    def offer(self, completions: Completions, column: int, room: int) -> None:
        """Show other suggestions, the word that they replace beginning at that column of `room`."""
        self.completions = completions
        items = completions.items
        texts = [printable(item.text or item.label) for item in items]
        labels = [printable(item.label) if item.text and fold(item.label) != fold(item.text) else "" for item in items]
        counts = ["" if item.count is None else f"{item.count:,} " for item in items]
        text_width = min(LONGEST_TEXT, max(map(cell_len, texts[:MEASURED]), default=0))
        label_width = min(LONGEST_LABEL, max(map(cell_len, labels[:MEASURED]), default=0))
        right = max(map(len, counts), default=0)
        width = min(room, max(NARROWEST, text_width + label_width + 2 * (label_width > 0) + right + 4))
        label_width = max(0, min(label_width, width - text_width - right - 6))
        lines = []
        for item, text, label, count in zip(items, texts, labels, counts, strict=True):
            left = f"{padded(text, text_width)}  {padded(label, label_width)}" if item.text and label_width else text
            lines.append((f"│ {left}", f"{count:>{right}}│", False))
        self.show(lines, next((i for i, item in enumerate(items) if item.text), 0))
        if not any(item.text for item in items):
            self.marked = None  # there is only something to read
        self.styles.width = width
        self.styles.margin = (1, 0, 0, max(0, min(column - 2, room - width)))
        self.add_class("-open")
        self.refresh(layout=True)

    def move_choice(self, lines: int) -> None:
        """Mark another line that can be typed; behind the last comes the first."""
        typed = [i for i, item in enumerate(self.completions.items) if item.text]
        if typed and self.marked is not None:
            self.marked = typed[(typed.index(self.marked) + lines) % len(typed)]
            self.refresh()

    def close(self) -> None:
        """Offer nothing."""
        self.remove_class("-open")

    @property
    def is_open(self) -> bool:
        """Whether there is anything to see."""
        return self.has_class("-open")

    def on_click(self, event: events.Click) -> None:
        """The line under the mouse is taken."""
        from backbones.tui.filter_bar import FilterBar

        event.stop()
        line = self._top + event.y
        if line < len(self.completions.items) and self.completions.items[line].text:
            self.marked = line
            self.screen.query_one(FilterBar).take()

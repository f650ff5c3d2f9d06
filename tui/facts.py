"""Everything that is known about a row, in a panel."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from backbones.store.explorer import Fact
from backbones.store.text import printable
from backbones.tui.cells import padded


class FactsPanel(ModalScreen[None]):
    """All facts about one row, to scroll through."""

    DEFAULT_CSS = """
    FactsPanel { align: center middle; }
    FactsPanel > VerticalScroll { width: 90%; max-width: 110; height: auto; max-height: 90%; padding: 0 1;
        border: round $primary; background: $background; scrollbar-size-vertical: 1; }
    FactsPanel Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,h", "app.pop_screen", "close", key_display="esc", id="facts.close", tooltip="Back"),
        Binding("j", "scroll(1)", "Down", False, id="facts.down", tooltip="Scroll down"),
        Binding("k", "scroll(-1)", "Up", False, id="facts.up", tooltip="Scroll up"),
        Binding("G", "edge(1)", "End", False, id="facts.end", tooltip="To the last fact"),
        Binding("g", "edge(-1)", "Start", False, id="facts.start", tooltip="To the first fact"),
    ]

    def __init__(self, name_of_row: str, facts: tuple[Fact, ...]) -> None:
        super().__init__()
        self._title, self._facts = name_of_row, facts
        self.box = VerticalScroll()

    def compose(self) -> ComposeResult:
        """One scrolling text."""
        with self.box as box:
            box.border_title = Content(printable(self._title))  # a str would be read as markup
            box.border_subtitle = "esc closes"
            yield Static(facts_text(self._facts))

    def action_scroll(self, lines: int) -> None:
        """Scroll by a line."""
        if self.box.is_mounted:
            self.box.scroll_relative(y=lines, animate=False)

    def action_edge(self, direction: int) -> None:
        """Scroll to an end."""
        if self.box.is_mounted:
            self.box.scroll_to(y=self.box.max_scroll_y if direction > 0 else 0, animate=False)


def facts_text(facts: tuple[Fact, ...]) -> Content:
    """Labels in one column, values, sources and doubts in another."""
    if not facts:
        return Content("nothing more is known")
    width = min(max(len(fact.label) for fact in facts), 30)
    lines: list[Content] = []
    for fact in facts:
        lines.append(
            Content(padded(printable(fact.label), width) + "  ").stylize("dim") + Content(printable(fact.value))
        )
        if fact.source:
            lines[-1] += Content(f"  {printable(fact.source)}").stylize("dim")
        if fact.note:
            lines.append(Content(" " * (width + 2) + printable(fact.note)).stylize("dim"))
        if fact.doubt:
            lines.append(Content(" " * (width + 2) + printable(fact.doubt)).stylize("$warning"))
    return Content("\n").join(lines)

"""All keys that work, read from the bindings themselves."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from backbones.tui.cells import padded

KEYS_WIDTH = 22
TITLES: Final = {
    "ResultsTable": "Table",
    "ScatterPlot": "Plot",
    "FilterInput": "Filter",
    "ListTable": "Table",
    "CompareTable": "Table",
    "ListInput": "Filter",
}
"""What panes are called whose class says it otherwise."""


class HelpPanel(ModalScreen[None]):
    """Keys and what they do, by pane."""

    DEFAULT_CSS = """
    HelpPanel { align: center middle; }
    HelpPanel > VerticalScroll { width: 76; max-width: 96%; height: auto; max-height: 94%; padding: 0 1;
        border: round $primary; background: $background; scrollbar-size-vertical: 1; }
    HelpPanel Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,q,question_mark,enter",
            "app.pop_screen",
            "close",
            key_display="esc",
            id="help.close",
            tooltip="Back",
        ),
        Binding("j", "scroll(1)", "Down", False, id="help.down", tooltip="Scroll down"),
        Binding("k", "scroll(-1)", "Up", False, id="help.up", tooltip="Scroll up"),
        Binding("G", "edge(1)", "End", False, id="help.end", tooltip="To the last key"),
        Binding("g", "edge(-1)", "Start", False, id="help.start", tooltip="To the first key"),
    ]

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        self._parts = parts_of(screen)
        self.box = VerticalScroll()

    def compose(self) -> ComposeResult:
        """One scrolling text."""
        with self.box as box:
            box.border_title = "Keys"
            box.border_subtitle = "esc closes · shift+drag selects text with the mouse"
            yield Static(self.text())

    def text(self) -> Content:
        """The keys of each part."""
        return Content("\n\n").join(self._block(title, node) for title, node in self._parts if self.keys_of(node))

    def action_scroll(self, lines: int) -> None:
        """Scroll by a line."""
        if self.box.is_mounted:
            self.box.scroll_relative(y=lines, animate=False)

    def action_edge(self, direction: int) -> None:
        """Scroll to an end."""
        if self.box.is_mounted:
            self.box.scroll_to(y=self.box.max_scroll_y if direction > 0 else 0, animate=False)

    def _block(self, title: str, node: DOMNode) -> Content:
        lines = [Content(title).stylize("bold")]
        for keys, meaning in self.keys_of(node):
            lines.append(Content(padded(f"  {keys}", KEYS_WIDTH)).stylize("$primary") + Content(meaning))
        return Content("\n").join(lines)

    def keys_of(self, node: DOMNode) -> list[tuple[str, str]]:
        """Keys and meaning of each binding of a node that has an id, remapped keys included."""
        bindings = node._bindings.copy()
        bindings.apply_keymap(self.app._keymap)
        keys: dict[str, list[str]] = {}
        meaning: dict[str, str] = {}
        for key, binding in bindings:
            if binding.id and binding.tooltip:
                shown = self.app.get_key_display(Binding(key, binding.action))
                keys.setdefault(binding.id, []).append(shown)
                meaning[binding.id] = binding.tooltip
        return [(" ".join(dict.fromkeys(keys[id])), meaning[id]) for id in keys]


def parts_of(screen: Screen[Any]) -> list[tuple[str, DOMNode]]:
    """The focused pane, the screen, the program, and what else on the screen has keys."""
    pane = screen.focused
    others = [widget for widget in screen.focus_chain if widget is not pane]
    panes = [(title_of(widget), widget) for widget in ([pane] if pane else []) + others]
    whole: list[tuple[str, DOMNode]] = [("This screen", screen), ("Everywhere", screen.app)]
    return [*panes[:1], *whole, *panes[1:]] if pane else [*whole, *panes]


def title_of(widget: DOMNode) -> str:
    """What a pane is called: `ResultsTable` is the table; a field is called as its frame is."""
    name = type(widget).__name__
    if (known := TITLES.get(name)) is not None:
        return known
    return " ".join(re.findall(r"[A-Z][a-z]*", name)).capitalize() or name

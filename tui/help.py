"""All keys that work, read from the bindings themselves."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen

from backbones.tui.cells import padded
from backbones.tui.reading_panel import ReadingPanel, reading_keys

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


class HelpPanel(ReadingPanel):
    """Keys and what they do, by pane."""

    DEFAULT_CSS = """
    HelpPanel > VerticalScroll { width: 76; max-width: 96%; max-height: 94%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = reading_keys(
        "help", "escape,q,question_mark,enter,ctrl+g", first="the first key", last="the last key"
    )
    about_mouse = " · shift+drag selects text"

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__("Keys")
        self._parts = parts_of(screen)

    def text(self) -> Content:
        """The keys of each part."""
        return Content("\n\n").join(self._block(title, node) for title, node in self._parts if self.keys_of(node))

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
    """The focused pane, the screen, the program (which has no keys over a panel), and what else on the screen has keys."""
    pane = screen.focused
    others = [widget for widget in screen.focus_chain if widget is not pane]
    panes = [(title_of(widget), widget) for widget in ([pane] if pane else []) + others]
    whole: list[tuple[str, DOMNode]] = [("This screen", screen), ("Everywhere", screen.app)]
    if screen.is_modal:
        whole, panes = (
            [("This panel", screen)],
            list({type(widget): (title, widget) for title, widget in panes}.values()),
        )
    return [*panes[:1], *whole, *panes[1:]] if pane and not screen.is_modal else [*whole, *panes]


def title_of(widget: DOMNode) -> str:
    """What a pane is called: `ResultsTable` is the table; a field is called as its frame is."""
    name = type(widget).__name__
    if (known := TITLES.get(name)) is not None:
        return known
    return " ".join(re.findall(r"[A-Z][a-z]*", name)).capitalize() or name

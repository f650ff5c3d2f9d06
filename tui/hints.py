"""The last line: the keys that work now, as many as fit."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import ActiveBinding, Binding
from textual.dom import DOMNode
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from backbones.tui.cells import padded

BOLD = Style(bold=True)
LAST = ("app.search", "app.help", "app.quit")
"""Shown at any width, at the end."""


class KeyHints(Widget):
    """Key and word for each binding that is to be shown, the focused pane's first."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "KeyHints { height: 1; width: 1fr; }"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.hints: list[tuple[str, str]] = []
        self._last: list[tuple[str, str]] = []

    def on_mount(self) -> None:
        """Follow the focus."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)
        self._bindings_changed(self.screen)

    def _bindings_changed(self, screen: Screen[object]) -> None:
        if not self.is_attached or self.app.screen is not screen:
            return  # below a panel the hints stay as they are
        hints: dict[str, tuple[str, str]] = {}
        typing = screen.focused if isinstance(screen.focused, Input) else None  # takes the letters for itself
        for node, binding, enabled, _ in self._in_order(screen):
            if binding.show and enabled and binding.description and typing in (None, node):
                hints.setdefault(binding.id or binding.action, (self.app.get_key_display(binding), binding.description))
        last = [hints.pop(id) for id in LAST if id in hints]
        if (list(hints.values()), last) != (self.hints, self._last):
            self.hints, self._last = list(hints.values()), last
            self.refresh()

    def _measuring(self, room: int) -> tuple[str, str] | None:
        """How far a measurement is, and the key that shows more of it."""
        line: str = getattr(self.app, "measuring_line", "")
        if not line:
            return None
        keys = self.app._keymap.get("app.measure", "M").partition(",")[0]
        key = self.app.get_key_display(Binding(keys, ""))
        return key, padded(line, max(1, min(cell_len(line), room - len(key) - 3)))

    def _in_order(self, screen: Screen[object]) -> list[ActiveBinding]:
        """The bindings as their classes list them, the focused pane's first; remapped keys stand behind the others."""
        active = list(screen.active_bindings.values())
        if not self.app._keymap:
            return active
        nodes: dict[DOMNode, int] = {}
        ranks: dict[tuple[DOMNode, str | None], int] = {}
        for node in (one.node for one in active):
            if node not in nodes:
                nodes[node] = len(nodes)
                ranks |= {(node, b.id): i for i, (_, b) in enumerate(node._bindings)}
        return sorted(active, key=lambda one: (nodes[one.node], ranks.get((one.node, one.binding.id), 0)))

    def render_line(self, y: int) -> Strip:
        """The line."""
        room = self.size.width - sum(map(_width, self._last))
        segments: list[Segment] = []
        if (measuring := self._measuring(room)) is not None:
            room -= _width(measuring)
            segments += _segments(measuring)
        for hint in self.hints:
            if _width(hint) > room or (measuring and hint[0] == measuring[0]):
                continue  # a shorter one may fit
            room -= _width(hint)
            segments += _segments(hint)
        for hint in self._last:
            segments += _segments(hint)
        return Strip(segments).adjust_cell_length(self.size.width)


def _width(hint: tuple[str, str]) -> int:
    return len(hint[0]) + len(hint[1]) + 3


def _segments(hint: tuple[str, str]) -> list[Segment]:
    return [Segment(f" {hint[0]}", BOLD), Segment(f" {hint[1]} ")]

"""The legend to choose from: all groups of the picture with their points; those in focus get a colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType

from backbones.store.text import fold, printable
from backbones.tui.list_panel import ListPanel, motions

CHOSEN, NOT_CHOSEN = "[x]", "[ ]"


class LegendPanel(ListPanel[None]):
    """Type to narrow; Enter puts a group into focus or takes it out at once, and the picture behind follows."""

    DEFAULT_CSS = """
    LegendPanel { align: left middle; background: transparent; }
    LegendPanel > Vertical { width: 46; max-width: 60%; height: 26; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,tab", "accept", "colour", id="legend.toggle", tooltip="Colour it, or no longer"),
        Binding("ctrl+x", "none", "none", id="legend.none", tooltip="No focus: the largest groups"),
        Binding("escape", "leave", "Close", False, key_display="esc", id="legend.leave", tooltip="Back to the picture"),
        *motions("legend", "group"),
    ]

    def __init__(
        self, title: str, counts: Counter[str], focus: tuple[str, ...], apply: Callable[[str | None], tuple[str, ...]]
    ) -> None:
        """`apply(group)` puts a group into focus or takes it out (None: takes all out) and returns the new focus."""
        super().__init__(title)
        self._counts, self._focus, self._apply = counts, focus, apply
        self._listed: list[str] = []

    def narrow(self, typed: str) -> None:
        """List the groups that have the text, those in focus first."""
        wanted = fold(typed)
        names = sorted(self._counts, key=lambda name: (-self._counts[name], name))
        first = [name for name in self._focus if name in self._counts]
        self._listed = [n for n in (*first, *(n for n in names if n not in first)) if wanted in fold(n)]
        lines = [
            (f"{CHOSEN if n in self._focus else NOT_CHOSEN} {printable(n)}", f"{self._counts[n]:,} ", n in self._focus)
            for n in self._listed
        ]
        self.list.show(lines, 0)

    async def action_accept(self) -> None:
        """Colour the marked group, or no longer."""
        self.catch_up()
        if self.list.marked is not None:
            name = self._listed[self.list.marked]
            self._focus = self._apply(name)
            self.narrow(self.field.value)
            self.list.move(self._listed.index(name))

    def action_none(self) -> None:
        """Take all groups out of focus."""
        self._focus = self._apply(None)
        self.narrow(self.field.value)

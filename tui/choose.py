"""Choosing one of a few things: type to narrow, Enter takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from backbones.store.explorer import Choice
from backbones.store.text import printable
from backbones.tui.list_panel import ListPanel, motions
from backbones.tui.picker import narrowed


class ChoosePanel(ListPanel[str | None]):
    """Returns the reference of what was chosen; None when left with Esc."""

    DEFAULT_CSS = """
    ChoosePanel > Vertical { width: 64; height: 20; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "accept", "choose", id="choose.accept", tooltip="Take it"),
        Binding("escape", "leave", "cancel", key_display="esc", id="choose.leave", tooltip="Back, changing nothing"),
        *motions("choose", "choice"),
    ]

    def __init__(self, title: str, choices: Sequence[Choice], chosen: str) -> None:
        super().__init__(title)
        self._choices, self._chosen = tuple(choices), chosen
        self._listed: list[Choice] = []

    def narrow(self, typed: str) -> None:
        """List what has the words; the mark is on what is chosen while nothing is typed."""
        self._listed = narrowed(self._choices, typed) if typed.strip() else list(self._choices)
        lines = [self._line(choice) for choice in self._listed]
        marked = next((i for i, c in enumerate(self._listed) if c.reference == self._chosen), 0)
        self.list.show(lines, 0 if typed.strip() else marked)

    def _line(self, choice: Choice) -> tuple[str, str, bool]:
        is_chosen = choice.reference == self._chosen
        return (
            f"{'● ' if is_chosen else '  '}{printable(choice.label)}",
            f"{choice.count:,}" if choice.count else "",
            is_chosen,
        )

    async def action_accept(self) -> None:
        """Take what is marked."""
        self.catch_up()
        at = self.list.marked
        self.dismiss(self._listed[at].reference if at is not None and at < len(self._listed) else None)

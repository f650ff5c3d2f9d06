"""The legend to choose from: all groups of the picture with their points; those in focus get a colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input

from backbones.store.text import fold, printable
from backbones.tui.choice_list import ChoiceList
from backbones.tui.messages import ChoiceClicked

CHOSEN, NOT_CHOSEN = "[x]", "[ ]"


class LegendPanel(ModalScreen[None]):
    """Type to narrow; Enter puts a group into focus or takes it out at once, and the picture behind follows."""

    DEFAULT_CSS = """
    LegendPanel { align: left middle; background: transparent; }
    LegendPanel > Vertical { width: 46; max-width: 60%; height: 26; max-height: 92%; border: round $primary;
        background: $background; padding: 0 1; }
    LegendPanel Input { height: 1; border: none; padding: 0; background: transparent; &:focus { border: none; } }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "close", key_display="esc", id="legend.leave", tooltip="Back to the picture"),
        Binding("enter,tab", "colour", "colour", priority=True, id="legend.toggle", tooltip="Colour it, or no longer"),
        Binding("down,ctrl+n", "cursor(1)", "Down", False, priority=True, id="legend.down", tooltip="The next group"),
        Binding("up,ctrl+p", "cursor(-1)", "Up", False, priority=True, id="legend.up", tooltip="The group before"),
        Binding("pagedown", "cursor(10)", "Page down", False, priority=True, id="legend.page_down", tooltip="Ten on"),
        Binding("pageup", "cursor(-10)", "Page up", False, priority=True, id="legend.page_up", tooltip="Ten back"),
        Binding("ctrl+x", "none", "none", priority=True, id="legend.none", tooltip="No focus: the largest groups"),
    ]

    def __init__(
        self, title: str, counts: Counter[str], focus: tuple[str, ...], apply: Callable[[str | None], tuple[str, ...]]
    ) -> None:
        """`apply(group)` puts a group into focus or takes it out (None: takes all out) and returns the new focus."""
        super().__init__()
        self._title, self._counts, self._focus, self._apply = title, counts, focus, apply
        self._listed: list[str] = []
        self.field = Input(placeholder="type to narrow", compact=True)
        self.field.cursor_blink = False
        self.list = ChoiceList()

    def compose(self) -> ComposeResult:
        """What is typed, and the groups."""
        with Vertical() as box:
            box.border_title = Content(printable(self._title))
            box.border_subtitle = "enter colours · ctrl+x none · esc closes"
            yield self.field
            yield self.list

    def on_mount(self) -> None:
        """List all groups, those in focus first."""
        self._list(0)

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        event.stop()
        self._list(0)

    def _list(self, marked: int) -> None:
        wanted = fold(self.field.value)
        names = sorted(self._counts, key=lambda name: (-self._counts[name], name))
        first = [name for name in self._focus if name in self._counts]
        self._listed = [n for n in (*first, *(n for n in names if n not in first)) if wanted in fold(n)]
        lines = [
            (f"{CHOSEN if n in self._focus else NOT_CHOSEN} {printable(n)}", f"{self._counts[n]:,} ", n in self._focus)
            for n in self._listed
        ]
        self.list.show(lines, marked)

    def action_cursor(self, lines: int) -> None:
        """Mark another line."""
        self.list.move(lines)

    @on(ChoiceClicked)
    def action_colour(self) -> None:
        """Colour the marked group, or no longer."""
        if self.list.marked is not None:
            name = self._listed[self.list.marked]
            self._focus = self._apply(name)
            self._list(0)
            self.list.move(self._listed.index(name))

    def action_none(self) -> None:
        """Take all groups out of focus."""
        self._focus = self._apply(None)
        self._list(0)

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)

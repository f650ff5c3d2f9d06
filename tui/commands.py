"""Every key as a sentence to search for: for those who know what they want but not its key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from backbones.tui.choice_list import ChoiceList
from backbones.tui.messages import ChoiceClicked


@dataclass(frozen=True, slots=True)
class Command:
    """Something that a key does."""

    meaning: str
    key: str
    action: str


class CommandPanel(ModalScreen[Command | None]):
    """Type to narrow, Enter does it."""

    DEFAULT_CSS = """
    CommandPanel { align: center middle; }
    CommandPanel > Vertical { width: 72; max-width: 100%; height: 22; max-height: 92%; border: round $primary;
        background: $background; padding: 0 1; }
    CommandPanel Input { height: 1; border: none; padding: 0; background: transparent; &:focus { border: none; } }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "close", key_display="esc", id="commands.leave", tooltip="Back, doing nothing"),
        Binding("enter", "accept", "do it", priority=True, id="commands.accept", tooltip="Do it"),
        Binding("down,ctrl+n", "cursor(1)", "Down", False, priority=True, id="commands.down", tooltip="The next one"),
        Binding("up,ctrl+p", "cursor(-1)", "Up", False, priority=True, id="commands.up", tooltip="The one before"),
    ]

    def __init__(self, commands: Sequence[Command]) -> None:
        super().__init__()
        self._commands = list(commands)
        self._listed = list(commands)
        self.field = Input(placeholder="what do you want to do?", compact=True)
        self.field.cursor_blink = False
        self.list = ChoiceList()

    def compose(self) -> ComposeResult:
        """What is typed, and what matches."""
        with Vertical() as box:
            box.border_title = "Commands"
            box.border_subtitle = "enter does it · esc closes"
            yield self.field
            yield self.list

    def on_mount(self) -> None:
        """List everything."""
        self._narrow(Input.Changed(self.field, ""))

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        event.stop()
        words = event.value.lower().split()
        self._listed = [c for c in self._commands if all(word in c.meaning.lower() for word in words)]
        self.list.show([(f" {c.meaning}", f"{c.key} ", False) for c in self._listed], 0)

    def action_cursor(self, lines: int) -> None:
        """Mark another line."""
        self.list.move(lines)

    @on(ChoiceClicked)
    def action_accept(self) -> None:
        """Do what is marked."""
        self.dismiss(self._listed[self.list.marked] if self.list.marked is not None else None)

    def action_leave(self) -> None:
        """Do nothing."""
        self.dismiss(None)

"""Choosing one of a few things: type to narrow, Enter takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from backbones.store.explorer import Choice
from backbones.store.text import printable
from backbones.tui.choice_list import ChoiceList
from backbones.tui.messages import ChoiceClicked
from backbones.tui.picker import narrowed


class ChoosePanel(ModalScreen[str | None]):
    """Returns the reference of what was chosen; None when left with Esc."""

    DEFAULT_CSS = """
    ChoosePanel { align: center middle; }
    ChoosePanel > Vertical { width: 64; max-width: 100%; height: 20; max-height: 92%; border: round $primary;
        background: $background; padding: 0 1; }
    ChoosePanel Input { height: 1; border: none; padding: 0; background: transparent; &:focus { border: none; } }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "cancel", key_display="esc", id="choose.leave", tooltip="Back, changing nothing"),
        Binding("enter", "accept", "choose", priority=True, id="choose.accept", tooltip="Take it"),
        Binding("down,ctrl+n", "cursor(1)", "Down", False, priority=True, id="choose.down", tooltip="The next choice"),
        Binding("up,ctrl+p", "cursor(-1)", "Up", False, priority=True, id="choose.up", tooltip="The choice before"),
        Binding(
            "pagedown", "cursor(10)", "Page down", False, priority=True, id="choose.page_down", tooltip="Ten further"
        ),
        Binding("pageup", "cursor(-10)", "Page up", False, priority=True, id="choose.page_up", tooltip="Ten back"),
    ]

    def __init__(self, title: str, choices: Sequence[Choice], chosen: str) -> None:
        super().__init__()
        self._title, self._choices, self._chosen = title, tuple(choices), chosen
        self._listed: list[Choice] = []
        self.field = Input(placeholder="type to narrow", compact=True)
        self.field.cursor_blink = False
        self.list = ChoiceList()

    def compose(self) -> ComposeResult:
        """What is typed, and what can be chosen."""
        with Vertical() as box:
            box.border_title = self._title
            box.border_subtitle = "enter takes it · esc cancels"
            yield self.field
            yield self.list

    def on_mount(self) -> None:
        """List everything, the mark on what is chosen."""
        self._list("")

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        event.stop()
        self._list(event.value)

    def _list(self, typed: str) -> None:
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

    def action_cursor(self, lines: int) -> None:
        """Move the mark."""
        self.list.move(lines)

    def action_accept(self) -> None:
        """Take what is marked."""
        at = self.list.marked
        self.dismiss(self._listed[at].reference if at is not None and at < len(self._listed) else None)

    @on(ChoiceClicked)
    def _clicked(self, event: ChoiceClicked) -> None:
        event.stop()
        self.action_accept()

    def action_leave(self) -> None:
        """Change nothing."""
        self.dismiss(None)

"""The line in which one types to narrow a list, applied with every key."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from backbones.tui.filter_bar import PROMPT

EXAMPLE = "words, or comparisons such as resolution > 224"


class ListFilterLeft(Message):
    """Typing is over."""


class ListInput(Input):
    """One line of text that keeps its own keys."""

    DEFAULT_CSS = """
    ListInput { width: 1fr; height: 1; border: none; padding: 0; background: transparent;
        &:focus { border: none; background: transparent; background-tint: transparent; } }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter,escape,tab,down", "leave", "to the table", key_display="esc", id="list.leave", tooltip="To the table"
        ),
        Binding("ctrl+u", "delete_left_all", "clear", id="list.clear", tooltip="Type anew"),
    ]

    def action_leave(self) -> None:
        """To the table; what was typed stays."""
        self.post_message(ListFilterLeft())


class ListFilter(Widget):
    """A prompt and the input."""

    DEFAULT_CSS = """
    ListFilter { height: 1; layout: horizontal; }
    ListFilter > Static { width: 8; height: 1; text-style: bold; color: $primary; }
    """

    def __init__(self, text: str = "", id: str | None = None) -> None:
        super().__init__(id=id)
        self.input = ListInput(text, placeholder=EXAMPLE, select_on_focus=False, compact=True)
        self.input.cursor_blink = False

    def compose(self) -> ComposeResult:
        """A prompt and the input."""
        yield Static(PROMPT, markup=False)
        yield self.input

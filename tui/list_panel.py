"""A panel of a field and a list: what is typed narrows the list, and keys mark one of its lines."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from backbones.store.text import printable
from backbones.tui.choice_list import ChoiceList
from backbones.tui.messages import ChoiceClicked
from backbones.tui.ordered_input import PanelInput
from backbones.tui.panel import Panel

T = TypeVar("T")


def motions(panel: str, thing: str) -> list[BindingType]:
    """The keys that mark another line of a panel; `thing` is what a line is called."""
    return [
        Binding("down,ctrl+n", "cursor(1)", "Down", False, id=f"{panel}.down", tooltip=f"The next {thing}"),
        Binding("up,ctrl+p", "cursor(-1)", "Up", False, id=f"{panel}.up", tooltip=f"The {thing} before"),
        Binding("pagedown", "cursor(10)", "Page down", False, id=f"{panel}.page_down", tooltip="Ten further"),
        Binding("pageup", "cursor(-10)", "Page up", False, id=f"{panel}.page_up", tooltip="Ten back"),
    ]


class ListPanel(Panel[T]):
    """Type to narrow; Enter takes the marked line."""

    DEFAULT_CSS = """
    ListPanel { align: center middle; }
    ListPanel > Vertical { max-width: 100%; max-height: 92%; border: round $primary; background: $background;
        padding: 0 1; }
    ListPanel Input { height: 1; border: none; padding: 0; background: transparent; &:focus { border: none; } }
    """

    between: Sequence[Widget] = ()
    """What stands between the field and the list."""

    def __init__(self, title: str, placeholder: str = "type to narrow") -> None:
        super().__init__()
        self._title = title
        self._narrowed_to: str | None = None
        self.field = PanelInput(placeholder=placeholder, compact=True)
        self.field.cursor_blink = False
        self.list = ChoiceList()

    def compose(self) -> ComposeResult:
        """What is typed, and what can be chosen."""
        with Vertical() as box:
            box.border_title = Content(printable(self._title))  # a str would be read as markup
            box.border_subtitle = self.hints()
            yield self.field
            yield from self.between
            yield self.list

    def on_mount(self) -> None:
        """List everything."""
        self.catch_up()

    @abstractmethod
    def narrow(self, typed: str) -> None:
        """List what is like the text."""

    @abstractmethod
    async def action_accept(self) -> None:
        """Take what is marked."""

    @on(Input.Changed)
    def _edited(self, event: Input.Changed) -> None:
        event.stop()
        self.catch_up()

    def catch_up(self) -> None:
        """List what belongs to the text: a key may be quicker than the news that the text is another."""
        if self._narrowed_to != self.field.value:
            self._narrowed_to = self.field.value
            self.narrow(self.field.value)

    @on(ChoiceClicked)
    async def _clicked(self, event: ChoiceClicked) -> None:
        event.stop()
        await self.action_accept()

    def action_cursor(self, lines: int) -> None:
        """Mark another line."""
        self.catch_up()
        self.list.move(lines)

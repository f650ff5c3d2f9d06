"""Asking for one line of text: a name, a note, a file. What is wrong with it is said where it is typed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from backbones.store.errors import BackbonesError
from backbones.store.output_file import FileExists
from backbones.store.saved_views import NameTaken
from backbones.store.text import printable
from backbones.tui.asking import Asking
from backbones.tui.ordered_input import PanelInput
from backbones.tui.panel import Panel


class PromptPanel(Panel[None], Asking):
    """One line, and what is done with it in a thread; the panel closes when that is done, and stays when it is refused.

    `work(text, is_sure)` raises what it refuses; `is_sure` is True when Enter was pressed again after a refusal because
    something would be replaced. `then` gets what it returns.
    """

    DEFAULT_CSS = """
    PromptPanel { align: center middle; }
    PromptPanel > Vertical { width: 76; max-width: 100%; height: auto; border: round $primary;
        background: $background; padding: 0 1; }
    PromptPanel Input { height: 1; border: none; padding: 0; background: transparent; &:focus { border: none; } }
    PromptPanel .label { height: 1; text-style: bold; }
    PromptPanel #prompt-said { height: auto; max-height: 6; color: $error; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "accept", "take it", id="prompt.accept", tooltip="Take what is typed"),
        Binding("escape", "leave", "cancel", key_display="esc", id="prompt.leave", tooltip="Back, doing nothing"),
    ]

    def __init__(
        self,
        title: str,
        value: str,
        work: Callable[[str, bool], Any],
        then: Callable[[Any], None],
        placeholder: str = "",
    ) -> None:
        super().__init__()
        self._title, self._work, self._then = title, work, then
        self._refused: str | None = None
        self._is_busy = False
        self._answered = asyncio.Event()
        self.field = PanelInput(value, placeholder=placeholder, compact=True, select_on_focus=False)
        self.field.cursor_blink = False
        self.said = Static("", id="prompt-said", markup=False)

    def compose(self) -> ComposeResult:
        """The line, and room for what is wrong with it."""
        with Vertical() as box:
            box.border_title = Content(printable(self._title))  # a str would be read as markup
            box.border_subtitle = self.hints()
            yield self.field
            yield self.said

    @property
    def catalogue(self) -> None:
        """Not asked here: the work is the caller's."""

    @property
    def typed(self) -> str:
        """All that is typed; a refusal holds for exactly this."""
        return self.field.value

    def question(self, is_sure: bool) -> Callable[[], Any]:
        """What is done in the thread."""
        text = self.field.value
        return lambda: self._work(text, is_sure)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self._refused is not None and self._refused != self.typed:
            self._refused = None
            self.say("")

    async def action_accept(self) -> None:
        """Do it; what is typed behind it is meant for what is there then."""
        if not self._is_busy:
            self._is_busy = True
            self._answered.clear()
            self.in_thread(self.question(self._refused == self.typed), self._done, "prompt")
            await self.waits_for(self._answered)

    def _done(self, found: Any) -> None:
        self.dismiss(None)
        self._answered.set()
        self._then(found)

    def complain(self, error: BackbonesError) -> None:
        """Say it here; Enter again replaces what is there."""
        self._is_busy = False
        self._answered.set()
        if not self.is_attached:
            return
        if isinstance(error, FileExists | NameTaken):
            self._refused = self.typed
            name = error.path if isinstance(error, FileExists) else repr(error.name)
            self.say(f"{name} exists: enter again replaces it, any other text keeps it")
        else:
            self.say(str(error))

    def say(self, text: str) -> None:
        """Show a sentence below the line."""
        self.said.update(text)

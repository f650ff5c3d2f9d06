"""The filter: applied while one types, with suggestions, the place of a mistake pointed at, and a history."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from backbones.store.errors import BackbonesError, QueryError
from backbones.store.text import printable
from backbones.tui.filter_input import LONGEST_TEXT, FilterInput
from backbones.tui.manners import WellMannered
from backbones.tui.messages import FilterEdited, FilterLeft

if TYPE_CHECKING:
    from backbones.store.completion import Completions
    from backbones.tui.suggestions import SuggestionList

PAUSE_S = 0.3
LONGEST_HISTORY = 50
PROMPT = " filter "
EXAMPLE = "top_1@imagenet-1k > 83 and params_m < 30"
PATIENCE_S = 0.5  # with suggestions, when a key needs them
NOWHERE = ("", -1)  # no text and cursor


@dataclass(eq=False, repr=False)
class CompletionWanted(Message):
    """What may follow at the cursor of that text?"""

    text: str
    cursor: int


class FilterBar(Widget):
    """The filter's text, its history, what may follow, and the pause after which it is applied."""

    DEFAULT_CSS = """
    FilterBar { height: 1; layout: horizontal; }
    FilterBar > Static { width: 8; height: 1; text-style: bold; color: $primary; }
    """

    def __init__(self, text: str = "", history: tuple[str, ...] = (), id: str | None = None) -> None:
        super().__init__(id=id)
        self.history = list(history)
        self._place = 0
        self._draft = ""
        self._left = ""
        self._is_edited = False
        self._written = text
        self._timer: Timer | None = None
        self._list: SuggestionList | None = None
        self._asked = self._answered = self._dismissed = NOWHERE
        self._has_answer = asyncio.Event()
        self.go_on: Callable[[], None] = lambda: None
        """Takes the focus to where one goes on once a filter is applied."""
        self.input = FilterInput(
            text, placeholder=EXAMPLE, select_on_focus=False, compact=True, max_length=LONGEST_TEXT
        )
        self.input.cursor_blink = False

    def compose(self) -> ComposeResult:
        """A prompt and the input."""
        yield Static(PROMPT, markup=False)
        yield self.input

    def on_mount(self) -> None:
        """Follow the cursor."""
        self.watch(self.input, "selection", self._cursor_moved, init=False)

    def show(self, text: str) -> None:
        """Show the filter of a view, without applying it. What was typed and never applied is kept."""
        self._stop()
        self._close()
        typed = self.input.value.strip()
        if self._is_edited and typed and typed != text.strip():
            self.keep(typed)
        self._is_edited, self._place = False, 0
        self._write(text)

    def forget(self) -> None:
        """What was typed and never applied is not shown again; the history has it."""
        self._left, self._is_edited = "", False
        self._write("")

    def keep(self, text: str) -> None:
        """A text that is not applied is not lost, and that is said."""
        if text.strip():
            self._remember(text)
            self._left = text
            key = self.app.key_for("view.filter", "/") if isinstance(self.app, WellMannered) else "/"
            self.app.notify(
                f"{text}\nis not applied; {key} shows it again", severity="warning", markup=False, timeout=4
            )

    def resume(self) -> None:
        """Go on where one left; an empty filter begins with what there is."""
        if self._left:
            text, self._left = self._left, ""
            self._write(text)
        self._dismissed = NOWHERE
        if not self.input.value:
            self._ask()

    def _write(self, text: str) -> None:
        self._written = text
        if self.input.value != text:
            with self.prevent(Input.Changed):
                self.input.value = text
            self.input.cursor_position = len(text)

    # History

    def recall(self, steps: int) -> None:
        """Walk through the history; 0 is what one was typing."""
        if self._place == 0:
            self._draft = self.input.value
        place = max(0, min(len(self.history), self._place + steps))
        if place != self._place:
            self._place = place
            self.input.value = self.history[-place] if place else self._draft
            self.input.cursor_position = len(self.input.value)
            self._close()

    def _remember(self, text: str) -> None:
        if text and len(text) <= LONGEST_TEXT and (not self.history or self.history[-1] != text):
            self.history = [*(h for h in self.history if h != text), text][-LONGEST_HISTORY:]

    # Suggestions

    @property
    def is_open(self) -> bool:
        """Whether suggestions are shown."""
        return self._list is not None and self._list.is_open

    @property
    def _here(self) -> tuple[str, int]:
        return self.input.value, self.input.cursor_position

    def _cursor_moved(self) -> None:
        self._is_edited |= self.input.value != self._written
        if self.input.has_focus and self._is_edited:
            self._ask()

    def _ask(self) -> None:
        """Ask what may follow here, once; not while one walks through the history."""
        if self._place and self.input.value != self.history[-self._place]:
            self._place = 0
        here = self._here
        if self._place or here == self._dismissed:
            self._close()
        elif here != self._asked:
            self._asked = here
            self._has_answer.clear()
            self.post_message(CompletionWanted(*here))

    def suggest(self, completions: Completions | None, text: str, cursor: int) -> None:
        """Show what may follow at the cursor of a text; nothing, if the text or the cursor is another by now."""
        if (text, cursor) != self._here or not self.input.has_focus or self._place or (text, cursor) == self._dismissed:
            return
        self._answered = text, cursor
        self._has_answer.set()
        if completions is None or not completions.items:
            self._close()
            return
        if self._list is None:
            from backbones.tui.suggestions import SuggestionList  # 5 ms that the first paint does not need

            self._list = SuggestionList()
            self.screen.mount(self._list)
        column = self.input.cursor_screen_offset.x - cell_len(text[completions.start : cursor])
        self._list.offer(completions, column, self.screen.size.width)

    async def answered(self) -> None:
        """Wait until the suggestions for this very text are there, if they were asked for; not for long."""
        if self._asked == self._here != self._answered:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._has_answer.wait(), PATIENCE_S)

    def mark(self, lines: int) -> None:
        """Mark another suggestion; open the list again where it was closed."""
        if self.is_open and self._list is not None:
            self._list.move_choice(lines)
        else:
            self._ask_again()

    def take(self) -> bool:
        """Write the marked suggestion into the text; False where there is none for this very text."""
        if (
            not self.is_open
            or self._list is None
            or self._answered != self._here
            or (choice := self._list.choice) is None
        ):
            return False
        found, text = self._list.completions, self.input.value
        self._close()
        self._is_edited = True
        self.input.value = text[: found.start] + choice.text + text[found.end :]
        self.input.cursor_position = found.start + len(choice.text)
        return True

    def take_or_leave(self) -> None:
        """Take the marked suggestion; open the list again where it was closed; leave where nothing is suggested."""
        if self.take():
            return
        if self._dismissed == self._here:
            self._ask_again()
        elif not self.is_open:
            self.post_message(FilterLeft())

    def _ask_again(self) -> None:
        self._dismissed = self._asked = NOWHERE
        self._ask()

    def dismiss(self) -> bool:
        """Close the list until something else is typed; False where there is none, or nothing was typed yet."""
        was_open = self.is_open and self._is_edited
        self._dismissed = self._here
        self._close()
        return was_open

    def _close(self) -> None:
        self._asked = self._answered = NOWHERE
        if self._list is not None:
            self._list.close()

    # Applying

    @on(Input.Changed)
    def _wait_for_a_pause(self, event: Input.Changed) -> None:
        event.stop()
        self._stop()
        self._timer = self.set_timer(PAUSE_S, lambda: self._tell(False))
        self._is_edited = True
        if self.input.has_focus:
            self._ask()

    def apply(self) -> None:
        """Ask for the rows of the filter, and let the next keys be for them, though the answer may take a while."""
        self._stop()
        self._dismissed = self._here
        self._close()
        self._remember(self.input.value.strip())
        self._place = 0
        self._tell(True)
        self.go_on()

    def _tell(self, is_final: bool) -> None:
        self._timer = None
        self.post_message(FilterEdited(self.input.value.strip(), is_final))

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None


class Mistake(Static):
    """What is wrong with the filter, under the place in it."""

    DEFAULT_CSS = """
    Mistake { height: auto; max-height: 5; display: none; color: $error; }
    Mistake.-shown { display: block; }
    """

    def show(self, error: BackbonesError, typed: str) -> None:
        """Point at the mistake; `typed` is what stands in the filter bar."""
        self.update(explained(error, typed))
        self.add_class("-shown")

    def clear(self) -> None:
        """The mistake is mended."""
        self.remove_class("-shown")


def explained(error: BackbonesError, typed: str) -> Content:
    """A caret below the place in the filter's text, the message, and what may have been meant."""
    if not isinstance(error, QueryError):
        return Content(printable(str(error)))
    lines = []
    at = typed.find(error.text) if error.text else -1
    before = (typed[:at] if at > 0 else "") + error.text[: error.position]
    if error.text and at < 0:
        lines.append(" " * len(PROMPT) + printable(error.text))
    if error.text:
        lines.append(" " * (len(PROMPT) + cell_len(before)) + "^")
    meant = f"  did you mean {' or '.join(error.suggestions)}?" if error.suggestions else ""
    lines.append(" " + printable(error.message + meant))
    return Content("\n".join(lines))

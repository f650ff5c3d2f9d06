"""The filter: applied while one types, with the place of a mistake pointed at, and a history."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from backbones.store.errors import BackbonesError, QueryError
from backbones.store.text import printable
from backbones.tui.messages import FilterEdited, FilterLeft

PAUSE_S = 0.3
LONGEST_HISTORY = 50
PROMPT = " filter "
EXAMPLE = "top_1@imagenet-1k > 83 and params_m < 30"


class FilterInput(Input):
    """One line of text that keeps its own keys."""

    DEFAULT_CSS = """
    FilterInput { width: 1fr; height: 1; border: none; padding: 0; background: transparent;
        &:focus { border: none; background: transparent; background-tint: transparent; } }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "older", "history", key_display="↑↓", id="filter.older", tooltip="The filter before"),
        Binding("down", "newer", "Newer", False, id="filter.newer", tooltip="The filter after"),
        Binding("enter", "submit", "apply", id="filter.apply", tooltip="Apply and go to the table"),
        Binding("escape,tab", "leave", "table", key_display="esc", id="filter.leave", tooltip="Back to the table"),
    ]

    def action_older(self) -> None:
        """Show an older filter."""
        self._bar.recall(1)

    def action_newer(self) -> None:
        """Show a newer filter."""
        self._bar.recall(-1)

    def action_leave(self) -> None:
        """Back to the table; what was applied stays."""
        self.post_message(FilterLeft())

    @property
    def _bar(self) -> FilterBar:
        bar = self.parent
        assert isinstance(bar, FilterBar)
        return bar


class FilterBar(Widget):
    """The filter's text, its history, and the pause after which it is applied."""

    DEFAULT_CSS = """
    FilterBar { height: 1; layout: horizontal; }
    FilterBar > Static { width: 8; height: 1; text-style: bold; color: $primary; }
    """

    def __init__(self, text: str = "", history: tuple[str, ...] = (), id: str | None = None) -> None:
        super().__init__(id=id)
        self.history = list(history)
        self._place = 0
        self._draft = ""
        self._timer: Timer | None = None
        self.input = FilterInput(text, placeholder=EXAMPLE, select_on_focus=False, compact=True)
        self.input.cursor_blink = False

    def compose(self) -> ComposeResult:
        """A prompt and the input."""
        yield Static(PROMPT, markup=False)
        yield self.input

    def show(self, text: str) -> None:
        """Show the filter of a view, without applying it."""
        self._stop()
        if self.input.value != text:
            with self.prevent(Input.Changed):
                self.input.value = text
            self.input.cursor_position = len(text)

    def recall(self, steps: int) -> None:
        """Walk through the history; 0 is what one was typing."""
        if self._place == 0:
            self._draft = self.input.value
        place = max(0, min(len(self.history), self._place + steps))
        if place != self._place:
            self._place = place
            self.input.value = self.history[-place] if place else self._draft
            self.input.cursor_position = len(self.input.value)

    @on(Input.Changed)
    def _wait_for_a_pause(self, event: Input.Changed) -> None:
        event.stop()
        self._stop()
        self._timer = self.set_timer(PAUSE_S, lambda: self._tell(False))

    @on(Input.Submitted)
    def _apply(self, event: Input.Submitted) -> None:
        event.stop()
        self._stop()
        text = event.value.strip()
        if text and (not self.history or self.history[-1] != text):
            self.history = [*(h for h in self.history if h != text), text][-LONGEST_HISTORY:]
        self._place = 0
        self._tell(True)

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
    if error.text and at < 0:
        lines.append(" " * len(PROMPT) + printable(error.text))
    if error.text:
        lines.append(" " * (len(PROMPT) + max(at, 0) + error.position) + "^")
    meant = f"  did you mean {' or '.join(error.suggestions)}?" if error.suggestions else ""
    lines.append(" " + printable(error.message + meant))
    return Content("\n".join(lines))

"""The line in which the filter is typed, and its keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType

from backbones.tui.messages import FilterLeft
from backbones.tui.ordered_input import OrderedInput

if TYPE_CHECKING:
    from backbones.tui.filter_bar import FilterBar

LONGEST_TEXT = 10_000
"""Characters: what was pasted by mistake shall not go into the history and what is kept between runs."""


class FilterInput(OrderedInput):
    """One line of text that keeps its own keys."""

    DEFAULT_CSS = """
    FilterInput { width: 1fr; height: 1; border: none; padding: 0; background: transparent;
        &:focus { border: none; background: transparent; background-tint: transparent; } }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "tab", "take", "complete", id="filter.take", tooltip="Take the marked suggestion; without one: the table"
        ),
        Binding(
            "up", "up", "history", key_display="↑↓", id="filter.older", tooltip="The suggestion or the filter before"
        ),
        Binding("down", "down", "Newer", False, id="filter.newer", tooltip="The suggestion or the filter after"),
        Binding("ctrl+n", "mark(1)", "Next", False, id="filter.next", tooltip="The next suggestion"),
        Binding("ctrl+p", "mark(-1)", "Previous", False, id="filter.previous", tooltip="The suggestion before"),
        Binding("enter", "submit", "apply", id="filter.apply", tooltip="Apply and go to the table"),
        Binding(
            "escape",
            "leave",
            "table",
            key_display="esc",
            id="filter.leave",
            tooltip="Close the list; back to the table",
        ),
    ]

    def _on_paste(self, event: events.Paste) -> None:
        """Several lines are one filter: line breaks are blanks."""
        event.prevent_default()
        event.stop()
        self.replace(" ".join(event.text.split()), *self.selection)

    def restricted(self) -> None:
        """Say why nothing more can be typed or pasted."""
        self.app.notify(f"a filter has at most {LONGEST_TEXT:,} characters", severity="warning", timeout=4)

    async def action_submit(self) -> None:
        """Apply it, and leave before the next key is read."""
        self._bar.apply()

    async def action_take(self) -> None:
        """The marked suggestion becomes part of the text."""
        await self._bar.answered()
        self._bar.take_or_leave()

    async def action_up(self) -> None:
        """The suggestion before; an older filter where nothing is suggested or typed."""
        await self._bar.answered()
        self._bar.mark(-1) if self._bar.is_open and self.value else self._bar.recall(1)

    async def action_down(self) -> None:
        """The next suggestion; a newer filter where nothing is suggested or typed."""
        await self._bar.answered()
        self._bar.mark(1) if self._bar.is_open and self.value else self._bar.recall(-1)

    async def action_mark(self, lines: int) -> None:
        """Mark another suggestion."""
        await self._bar.answered()
        self._bar.mark(lines)

    def action_cursor_right(self, select: bool = False) -> None:
        """At the end of the text, take the marked suggestion."""
        if select or not self.cursor_at_end or not self._bar.take():
            super().action_cursor_right(select)

    def action_leave(self) -> None:
        """Close the list; back to the table, what was applied stays."""
        if not self._bar.dismiss():
            self.post_message(FilterLeft())

    def on_focus(self) -> None:
        """What was left without being applied is there again."""
        self._bar.resume()

    @property
    def _bar(self) -> FilterBar:
        from backbones.tui.filter_bar import FilterBar  # which has one of these

        bar = self.parent
        assert isinstance(bar, FilterBar)
        return bar

"""The list of a draft's values: one line each, only those on the screen are built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from backbones.tui.cells import padded
from backbones.tui.cursor_keys import CursorKeys
from backbones.tui.ordered_input import Ordered
from backbones.tui.review_values import Value
from backbones.tui.table import BOLD, QUIET, REVERSE

ROOMY: Final = 100
"""Cells from which on states and severities have a column each."""
SHORT: Final = {
    "accepted": "ok", "corrected": "corr.", "by hand": "hand", "rejected": "out",
    "error": "error", "warning": "warn.", "note": "note",
}  # fmt: skip
"""What stands where both share a narrow column."""
COLOURS: Final = {"error": Style(color="red", bold=True), "warning": Style(color="yellow"), "note": None, "": None}
NOTHING: Final = "  no value holds all of that"


@dataclass(eq=False, repr=False)
class ValueHighlighted(Message):
    """The cursor went to another value."""


@dataclass(eq=False, repr=False)
class ValueOpened(Message):
    """Enter was pressed on a value."""


class ReviewList(Ordered, CursorKeys):
    """Values with a row cursor: model, setting, metric, number, what was decided, the worst that the check says."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "ReviewList { width: 1fr; height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "open", "to its table", False, id="review.open", tooltip="To the table, to choose another cell"
        ),
    ]

    def __init__(self, values: Sequence[Value], has_colour: bool, id: str | None = None) -> None:
        super().__init__(id=id)
        self.values = values
        self.shown: list[int] = list(range(len(values)))
        """Positions of the values that hold what was typed."""
        self._has_colour = has_colour
        self._top = 0
        self._widths: tuple[int, ...] = ()
        self._gap = 2
        self._arranged_for = -1

    @property
    def count(self) -> int:
        """Values shown."""
        return len(self.shown)

    @property
    def page(self) -> int:
        """Values that fit below the heading."""
        return max(1, self.size.height - 1)

    @property
    def at(self) -> int | None:
        """The position of the value under the cursor."""
        return self.shown[self.row] if self.row < len(self.shown) else None

    def show(self, shown: list[int]) -> None:
        """Show other values; the cursor stays on its value, or goes to the next that is shown."""
        kept = self.at
        self.shown = shown
        self.row = next((row for row, at in enumerate(shown) if kept is None or at >= kept), max(0, len(shown) - 1))
        self._arranged_for = -1
        self.refresh()

    def show_changes(self) -> None:
        """Values were decided on."""
        self._arranged_for = -1
        self.refresh()

    def select(self, row: int) -> None:
        """Put the cursor on a row, without telling anyone."""
        self.row = max(0, min(row, self.count - 1))
        self.refresh()

    def action_column(self, columns: int) -> None:
        """To the right of the list is the table."""
        if columns > 0:
            self.action_open()

    def action_open(self) -> None:
        """Ask to go to the value's table."""
        if self.count:
            self.post_message(ValueOpened())

    def on_click(self, event: events.Click) -> None:
        """Choose a value; at the second click go to its table."""
        if event.y > 0 and (row := self._top + event.y - 1) < self.count:
            self._go(row)
            if event.chain > 1:
                self.action_open()

    def _go(self, row: int) -> None:
        before = self.row
        self.select(row)
        if self.row != before:
            self.post_message(ValueHighlighted())

    # Painting

    def _arrange(self) -> None:
        """Widths of the columns; the setting has what the others leave. Where there is little room, one column says what was
        decided, or else the worst that the check says."""
        self._arranged_for = self.size.width
        values = [self.values[at] for at in self.shown]
        is_roomy = self.size.width >= ROOMY
        words = (9, 7) if is_roomy else (5,)
        self._gap = 2 if is_roomy else 1
        number = max(5, max((len(value.number) for value in values), default=0))
        room = self.size.width - 1 - sum(words) - number - (3 + len(words)) * self._gap
        model = min(max(5, max((cell_len(value.model) for value in values), default=0)), room * 2 // 5)
        metric = min(max(6, max((cell_len(value.metric) for value in values), default=0)), 20, max(6, room // 4))
        self._widths = (model, max(0, room - model - metric), metric, number, *words)

    def render_line(self, y: int) -> Strip:
        """Line y of the widget."""
        if self._arranged_for != self.size.width:
            self._arrange()
        if y == 0:
            return self._line(("model", "setting", "metric", "value", "state", "check")[: len(self._widths)], BOLD)
        top = max(0, min(self._top, self.count - self.page))
        self._top = max(0, min(max(top, self.row - self.page + 1), self.row))
        row = self._top + y - 1
        if row >= self.count:
            text = "" if self.count or y != 2 else NOTHING if self.values else "  the draft has no values"
            return Strip([Segment(padded(text, self.size.width))])
        value = self.values[self.shown[row]]
        words = (value.state, value.worst) if len(self._widths) > 5 else (SHORT.get(value.state or value.worst, ""),)
        texts = (value.model, value.setting, value.metric, value.number, *words)
        if row == self.row:
            return self._line(texts, REVERSE if self.has_focus else QUIET)
        return self._line(texts, None, COLOURS[value.worst] if self._has_colour and value.is_doubtful else None)

    def _line(self, texts: Sequence[str], style: Style | None, of_last: Style | None = None) -> Strip:
        parts = []
        for at, (text, width) in enumerate(zip(texts, self._widths, strict=True)):
            is_number = at == 3
            parts.append(padded(text, width).rstrip().rjust(width) if is_number else padded(text, width))
        *others, last = parts
        line = [Segment(" " + (" " * self._gap).join(others) + " " * self._gap, style), Segment(last, of_last or style)]
        return Strip(line).adjust_cell_length(self.size.width, style)

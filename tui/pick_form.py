"""The form of the adviser: one line a field; Enter asks for its value elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from backbones.store.advising.form import FIELDS, value_text
from backbones.store.advising.task import Wish
from backbones.store.text import printable
from backbones.tui.cells import padded

LABEL = max(len(field.label) for field in FIELDS) + 1
BOLD, DIM, REVERSE, QUIET = Style(bold=True), Style(dim=True), Style(reverse=True), Style(reverse=True, dim=True)


@dataclass(eq=False, repr=False)
class FieldOpened(Message):
    """Enter was pressed on a field."""

    name: str


@dataclass(eq=False, repr=False)
class FieldCleared(Message):
    """A field shall ask for nothing."""

    name: str


class PickForm(Widget, can_focus=True):
    """Labels and values; what is wished for is bold."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "PickForm { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", False, id="pick.down", tooltip="The next field"),
        Binding("up,k", "move(-1)", "Up", False, id="pick.up", tooltip="The field before"),
        Binding("home,g", "move(-99)", "First", False, id="pick.first", tooltip="The first field"),
        Binding("end,G", "move(99)", "Last", False, id="pick.last", tooltip="The last field"),
        Binding("enter,space", "edit", "change", id="pick.edit", tooltip="Choose or type the field's value"),
        Binding("x,delete", "clear", "clear", id="pick.clear", tooltip="Ask nothing of this field"),
    ]

    def __init__(self, wish: Wish, id: str | None = None) -> None:
        super().__init__(id=id)
        self.wish, self.maximise = wish, ""
        self.row = 0
        self._top = 0

    def show(self, wish: Wish, maximise: str) -> None:
        """Take another wish; `maximise` is the metric that was taken for it."""
        if (wish, maximise) != (self.wish, self.maximise):
            self.wish, self.maximise = wish, maximise
            self.refresh()

    @property
    def field(self) -> str:
        """The name of the field under the cursor."""
        return FIELDS[self.row].name

    def action_move(self, fields: int) -> None:
        """Move the cursor."""
        row = max(0, min(len(FIELDS) - 1, self.row + fields))
        if row != self.row:
            self.row = row
            self.refresh()

    def action_edit(self) -> None:
        """Ask for the value of the field."""
        self.post_message(FieldOpened(self.field))

    def action_clear(self) -> None:
        """Ask for nothing."""
        self.post_message(FieldCleared(self.field))

    def on_click(self, event: events.Click) -> None:
        """Choose a field; at the second click change it."""
        if (row := self._top + event.y) < len(FIELDS):
            is_again = row == self.row and event.chain > 1
            self.row = row
            self.refresh()
            if is_again:
                self.action_edit()

    def render_line(self, y: int) -> Strip:
        """Line y of the widget."""
        width, height = self.size
        self._top = max(0, min(max(self._top, self.row - height + 1), self.row, max(0, len(FIELDS) - height)))
        at = self._top + y
        if at >= len(FIELDS):
            return Strip.blank(width)
        field = FIELDS[at]
        value = printable(value_text(self.wish, field.name, self.maximise))
        is_wished = getattr(self.wish, field.name) != getattr(Wish(), field.name)
        cursor = (REVERSE if self.has_focus else QUIET) if at == self.row else None
        label = padded(f" {field.label}", LABEL + 1)
        room = max(0, width - LABEL - 2)
        style = cursor or (BOLD if is_wished or field.name in ("task", "maximise") else DIM)
        return Strip([Segment(label + " ", cursor), Segment(padded(value, room), style)]).adjust_cell_length(width)

"""Asking for the limits and scales of the two axes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from backbones.store.columns import column_of
from backbones.store.errors import QueryError
from backbones.store.ranges import joined_range, parse_range, split_range
from backbones.store.references import parse_reference
from backbones.store.rows import Column
from backbones.store.text import printable
from backbones.store.view import View
from backbones.tui.ordered_input import Ordered, PanelInput
from backbones.tui.panel import Panel
from backbones.tui.plot import Seen

EPOCH = dt.date(1970, 1, 1)


class Scale(Ordered, Widget, can_focus=True):
    """One of a few words; left, right and space go from one to the next."""

    DEFAULT_CSS = """
    Scale { width: 17; height: 1; }
    Scale:focus { text-style: reverse; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space,l", "turn(1)", "next", False, id="scale.next", tooltip="The next scale"),
        Binding("left,h", "turn(-1)", "before", False, id="scale.before", tooltip="The scale before"),
    ]

    class Turned(Message):
        """Another word was chosen."""

    def __init__(self, choices: Sequence[tuple[str, Any]], value: Any, id: str | None = None) -> None:
        super().__init__(id=id)
        self._choices = tuple(choices)
        self._at = next((k for k, (_, v) in enumerate(self._choices) if v is value), 0)

    @property
    def value(self) -> Any:
        """What the word stands for."""
        return self._choices[self._at][1]

    def render(self) -> Content:
        """The word between the signs that say it can be turned."""
        return Content(f"< {self._choices[self._at][0]} >")

    def action_turn(self, steps: int) -> None:
        """Another word."""
        self._at = (self._at + steps) % len(self._choices)
        self.refresh()
        self.post_message(self.Turned())

    def on_click(self, event: events.Click) -> None:
        """The next word."""
        event.stop()
        self.action_turn(1)


class LimitsPanel(Panel[View | None]):
    """Ends of the axes (empty: as the values ask) and their scales; dismisses with the changed view, or with None."""

    DEFAULT_CSS = """
    LimitsPanel { align: center middle; }
    LimitsPanel > Vertical { width: 58; max-width: 100%; height: auto; max-height: 100%; border: round $primary;
        background: $background; padding: 0 1; }
    LimitsPanel .axis { text-style: bold; width: 1fr; }
    LimitsPanel Horizontal { height: 1; }
    LimitsPanel Horizontal Label { width: auto; padding: 0 1 0 0; }
    LimitsPanel Input { width: 12; height: 1; border: none; padding: 0; margin: 0 1 0 0; background: $surface;
        &:focus { border: none; text-style: underline; } }
    LimitsPanel #limits-problem { height: auto; min-height: 1; max-height: 3; color: $error; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "accept", "take", id="limits.accept", tooltip="Take these limits"),
        Binding("ctrl+t", "take_seen", "as seen", id="limits.as_seen", tooltip="The ends now on the screen"),
        Binding("ctrl+x", "clear", "none", id="limits.clear", tooltip="No limits: as the values ask"),
        Binding("tab,down,ctrl+n", "app.focus_next", "Down", False, id="limits.down", tooltip="Next field"),
        Binding("shift+tab,up,ctrl+p", "app.focus_previous", "Up", False, id="limits.up", tooltip="The field before"),
        Binding("escape", "leave", "cancel", key_display="esc", id="limits.leave", tooltip="Change nothing"),
    ]

    def __init__(self, view: View, seen: tuple[Seen, Seen] | None = None) -> None:
        """`seen` is what the screen shows of x and of y, for the ends that are empty and for `as seen`."""
        super().__init__()
        self._view, self._seen = view, seen
        self._columns = {axis: column_of(parse_reference(getattr(view, axis))) for axis in "xy"}
        ends = {"x": split_range(view.x_range), "y": split_range(view.y_range)}
        self.fields = {
            (axis, end): _field(ends[axis][end], self._automatic(axis, end), f"limits-{axis}-{'to' if end else 'from'}")
            for axis in "xy"
            for end in (0, 1)
        }
        automatic = [("automatic", None), ("logarithmic", True), ("linear", False)]
        self.scales = {
            "x": Scale(automatic, view.log_x, id="limits-x-scale"),
            "y": Scale([("linear", False), ("logarithmic", True)], view.log_y, id="limits-y-scale"),
        }
        self.problem = Static("", id="limits-problem", markup=False)

    def compose(self) -> ComposeResult:
        """A line for each axis, and what is wrong."""
        with Vertical() as box:
            box.border_title = "Limits of the axes"
            box.border_subtitle = self.hints()
            for axis, column in self._columns.items():
                yield Static(printable(f"{axis}  {column.label}"), classes="axis", markup=False)
                with Horizontal():
                    yield Label("from")
                    yield self.fields[axis, 0]
                    yield Label("to")
                    yield self.fields[axis, 1]
                    if column.kind != "date":
                        yield self.scales[axis]
            yield self.problem

    def changes(self) -> dict[str, Any]:
        """The fields of the view as they stand here; QueryError where an end is wrong."""
        found: dict[str, Any] = {}
        for axis, column in self._columns.items():
            text = joined_range(self.fields[axis, 0].value, self.fields[axis, 1].value)
            is_date = column.kind == "date"
            is_log = self.scales[axis].value
            parse_range(text, is_date, log=bool(is_log) and not is_date, what=f"{axis} axis")
            found[f"{axis}_range"] = text
            found[f"log_{axis}"] = is_log
        return {name: value for name, value in found.items() if value != getattr(self._view, name)}

    @on(Input.Changed)
    @on(Scale.Turned)
    def _check(self, event: Message) -> None:
        """Say what is wrong as soon as it is typed."""
        event.stop()
        try:
            self.changes()
        except QueryError as error:
            self.problem.update(printable(error.message))
        else:
            self.problem.update("")

    def action_accept(self) -> None:
        """Take them, unless something is wrong."""
        try:
            changed = self.changes()
        except QueryError as error:
            self.problem.update(printable(error.message))
            self.app.bell()
            return
        self.dismiss(self._view.with_(**changed) if changed else None)

    def action_take_seen(self) -> None:
        """Write the ends that the screen shows into the fields: a zoom that stays."""
        if self._seen is None:
            return
        for axis, ends in zip("xy", self._seen, strict=True):
            for end, value in enumerate(ends):
                self.fields[axis, end].value = _written(value, self._columns[axis], ends)

    def action_clear(self) -> None:
        """Empty all ends."""
        for field in self.fields.values():
            field.value = ""

    def _automatic(self, axis: str, end: int) -> str:
        """What an empty field says: where the axis ends now."""
        if self._seen is None:
            return "automatic"
        ends = self._seen["xy".index(axis)]
        return _written(ends[end], self._columns[axis], ends)


def _field(value: str, placeholder: str, id: str) -> PanelInput:
    field = PanelInput(value, placeholder=placeholder, id=id, compact=True, select_on_focus=True)
    field.cursor_blink = False
    return field


def _written(value: float, column: Column, ends: Seen) -> str:
    """An end in as many digits as its axis needs."""
    if column.kind == "date":
        first, last = (dt.date.min - EPOCH).days, (dt.date.max - EPOCH).days
        return (EPOCH + dt.timedelta(days=int(min(max(value, first), last)))).isoformat()
    digits = 4
    while digits < 12 and f"{ends[0]:.{digits}g}" == f"{ends[1]:.{digits}g}":
        digits += 1
    text = f"{value:.{digits}g}"
    return f"{value:.0f}" if "e+" in text and abs(value) < 1e12 else text

"""Lists of everything: what is typed narrows them at once, any column sorts them, Enter goes where a cell leads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from backbones.plot.palette import Look
from backbones.store.errors import BackbonesError, QueryError
from backbones.store.explorer import Explorer
from backbones.tui.hints import KeyHints
from backbones.tui.list_filter import ListFilter, ListFilterLeft
from backbones.tui.listed import Listed, Order
from backbones.tui.navigation import Place
from backbones.tui.opened import Opened, open_list
from backbones.tui.table_screen import TableScreen

if TYPE_CHECKING:
    from backbones.tui.measuring_models import Offer


@dataclass(frozen=True, slots=True)
class ListPosition:
    """Where one was in a list."""

    order: Order
    row: int
    column: int


class ListScreen(TableScreen):
    """One list, or the list of all lists."""

    AUTO_FOCUS = "#list-table"
    is_filtered = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "slash",
            "filter",
            "filter",
            key_display="/",
            priority=True,
            id="list.filter",
            tooltip="Type to narrow the list",
        ),
        Binding("u", "clear", "all rows", False, id="list.all", tooltip="All rows again"),
        Binding(
            "y,Y", "copy", "copy", False, key_display="y", id="list.copy", tooltip="Copy the command line of this list"
        ),
    ]

    def __init__(self, explorer: Explorer, look: Look, place: Place, position: Any = None) -> None:
        super().__init__(explorer, look, place, position)
        self.name_of_list = place.of or "lists"
        self._is_early = False
        self.wanted: Order | None = position.order if isinstance(position, ListPosition) else None
        self.filter = ListFilter(self.wanted.typed if self.wanted else "", id="list-filter")

    def compose(self) -> ComposeResult:
        """Filter, counts, table, the cursor's cell, keys."""
        yield self.filter
        yield self.status
        yield self.table
        yield self.cell
        yield KeyHints(id="hints")

    def on_mount(self) -> None:
        """Read the list."""
        if self._is_early:
            self.set_focus(self.filter.input)
        self.status.say(self.name_of_list)
        self.status.mark(len(self.home.marks))
        self.wait()
        self.ask(partial(open_list, of=self.place.of, order=self.wanted), self._begin, "list")

    def position(self) -> Any:
        """The filter, the order and the cursor."""
        if self.order is None:
            return self.remembered
        return ListPosition(self.order, self.table.row, self.table.column)

    def _begin(self, opened: Opened) -> None:
        kept = self.remembered if isinstance(self.remembered, ListPosition) else None
        self.begin(opened, kept.row if kept else 0, kept.column if kept else 0)
        self._type(self.filter.input.value)  # keys may have been quicker than the catalogue

    def told(self, shown: Listed) -> None:
        """How many rows there are, and how they are sorted."""
        self.status.say(self.name_of_list, counted(shown), sorted_by(shown))

    def complain(self, error: BackbonesError) -> None:
        """A mistake in what is being typed is said in its place."""
        super().complain(error) if not isinstance(error, QueryError) or self.opened is None else self._point_at(error)

    def _point_at(self, error: QueryError) -> None:
        self.stop_waiting()
        meant = f"; did you mean {' or '.join(error.suggestions)}?" if error.suggestions else ""
        self.status.note(error.message + meant)

    # Keys

    def action_filter(self) -> None:
        """Go to the filter before the next key is read."""
        self.set_focus(self.filter.input)
        if not self.filter.input.has_focus:
            self._is_early = True  # there will be one in a moment

    def on_key(self, event: events.Key) -> None:
        """What was typed before the filter had the focus, in one packet with its key."""
        if self.focused is self.filter.input and event.is_printable and event.character:
            event.stop()
            event.prevent_default()
            self.filter.input.insert_text_at_cursor(event.character)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In the filter a letter is a letter."""
        return not (action in ("filter", "clear") and self.focused is self.filter.input)

    def action_clear(self) -> None:
        """All rows again."""
        self.filter.input.value = ""

    def action_copy(self) -> None:
        """Copy the command line that lists the same."""
        if self.order is None or self.opened is None or not self.place.of:
            self.app.notify("no command lists this", timeout=2)
        else:
            self.copy_line(self.order.command(self.place.of, self.opened.listing.first))

    def measurable(self) -> list[Offer]:
        """What is marked, and the model under the cursor."""
        from backbones.tui.measuring_models import of_cell

        return super().measurable() + of_cell(self.table.listed, self.table.row, self.table.column)

    @on(Input.Changed)
    def _edited(self, event: Input.Changed) -> None:
        event.stop()
        self._type(event.value)

    def _type(self, typed: str) -> None:
        if self.order is not None and typed != self.order.typed:
            self.request(Order(typed, self.order.column, self.order.descending))

    @on(ListFilterLeft)
    def _leave_filter(self) -> None:
        self.set_focus(self.table)


def counted(shown: Listed) -> str:
    """`1,950 of 60,314 rows`."""
    return f"{len(shown.keys):,} of {shown.answer.candidates:,} rows"


def sorted_by(shown: Listed) -> str:
    """By which column the rows stand."""
    column = next((c for c in shown.answer.rows.columns if c.name == shown.order.column), None)
    if column is None:
        return ""
    first = {"number": ("smallest", "largest"), "date": ("oldest", "newest")}.get(column.kind, ("first", "last"))
    return (
        f"by {column.label}, {first[shown.order.descending]} first" if column.kind != "text" else f"by {column.label}"
    )

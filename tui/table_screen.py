"""What lists and pages have in common: a table over an opened list, sorted by any column, whose cells lead elsewhere."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.timer import Timer

from backbones.plot.palette import Look
from backbones.store.errors import BackbonesError
from backbones.store.explorer import Explorer
from backbones.store.listing import Listing
from backbones.tui import messages
from backbones.tui.heading_line import HeadingLine
from backbones.tui.listed import CellChanged, Listed, ListTable, Order
from backbones.tui.navigation import Place
from backbones.tui.opened import Opened
from backbones.tui.place import PlaceScreen
from backbones.tui.shown import Shown

if TYPE_CHECKING:
    from backbones.tui.takeaway import Takeaway

SLOW_S = 0.15  # after which the screen says that it waits


class TableScreen(PlaceScreen):
    """A subclass composes `table`, `status` (where one is) and `cell` (what the cursor stands on), and opens something."""

    is_filtered: ClassVar[bool] = False
    """Whether words can be looked for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "v", "app.visit('compare')", "compare", False, id="list.compare", tooltip="What is marked, side by side"
        ),
        Binding("E", "export", "export", False, id="list.export", tooltip="Copy or write the table, a row, citations"),
    ]

    def __init__(self, explorer: Explorer, look: Look, place: Place, position: Any = None) -> None:
        super().__init__(explorer, look, place, position)
        self.table = ListTable(id="list-table")
        self.status = HeadingLine("", id="list-status")
        self.cell = HeadingLine("", id="list-cell")
        self.opened: Opened | None = None
        self.order: Order | None = None
        self._waiting: Timer | None = None

    def on_unmount(self) -> None:
        """Let go of the connections, without waiting for a question that is still being answered."""
        threading.Thread(target=_close, args=(list(self.everything_opened()),), daemon=True).start()

    def everything_opened(self) -> Iterable[Opened]:
        """What has to be closed."""
        return () if self.opened is None else (self.opened,)

    # For a subclass

    def told(self, shown: Listed) -> None:
        """Say what is shown."""

    def drawn(self, shown: Listed) -> Listed:
        """With a picture, where there is one."""
        return shown

    # Questions and answers

    def begin(self, opened: Opened, row: int = 0, column: int = 0) -> None:
        """Show what was opened, with the cursor there."""
        self.opened, self.order, self.table.names = opened, opened.order, self.home.marks
        self.table.keep_column(column)
        self.show_rows(opened.keys, row)
        if opened.listing.connection is not None:
            self.in_thread(opened.widened, self._widen, "prepare")

    def _widen(self, opened: Opened) -> None:
        """Take wider columns where a number somewhere in the list asks for them."""
        if self.opened is None or opened.listing is not self.opened.listing:
            return
        if opened.cells != self.opened.cells and self.table.listed is not None:
            self.opened = opened
            self.show_rows(self.table.listed.keys, self.table.row)
        if self.is_filtered:
            self._prepare(True)

    def _prepare(self, is_more: bool) -> None:
        """Read, bit by bit, what the first word of a filter will need."""
        if is_more and self.opened is not None:
            self.in_thread(self.opened.listing.prepare, self._prepare, "prepare")

    def request(self, order: Order) -> None:
        """Ask for another order, or for the rows that hold what is typed."""
        self.order = order
        if self.opened is not None:
            found = self.opened.listing
            self.wait()
            self.in_thread(
                lambda: (found, order, found.order(order.typed, order.column, order.descending)), self._take, "list"
            )

    def _take(self, answer: tuple[Listing, Order, array[int]]) -> None:
        """Show the rows in their new order; after a filter the cursor stays on its row."""
        found, order, keys = answer
        if self.opened is None or found is not self.opened.listing:
            return  # another list is shown by now
        self.order = order
        shown, row = self.table.listed, 0
        if shown is not None and self.table.count and shown.order.is_sorted_like(self.order):
            row = _place(keys, shown.keys[self.table.row])
        self.show_rows(keys, row)

    def show_rows(self, keys: array[int], row: int) -> None:
        """Show rows of what is opened."""
        assert self.opened is not None and self.order is not None
        self.stop_waiting()
        shown = self.drawn(self.opened.shown(keys, self.order))
        self.table.show(shown, row)
        self.told(shown)
        self._tell_cell()

    def wait(self) -> None:
        """Say after a while that one waits."""
        self.stop_waiting()
        self._waiting = self.set_timer(SLOW_S, lambda: self.status.note("reading …"))

    def stop_waiting(self) -> None:
        """The answer is there."""
        if self._waiting is not None:
            self._waiting.stop()

    def complain(self, error: BackbonesError) -> None:
        """Say what went wrong, and no longer that one waits."""
        self.stop_waiting()
        self.status.note("")
        super().complain(error)

    @on(messages.RowHighlighted)
    @on(CellChanged)
    def _tell_cell(self) -> None:
        """Say in full what the cell of the cursor says."""
        self.cell.say("", self.table.cell)

    # Keys

    @on(messages.SortRequested)
    def _sort(self, event: messages.SortRequested) -> None:
        opened, seen = self.opened, self._seen(event.shown)
        if opened is not None and self.order is not None and seen is not None and seen.listing is opened.listing:
            column = opened.listing.columns[event.position]
            self.request(self.order.by(column.name, column.kind))

    @on(messages.RowOpened)
    def _open(self, event: messages.RowOpened) -> None:
        if (seen := self._seen(event.shown)) is not None and event.row < len(seen.keys):
            link = seen.destination(event.row, event.column)
            if link is None:
                self.app.notify("nothing in this row has a page", timeout=2)
            else:
                self.follow(link)

    @on(messages.RowMarked)
    def _mark(self, event: messages.RowMarked) -> None:
        seen = self._seen(event.shown)
        if seen is None or event.row >= len(seen.keys):
            return
        if (name := seen.compared(event.row, event.column)) is None:
            self.app.notify("only checkpoints, backbones and weights can be compared", timeout=3)
            return
        if self.home.marks.pop(name, None) is None:
            self.home.marks[name] = name
        self.show_marks()

    def action_export(self) -> None:
        """Take along what is here."""
        from backbones.tui.export_panel import ExportPanel

        if (listed := self.table.listed) is not None:
            self.app.push_screen(ExportPanel(self.taken(listed), self.explorer))

    def taken(self, listed: Listed) -> Takeaway:
        """The rows in their order; those of a long list are read when they are taken."""
        from backbones.tui.takeaway import Takeaway

        row = self.table.row if self.table.count else None
        return Takeaway(self.name_of_rows, listed.everything(), row, self.table.column)

    @property
    def name_of_rows(self) -> str:
        """What a file of the rows is named after."""
        return self.place.of or "lists"

    def _seen(self, shown: Shown | None) -> Listed | None:
        """The rows that a key was meant for: those on the screen when it was pressed; a point's are those shown now."""
        return shown if isinstance(shown, Listed) else self.table.listed

    def show_marks(self) -> None:
        """Show what is marked, here or elsewhere."""
        self.table.refresh()
        self.status.mark(len(self.home.marks))


def _place(keys: array[int], key: int) -> int:
    try:
        return keys.index(key)
    except ValueError:
        return 0


def _close(everything: Iterable[Opened]) -> None:
    for opened in everything:
        opened.close()

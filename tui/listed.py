"""A list made ready for the table: formats from a sample of its rows, the rows themselves read as they are painted."""

from __future__ import annotations

import shlex
import sqlite3
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.strip import Strip

from backbones.store.listing import Listing
from backbones.store.listings.window import RowWindow
from backbones.store.page import Link
from backbones.store.rows import Answer, Row, Rows
from backbones.store.view import Sort, View
from backbones.tui.cells import LONGEST_TEXT, CellFormat, formats, plain
from backbones.tui.shown import Shown
from backbones.tui.table import QUIET, REVERSE, ResultsTable

LINK = Style(underline=True)
FINEST = 3  # decimals of a column in which numbers of many kinds stand
WORTH_CUTTING = 6  # cells that the longest twentieth of a column's texts may take
LONGEST_FURTHER, LONGEST_LAST = 20, 160  # cells of a text after the first one, and of the last, which has what is left
COMPARED = ("checkpoint", "weights", "backbone")
"""Kinds of things that can be put side by side, the most telling first."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was typed and by which column the rows stand; "" is the order of the list itself."""

    typed: str = ""
    column: str = ""
    descending: bool = False

    def is_sorted_like(self, other: Order) -> bool:
        """Whether rows that are in both stand in the same order."""
        return (self.column, self.descending) == (other.column, other.descending)

    def by(self, column: str, kind: str) -> Order:
        """Sorted by a column, the largest or newest first; by the same again: the other way round."""
        is_again = column == self.column
        return Order(self.typed, column, not self.descending if is_again else kind in ("number", "date"))

    def command(self, of: str, first: tuple[str, bool]) -> str:
        """The command line that lists the same; `first` is the order of the list itself."""
        words = ["backbones", "list", of, *([f"--match={self.typed}"] if self.typed.strip() else [])]
        if self.column and (self.column, self.descending) != first:
            words.append(f"--sort={'-' if self.descending else ''}{self.column}")
        return shlex.join(words)


@dataclass(frozen=True)
class Listed(Shown):
    """Rows of a list in an order, ready to be painted."""

    listing: Listing | None = None
    order: Order = Order()
    keys: array[int] = field(default_factory=lambda: array("q"))

    @property
    def sorted_by(self) -> str:
        """The column of the order."""
        return self.order.column

    def everything(self) -> Rows | Callable[[sqlite3.Connection], Rows]:
        """All rows in this order; a question to the catalogue where they are not in memory."""
        listing, keys = self.listing, self.keys
        assert listing is not None

        def read(connection: sqlite3.Connection) -> Rows:
            return Rows(listing.columns, tuple(listing.rows(keys, connection)))

        return read if listing.connection is not None else Rows(listing.columns, tuple(listing.rows(keys)))

    def link(self, row: int, column: int) -> Link | None:
        """Where a cell leads."""
        assert self.listing is not None
        return self.listing.link(self.answer.keys[row], self.answer.rows.rows[row], column)

    def links(self, row: int) -> list[Link]:
        """Where the cells of a row lead."""
        assert self.listing is not None
        return self.listing.links_of_row(self.answer.keys[row], self.answer.rows.rows[row])

    def destination(self, row: int, column: int | None) -> Link | None:
        """Where Enter leads: the cell's link, else the first of the row."""
        found = self.link(row, column) if column is not None else None
        return found or next(iter(self.links(row)), None)

    def compared(self, row: int, column: int | None = None) -> str | None:
        """The name that a mark on this row puts into the comparison: the cell's, else the row's most telling."""
        here = self.link(row, column) if column is not None else None
        if here is not None and here.kind in COMPARED:
            return here.name
        links = self.links(row)
        return next((link.name for kind in COMPARED for link in links if link.kind == kind), None)


def listed(
    listing: Listing, keys: array[int], cells: tuple[CellFormat, ...], order: Order, reader: sqlite3.Connection | None
) -> Listed:
    """The rows of these keys; `reader` is the main thread's own connection."""
    names = tuple(column.name for column in listing.columns)
    sort = (Sort(order.column, order.descending),) if order.column else ()
    view = View(columns=names, sort=sort, x="", y="", group="", pareto=False)
    rows = Rows(listing.columns, cast(tuple[Row, ...], RowWindow(listing, keys, reader)))
    answer = Answer(rows, len(keys), listing.total, keys=cast(tuple[int, ...], keys))
    return Listed(view, answer, cells, None, "", listing, order, keys)


def cells_of(listing: Listing, first: Sequence[int] = ()) -> tuple[CellFormat, ...]:
    """The formats of all columns, wide enough for the first rows, and for the numbers of all rows once those are known."""
    sample = listing.sample(first)
    found = formats(Rows(listing.columns, tuple(sample)), len(listing.columns))
    last = len(found) - 1
    return tuple(
        _coarser(cell, [row[i] for row in sample])
        if cell.is_number
        else _narrower(
            cell,
            [row[i] for row in sample],
            LONGEST_LAST if i == last else LONGEST_TEXT if i == 0 or last < 5 else LONGEST_FURTHER,
        )
        for i, cell in enumerate(found)
    )


def _narrower(cell: CellFormat, values: Sequence[Any], longest: int) -> CellFormat:
    """As wide as most of the texts are; the last column may take all that is left."""
    lengths = sorted(len(plain(value, cell.column)) for value in values if value is not None)
    if not lengths:
        return cell
    usual = lengths[min(len(lengths) - 1, len(lengths) * 19 // 20)]
    usual = lengths[-1] if longest == LONGEST_LAST or lengths[-1] - usual < WORTH_CUTTING else usual
    return CellFormat(cell.column, max(3, min(usual, longest)))


def _coarser(cell: CellFormat, values: Sequence[Any]) -> CellFormat:
    """With three decimals at most where the values have as many as they like."""
    if not cell.is_number or cell.column.decimals is not None or cell.decimals <= FINEST:
        return cell
    draft = CellFormat(cell.column, 0, FINEST)
    return CellFormat(cell.column, max((len(draft.text(v, 0)) for v in values if v is not None), default=1), FINEST)


class CellChanged(Message):
    """The cursor went to another column."""


class ListTable(ResultsTable):
    """The table of a list: cells that lead somewhere are underlined under the cursor, marks are names."""

    DEFAULT_CSS = "ListTable { width: 1fr; height: 1fr; }"
    nothing = "  no row holds all of that"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.names: Mapping[str, str] = {}
        """What is marked for comparison."""

    @property
    def listed(self) -> Listed | None:
        """What is shown."""
        return self.shown if isinstance(self.shown, Listed) else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The columns of a list stay where they are."""
        return action not in ("shift", "hide")

    def action_column(self, columns: int) -> None:
        """Move the column cursor, and tell."""
        super().action_column(columns)
        self._refresh_row(self.row)
        self.post_message(CellChanged())

    @property
    def cell(self) -> str:
        """What the cell of the cursor says, in full, and where it leads."""
        if self.listed is None or not self.count or not self.listed.cells:
            return ""
        column = self.listed.answer.rows.columns[self.column]
        text = plain(self.listed.answer.rows.rows[self.row][self.column], column)
        link = self.listed.link(self.row, self.column)
        leads = "" if link is None else f"  (⏎ list of {link.name})" if link.kind == "list" else f"  (⏎ {link.kind})"
        return f"{column.label}: {text or 'not said'}{leads}"

    def _cursor_line(self, text: str) -> Strip:
        """The row of the cursor; a cell that leads somewhere is underlined in the column of the cursor."""
        begin, width = next(((start, width) for c, start, width in self._places if c == self.column), (0, 0))
        cell = text[begin : begin + width].rstrip()
        is_link = self.listed is not None and self.listed.link(self.row, self.column) is not None
        if not cell or not is_link or not text.isascii():
            return super()._cursor_line(text)
        style = REVERSE if self.has_focus else QUIET
        parts = ((text[:begin], style), (cell, style + LINK), (text[begin + len(cell) :], style))
        return Strip([Segment(part, look) for part, look in parts if part], self.size.width)

    def is_marked(self, row: int) -> bool:
        """Whether the row is among those to be compared."""
        if not self.names or self.listed is None:
            return False
        return any(link.kind in COMPARED and link.name in self.names for link in self.listed.links(row))

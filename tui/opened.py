"""Questions that open a list or a section of a page: what the first paint needs, and the connection for the rest."""

from __future__ import annotations

import sqlite3
from array import array
from dataclasses import dataclass, replace

from backbones.store.listing import Listing, SectionListing, open_listing, overview
from backbones.store.listings.window import BLOCK
from backbones.store.page import Section
from backbones.store.reader import reader_beside
from backbones.tui.cells import CellFormat
from backbones.tui.listed import Listed, Order, cells_of, listed


@dataclass(frozen=True, slots=True)
class Opened:
    """A list that was read, with the order one sees first and a connection for the rows that are painted."""

    listing: Listing
    keys: array[int]
    cells: tuple[CellFormat, ...]
    order: Order
    reader: sqlite3.Connection | None

    def shown(self, keys: array[int], order: Order) -> Listed:
        """The rows of these keys, ready to be painted."""
        return listed(self.listing, keys, self.cells, order, self.reader)

    def widened(self) -> Opened:
        """With formats that the largest number of each column fits into. May read for a while."""
        self.listing.prepare()
        return replace(self, cells=cells_of(self.listing, self.keys[:BLOCK]))

    def close(self) -> None:
        """Let go of the connections; may wait for a question."""
        if self.reader is not None and self.reader is not self.listing.connection:
            self.reader.close()
        self.listing.close()


def open_list(connection: sqlite3.Connection, of: str, order: Order | None) -> Opened:
    """Read what the first paint of a list needs; of nothing in particular: of the list of all lists."""
    return _opened(open_listing(connection, of) if of else overview(connection), order)


def open_section(connection: sqlite3.Connection, section: Section, order: Order | None) -> Opened:
    """Read what the first paint of a section needs."""
    if section.scope is not None:
        return _opened(open_listing(connection, section.scope.kind, section.scope), order)
    return _opened(SectionListing(section), order)


def _opened(found: Listing, order: Order | None) -> Opened:
    order = order or Order("", *found.first)
    keys = found.order(order.typed, order.column, order.descending)
    reader = reader_beside(found.connection) if found.connection else None
    return Opened(found, keys, cells_of(found, keys[:BLOCK]), order, reader)

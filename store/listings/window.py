"""Rows of a list that are read when they are looked at: blocks by key, of which a few are kept."""

from __future__ import annotations

import sqlite3
from array import array
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, overload

from backbones.store.listing import Listing
from backbones.store.rows import Row

BLOCK: Final = 100
"""Rows that are read at once, in a millisecond or two."""

BLOCKS: Final = 6
"""Blocks that are kept."""


class RowWindow(Sequence[Row]):
    """The rows of these keys in their order. For one thread, whose connection `reader` is."""

    def __init__(self, listing: Listing, keys: array[int], reader: sqlite3.Connection | None = None) -> None:
        self._listing, self._keys, self._reader = listing, keys, reader
        self._blocks: OrderedDict[int, list[Row]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._keys)

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Row]: ...

    def __getitem__(self, place: int | slice) -> Row | Sequence[Row]:
        """The row in a place, or those of a slice, which are not kept."""
        if isinstance(place, slice):
            return self._listing.rows(self._keys[place], self._reader)
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        number, offset = divmod(place % len(self), BLOCK)
        block = self._blocks.get(number)
        if block is None:
            block = self._blocks[number] = self._read(self._keys[number * BLOCK : (number + 1) * BLOCK])
            if len(self._blocks) > BLOCKS:
                self._blocks.popitem(last=False)
        else:
            self._blocks.move_to_end(number)
        return block[offset]

    def _read(self, keys: array[int]) -> list[Row]:
        """The rows; blanks where the file cannot be read, since one paints them."""
        try:
            return self._listing.rows(keys, self._reader)
        except sqlite3.Error:
            return [(None,) * len(self._listing.columns)] * len(keys)

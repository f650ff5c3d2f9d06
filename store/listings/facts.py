"""A list of facts, tens of thousands: an order is an array of keys, rows are read by key."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable, Sequence
from heapq import merge
from operator import itemgetter
from typing import Any, Final

from backbones.store.catalog import has_measurements
from backbones.store.listing import HELD, SAMPLE, HeldListing, Keys, Listing, folded_rows, kept, links_of
from backbones.store.listings.kinds import FACTS, OF_SUBJECTS, SUBJECTS, column_of
from backbones.store.listings.texts import MASKS, fact_texts, remembered
from backbones.store.listings.typed import Comparison, Part, Word
from backbones.store.page import Scope
from backbones.store.rows import Row, Rows, Value
from backbones.store.text import fold
from backbones.store.transferring.laid_in import has_own

ORDERS: Final = 4
"""Orders that are remembered, half a MB each."""

_OPPOSITE: Final = bytes([1, 0]) + bytes(254)


def fact_listing(connection: sqlite3.Connection, kind: str, scope: Scope | None) -> Listing:
    """The whole list, or the part that a scope names: held where that is small."""
    whole = FactListing(connection, kind)
    if scope is None:
        return whole
    keys = whole.order_of_scope(scope)
    if len(keys) > HELD:
        return FactListing(connection, kind, scope, keys)
    at = [i for i, c in enumerate(whole.columns) if c.name not in _same(scope)]
    rows = whole.rows(keys)
    at = [i for i in at if any(row[i] is not None for row in rows)]
    columns = tuple(whole.columns[i] for i in at)
    return HeldListing(kind, Rows(columns, tuple(tuple(row[i] for i in at) for row in rows)), links_of(columns, kind))


def _same(scope: Scope) -> tuple[str, ...]:
    """Columns in which all rows of a scope say the same."""
    return (scope.column, "name") if scope.column == "checkpoint" else (scope.column,)


class FactListing(Listing):
    """Facts by key: a positive key is a fact's id in the catalogue, a negative one the place of a measured row."""

    def __init__(
        self, connection: sqlite3.Connection, kind: str, scope: Scope | None = None, keys: Keys[int] | None = None
    ) -> None:
        spec = FACTS[kind]
        names = [name for name in spec.columns if scope is None or name not in _same(scope)]
        columns = tuple(column_of(name) for name in names)
        super().__init__(kind, columns, links_of(columns, kind))
        self.spec, self._connection = spec, connection
        self.first = spec.order if scope is None else ("", False)
        self._texts = fact_texts(connection, kind)
        self._last = self._texts.last
        self._measured = self._read_measured()
        self._keys = keys
        self._scope = None if keys is None else self._mask_of(keys)
        self.total = self._texts.count + len(self._measured) if keys is None else len(keys)
        if scope is not None:
            self._put_empty_columns_last()

    @property
    def connection(self) -> sqlite3.Connection:
        """Whom the list asks."""
        return self._connection

    # Rows

    def rows(self, keys: Sequence[int], reader: sqlite3.Connection | None = None) -> list[Row]:
        """The rows of these keys; of a key that the catalogue has not, blanks."""
        names = ", ".join(f'"{c.name}"' for c in self.columns)
        marks = ", ".join(str(key) for key in keys if key > 0)
        found: dict[int, Row] = {}
        if marks:
            sql = f"select key, {names} from ({self.spec.keyed} where f.id in ({marks}))"
            found = {row[0]: row[1:] for row in (reader or self._connection).execute(sql)}
        blank: Row = (None,) * len(self.columns)
        return [self._measured_row(key) if key < 0 else found.get(key, blank) for key in keys]

    def sample(self, first: Sequence[int] = ()) -> list[Row]:
        """The first rows, some from all over the list, and the largest and smallest numbers once they are known."""
        keys = range(1, self._last + 1) if self._keys is None else self._keys
        rows = self.rows([*first, *keys[:: max(1, len(keys) // SAMPLE)]])
        typical = dict(self.spec.numbers)
        rows.append(tuple(typical.get(c.name) for c in self.columns))
        if ends := self._texts.ends:
            rows += (tuple(ends[c.name][end] if c.name in ends else None for c in self.columns) for end in (0, 1))
        return rows + [self._measured_row(-1 - i) for i in range(len(self._measured))]

    def _put_empty_columns_last(self) -> None:
        rows = self.sample()[:SAMPLE]
        is_empty = [all(row[i] is None for row in rows) for i in range(len(self.columns))]
        self.columns = tuple(c for _, c in sorted(zip(is_empty, self.columns, strict=True), key=itemgetter(0)))
        self.links = links_of(self.columns, self.kind)

    # Measured rows

    def _read_measured(self) -> list[dict[str, Value]]:
        """What the user measured, from the TEMP view; the catalogue's own rows are skipped without being read."""
        if self.spec.view == "costs" or not has_measurements(self._connection):
            return []
        if self.spec.view == "results" and has_own(self._connection):
            return []  # they are among the catalogue's own
        cursor = self._connection.execute(f"select * from temp.{self.spec.view} where origin <> 'reported'")
        names = [d[0] for d in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor]
        return [{**row, "name": row["checkpoint"] or row["backbone"]} for row in rows]

    def _measured_row(self, key: int) -> Row:
        row = self._measured[-1 - key]
        return tuple(row[c.name] for c in self.columns)

    # Order

    def _sorted(self, column: int | None, descending: bool) -> Keys[int]:
        name = None if column is None else self.columns[column].name
        asked = (name, descending, len(self._measured))
        keys = self._texts.orders.get(asked)
        if keys is None:
            keys = self._sorted_by(name, descending)
        remembered(self._texts.orders, asked, keys, ORDERS)
        return keys if self._scope is None else kept(keys, self._scope)

    def _sorted_by(self, name: str | None, descending: bool) -> Keys[int]:
        direction = "desc" if descending else "asc"
        extra = range(-1, -len(self._measured) - 1, -1)
        if name is None:
            facts = self._connection.execute(f"select id from {self.spec.table} order by id {direction}")
            return array("q", [*map(itemgetter(0), facts), *extra])
        by = f'"{name}" collate nocase' if column_of(name).kind == "text" else f'"{name}"'
        value = f', "{name}"' if extra else ""
        keyed = f"({self.spec.keyed})"
        if name in OF_SUBJECTS:  # the fact itself need not be read
            keyed = f"(select f.id as key, q.* from ({SUBJECTS}) q join {self.spec.table} f on f.mention = q.id)"
        sql = f"select key{value} from {keyed} order by {by} {direction} nulls last, key"
        cursor = self._connection.execute(sql)
        if not extra:
            return array("q", map(itemgetter(0), cursor))

        def place(pair: tuple[int, Value]) -> tuple[bool, Any]:
            value = pair[1].lower() if isinstance(pair[1], str) else pair[1]
            return ((value is None) != descending, 0 if value is None else value)

        pairs = sorted(((key, self._measured[-1 - key][name]) for key in extra), key=place, reverse=descending)
        return array("q", [key for key, _ in merge(cursor, pairs, key=place, reverse=descending)])

    def order_of_scope(self, scope: Scope) -> Keys[int]:
        """The keys of the rows that belong to a thing, in the order of the files."""
        found = self._connection.execute(
            f'select key from ({self.spec.keyed}) where "{scope.column}" = ? order by key', [scope.value]
        )
        extra = [-1 - i for i, row in enumerate(self._measured) if row[scope.column] == scope.value]
        return array("q", [*map(itemgetter(0), found), *extra])

    # Filter

    def _prepare(self) -> bool:
        return self._texts.prepare(self._connection)

    def _passing(self, keys: Keys[int], parts: Sequence[Part]) -> Keys[int]:
        every = int.from_bytes(b"\1" * self._size, "little")
        for part in parts:
            asked = (part, len(self._measured))
            mask = self._texts.masks.get(asked)
            if mask is None:
                mask = self._word_mask(part) if isinstance(part, Word) else self._comparison_mask(part)
            every &= int.from_bytes(remembered(self._texts.masks, asked, mask, MASKS), "little")
        return kept(keys, every.to_bytes(self._size, "little"))

    @property
    def _size(self) -> int:
        """Bytes of a mask: one for each id, and one for each measured row at the end, where negative keys point."""
        return self._last + 1 + len(self._measured)

    def _mask_of(self, keys: Iterable[int]) -> bytes:
        mask = bytearray(self._size)
        for key in keys:
            mask[key] = 1
        return bytes(mask)

    def _word_mask(self, word: Word) -> bytes:
        mask = bytearray(self._texts.holding(self._connection, word.folded).to_bytes(self._size, "little"))
        for i, text in enumerate(folded_rows(row.values() for row in self._measured)):
            mask[-1 - i] = word.folded in text
        return bytes(mask).translate(_OPPOSITE) if word.is_absent else bytes(mask)

    def _comparison_mask(self, comparison: Comparison) -> bytes:
        test, parameters = _test(comparison)
        found = self._texts.comparing(self._connection, comparison, test, parameters)
        if found is None:
            keys = self._connection.execute(f"select key from ({self.spec.keyed}) where {test}", parameters)
            mask = bytearray(self._mask_of(map(itemgetter(0), keys)))
        else:
            mask = bytearray(found.ljust(self._size, b"\0"))
        for i, row in enumerate(self._measured):
            mask[-1 - i] = comparison.holds(row[comparison.column.name])
        return bytes(mask)

    def _knows(self, column: str, folded: str) -> bool:
        if self._texts.knows(self._connection, column, folded):
            return True
        return any(isinstance(v := row[column], str) and fold(v) == folded for row in self._measured)


def _test(comparison: Comparison) -> tuple[str, list[Any]]:
    """The comparison in SQL; tells the same as Comparison.holds."""
    name, operator, value = f'"{comparison.column.name}"', comparison.operator, comparison.value
    if value is None:
        return f"{name} is {'' if operator == '=' else 'not '}null", []
    if isinstance(value, float):
        return f"{name} {operator} ?", [value]
    if operator in ("~", "!~"):
        return f"instr(fold({name}), ?) {'>' if operator == '~' else '='} 0", [fold(value)]
    if operator in ("=", "!="):
        if comparison.column.kind == "date":
            return f"substr({name}, 1, {len(value)}) {operator} ?", [value]
        return f"fold({name}) {operator} ?", [fold(value)]
    return f"lower({name}) {operator} ?", [value.lower()]

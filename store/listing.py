"""Lists of everything: an order of keys for what is typed and sorted by, and rows for the keys on the screen.

A list of facts (`results`, `throughput`, `costs`) is never in memory as rows: an order is an array of keys, words are looked
for in arrays of codes, and rows are read by key. Lists of things are some thousand rows at most and are held.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress, pairwise
from typing import Any, Final

from backbones.store.errors import QueryError
from backbones.store.inventory import choices
from backbones.store.listings.kinds import FACTS, KINDS, NAMES, THINGS, column_of
from backbones.store.listings.typed import Part, Word, parse_typed
from backbones.store.page import Link, Scope, Section
from backbones.store.reader import connect_again, sentences
from backbones.store.rows import Column, Row, Rows, Value
from backbones.store.text import closest, fold

Keys = array  # of type "q"

HELD: Final = 2_000
"""A part of a list of facts with no more rows than that is held."""

SAMPLE: Final = 60
"""Rows from all over a list of facts that decide, with the first ones, the width of columns."""

_AT_ONCE: Final = 1_000
_DIGITS: Final = frozenset("0123456789")
_POINTED: Final = {
    code: "x" if chr(code) == "*" else chr(code).lower() if chr(code).isalnum() or chr(code) in "+\n" else "." for code in range(128)
}  # fmt: skip
"""ASCII as it is folded, with a point for everything that may fall away."""

_PARTS: Final = re.compile(r"\d+|\D+")
_KINDS_SAID: Final = {
    **{kind: kind for kind in ("family", "backbone", "checkpoint", "weights", "dataset", "head", "device")}, "copy": "weights",
}  # fmt: skip
"""What a column `kind` says -> the kind of thing that is named beside it."""

_NAMED_BESIDE: Final = {"aliases": "entity", "matches": "entity"}
"""Lists in which a column names a thing whose kind stands in the column `kind`."""


class Listing(ABC):
    """Rows that are asked for by key, in an order that is asked for first; from any thread."""

    def __init__(self, kind: str, columns: Sequence[Column], links: Mapping[int, str]) -> None:
        self.kind = kind
        self.columns = tuple(columns)
        self.links = dict(links)
        """The kind of thing that the values of a column name, by the column's position."""
        self.first: tuple[str, bool] = ("", False)
        """The order one starts with: column ("": as the rows stand) and whether the largest comes first."""
        self.total = 0
        self._one_at_a_time = threading.Lock()

    @abstractmethod
    def rows(self, keys: Sequence[int], reader: sqlite3.Connection | None = None) -> list[Row]:
        """The rows of these keys, in their order; `reader` is another connection to the same catalogue."""

    @abstractmethod
    def sample(self, first: Sequence[int] = ()) -> list[Row]:
        """Rows that tell how wide the columns are: those that stand first, some from all over the list, and the largest
        numbers where they are known."""

    def order(self, typed: str = "", column: str = "", descending: bool = False) -> Keys[int]:
        """The keys of the rows that hold what is typed, by a column, missing values last either way.

        QueryError for a column that the list has not.
        """
        with self._one_at_a_time, sentences():
            parts = parse_typed(typed, self.columns, self._knows)
            keys = self._sorted(self._position(column), descending)
            return self._passing(keys, parts) if parts else keys

    def prepare(self) -> bool:
        """Do a part of what later questions need, some milliseconds long; False when nothing is left to do."""
        with self._one_at_a_time, sentences():
            return self._prepare()

    @property
    def connection(self) -> sqlite3.Connection | None:
        """Whom the list asks; None where all rows are in memory."""
        return None

    def close(self) -> None:
        """Let go of the connection, once no question is being answered."""
        with self._one_at_a_time:
            if self.connection is not None:
                self.connection.close()

    def _prepare(self) -> bool:
        return False

    def link(self, key: int, row: Row, column: int) -> Link | None:
        """Where a cell leads."""
        value, kind = row[column], self.links.get(column)
        if value is None or kind is None:
            return None
        if kind == "kind":  # said in the row
            named = _KINDS_SAID.get(str(self._said(row, "kind")))
            return Link(named, str(value)) if named else None
        if kind == "name":
            return Link("checkpoint" if self._said(row, "checkpoint") == value else "backbone", str(value))
        return Link(kind, str(value))

    def links_of_row(self, key: int, row: Row) -> list[Link]:
        """Where the cells of a row lead, from left to right."""
        found = (self.link(key, row, column) for column in range(len(self.columns)))
        return [link for link in found if link is not None]

    def _said(self, row: Row, column: str) -> Value:
        return next((row[i] for i, c in enumerate(self.columns) if c.name == column), None)

    def _position(self, column: str) -> int | None:
        if not column:
            return None
        names = [c.name for c in self.columns]
        if column not in names:
            raise QueryError(f"{self.kind} have no column {column!r}", suggestions=closest(column, names))
        return names.index(column)

    @abstractmethod
    def _knows(self, column: str, folded: str) -> bool:
        """Whether a column has a value that folds to that."""

    @abstractmethod
    def _sorted(self, column: int | None, descending: bool) -> Keys[int]:
        """All keys in that order."""

    @abstractmethod
    def _passing(self, keys: Keys[int], parts: Sequence[Part]) -> Keys[int]:
        """Those of the keys whose rows hold all parts."""


class HeldListing(Listing):
    """A list whose rows are in memory; a key is a row's place in it."""

    def __init__(self, kind: str, rows: Rows, links: Mapping[int, str]) -> None:
        super().__init__(kind, rows.columns, links)
        self._rows = rows.rows
        self.total = len(self._rows)
        self._texts: list[str] | None = None

    def rows(self, keys: Sequence[int], reader: sqlite3.Connection | None = None) -> list[Row]:
        """The rows of these keys."""
        return [self._rows[key] for key in keys]

    def sample(self, first: Sequence[int] = ()) -> list[Row]:
        """All rows."""
        return list(self._rows)

    def _knows(self, column: str, folded: str) -> bool:
        position = self._position(column)
        return position is not None and any(
            row[position] is not None and fold(str(row[position])) == folded for row in self._rows
        )

    def _sorted(self, column: int | None, descending: bool) -> Keys[int]:
        keys = range(len(self._rows))
        if column is None:
            return array("q", reversed(keys) if descending else keys)
        known = [key for key in keys if self._rows[key][column] is not None]
        known.sort(key=lambda key: sort_key(self._rows[key][column]), reverse=descending)
        return array("q", [*known, *(key for key in keys if self._rows[key][column] is None)])

    def _passing(self, keys: Keys[int], parts: Sequence[Part]) -> Keys[int]:
        if self._texts is None:
            at = [i for i, c in enumerate(self.columns) if c.kind in ("text", "date")]
            self._texts = folded_rows([row[i] for i in at] for row in self._rows)
        texts = self._texts
        for part in parts:
            if isinstance(part, Word):
                keys = array("q", [k for k in keys if (part.folded in texts[k]) != part.is_absent])
            else:
                place = next(i for i, c in enumerate(self.columns) if c.name == part.column.name)
                keys = array("q", [k for k in keys if part.holds(self._rows[k][place])])
        return keys


class SectionListing(HeldListing):
    """The rows of a page's section."""

    def __init__(self, section: Section) -> None:
        super().__init__(section.title, section.rows, section.links)
        self._cell_links = section.cell_links

    def link(self, key: int, row: Row, column: int) -> Link | None:
        """Where a cell leads; of a list of facts each value may name something else."""
        return self._cell_links.get((key, column)) or super().link(key, row, column)


def open_listing(connection: sqlite3.Connection, kind: str, scope: Scope | None = None) -> Listing:
    """The list of a kind (one of list_kinds.KINDS), or the part of it that a scope names, to be closed when it is left.

    A list of facts opens a connection of its own, so that it waits for nobody. QueryError for a kind that is none.
    """
    if kind not in FACTS:
        return listing(connection, kind, scope)
    own = connect_again(connection)
    found = listing(own, kind, scope)
    if isinstance(found, HeldListing):
        own.close()
    return found


def listing(connection: sqlite3.Connection, kind: str, scope: Scope | None = None) -> Listing:
    """Like `open_listing`, over the given connection: a list of facts goes on asking it, and closes it."""
    if kind in FACTS:
        from backbones.store.listings.facts import fact_listing  # not needed for lists of things

        return fact_listing(connection, kind, scope if scope and scope.column else None)
    if kind == "columns":
        return HeldListing(kind, _columns(connection), {})
    if kind not in THINGS:
        raise QueryError(f"there is no list of {kind!r}", suggestions=closest(kind, KINDS))
    spec = THINGS[kind]
    columns = tuple(column_of(name, name in spec.counts) for name in spec.columns)
    counts = {i for i, name in enumerate(spec.columns) if name in spec.counts}
    rows = [
        tuple(0 if value is None and i in counts else value for i, value in enumerate(row))
        for row in connection.execute(spec.sql, _of_this_machine(connection) if ":here" in spec.sql else {})
    ]
    if scope and scope.column:
        at = spec.columns.index(scope.column)
        rows = [row for row in rows if row[at] == scope.value]
    return HeldListing(kind, Rows(columns, tuple(rows)), links_of(columns, kind))


def _of_this_machine(connection: sqlite3.Connection) -> dict[str, str | None]:
    from backbones.store.machine import host_id
    from backbones.store.measured_backbones import device_here

    return {"host": host_id(), "here": device_here(connection)}


def _columns(connection: sqlite3.Connection) -> Rows:
    found = choices(connection, "column")
    columns = (Column("column", "column"), Column("label", "label"), column_of("rows", True))
    return Rows(columns, tuple((c.reference, c.label, c.count) for c in found))


def overview(connection: sqlite3.Connection) -> Listing:
    """All lists, with how many rows each has."""
    tables = {
        "throughput": "speed",
        "costs": "cost",
        "weights": "released",
        "families": "family",
        "aliases": "aliases",
        "matches": "match",
    }
    counts = {
        kind: connection.execute(f"select count(*) from {tables.get(kind, kind.removesuffix('s'))}").fetchone()[0]
        for kind in KINDS
        if kind not in ("columns", "tasks")
    }
    counts["columns"] = len(choices(connection, "column"))
    counts["tasks"] = connection.execute("select count(*) from (select distinct task, dataset from result)").fetchone()[
        0
    ]
    columns = (column_of("list"), column_of("rows", True), column_of("what"))
    rows = tuple((kind, counts[kind], what) for kind, what in KINDS.items())
    return HeldListing("lists", Rows(columns, rows), {0: "list"})


def links_of(columns: Sequence[Column], kind: str = "") -> dict[int, str]:
    """What the values of columns name."""
    found = {i: NAMES[c.name] for i, c in enumerate(columns) if c.kind == "text" and c.name in NAMES}
    if kind in FACTS and columns and columns[0].name == "name":
        found[0] = "name"
    if kind == "rankings":
        found = {i: k for i, k in found.items() if k != "list"}
    for i, c in enumerate(columns):
        if c.name == _NAMED_BESIDE.get(kind):
            found[i] = "kind"
    return found


def sort_key(value: Value) -> tuple[Any, ...]:
    """Numbers by size; texts without regard to case, numbers in them by size: ResNet-18 before ResNet-101."""
    if not isinstance(value, str):
        return ((0, value, ""),)
    return tuple((0, int(p), "") if p.isdecimal() else (1, 0, p) for p in _PARTS.findall(value.casefold()))


def folded_rows(rows: Iterable[Iterable[Value]]) -> list[str]:
    """The texts of each row, folded, with a mark between them that no word holds."""
    every: list[str] = []
    ends = [0]
    for row in rows:
        every.extend(value for value in row if isinstance(value, str))
        ends.append(len(every))
    folded = folded_texts(every)
    return ["\n".join(folded[begin:end]) for begin, end in pairwise(ends)]


def folded_texts(texts: Sequence[str]) -> list[str]:
    """Each text as `fold` folds it; where they are ASCII many in one piece, without regular expressions."""
    return [folded for begin in range(0, len(texts), _AT_ONCE) for folded in _folded(texts[begin : begin + _AT_ONCE])]


def _folded(texts: Sequence[str]) -> list[str]:
    plain = [text if text.isascii() and "\n" not in text else "" for text in texts]
    pieces = [piece for piece in "\n".join(plain).translate(_POINTED).split(".") if piece]
    folded = pieces[:1]
    for before, after in pairwise(pieces):
        folded.append(f".{after}" if before[-1] in _DIGITS and after[0] in _DIGITS else after)
    lines = "".join(folded).split("\n")
    return [line if p or not t else fold(t) for line, p, t in zip(lines, plain, texts, strict=True)]


def kept(keys: Keys[int], mask: bytes | bytearray) -> Keys[int]:
    """The keys whose byte in the mask is not 0."""
    return array("q", compress(keys, map(mask.__getitem__, keys)))

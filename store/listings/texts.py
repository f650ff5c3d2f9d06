"""Where words are looked for in a list of facts: a code for each fact, a folded text for each code."""

from __future__ import annotations

import sqlite3
from array import array
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from itertools import chain, count
from operator import contains, eq, itemgetter, ne
from typing import Any, Final, TypeVar

from backbones.store.listing import Keys, folded_rows, folded_texts
from backbones.store.listings.kinds import CONDITIONS, FACTS, OF_CONDITIONS, OF_SUBJECTS, SUBJECTS, column_of
from backbones.store.listings.typed import Comparison
from backbones.store.reader import fingerprint
from backbones.store.rows import Value
from backbones.store.text import fold

T = TypeVar("T")

MASKS: Final = 16
"""Answers to words and comparisons that are remembered, a byte a fact each."""

NAMED: Final = {"mention": (SUBJECTS, OF_SUBJECTS), "condition": (CONDITIONS, OF_CONDITIONS)}
"""Dimensions of several columns: the SQL that tells what each code stands for, and the columns that it has."""

BY_FOLD: Final[dict[str, Callable[[str, str], bool]]] = {
    "=": eq, "!=": ne, "~": contains, "!~": lambda text, part: part not in text,
}  # fmt: skip
"""Comparisons that folded texts are enough for."""

_SAME: Final = ("unit", "origin")
"""Texts that nobody looks for."""

_AT_ONCE: Final = 500

_KINDS: Final = 2
"""Of the lists that were opened last the arrays are kept."""

_kept: OrderedDict[str, FactTexts] = OrderedDict()


class Dimension:
    """The code of each fact by its id, and the folded text of each code."""

    def __init__(self, codes: Any, texts: list[str]) -> None:
        self.texts = texts
        self.codes: bytes | array[int] = (
            bytes(iter(codes)) if len(texts) <= 256 else array("H" if len(texts) <= 65536 else "i", codes)
        )

    def mask(self, hits: bytes) -> bytes:
        """A byte for each id, from a byte for each code."""
        if isinstance(self.codes, bytes):
            return self.codes.translate(hits.ljust(256, b"\0"))
        return bytes(map(hits.__getitem__, self.codes))


class FactTexts:
    """What all lists of a kind over one catalogue share: dimensions, orders and masks, read when they are needed."""

    def __init__(self, connection: sqlite3.Connection, kind: str, catalogue: Any) -> None:
        self.spec, self.catalogue = FACTS[kind], catalogue
        count, last = connection.execute(f"select count(*), max(id) from {self.spec.table}").fetchone()
        self.count: int = count
        self.last: int = last or 0
        self.orders: OrderedDict[Any, Keys[int]] = OrderedDict()
        self.masks: OrderedDict[Any, bytes] = OrderedDict()
        self.ends: dict[str, tuple[Value, Value]] = {}
        """The smallest and the largest value of the columns that are not a few digits long anyway; read by `prepare`."""
        self._dimensions: dict[str, Dimension] = {}
        shared = {*OF_SUBJECTS, *(OF_CONDITIONS if self.spec.conditions else ()), *_SAME}
        own = [name for name in self.spec.columns if column_of(name).kind == "text" and name not in shared]
        self.dimensions = ("mention", *(("condition",) if self.spec.conditions else ()), *own)

    def prepare(self, connection: sqlite3.Connection) -> bool:
        """Read the ends of columns, then one more dimension; False when all were read."""
        if not self.ends:
            self.ends = self._read_ends(connection)
            return True
        name = next((n for n in self.dimensions if n not in self._dimensions), None)
        if name is not None:
            self.dimension(connection, name)
        return name is not None

    def dimension(self, connection: sqlite3.Connection, name: str) -> Dimension:
        """A dimension, read at the first time."""
        if name not in self._dimensions:
            self._dimensions[name] = self._read(connection, name)
        return self._dimensions[name]

    def dimension_of(self, column: str) -> str | None:
        """Where the texts of a column are held."""
        found = next((of for of, (_, columns) in NAMED.items() if of in self.dimensions and column in columns), column)
        return found if found in self.dimensions else None

    def holding(self, connection: sqlite3.Connection, folded: str) -> int:
        """The facts of which some text holds the word, as a number with a byte for each id."""
        found = 0
        for name in self.dimensions:
            dimension = self.dimension(connection, name)
            hits = bytes([folded in text for text in dimension.texts])
            if any(hits):
                found |= int.from_bytes(dimension.mask(hits), "little")
        return found

    def comparing(
        self, connection: sqlite3.Connection, comparison: Comparison, test: str, parameters: list[Any]
    ) -> bytes | None:
        """The facts for which a comparison of texts holds, a byte for each id; None where no dimension tells."""
        name = comparison.column.name
        of = self.dimension_of(name)
        if of is None:
            return None
        if of in NAMED:
            dimension = self.dimension(connection, of)
            hits = bytearray(len(dimension.texts))
            for (code,) in connection.execute(f"select id from ({NAMED[of][0]}) where {test}", parameters):
                hits[code] = 1
            return dimension.mask(bytes(hits))
        holds = BY_FOLD.get(comparison.operator)
        if holds is None or comparison.value is None:
            return None
        dimension, wanted = self.dimension(connection, of), fold(str(comparison.value))
        return dimension.mask(bytes([text != "" and holds(text, wanted) for text in dimension.texts]))

    def knows(self, connection: sqlite3.Connection, column: str, folded: str) -> bool:
        """Whether some fact says that of a column."""
        of = self.dimension_of(column)
        if of in NAMED:
            sql = f'select 1 from ({NAMED[of][0]}) where fold("{column}") = ? limit 1'
            return connection.execute(sql, [folded]).fetchone() is not None
        return of is not None and folded in self.dimension(connection, of).texts

    def _read_ends(self, connection: sqlite3.Connection) -> dict[str, tuple[Value, Value]]:
        names = [name for name, _ in self.spec.numbers]
        asked = ", ".join(f"min({name}), max({name})" for name in names)
        row = connection.execute(f"select {asked} from {self.spec.table}").fetchone()
        found = {name: (row[2 * i], row[2 * i + 1]) for i, name in enumerate(names)}
        for name, table in (("params_m", "backbone"), ("gmacs", "compute")):  # where the fact itself says nothing
            others = connection.execute(f"select min({name}), max({name}) from {table}").fetchone()
            known = [value for value in (*found[name], *others) if value is not None]
            found[name] = (min(known, default=None), max(known, default=None))
        return found

    def _read(self, connection: sqlite3.Connection, name: str) -> Dimension:
        if name not in NAMED:
            code: defaultdict[str | None, int] = defaultdict(count().__next__)
            codes = array("i", map(code.__getitem__, self._by_id(connection, name, None)))
            return Dimension(codes, folded_texts([value or "" for value in code]))
        sql, columns = NAMED[name]
        at = [i for i, column in enumerate(columns, 1) if column in self.spec.columns]
        texts: list[str] = []
        named = connection.execute(sql + " order by 1")
        while rows := named.fetchmany(_AT_ONCE):
            for row, text in zip(rows, folded_rows([row[i] for i in at] for row in rows), strict=True):
                texts += [""] * (row[0] - len(texts)) + [text]
        return Dimension(self._by_id(connection, name, 0), texts)

    def _by_id(self, connection: sqlite3.Connection, name: str, nothing: Any) -> Iterable[Any]:
        """A column of the facts, the value of id i in place i."""
        if self.count == self.last:
            found = connection.execute(f'select "{name}" from {self.spec.table} order by id')
            return chain([nothing], map(itemgetter(0), found))
        values = [nothing] * (self.last + 1)
        for key, value in connection.execute(f'select id, "{name}" from {self.spec.table}'):
            values[key] = value
        return values


def fact_texts(connection: sqlite3.Connection, kind: str) -> FactTexts:
    """The arrays of a kind; new ones after the catalogue changed."""
    catalogue = (connection.execute("pragma database_list").fetchone()[2], fingerprint(connection))
    found = _kept.get(kind)
    if found is None or found.catalogue != catalogue:
        found = FactTexts(connection, kind, catalogue)
    return remembered(_kept, kind, found, _KINDS)


def remembered(cache: OrderedDict[Any, T], key: Any, value: T, most: int) -> T:
    """Put a value into a cache as its newest; the oldest fall out."""
    cache[key] = value
    cache.move_to_end(key)
    while len(cache) > most:
        cache.popitem(last=False)
    return value

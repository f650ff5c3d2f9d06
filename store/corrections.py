"""Wrong numbers put right: a correction names a fact, what it says now, what is true and why.

Files keep what their sources print. A correction (sheet kind `corrections`) is laid over the facts while the catalogue is
built: the fact whose collection, source_ref, column and present value match gets the new value. A correction without a
value withdraws the fact: a result stays in `results` but takes part in no choice, any other number becomes unknown. What the
files said is kept in `corrected`: a later build with other corrections starts from it, one with the same looks at new facts only.
Of several corrections of one number the first wins.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from backbones.store.records import Plain
from backbones.store.text import fold
from backbones.store.vocabulary import METRICS

CLOSE: Final = 1e-9
"""How near a fact's value has to be to what the correction says it was."""

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "result": ("params_m", "printed"),
    "speed": ("throughput_img_s", "latency_ms", "peak_memory_mib", "params_m", "printed"),
    "cost": ("params_m", "printed", "activations_m", "memory_mib", "file_size_mib"),
}
"""The numbers of each table that can be corrected, besides the values of metrics."""

_KEYS: Final = ("collection", "source_ref", "column", "was", "value", "reason", "source")
_COLUMNS: Final = ", ".join(f'"{key}"' for key in _KEYS)
_GMACS: Final = "case convention when 'flops' then printed / 2 else printed end"


def is_known(column: str) -> bool:
    """Whether a correction can be about that column: a metric (`top_1`, `top_1@ImageNet-V2`) or a number of COLUMNS."""
    return column.partition("@")[0] in METRICS or any(column in names for names in COLUMNS.values())


def correct(
    connection: sqlite3.Connection,
    declared: Sequence[Plain],
    canonical: Callable[[str], str],
    first_new: Mapping[str, int] | None = None,
) -> set[int]:
    """Fill `correction`, change the facts that match and note in `corrected` what they said. Returns the mentions of older
    facts that say something else now.

    `declared`: corrections, the most trusted first; `canonical` gives a data set its catalogue name; `first_new`: the first
    new fact of each table, None where older facts have to be looked at again even if the corrections are as before.
    """
    rows = [(i, *map(body.get, _KEYS), _folded_dataset(body, canonical)) for i, body in enumerate(declared, 1)]
    known = connection.execute(f"select id, {_COLUMNS}, dataset from correction order by id").fetchall()
    mentions: set[int] = set()
    if first_new is not None and rows == known:
        _lay(connection, rows, first_new)
    else:
        before = _laid(connection)
        _restore(connection)
        connection.execute("delete from correction")
        connection.executemany(
            f"insert into correction values ({','.join('?' * (len(_KEYS) + 3))})", [(*r, 0) for r in rows]
        )
        _lay(connection, rows, {})
        for place, fact, *_ in before ^ _laid(connection):
            table = place.partition(".")[0]
            mentions.update(m for (m,) in connection.execute(f"select mention from {table} where id = ?", [fact]))
    connection.execute("update correction set applied = id in (select correction from corrected)")
    return mentions


def _folded_dataset(body: Plain, canonical: Callable[[str], str]) -> str | None:
    dataset = str(body["column"]).partition("@")[2]
    return fold(canonical(dataset)) if dataset else None


def _laid(connection: sqlite3.Connection) -> set[tuple[str, int, float, float | None]]:
    """Place, fact, what it said and what it says now."""
    return set(
        connection.execute(
            "select d.place, d.fact, d.said, n.value from corrected d join correction n on n.id = d.correction"
        )
    )


def _restore(connection: sqlite3.Connection) -> None:
    """Let every fact say again what its file says."""
    for (place,) in connection.execute("select distinct place from corrected").fetchall():
        table, column = place.split(".")
        chosen = f"id in (select fact from corrected where place = '{place}')"
        _move_speeds(connection, table, chosen)
        connection.execute(
            f"update {table} set {column} = k.said from corrected k where k.place = ? and k.fact = {table}.id", [place]
        )
        if column == "printed":
            connection.execute(f"update {table} set gmacs = {_GMACS} where {chosen}")
    connection.execute("delete from corrected")


def _lay(connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]], first_new: Mapping[str, int]) -> None:
    """Lay corrections (rows of `correction` without `applied`) over the facts from the first new one of each table on."""
    for place, fact, said, correction, value in list(_matches(connection, rows, first_new)) if rows else []:
        table, column = place.split(".")
        connection.execute("insert into corrected values (?, ?, ?, ?)", [place, fact, said, correction])
        if (table, column) != ("result", "value") or value is not None:
            connection.execute(f"update {table} set {column} = ? where id = ?", [value, fact])
        if column == "printed":
            connection.execute(f"update {table} set gmacs = {_GMACS} where id = ?", [fact])
        _move_speeds(connection, table, f"id = {fact}")


def _move_speeds(connection: sqlite3.Connection, table: str, where: str) -> None:
    """The fastest speeds of these mentions have to be found again."""
    if table == "speed":
        connection.execute(f"insert into moved select distinct mention from speed where {where}")


def _matches(
    connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]], first_new: Mapping[str, int]
) -> Iterator[tuple[str, int, float, int, float | None]]:
    """Place, fact, what it says, correction and new value of each number that a correction is about."""
    numbers = _numbers(connection, {(row[1], row[2]) for row in rows}, first_new)
    taken: set[tuple[str, int]] = set()
    for correction, collection, reference, wanted_column, was, value, _, _, wanted in rows:
        column = str(wanted_column).partition("@")[0]
        for place, fact, name, where, said in numbers[collection, reference]:
            if name != column or abs(said - was) > CLOSE or (place, fact) in taken:
                continue
            if wanted is None or (where is not None and fold(where) == wanted):
                taken.add((place, fact))
                yield place, fact, said, correction, value


def _numbers(
    connection: sqlite3.Connection, references: set[tuple[str, str]], first_new: Mapping[str, int]
) -> dict[tuple[str, str], list[tuple[str, int, str, str | None, float]]]:
    """Place, fact, column or metric, data set and value of every number under the references that are corrected."""
    connection.execute(
        "create temp table wanted (collection text, source_ref text, primary key (collection, source_ref))"
    )
    connection.executemany("insert into wanted values (?, ?)", sorted(references))
    found: dict[tuple[str, str], list[tuple[str, int, str, str | None, float]]] = defaultdict(list)
    for table, columns in COLUMNS.items():
        extra = ", metric, dataset, value" if table == "result" else ", null, null, null"
        rows: list[tuple[Any, ...]] = connection.execute(
            f"select id, collection, source_ref{extra}, {', '.join(columns)} from {table} cross join wanted "
            "using (collection, source_ref) where id >= ? order by id",
            [first_new.get(table, 0)],
        ).fetchall()  # the few references are looked up for each fact: facts have no index by reference
        for fact, collection, reference, metric, dataset, value, *rest in rows:
            if metric is not None:
                found[collection, reference].append((f"{table}.value", fact, metric, dataset, value))
            found[collection, reference] += [
                (f"{table}.{name}", fact, name, None, number)
                for name, number in zip(columns, rest, strict=True)
                if number is not None
            ]
    connection.execute("drop table wanted")
    return found

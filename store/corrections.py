"""Wrong numbers put right: a correction names a fact, what it says now, what is true and why.

Files keep what their sources print. A correction (sheet kind `corrections`) is laid over the facts while the catalogue is
built: the fact whose collection, source_ref, column and present value match gets the new value. A correction without a
value withdraws the fact: a result stays in `results` but takes part in no choice, any other number becomes unknown. What the
files said is kept in `corrected`, so that a later build can start from it. Of several corrections of one number the first wins.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
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

_GMACS: Final = "case convention when 'flops' then printed / 2 else printed end"


def is_known(column: str) -> bool:
    """Whether a correction can be about that column: a metric (`top_1`, `top_1@ImageNet-V2`) or a number of COLUMNS."""
    return column.partition("@")[0] in METRICS or any(column in names for names in COLUMNS.values())


def restore(connection: sqlite3.Connection) -> None:
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


def correct(connection: sqlite3.Connection, declared: Sequence[Plain], canonical: Callable[[str], str]) -> None:
    """Fill `correction`, change the facts that match and note in `corrected` what they said.

    `declared`: corrections, the most trusted first; `canonical` gives a data set its catalogue name.
    """
    corrections = [(i, body) for i, body in enumerate(declared, 1)]
    found = list(_matches(connection, corrections, canonical)) if corrections else []
    for place, fact, said, correction, value in found:
        table, column = place.split(".")
        connection.execute("insert into corrected values (?, ?, ?, ?)", [place, fact, said, correction])
        if (table, column) != ("result", "value") or value is not None:
            connection.execute(f"update {table} set {column} = ? where id = ?", [value, fact])
        if column == "printed":
            connection.execute(f"update {table} set gmacs = {_GMACS} where id = ?", [fact])
        _move_speeds(connection, table, f"id = {fact}")
    applied = {correction for _, _, _, correction, _ in found}
    keys = ("collection", "source_ref", "column", "was", "value", "reason", "source")
    connection.executemany(
        f"insert into correction values ({','.join('?' * (len(keys) + 2))})",
        [(i, *(body.get(key) for key in keys), int(i in applied)) for i, body in corrections],
    )


def _move_speeds(connection: sqlite3.Connection, table: str, where: str) -> None:
    """The fastest speeds of these mentions have to be found again."""
    if table == "speed":
        connection.execute(f"insert into moved select distinct mention from speed where {where}")


def _matches(
    connection: sqlite3.Connection, corrections: Sequence[tuple[int, Plain]], canonical: Callable[[str], str]
) -> Iterator[tuple[str, int, float, int, float | None]]:
    """Place, fact, what it says, correction and new value of each number that a correction is about."""
    numbers = _numbers(connection, corrections)
    taken: set[tuple[str, int]] = set()
    for correction, body in corrections:
        column, _, dataset = str(body["column"]).partition("@")
        wanted = fold(canonical(dataset)) if dataset else None
        for place, fact, name, where, said in numbers[body["collection"], body["source_ref"]]:
            if name != column or abs(said - body["was"]) > CLOSE or (place, fact) in taken:
                continue
            if wanted is None or (where is not None and fold(where) == wanted):
                taken.add((place, fact))
                yield place, fact, said, correction, body.get("value")


def _numbers(
    connection: sqlite3.Connection, corrections: Sequence[tuple[int, Plain]]
) -> dict[tuple[str, str], list[tuple[str, int, str, str | None, float]]]:
    """Place, fact, column or metric, data set and value of every number under the references that are corrected."""
    connection.execute(
        "create temp table wanted (collection text, source_ref text, primary key (collection, source_ref))"
    )
    keys = {(body["collection"], body["source_ref"]) for _, body in corrections}
    connection.executemany("insert into wanted values (?, ?)", sorted(keys))
    found: dict[tuple[str, str], list[tuple[str, int, str, str | None, float]]] = defaultdict(list)
    for table, columns in COLUMNS.items():
        extra = ", metric, dataset, value" if table == "result" else ", null, null, null"
        rows: list[tuple[Any, ...]] = connection.execute(
            f"select id, collection, source_ref{extra}, {', '.join(columns)} from {table} cross join wanted "
            "using (collection, source_ref) order by id"
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

"""Outcomes go into measurements.db one by one; the result rows of a key are made anew from its newest good outcome each time."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from backbones.store.errors import BackbonesError
from backbones.store.measurements import knows_outcomes, knows_own_splits, migrate, why_not_written
from backbones.store.measuring import file
from backbones.store.transferring import results
from backbones.store.transferring.coding import COLUMNS, decoded, encoded
from backbones.store.transferring.outcome import Outcome

_FILTERS: Final = (
    "key", "host", "device", "model", "weights", "data", "data_hash", "protocol", "status", "shots", "seed", "recipe",
)  # fmt: skip
_INSERT: Final = f"insert or ignore into outcome ({', '.join(COLUMNS)}) values ({', '.join('?' * len(COLUMNS))})"
_SELECT: Final = f"select {', '.join(COLUMNS)} from outcome"


def keep(path: Path, outcome: Outcome) -> None:
    """Keep an outcome and make the result rows of its key anew, in one transaction; the same outcome twice is one.

    BackbonesError where the file cannot be written.
    """
    try:
        row = encoded(outcome)
    except ValueError as error:
        raise BackbonesError(f"the outcome of {outcome.evaluation.model!r} is not kept: {error}") from None
    with writing(path) as connection:
        connection.execute(_INSERT, row)
        refresh(connection, [outcome.key])


def drop(path: Path, outcome: Outcome) -> None:
    """Take an outcome away again; the result rows of its key are made of what else is kept of it."""
    with writing(path) as connection:
        connection.execute("delete from outcome where key = ? and started = ?", [outcome.key, outcome.started])
        refresh(connection, [outcome.key])


def outcomes(path: Path, **where: str | int) -> list[Outcome]:
    """What was kept, the oldest first; `data`, `model`, `protocol`, `status`, `shots` … narrow it down."""
    conditions, given = condition(where)
    with reading(path) as connection:
        if connection is None:
            return []
        rows = connection.execute(f"{_SELECT} where {conditions} order by started, id", given).fetchall()
    return [_read(row, path) for row in rows]


def newest(found: Iterable[Outcome]) -> list[Outcome]:
    """Of each evaluation the outcome that counts: the newest that ended well, else the newest; in the order given."""
    kept: dict[str, Outcome] = {}
    for one in found:
        other = kept.get(one.key)
        if other is None or (one.status == "ok", one.started) >= (other.status == "ok", other.started):
            kept[one.key] = one
    return list(kept.values())


def done(path: Path, key: str) -> Outcome | None:
    """The newest outcome of a key that ended well."""
    with reading(path) as connection:
        if connection is None:
            return None
        sql = f"{_SELECT} where key = ? and status = 'ok' order by started desc, id desc limit 1"
        row = connection.execute(sql, [key]).fetchone()
    return None if row is None else _read(row, path)


def failures(path: Path, key: str) -> int:
    """How many outcomes of a key did not end well."""
    with reading(path) as connection:
        if connection is None:
            return 0
        sql = "select count(*) from outcome where key = ? and status <> 'ok'"
        return int(connection.execute(sql, [key]).fetchone()[0])


def done_keys(path: Path, keys: Iterable[str]) -> frozenset[str]:
    """Those of the keys that have an outcome that ended well."""
    with reading(path) as connection:
        if connection is None:
            return frozenset()
        found = connection.execute(
            "select distinct key from outcome where status = 'ok' and key in (select value from json_each(?))",
            [json.dumps(list(keys))],
        ).fetchall()
    return frozenset(key for (key,) in found)


def refresh(connection: sqlite3.Connection, keys: Iterable[str]) -> None:
    """Make the result rows of these keys; a key without an outcome that ended well has none."""
    marks = ", ".join("?" * len(results.COLUMNS))
    insert = f"insert into measured_result ({', '.join(results.COLUMNS)}) values ({marks})"
    for key in keys:
        row = connection.execute(
            f"{_SELECT} where key = ? and status = 'ok' order by started desc, id desc limit 1", [key]
        ).fetchone()
        connection.execute("delete from measured_result where key = ?", [key])
        if row is not None:
            version = row[COLUMNS.index("version")]
            connection.executemany(insert, results.result_rows(decoded(row), key, version))


def add_all(connection: sqlite3.Connection, rows: Iterable[tuple[Any, ...]]) -> Iterator[str]:
    """Add rows as `encoded` makes them; the keys of those that were not there yet."""
    for row in rows:
        if connection.execute(_INSERT, row).rowcount:
            yield row[0]


def rows_of_outcomes(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    """The rows of the table `outcome`, as `encoded` makes them."""
    return connection.execute(f"{_SELECT} order by id").fetchall() if knows_outcomes(connection) else []


@contextlib.contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection | None]:
    """A connection that cannot write; None where there is no file, or none that knows outcomes yet."""
    with file.reading(path) as connection:
        yield connection if connection is not None and knows_outcomes(connection) else None


@contextlib.contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """One transaction; the file is made, or brought up to date, where it has to be."""
    with reading(path) as present:
        is_there = present is not None and knows_own_splits(present)
    if not is_there:
        with file.reading(path) as older:
            is_older = older is not None
        if is_older:
            try:
                migrate(path)
            except sqlite3.Error as error:
                raise BackbonesError(f"{path} cannot be written: {why_not_written(error)}") from None
    with file.writing(path) as connection:
        yield connection


def condition(where: Mapping[str, str | int]) -> tuple[str, list[str | int]]:
    """SQL of what narrows outcomes down, and its parameters."""
    if unknown := set(where) - set(_FILTERS):
        raise TypeError(f"outcomes cannot be told by {', '.join(sorted(unknown))}")
    return " and ".join(["1", *(f"{name} = ?" for name in where)]), list(where.values())


def _read(row: tuple[Any, ...], path: Path) -> Outcome:
    try:
        return decoded(row)
    except ValueError as error:
        raise BackbonesError(f"an outcome in {path} cannot be read: {error}") from None

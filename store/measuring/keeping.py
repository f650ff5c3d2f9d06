"""Visits go into measurements.db one by one; the row of a key is made anew from all its visits each time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from backbones.store.errors import BackbonesError
from backbones.store.measuring.coding import COLUMNS, decoded, encoded
from backbones.store.measuring.file import reading, writing
from backbones.store.measuring.summary import summed_up
from backbones.store.measuring.visit import Visit

_ONE_OF_A_KEY: Final = tuple(
    COLUMNS.index(name) for name in ("protocol", "host", "device", "model", "quantity", "fingerprint")
)
"""Columns in which all visits of a key are alike."""
_FILTERS: Final = ("key", "host", "device", "model", "quantity", "status", "fingerprint")
_INSERT: Final = f"insert or ignore into visit ({', '.join(COLUMNS)}) values ({', '.join('?' * len(COLUMNS))})"
_SELECT: Final = f"select {', '.join(COLUMNS)} from visit"


def keep(path: Path, visit: Visit) -> None:
    """Keep a visit and bring the row of its key up to date, in one transaction; the same visit twice is one.

    BackbonesError where the file cannot be written.
    """
    try:
        row = encoded(visit)
    except ValueError as error:
        raise BackbonesError(f"the visit to {visit.task.model!r} is not kept: {error}") from None
    with writing(path) as connection:
        connection.execute(_INSERT, row)
        refresh(connection, [visit.key])


def visits(path: Path, **where: str) -> list[Visit]:
    """What was kept, the oldest first; `key`, `host`, `device`, `model`, `quantity`, `status`, `fingerprint` narrow it down."""
    conditions, given = condition(where)
    with reading(path) as connection:
        if connection is None:
            return []
        rows = connection.execute(f"{_SELECT} where {conditions} order by rtrim(started, 'Z'), id", given).fetchall()
    return [_read(row, path) for row in rows]


def rounds_of(path: Path, key: str) -> int:
    """How many visits of a key went well."""
    with reading(path) as connection:
        if connection is None:
            return 0
        sql = "select count(*) from visit where key = ? and status = 'ok'"
        return int(connection.execute(sql, [key]).fetchone()[0])


def done_keys(path: Path, keys: Iterable[str], rounds: int = 1, failures: int = 1) -> frozenset[str]:
    """Those of the keys that need no visit: so many went well, or none did and so many failed."""
    with reading(path) as connection:
        if connection is None:
            return frozenset()
        found = connection.execute(
            "select key from visit where key in (select value from json_each(?)) group by key "
            "having sum(status = 'ok') >= ? or (sum(status = 'ok') = 0 and count(*) >= ?)",
            [json.dumps(list(keys)), rounds, failures],
        ).fetchall()
    return frozenset(key for (key,) in found)


def refresh(connection: sqlite3.Connection, keys: Iterable[str]) -> int:
    """Make the rows of these keys from their visits; a key whose visits all failed has none. How many have one.

    BackbonesError for a visit that cannot be read, and for a key that stands for several things: nothing is put together then.
    """
    count = 0
    for key in keys:
        rows = connection.execute(f"{_SELECT} where key = ?", [key]).fetchall()
        try:
            seen = [decoded(row) for row in rows]
        except ValueError as error:
            raise BackbonesError(f"a visit under the key {key} cannot be read: {first_line(error)}") from None
        if len({tuple(row[place] for place in _ONE_OF_A_KEY) for row in rows}) > 1:
            raise BackbonesError(f"the key {key} stands for several models or machines")
        made = summed_up(seen, key, max((row[4] for row in rows), default=0), rows[0][9] if rows else "")
        if made is None:
            connection.execute("delete from measurement where key = ?", [key])
            continue
        names = list(made)
        updated = ", ".join(f"{name} = excluded.{name}" for name in names if name != "key")
        connection.execute(
            f"insert into measurement ({', '.join(names)}) values ({', '.join('?' * len(names))}) "
            f"on conflict (key) where key <> '' do update set {updated}",
            list(made.values()),
        )
        count += 1
    return count


def add_all(connection: sqlite3.Connection, rows: Iterable[tuple[Any, ...]]) -> Iterator[str]:
    """Add rows as `encoded` makes them; the keys of those that were not there yet."""
    for row in rows:
        if connection.execute(_INSERT, row).rowcount:
            yield row[0]


def rows_of_visits(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    """The rows of the table `visit`, as `encoded` makes them."""
    return connection.execute(f"{_SELECT} order by id").fetchall()


def condition(where: Mapping[str, str]) -> tuple[str, list[str]]:
    """SQL of what narrows visits down, and its parameters."""
    if unknown := set(where) - set(_FILTERS):
        raise TypeError(f"visits cannot be told by {', '.join(sorted(unknown))}")
    return " and ".join(["1", *(f"{name} = ?" for name in where)]), list(where.values())


def _read(row: tuple[Any, ...], path: Path) -> Visit:
    try:
        return decoded(row)
    except ValueError as error:
        raise BackbonesError(f"a visit in {path} cannot be read: {first_line(error)}") from None


def first_line(error: object) -> str:
    """Of an error's text."""
    return str(error).strip().partition("\n")[0]

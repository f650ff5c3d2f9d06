"""Put the visits of other files of measurements into this one: of a cluster's shards, of other boxes, of a colleague."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backbones.store.errors import BackbonesError
from backbones.store.measurements import is_up_to_date
from backbones.store.measuring.coding import decoded
from backbones.store.measuring.file import connect_to_read, writing
from backbones.store.measuring.keeping import add_all, refresh, rows_of_visits


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of one file."""

    file: str
    visits: int
    """How many visits it holds."""
    new: int
    """How many of them were not here yet."""
    keys: int
    """How many keys these belong to: rows that were made anew."""


def merge(path: Path, files: Sequence[Path]) -> tuple[list[Merged], list[str]]:
    """Merge files in any order, as often as one likes: a visit is known by key, round and start. Predictions stay where they are.

    Each file in one transaction, or not at all: what came of the good ones, and a sentence about each that was refused.
    BackbonesError where our own file cannot be written.
    """
    merged, refused = [], []
    for file in files:
        try:
            rows = read_visits(file)
        except BackbonesError as error:
            refused.append(str(error))
            continue
        with writing(path) as connection:
            new = list(add_all(connection, rows))
            refresh(connection, sorted(set(new)))
        merged.append(Merged(str(file), len(rows), len(new), len(set(new))))
    return merged, refused


def read_visits(file: Path) -> list[tuple[Any, ...]]:
    """The visits of a file as rows, each checked; BackbonesError for a file that is missing, damaged or none of ours."""
    if not file.is_file():
        raise BackbonesError(f"{file} is no file; name a measurements.db, or a shard that `backbones probe` wrote")
    try:
        connection = connect_to_read(file)
        try:
            if not is_up_to_date(connection):
                raise BackbonesError(_foreign(connection, file))
            if (said := connection.execute("pragma quick_check(1)").fetchone()[0]) != "ok":
                raise BackbonesError(f"{file} is damaged ({_first_line(said)}); nothing of it is merged")
            rows = rows_of_visits(connection)
        finally:
            connection.close()
    except (sqlite3.Error, OSError) as error:
        raise BackbonesError(f"{file} cannot be read: {error}; nothing of it is merged") from None
    for row in rows:
        try:
            decoded(row)
        except ValueError as error:
            raise BackbonesError(
                f"{file} holds a visit that the probe did not write ({_first_line(error)}); nothing of it is merged"
            ) from None
    return rows


def _foreign(connection: sqlite3.Connection, file: Path) -> str:
    tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
    if "visit" in tables:
        home = file.absolute().parent
        return f"{file} is of an older version; `BACKBONES_HOME={home} backbones build` brings it up to date, then merge it again"
    if "measurement" in tables:
        return f"{file} is of an older version and holds no visits: there is nothing to merge"
    return f"{file} is no file of measurements: it has no table of visits"


def _first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0]

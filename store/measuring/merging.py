"""Put the visits and outcomes of other files of measurements into this one: of a cluster's shards, of other boxes, of a colleague."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backbones.store.errors import BackbonesError, Unmergeable
from backbones.store.measurements import is_up_to_date
from backbones.store.measuring.coding import believable, decoded
from backbones.store.measuring.file import connect_to_read
from backbones.store.measuring.keeping import add_all, first_line, refresh, rows_of_visits
from backbones.store.transferring.keeping import writing
from backbones.store.transferring.merging import add_outcomes, read_outcomes, read_own_data
from backbones.store.transferring.own_data import add_own_data


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of one file."""

    file: str
    visits: int
    """How many visits it holds."""
    new: int
    """How many of them were not here yet."""
    keys: int
    """How many measurements were made anew from them: a key of nothing but failures has none."""
    outcomes: int = 0
    """How many outcomes on somebody's own images it holds."""
    new_outcomes: int = 0
    """How many of them were not here yet."""


def merge(path: Path, files: Sequence[Path]) -> tuple[list[Merged], list[str]]:
    """Merge files in any order, as often as one likes: a visit is known by key, round and start. Predictions stay where they are.

    Each file in one transaction, or not at all: what came of the good ones, and a sentence about each that was refused.
    BackbonesError where our own file cannot be written.
    """
    merged, refused = [], []
    for file in files:
        try:
            rows, evaluated, own_data = read_visits(file), read_outcomes(file), read_own_data(file)
            with writing(path) as connection:
                new = list(add_all(connection, rows))
                made = _made(connection, new, file)
                outcomes = add_outcomes(connection, evaluated)
                add_own_data(connection, own_data)
        except Unmergeable as error:
            refused.append(str(error))
        else:
            merged.append(Merged(str(file), len(rows), len(new), made, len(evaluated), len(outcomes)))
    return merged, refused


def _made(connection: sqlite3.Connection, new: Sequence[str], file: Path) -> int:
    try:
        return refresh(connection, sorted(set(new)))
    except BackbonesError as error:  # the transaction is taken back
        raise Unmergeable(f"{file}: {error}; nothing of it is merged") from None


def read_visits(file: Path) -> list[tuple[Any, ...]]:
    """The visits of a file as rows, each checked; BackbonesError for a file that is missing, damaged or none of ours."""
    if not file.is_file():
        raise Unmergeable(f"{file} is no file; name a measurements.db, or a shard that `backbones probe` wrote")
    try:
        connection = connect_to_read(file)
        try:
            if not is_up_to_date(connection):
                raise Unmergeable(_foreign(connection, file))
            if (said := connection.execute("pragma quick_check(1)").fetchone()[0]) != "ok":
                raise Unmergeable(f"{file} is damaged ({first_line(said)}); nothing of it is merged")
            rows = rows_of_visits(connection)
        finally:
            connection.close()
    except (sqlite3.Error, OSError) as error:
        raise Unmergeable(f"{file} cannot be read: {error}; nothing of it is merged") from None
    for row in rows:
        try:
            believable(decoded(row))
        except ValueError as error:
            raise Unmergeable(
                f"{file} holds a visit that the probe did not write ({first_line(error)}); nothing of it is merged"
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

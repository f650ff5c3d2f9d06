"""The outcomes of other files of measurements come into this one with their visits: of a cluster's shards, of other machines."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from backbones.store.errors import Unmergeable
from backbones.store.measuring.file import connect_to_read
from backbones.store.transferring.coding import decoded
from backbones.store.transferring.keeping import add_all, refresh, rows_of_outcomes
from backbones.store.transferring.own_data import OwnData, rows_of


def read_outcomes(file: Path) -> list[tuple[Any, ...]]:
    """The outcomes of a file as rows, each checked; Unmergeable for a file that is damaged or holds what is none of ours."""
    try:
        with contextlib.closing(connect_to_read(file)) as connection:
            rows = rows_of_outcomes(connection)
    except (sqlite3.Error, OSError) as error:
        raise Unmergeable(f"{file} cannot be read: {error}; nothing of it is merged") from None
    for row in rows:
        try:
            decoded(row)
        except ValueError as error:
            said = str(error).strip().partition("\n")[0]
            raise Unmergeable(
                f"{file} holds an outcome that `backbones transfer` did not write ({said}); nothing of it is merged"
            ) from None
    return rows


def read_own_data(file: Path) -> list[OwnData]:
    """What the data sets of a file are; Unmergeable for a file that cannot be read."""
    try:
        with contextlib.closing(connect_to_read(file)) as connection:
            return [row for row in rows_of(connection) if row.is_ours]
    except (sqlite3.Error, OSError) as error:
        raise Unmergeable(f"{file} cannot be read: {error}; nothing of it is merged") from None


def add_outcomes(connection: sqlite3.Connection, rows: Iterable[tuple[Any, ...]]) -> list[str]:
    """Add them; an outcome is known by key and start. The keys of those that were not here yet, one for each."""
    new = list(add_all(connection, rows))
    refresh(connection, sorted(set(new)))
    return new

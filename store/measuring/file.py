"""measurements.db as the probe uses it: short transactions without a write-ahead log, safe on a network home."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

from backbones.store.errors import BackbonesError
from backbones.store.measurements import is_up_to_date, recover, why_not_written

BUSY_S: Final = 30.0
"""How long a row waits for another program that writes into the file; what was measured shall not be lost to a short wait."""


class Busy(BackbonesError):
    """Another program has the file for itself, longer than one waits: later it will do."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"another program has had {path} for itself for more than {BUSY_S:g} s; try again")


@contextlib.contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection | None]:
    """A connection that cannot write; None where there is no file, or none that knows visits yet."""
    connection = None
    try:
        if path.exists():
            connection = connect_to_read(path)
        yield connection if connection is not None and is_up_to_date(connection) else None
    except sqlite3.DatabaseError as error:
        if _is_busy(error):
            raise Busy(path) from None
        raise BackbonesError(
            f"your measurements in {path} cannot be read: {error}. Restore the file or move it away"
        ) from None
    except OSError as error:
        raise BackbonesError(f"your measurements in {path} cannot be read: {error.strerror or error}") from None
    finally:
        if connection is not None:
            connection.close()


@contextlib.contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """One transaction; the file is made, or brought up to date, where it has to be."""
    try:
        with reading(path) as present:
            is_there = present is not None
        if not is_there:
            from backbones.store.measurements import migrate  # 60 ms, once

            migrate(path)
        with contextlib.closing(_connect(path, "rw")) as connection, connection:
            connection.execute("begin immediate")
            yield connection
    except sqlite3.Error as error:
        if _is_busy(error):
            raise Busy(path) from None
        raise BackbonesError(f"{path} cannot be written: {why_not_written(error)}") from None
    except OSError as error:
        raise BackbonesError(
            f"{path} cannot be written: {error.strerror or error}; BACKBONES_HOME names another folder"
        ) from None


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that cannot write; what a program that was killed left half written is taken back first, if that may be."""
    recover(path)
    return _connect(path, "ro")


def _is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"file:{quote(str(path.absolute()))}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_S, check_same_thread=False)

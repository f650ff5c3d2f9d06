"""Opens the catalogue for reading: built when it is missing or out of date, measurements attached beside it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from backbones.store.errors import CatalogError, ForeignFile
from backbones.store.places import Places, fallback_catalog
from backbones.store.schema import VERSION
from backbones.store.sources import source_files
from backbones.store.text import fold

Say = Callable[[str], None]


def open_catalog(
    places: Places, say: Say | None = None, progress: Callable[[int, int, str], None] | None = None
) -> sqlite3.Connection:
    """A read-only connection to an up-to-date catalogue. `say` hears what had to be done.

    A catalogue that is missing, damaged, older or behind the YAML files is built first; where its place cannot be written,
    an existing one of this version is used as it is, else one in the temporary folder.
    """
    say = say or (lambda _: None)
    if not is_current(places):
        places = _bring_up_to_date(places, say, progress)
    return connect(places, say)


def is_current(places: Places) -> bool:
    """Whether the catalogue is of this version and knows each YAML file at its present size and time."""
    try:
        connection = _read_only(places.catalog)
    except sqlite3.Error:
        return False
    try:
        if connection.execute("pragma user_version").fetchone()[0] != VERSION:
            return False
        known = {
            (path, size, mtime) for path, size, mtime in connection.execute("select path, size, mtime_ns from file")
        }
    except sqlite3.Error:
        return False
    finally:
        connection.close()
    return known == {(f.path, f.size, f.mtime_ns) for f in source_files(places)}


def _bring_up_to_date(places: Places, say: Say, progress: Callable[[int, int, str], None] | None) -> Places:
    from backbones.store.build import build

    try:
        report = build(places, progress)
    except ForeignFile:
        raise
    except CatalogError as error:
        if _is_usable(places.catalog):
            say(f"{error}\nThe catalogue is used as it is; changes of YAML files are not in it.")
            return places
        places = replace(places, catalog=fallback_catalog())
        if not is_current(places):
            _make_private(places.catalog.parent)
            report = build(places, progress)
            say(f"{error}\nUsing {report.catalog} instead.")
        return places
    for problem in report.problems:
        say(problem)
    if report.problems:
        say("files with mistakes are left out of the catalogue")
    return places


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if hasattr(folder.stat(), "st_uid") and folder.stat().st_uid != os.getuid():
        raise CatalogError(f"{folder} belongs to somebody else; name a place with --catalog or BACKBONES_CATALOG")


def _is_usable(path: Path) -> bool:
    try:
        connection = _read_only(path)
        try:
            return bool(connection.execute("pragma user_version").fetchone()[0] == VERSION)
        finally:
            connection.close()
    except sqlite3.Error:
        return False


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(_uri(path), uri=True, check_same_thread=False)


def _uri(path: Path) -> str:
    return f"file:{quote(str(path.absolute()))}?mode=ro"


def connect(places: Places, say: Say | None = None) -> sqlite3.Connection:
    """A read-only connection as things are, usable from any one thread at a time; CatalogError when there is none.

    `say` hears if the user's own results could not be laid into it.
    """
    try:
        connection = _read_only(_file_to_open(places, say))
        connection.execute("select 1 from file limit 1")
    except sqlite3.Error as error:
        raise CatalogError(
            f"the catalogue {places.catalog} cannot be read: {error}. Run `backbones build --fresh`"
        ) from None
    # No mmap: a file replaced on a network home would end in SIGBUS. And a small cache: the system keeps the file's pages,
    # nothing is faster with 64 MiB, and a session would hold all of them.
    connection.execute("pragma cache_size = -4096")
    connection.create_function("fold", 1, lambda v: fold(v) if isinstance(v, str) else v, deterministic=True)
    if places.measurements.exists():
        _attach(connection, places.measurements)
    connection.execute("pragma query_only = on")
    return connection


def _file_to_open(places: Places, say: Say | None) -> Path:
    """The catalogue, or its copy that holds the user's own results."""
    if not places.measurements.exists():
        return places.catalog
    from backbones.store.measurements import recover
    from backbones.store.transferring.laid_in import file_to_open  # only for those who measured something

    with contextlib.suppress(sqlite3.Error):  # attaching the file will say what is wrong with it
        recover(places.measurements)
    return file_to_open(places, say)


def _attach(connection: sqlite3.Connection, path: Path) -> None:
    from backbones.store.measurements import overlay, recover

    try:
        recover(path)
        connection.execute("attach database ? as measurements", [_uri(path)])
        found = connection.execute("select name from measurements.sqlite_master where type = 'table'").fetchall()
    except sqlite3.DatabaseError as error:
        connection.close()
        raise CatalogError(
            f"your measurements in {path} cannot be read: {error}. Restore the file or move it away"
        ) from None
    tables = {name for (name,) in found}
    if {"measurement", "measured_result"} <= tables:
        overlay(connection)
    else:
        connection.execute("detach database measurements")


def has_measurements(connection: sqlite3.Connection) -> bool:
    """Whether measurements are attached and there are any."""
    attached: list[Any] = [row[1] for row in connection.execute("pragma database_list")]
    if "measurements" not in attached:
        return False
    return connection.execute("select 1 from measurements.measurement limit 1").fetchone() is not None

"""The catalogue with the user's own results in it: a copy in a file of its own, made where there are any.

catalog.db knows nothing of its user: several people may read the same file, and it may lie on a read-only disk. So that own
results join, filter, plot, complete and stand on pages exactly as the papers' do, they are laid into a copy of it, which is made
anew when the catalogue or the results have changed (0.1 s, 1 s with 10,000 outcomes) and is opened in its place.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import Final
from urllib.parse import quote

from backbones.store.errors import CatalogError
from backbones.store.machine import host_id
from backbones.store.places import Places, fallback_catalog

SUFFIX: Final = "-with-own-results.db"
REVISION: Final = 2
"""Raised when own results are laid in otherwise than before."""


def file_to_open(places: Places) -> Path:
    """The catalogue itself where there are no own results, else its copy that holds them, made if it is not there yet.

    Where no folder can be written it is the catalogue; the public views then add own results, and nothing else knows them.
    """
    if places.catalog.name.endswith(SUFFIX) or (state := _state(places.measurements)) is None:
        return places.catalog
    for target in _targets(places):
        with contextlib.suppress(OSError, sqlite3.Error, CatalogError):
            if _stamp_of(target) != _stamp(places.catalog.stat(), state):
                _make(places, target, state)
            return target
    return places.catalog


def has_own(connection: sqlite3.Connection) -> bool:
    """Whether the main file of a connection is such a copy."""
    return connection.execute("select 1 from main.sqlite_master where name = 'own_state'").fetchone() is not None


def stamp_of(connection: sqlite3.Connection) -> str:
    """From which catalogue and which results it was made; empty for the catalogue itself."""
    return str(connection.execute("select stamp from main.own_state").fetchone()[0]) if has_own(connection) else ""


def _targets(places: Places) -> list[Path]:
    """Beside the catalogue where it is the user's own, else beside the measurements; then the temporary folder."""
    name = places.catalog.stem + SUFFIX
    beside = places.measurements.parent if places.is_named else places.catalog.parent
    fallback = fallback_catalog().parent
    return [beside / name, *([] if fallback == beside else [fallback / name])]


def _state(measurements: Path) -> int | None:
    """A number that changes with every change of the results; None where there are none."""
    try:
        with contextlib.closing(_read_only(measurements)) as connection:
            known = connection.execute("select 1 from sqlite_master where name = 'result_state'").fetchone()
            if known is None or connection.execute("select 1 from measured_result limit 1").fetchone() is None:
                return None
            return int(connection.execute("select state from result_state").fetchone()[0])
    except sqlite3.Error:
        return None  # whoever attaches the file says what is wrong with it


def _stamp(catalog: os.stat_result, state: int) -> str:
    file = f"{catalog.st_dev} {catalog.st_ino} {catalog.st_size} {catalog.st_mtime_ns}"
    return f"{REVISION} {file} {state} {host_id()}"


def _stamp_of(target: Path) -> str | None:
    if not target.exists():
        return None
    with contextlib.closing(_read_only(target)) as connection:
        try:
            return str(connection.execute("select stamp from own_state").fetchone()[0])
        except (sqlite3.Error, TypeError):
            return None


def _make(places: Places, target: Path, state: int) -> None:
    import shutil
    import uuid

    from backbones.store.transferring.laying import lay  # only when something has changed

    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if hasattr(os, "getuid") and target.parent.stat().st_uid != os.getuid() and target.parent != places.catalog.parent:
        raise CatalogError(f"{target.parent} belongs to somebody else")
    unfinished = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        with places.catalog.open("rb") as source, unfinished.open("xb") as copy:
            stamp = _stamp(os.fstat(source.fileno()), state)
            shutil.copyfileobj(source, copy, 1 << 20)
        connection = sqlite3.connect(f"file:{quote(str(unfinished.absolute()))}", uri=True, isolation_level=None)
        with contextlib.closing(connection):
            connection.execute("pragma journal_mode = off")
            connection.execute("pragma synchronous = off")
            connection.execute("attach database ? as measurements", [_uri(places.measurements)])
            connection.execute("begin")
            lay(connection)
            connection.execute("create table own_state (stamp text)")
            connection.execute("insert into own_state values (?)", [stamp])
            connection.execute("commit")
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(_uri(path), uri=True)


def _uri(path: Path) -> str:
    return f"file:{quote(str(path.absolute()))}?mode=ro"

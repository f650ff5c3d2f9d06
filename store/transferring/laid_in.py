"""The catalogue with the user's own results in it: a copy in a file of its own, made where there are any.

catalog.db knows nothing of its user: several people may read the same file, and it may lie on a read-only disk. So that own
results join, filter, plot, complete and stand on pages exactly as the papers' do, they are laid into a copy of it, which is made
anew when the catalogue or the results have changed (0.1 s, 1 s with 10,000 outcomes) and is opened in its place.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import quote

from backbones.store.errors import CatalogError
from backbones.store.places import Places, fallback_catalog

SUFFIX: Final = "-with-own-results.db"
FAILED: Final = ".failed"
"""Stands after the name of a copy that could not be made; the file says of what, and why."""
REVISION: Final = 4
"""Raised when own results are laid in otherwise than before."""

_AGAIN_AFTER_S: Final = 3600.0
"""What could not be made is tried again then: a full disk may have been emptied."""
_LEFT_BEHIND_S: Final = 60.0
"""An unfinished copy that nobody has written to for so long is of a program that was killed."""
_failed: dict[Path, str] = {}
"""By target what this program could not make: its stamp."""


def file_to_open(places: Places, say: Callable[[str], None] | None = None) -> Path:
    """The catalogue itself where there are no own results, else its copy that holds them, made if it is not there yet.

    Where none can be made it is the catalogue; the public views then add own results, and nothing else knows them. `say` hears
    of it once, and it is not tried again at once.
    """
    if places.catalog.name.endswith(SUFFIX) or (state := _state(places.measurements)) is None:
        return places.catalog
    why: Exception | None = None
    try:
        stamp = _stamp(places.catalog.stat(), state)
    except OSError:
        return places.catalog  # whoever opens it says so
    targets = _targets(places)
    for target in targets:
        try:
            if _stamp_of(target) == stamp:
                return target
            if _has_failed(target, stamp):
                continue
            _make(places, target, state)
            return target
        except Exception as error:  # whatever it is: without own results in it the catalogue is still there
            why = why or error
            _failed[target] = stamp
    if why is not None and say is not None:
        for target in targets:
            _note_failure(target, why)
        say(
            f"your own results could not be laid beside the papers' ({type(why).__name__}: {why}): filters, plots and pages do not "
            "know them; `backbones measurements list --results` shows them"
        )
    return places.catalog


def _has_failed(target: Path, stamp: str) -> bool:
    """Whether that very copy could not be made, by this program or by another one a short while ago."""
    if _failed.get(target) == stamp:
        return True
    note = target.with_name(target.name + FAILED)
    with contextlib.suppress(OSError):
        is_late = time.time() - note.stat().st_mtime > _AGAIN_AFTER_S
        return not is_late and note.read_text(encoding="utf-8").partition("\n")[0] == stamp
    return False


def _note_failure(target: Path, why: Exception) -> None:
    if (stamp := _failed.get(target)) is not None:
        with contextlib.suppress(OSError):
            target.with_name(target.name + FAILED).write_text(f"{stamp}\n{why}\n", encoding="utf-8")


def has_own(connection: sqlite3.Connection) -> bool:
    """Whether the main file of a connection is such a copy."""
    return connection.execute("select 1 from main.sqlite_master where name = 'own_state'").fetchone() is not None


def is_of_the_user(connection: sqlite3.Connection, dataset: str) -> bool:
    """Whether a data set of such a copy is the user's own, none of the catalogue's."""
    sql = "select 1 from main.own_dataset where dataset = ? and not is_known limit 1"
    return connection.execute(sql, [dataset]).fetchone() is not None


def stamp_of(connection: sqlite3.Connection) -> str:
    """From which catalogue and which results it was made; empty for the catalogue itself."""
    return str(connection.execute("select stamp from main.own_state").fetchone()[0]) if has_own(connection) else ""


def _targets(places: Places) -> list[Path]:
    """Beside the catalogue where it is the user's own, else beside the measurements; then the temporary folder."""
    whose = ""
    if places.is_named:  # several catalogues may be named alike
        whose = "-" + hashlib.sha256(os.fsencode(os.path.realpath(places.catalog))).hexdigest()[:8]
    name = places.catalog.stem + whose + SUFFIX
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
    """The same on every machine that shares a home: the number of a device is not."""
    return f"{REVISION} {catalog.st_ino} {catalog.st_size} {catalog.st_mtime_ns} {state}"


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
    _tidy(target)
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
    target.with_name(target.name + FAILED).unlink(missing_ok=True)


def _tidy(target: Path) -> None:
    """Take away what programs left behind that were killed while they made a copy."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(target.parent):
            if not entry.name.startswith(f".{target.name}."):
                continue
            with contextlib.suppress(OSError):
                if time.time() - entry.stat().st_mtime > _LEFT_BEHIND_S:
                    os.unlink(entry.path)


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(_uri(path), uri=True)


def _uri(path: Path) -> str:
    return f"file:{quote(str(path.absolute()))}?mode=ro"

"""The files: the catalogue and measurements.db, whether they are sound and current, and where they lie."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

from backbones.probe.doctor.check import Check
from backbones.store.catalog import is_current
from backbones.store.measurements import is_up_to_date, recover
from backbones.store.places import Places
from backbones.store.schema import VERSION

NETWORKED: Final = (
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "fuse.sshfs",
    "lustre",
    "gpfs",
    "beegfs",
    "ceph",
    "afs",
    "9p",
    "glusterfs",
)
LITTLE_MIB: Final = 200
TOO_LITTLE_MIB: Final = 20


def catalogue_checks(places: Places, mounts: str | None = None) -> list[Check]:
    """What commands and the screen need of the files; nothing is built or written. `mounts`: as in /proc/mounts."""
    return [
        *_catalog(places),
        _measurements(places.measurements),
        *_folders(places),
        *_file_systems(places, _mounts() if mounts is None else mounts),
    ]


def _catalog(places: Places) -> list[Check]:
    path = places.catalog
    if not path.exists():
        return [_ok("catalogue", f"{path} is not built yet; the first command that needs it builds it, in seconds")]
    again = "run `backbones build --fresh`"
    try:
        with _read_only(path) as connection:
            (version,) = connection.execute("pragma user_version").fetchone()
            (said,) = connection.execute("pragma quick_check(1)").fetchone()
            facts = sum(
                connection.execute(f"select count(*) from {t}").fetchone()[0] for t in ("result", "speed", "cost")
            )
    except sqlite3.Error as error:
        return [Check("catalogue", "catalogue", "fail", f"{path} cannot be read: {error}", again)]
    if said != "ok":
        return [Check("catalogue", "catalogue", "fail", f"{path} is damaged: {said.partition(chr(10))[0]}", again)]
    stat = path.stat()
    told = f"{path}: sound, {facts:,} facts, {stat.st_size / 2**20:.0f} MiB, built {_age(stat.st_mtime)}"
    if version != VERSION:
        return [
            Check("catalogue", "catalogue", "warn", f"{told}, by another version", "the next command builds it anew")
        ]
    if not is_current(places):
        return [
            Check("catalogue", "catalogue", "warn", f"{told}; YAML files changed since", "the next command reads them")
        ]
    return [_ok("catalogue", told)]


def _measurements(path: Path) -> Check:
    if not path.exists():
        return _ok("measurements", f"{path} is not there yet: nothing was measured or saved on this machine")
    away = "restore the file from a copy, or move it away"
    try:
        recover(path)
        with _read_only(path) as connection:
            (said,) = connection.execute("pragma quick_check(1)").fetchone()
            if said != "ok":
                return Check(
                    "catalogue", "measurements", "fail", f"{path} is damaged: {said.partition(chr(10))[0]}", away
                )
            if not is_up_to_date(connection):
                advice = "`backbones build` brings it up to date; the rows stay"
                return Check("catalogue", "measurements", "warn", f"{path} is of an older version", advice)
            count, last, failed = connection.execute(
                "select count(*), max(started), sum(status <> 'ok') from visit"
            ).fetchone()
    except (sqlite3.Error, OSError) as error:
        return Check("catalogue", "measurements", "fail", f"{path} cannot be read: {error}", away)
    told = (
        f"{count:,} visits, {failed or 0:,} of them failed, the last {last[:10]}"
        if count
        else "nothing was measured yet"
    )
    return _ok("measurements", f"{path}: sound; {told}")


def _folders(places: Places) -> Iterator[Check]:
    folders = {places.catalog.parent: "catalogue's folder", places.measurements.parent: "your folder"}  # often the same
    for folder, what in folders.items():
        near = next((f for f in (folder, *folder.parents) if f.exists()), folder)
        if not os.access(near, os.W_OK):
            advice = "BACKBONES_HOME names another folder; nothing can be measured or saved there"
            yield Check("catalogue", what, "warn", f"{folder} cannot be written", advice)
            continue
        free = shutil.disk_usage(near).free / 2**20
        told = f"{folder}: can be written, {free:,.0f} MiB free"
        if free < LITTLE_MIB:
            yield Check("catalogue", what, "fail" if free < TOO_LITTLE_MIB else "warn", told, "make room on that disk")
        else:
            yield _ok(what, told)


def _file_systems(places: Places, mounts: str) -> Iterator[Check]:
    paths = {places.catalog.parent: "catalogue's disk", places.measurements.parent: "your disk"}
    for folder, what in paths.items():
        kind, options = _mounted(folder, mounts)
        if kind not in NETWORKED:
            continue
        told = f"{folder} is on a network ({kind}); no write-ahead log is used, several writers wait for each other"
        if "nolock" in options:
            advice = "name a local folder with BACKBONES_HOME, or mount it with locks"
            yield Check("catalogue", what, "warn", f"{told}, but it is mounted without locks", advice)
        else:
            yield _ok(what, told)


def _mounted(path: Path, mounts: str) -> tuple[str, list[str]]:
    """Kind and options of the file system that a path is on."""
    best, found = "", ("", [""])
    resolved = str(path.absolute())
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 4:
            continue
        point = fields[1].replace("\\040", " ")
        if len(point) >= len(best) and (resolved == point or resolved.startswith(point.rstrip("/") + "/")):
            best, found = point, (fields[2], fields[3].split(","))
    return found


def _mounts() -> str:
    try:
        return Path("/proc/mounts").read_text(errors="replace")
    except OSError:
        return ""


def _age(mtime: float) -> str:
    days = int((time.time() - mtime) / 86_400)
    return "today" if days < 1 else f"{days} day{'s' if days > 1 else ''} ago"


@contextlib.contextmanager
def _read_only(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)
    try:
        yield connection
    finally:
        connection.close()


def _ok(what: str, found: str) -> Check:
    return Check("catalogue", what, "ok", found)

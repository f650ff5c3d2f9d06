"""From YAML to catalog.db: parsed in parallel, built into a new file, put in place by one rename."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import platform
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path

from backbones.store import schema
from backbones.store.derivation import derive
from backbones.store.errors import BackbonesError, CatalogError, FileProblems, ForeignFile
from backbones.store.family_file import ADDITION
from backbones.store.places import Places
from backbones.store.records import Records
from backbones.store.sources import SourceFile, source_files
from backbones.store.tables import Writer
from backbones.store.text import fold

Progress = Callable[[int, int, str], None]

_PARALLEL_BYTES = 400_000
"""Below this, starting another process costs more than it saves (about 0.15 s)."""


_NOT_OURS = {
    sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_PERM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED,
}  # fmt: skip
"""What SQLite says about disks and rights; any other error of its is a mistake of this program."""


_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
"""The old catalogue was copied to save work, and is broken: start anew."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did."""

    catalog: Path
    files: int
    parsed: int
    """Files that were read anew."""
    seconds: float
    problems: tuple[str, ...] = ()
    """Mistakes in the user's own files; those files were left out."""


def build(places: Places, progress: Progress | None = None, from_scratch: bool = False) -> BuildReport:
    """Bring the catalogue up to date. A mistake in a user's file leaves that file out and is reported.

    Raises CatalogError when the catalogue cannot be written, FileProblems for a shipped file that is damaged.
    """
    started = time.monotonic()
    files = source_files(places)
    if not files:
        raise CatalogError(f"no YAML files in {places.shipped}; install the package again")
    target = places.catalog
    if places.is_named:
        _refuse_foreign(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            changed = _replace(target, files, progress, from_scratch)
        except sqlite3.DatabaseError as error:
            if from_scratch or getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGED:
                raise
            changed = _replace(target, files, progress, from_scratch=True)
        _sync_folder(target.parent)
    except (OSError, sqlite3.Error) as error:
        if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF not in _NOT_OURS:
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise CatalogError(
            f"the catalogue {target} cannot be written: {reason}. Free some space or name another place with --catalog or BACKBONES_CATALOG"
        ) from None
    connection = sqlite3.connect(f"{target.absolute().as_uri()}?mode=ro", uri=True)
    problems = tuple(
        p
        for (text,) in connection.execute("select problems from file where problems is not null")
        for p in text.split("\n")
    )
    connection.close()
    return BuildReport(target, len(files), changed, time.monotonic() - started, problems)


def _refuse_foreign(target: Path) -> None:
    """A file that the user named and that is no catalogue of ours stays as it is."""
    try:
        with open(target, "rb") as handle:
            head = handle.read(72)
    except OSError:
        return  # not there, or the build will say why it cannot be used
    ours = schema.APPLICATION_ID.to_bytes(4, "big")
    if head and not (head.startswith(b"SQLite format 3\0") and head[68:72] == ours):
        raise ForeignFile(f"{target} is there and is no catalogue; it stays as it is. Name another file")


def _replace(target: Path, files: list[SourceFile], progress: Progress | None, from_scratch: bool) -> int:
    with _new_file(target) as new:
        changed = _fill(new, target, files, progress, from_scratch)
        os.replace(new, target)
    return changed


@contextlib.contextmanager
def _new_file(target: Path) -> Iterator[Path]:
    """A file beside the target that is gone afterwards, unless it was renamed."""
    for stale in target.parent.glob(f".{target.name}.*.new"):
        with contextlib.suppress(OSError):
            if _is_abandoned(stale):
                stale.unlink()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.{_here()}-{os.getpid()}.", suffix=".new", dir=target.parent)
    os.close(handle)
    os.chmod(name, 0o666 & ~_umask())  # a catalogue may be shared; mkstemp makes it private
    try:
        yield Path(name)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(name)


def _umask() -> int:
    mask = os.umask(0o22)
    os.umask(mask)
    return mask


def _here() -> str:
    return "".join(c for c in platform.node() if c.isalnum())[:40] or "host"


def _is_abandoned(file: Path) -> bool:
    """Whether the process that wrote it is gone; on another machine, whether it has not been written for an hour."""
    owner = file.name.rsplit(".", 3)[1]
    host, _, number = owner.rpartition("-")
    if host != _here() or not number.isdigit() or os.name != "posix":
        return time.time() - file.stat().st_mtime > 3600
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return int(number) == os.getpid() and time.time() - file.stat().st_mtime > 3600


@dataclass(frozen=True, slots=True)
class _Known:
    """A file as an earlier build met it."""

    number: int
    name: str | None
    size: int
    mtime_ns: int
    sha256: str

    def is_like(self, file: SourceFile) -> bool:
        """Whether the file system shows no change."""
        return (self.size, self.mtime_ns) == (file.size, file.mtime_ns)


def _fill(new: Path, old: Path, files: list[SourceFile], progress: Progress | None, from_scratch: bool) -> int:
    """Write the new file; returns how many YAML files were parsed."""
    known = {} if from_scratch else _known_files(old)
    hashes = {
        f.path: known[f.path].sha256 if f.path in known and known[f.path].is_like(f) else f.sha256() for f in files
    }
    keep = {f.path for f in files if f.path in known and known[f.path].sha256 == hashes[f.path]}
    if keep:
        shutil.copyfile(old, new)
    parsed = _parse([f for f in files if f.path not in keep], progress)
    hidden = _hidden(files, known, parsed)
    while woken := [f for f in files if f.path in keep - hidden and hashes[f.path] == schema.HIDDEN]:
        keep -= {f.path for f in woken}  # what hid them is gone, and their facts are not in the catalogue
        hashes |= {f.path: f.sha256() for f in woken}
        parsed |= _parse(woken, progress)
        hidden = _hidden(files, known, parsed)
    writer = Writer(new, fresh=not keep)
    gc.disable()  # hundreds of thousands of small tuples and no cycles: a quarter of the time
    try:
        writer.forget(
            {known[path].number for path in known.keys() - keep},
            {known[path].number for path in keep & hidden if hashes[path] != schema.HIDDEN},
        )
        todo = [f for f in files if f.path not in keep]
        for file in todo:
            writer.add(file, hashes[file.path], parsed[file.path], file.path in hidden)
        writer.touch([f for f in files if f.path in keep])
        derive(writer, _by_trust(files, known, parsed))
        if progress:
            progress(len(todo) + 1, len(todo) + 1, "catalogue")
    finally:
        gc.enable()
        writer.close()
    with open(new, "rb+") as handle:
        os.fsync(handle.fileno())
    return len(todo)


def _hidden(files: list[SourceFile], known: dict[str, _Known], parsed: dict[str, Records | str]) -> set[str]:
    """A file hides every later file of the same name."""
    seen: set[str] = set()
    hidden = set()
    for file in files:
        records = parsed.get(file.path)
        if file.path in parsed:
            name = records.name if isinstance(records, Records) else None
        else:
            name = known[file.path].name
        if name is not None and fold(name) in seen:
            hidden.add(file.path)
        elif name is not None:
            seen.add(fold(name))
    return hidden


def _by_trust(files: list[SourceFile], known: dict[str, _Known], parsed: dict[str, Records | str]) -> list[str]:
    """All paths, the most trusted first. What only adds numbers to a family says least of what the family is."""

    def is_addition(file: SourceFile) -> bool:
        records = parsed.get(file.path)
        name = records.name if isinstance(records, Records) else known[file.path].name if file.path in known else None
        return name is not None and ADDITION in name

    return [file.path for file in sorted(files, key=is_addition)]


def _known_files(catalog: Path) -> dict[str, _Known]:
    """What an existing catalogue of this version knows by path; empty when it is of no use."""
    try:
        connection = sqlite3.connect(f"{catalog.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error:
        return {}
    try:
        if connection.execute("pragma user_version").fetchone()[0] != schema.VERSION:
            return {}
        rows = connection.execute("select path, id, name, size, mtime_ns, sha256 from file")
        return {path: _Known(*row) for path, *row in rows}
    except sqlite3.Error:
        return {}
    finally:
        connection.close()


def _parse(files: list[SourceFile], progress: Progress | None) -> dict[str, Records | str]:
    """path -> what the file says, or its mistakes; the largest files first, so that all cores end together."""
    found: dict[str, Records | str] = {}
    ordered = sorted(files, key=lambda f: -f.size)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if sum(f.size for f in files) < _PARALLEL_BYTES or cores < 2:
        answers: Iterator[Records | str] = map(_read, [f.path for f in ordered])
        return _collect(found, ordered, answers, progress)
    import backbones.store.reading  # before the fork: the workers inherit it  # noqa: F401

    with ProcessPoolExecutor(min(cores, 8), initializer=_end_with_parent) as pool:
        return _collect(found, ordered, pool.map(_read, [f.path for f in ordered]), progress)


def _collect(
    found: dict[str, Records | str],
    files: list[SourceFile],
    answers: Iterator[Records | str],
    progress: Progress | None,
) -> dict[str, Records | str]:
    for count, (file, answer) in enumerate(zip(files, answers, strict=True), 1):
        if isinstance(answer, str) and file.shipped:
            raise FileProblems([*answer.split("\n"), "this file came with the package; install the package again"])
        found[file.path] = answer
        if progress:
            progress(count, len(files) + 1, Path(file.path).name)
    return found


def _end_with_parent() -> None:
    """A worker would wait for ever for files from a parent that was killed."""
    if parent := multiprocessing.parent_process():
        threading.Thread(target=lambda: (wait([parent.sentinel]), os._exit(1)), daemon=True).start()


def _read(path: str) -> Records | str:
    """Runs in a worker process: the file's records, or its mistakes as text."""
    from backbones.store.family_file import FamilyFile, draft_refusal
    from backbones.store.reading import read_document
    from backbones.store.records import records_of

    try:
        document = read_document(Path(path))
        if isinstance(document, FamilyFile) and document.draft:
            return draft_refusal(path)
        return records_of(document)
    except BackbonesError as error:
        return str(error)


def _sync_folder(folder: Path) -> None:
    """Make the rename survive a power cut, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

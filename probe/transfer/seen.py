"""What is remembered of image files between runs, so that a second start reads none of them again.

A SQLite file in the cache folder; it can be deleted at any time, and a run that cannot use it goes on without.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_TABLES: Final = """
create table if not exists file (
    path blob primary key, size integer, mtime_ns integer,
    ctime_ns integer, inode integer, digest text, width integer, height integer, problem text, day integer
) without rowid;
create table if not exists look (digest text primary key, pixels blob, day integer) without rowid;
pragma user_version = 2;
"""
_VERSION: Final = 2
_FORGOTTEN_AFTER_DAYS: Final = 180
_AT_ONCE: Final = 500
_BUSY_S: Final = 3.0


def cache_folder(env: Mapping[str, str] = os.environ) -> Path:
    """Where what can be made again is kept: the platform's cache folder, or `BACKBONES_HOME`."""
    if home := env.get("BACKBONES_HOME"):
        return Path(home).expanduser()
    import platformdirs

    return platformdirs.user_cache_path("backbones", appauthor=False)


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file as it was when it was read."""

    path: Path
    size: int
    mtime_ns: int
    ctime_ns: int
    """When the file or what is known of it changed last; nobody can set it."""
    inode: int
    digest: str
    width: int
    height: int
    problem: str

    @property
    def state(self) -> tuple[int, int, int, int]:
        """What differs once the file was written anew."""
        return self.size, self.mtime_ns, self.ctime_ns, self.inode


class Seen:
    """The file in which it stands. Damage, a full disk and a lock that lasts are no errors: then nothing is remembered."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or cache_folder() / "images.db"

    def files(self, paths: Sequence[Path]) -> dict[Path, SeenFile]:
        """What is known of files, by their path as it was given."""
        by_key = {_key(path): path for path in paths}
        rows = self._select(
            "select path, size, mtime_ns, ctime_ns, inode, digest, width, height, problem from file where path in",
            list(by_key),
        )
        return {by_key[row[0]]: SeenFile(by_key[row[0]], *row[1:]) for row in rows}

    def remember_files(self, files: Iterable[SeenFile]) -> None:
        """Note them; what was known of the same paths is forgotten."""
        day = _today()
        self._write(
            "insert or replace into file values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(_key(f.path), *f.state, f.digest, f.width, f.height, f.problem, day) for f in files],
        )

    def looks(self, digests: Sequence[str]) -> dict[str, bytes]:
        """The small pictures of contents (backbones.probe.transfer.likeness)."""
        return dict(self._select("select digest, pixels from look where digest in", digests))

    def remember_looks(self, looks: Iterable[tuple[str, bytes]]) -> None:
        """Note small pictures by the digest of their content."""
        day = _today()
        self._write("insert or replace into look values (?, ?, ?)", [(*look, day) for look in looks])

    def _select(self, question: str, keys: Sequence[Any]) -> list[tuple[Any, ...]]:
        if not keys or not self._path.exists():
            return []
        rows: list[tuple[Any, ...]] = []
        with contextlib.suppress(sqlite3.Error, OSError), self._opened() as connection:
            for start in range(0, len(keys), _AT_ONCE):
                part = keys[start : start + _AT_ONCE]
                rows += connection.execute(f"{question} ({','.join('?' * len(part))})", part).fetchall()
        return rows

    def _write(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        if not rows:
            return
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._insert(statement, rows)
            except sqlite3.DatabaseError as error:
                if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                    self._path.unlink(missing_ok=True)  # the next run begins a new one

    def _insert(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        with self._opened() as connection:
            if (version := connection.execute("pragma user_version").fetchone()[0]) < _VERSION:
                older = "drop table if exists file;" if version else ""  # it knew less of each file
                connection.executescript(f"begin immediate;{older}{_TABLES}commit;")
            connection.execute("begin immediate")
            connection.executemany(statement, rows)
            for table in ("file", "look"):
                connection.execute(f"delete from {table} where day < ?", [_today() - _FORGOTTEN_AFTER_DAYS])
            connection.execute("commit")

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None)
        try:
            yield connection
        finally:
            connection.close()


def _key(path: Path) -> bytes:
    return os.fsencode(os.path.abspath(path))


def _today() -> int:
    return int(time.time() // 86400)

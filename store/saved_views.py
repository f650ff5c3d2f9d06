"""Saved views, in measurements.db: one short transaction a change, readable where the disk is not writable."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

from backbones.store.errors import BackbonesError, UnknownName
from backbones.store.named_view import NamedView, checked_name, checked_note
from backbones.store.text import closest
from backbones.store.view import View

BUSY_S: Final = 5.0
"""How long a change waits for another program that writes into the file."""


class NameTaken(BackbonesError):
    """Another view has that name; `name` is how it spells it."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"a view is called {name!r} already; take another name, or say that it shall be replaced")


def saved_views(path: Path) -> tuple[NamedView, ...]:
    """All views saved in that measurements.db, by name; none where there is no such file."""
    with _reading(path) as connection:
        rows = (
            connection.execute("select name, view, note, datetime_utc from saved_view").fetchall() if connection else []
        )
    return tuple(sorted((_read(*row) for row in rows), key=lambda saved: saved.name.casefold()))


def how_many(path: Path) -> int:
    """How many views are saved; 0 also where that cannot be read, for a screen that has more to say than that."""
    try:
        with _reading(path) as connection:
            return int(connection.execute("select count(*) from saved_view").fetchone()[0]) if connection else 0
    except BackbonesError:
        return 0


def find_view(path: Path, name: str) -> NamedView:
    """The saved view of that name, else the starting point of that name; case and punctuation do not count.

    UnknownName has suggestions.
    """
    from backbones.store.starting_points import STARTING_POINTS

    known = (*saved_views(path), *STARTING_POINTS)
    for view in known:
        if view.is_called(name):
            return view
    raise UnknownName(name, "view", closest(name, [view.name for view in known]))


def save(path: Path, name: str, view: View, note: str | None = None, replace: bool = False) -> NamedView:
    """Save the view under a name. NameTaken where there is one of that name, unless it shall be replaced.

    Without a note the one that a replaced view had stays.
    """
    name = checked_name(name)
    before = _own(path, name)
    if before and not replace:
        raise NameTaken(before.name)
    text = checked_note(note) if note is not None else before.note if before else ""
    saved = NamedView(name, view, text, _now())
    _put(path, saved, before)
    return saved


def restore(path: Path, saved: NamedView) -> None:
    """Put back what `remove` took away, as it was."""
    if before := _own(path, saved.name):
        raise NameTaken(before.name)
    _put(path, saved, None)


def rename(path: Path, name: str, new_name: str, replace: bool = False) -> NamedView:
    """Give a saved view another name; NameTaken where another view has it, unless that shall be replaced."""
    new_name = checked_name(new_name)
    before, other = _own_or_raise(path, name), _own(path, new_name)
    is_taken = other is not None and other.name != before.name
    if other and is_taken and not replace:
        raise NameTaken(other.name)
    with _writing(path) as connection:
        if other and is_taken:
            connection.execute("delete from saved_view where name = ?", [other.name])
        connection.execute("update saved_view set name = ? where name = ?", [new_name, before.name])
    return NamedView(new_name, before.view, before.note, before.datetime_utc, before.problem)


def annotate(path: Path, name: str, note: str) -> NamedView:
    """Say something else of a saved view."""
    before, note = _own_or_raise(path, name), checked_note(note)
    with _writing(path) as connection:
        connection.execute("update saved_view set note = ? where name = ?", [note, before.name])
    return NamedView(before.name, before.view, note, before.datetime_utc, before.problem)


def remove(path: Path, name: str) -> NamedView:
    """Take a saved view away; returns what it was."""
    before = _own_or_raise(path, name)
    with _writing(path) as connection:
        connection.execute("delete from saved_view where name = ?", [before.name])
    return before


def _own(path: Path, name: str) -> NamedView | None:
    return next((saved for saved in saved_views(path) if saved.is_called(name)), None)


def _own_or_raise(path: Path, name: str) -> NamedView:
    from backbones.store.starting_points import STARTING_POINTS

    if found := _own(path, name):
        return found
    if any(view.is_called(name) for view in STARTING_POINTS):
        raise BackbonesError(f"{name!r} comes with the program and stays as it is; save it under a name of your own")
    raise UnknownName(name, "saved view", closest(name, [saved.name for saved in saved_views(path)]))


def _put(path: Path, saved: NamedView, before: NamedView | None) -> None:
    with _writing(path) as connection:
        if before:
            connection.execute("delete from saved_view where name = ?", [before.name])
        try:
            connection.execute(
                "insert into saved_view (name, view, note, datetime_utc) values (?, ?, ?, ?)",
                [saved.name, json.dumps(saved.view.to_dict(), ensure_ascii=False), saved.note, saved.datetime_utc],
            )
        except sqlite3.IntegrityError:  # saved by another program since we looked
            raise NameTaken(saved.name) from None


def _read(name: str, view: str, note: str | None, datetime_utc: str | None) -> NamedView:
    try:
        plain = json.loads(view)
        if not isinstance(plain, dict):
            raise ValueError("it is no view")
        return NamedView(name, View.from_dict(plain), note or "", datetime_utc or "")
    except (ValueError, TypeError, RecursionError) as error:
        return NamedView(name, View(), note or "", datetime_utc or "", f"it cannot be read: {error}")


def _now() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# The file


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection | None]:
    """A connection that cannot write; None where there is no file, or none that holds views yet."""
    if not path.exists():
        yield None
        return
    from backbones.store.measurements import recover

    connection = None
    try:
        recover(path)
        connection = _connect(f"file:{quote(str(path.absolute()))}?mode=ro")
        yield connection if _holds_views(connection) else None
    except sqlite3.Error as error:
        raise BackbonesError(
            f"your views in {path} cannot be read: {error}. Restore the file or move it away"
        ) from None
    finally:
        if connection is not None:
            connection.close()


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[sqlite3.Connection]:
    """One transaction; the file is made, or brought up to date, where it has to be."""
    try:
        if not path.exists() or not _has_table(path):
            from backbones.store.measurements import migrate  # 60 ms, once

            migrate(path)
        with contextlib.closing(_connect(f"file:{quote(str(path.absolute()))}?mode=rw")) as connection, connection:
            connection.execute("begin immediate")
            yield connection
    except sqlite3.Error as error:
        from backbones.store.measurements import why_not_written

        raise BackbonesError(f"{path} cannot be written: {why_not_written(error)}") from None
    except OSError as error:
        raise BackbonesError(f"{path} cannot be written: {error.strerror or error}") from None


def _has_table(path: Path) -> bool:
    with _reading(path) as connection:
        return connection is not None


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, timeout=BUSY_S)


def _holds_views(connection: sqlite3.Connection) -> bool:
    return (
        connection.execute("select 1 from sqlite_master where type = 'table' and name = 'saved_view'").fetchone()
        is not None
    )

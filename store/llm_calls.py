"""Calls to a language model, in measurements.db: who answered, tokens, cost, duration. No text of any of them, no key."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from backbones.store.errors import BackbonesError

if TYPE_CHECKING:
    from sqlite_utils import Database

BUSY_S: Final = 5.0
"""How long a row waits for another program that writes into the file."""


@dataclass(frozen=True, slots=True)
class LlmCall:
    """One request that was sent, whatever became of it; None is what the service did not say."""

    datetime_utc: str
    """When it was sent."""
    model_asked: str
    model_answered: str | None
    prompt_sha256: str
    """Of the whole request; tells repeated questions."""
    purpose: str
    status: str
    """`end_turn`, `max_tokens`, `refusal` … as the service says; `http_429` …, `connection`, `dropped`, `interrupted`."""
    duration_ms: float
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    cost_usd: float | None = None
    """None: the price of the model is unknown, or its tokens are."""


_COLUMNS: Final = tuple(field.name for field in fields(LlmCall))
_ADDED: Final = ("cache_read_tokens", "cache_write_tokens", "status")


def record(path: Path, call: LlmCall) -> None:
    """Add a row to that measurements.db, in one short transaction; BackbonesError where it cannot be written."""
    try:
        if not _is_present(path):
            migrate(path)
        with contextlib.closing(_connect(path, "rw")) as connection, connection:
            marks = ", ".join("?" * len(_COLUMNS))
            connection.execute(f"insert into model_call ({', '.join(_COLUMNS)}) values ({marks})", astuple(call))
    except (sqlite3.Error, OSError) as error:
        raise BackbonesError(f"the call is not logged: {path} cannot be written: {error}") from None


def calls(path: Path) -> tuple[LlmCall, ...]:
    """Every call, the oldest first; none where there is no such file or no such table yet."""
    try:
        with _reading(path) as connection:
            rows = connection.execute(f"select {', '.join(_COLUMNS)} from model_call order by id") if connection else ()
            return tuple(LlmCall(*row) for row in rows)
    except sqlite3.Error as error:
        raise BackbonesError(f"the calls in {path} cannot be read: {error}. Restore the file or move it away") from None


def migrate(path: Path) -> None:
    """Bring measurements.db up to date, and the log of calls in it."""
    import sqlite_utils

    from backbones.store import measurements

    measurements.migrate(path)
    with contextlib.closing(_connect(path, "rw")) as connection:
        connection.execute("begin immediate")
        migrations().apply(sqlite_utils.Database(connection))
        connection.commit()


def migrations() -> Any:
    """What the log needs beyond the table that measurements.db has had from the start; a step is never changed."""
    from sqlite_utils import Migrations

    steps = Migrations("llm_calls")

    @steps()
    def add_status_and_cached_tokens(db: Database) -> None:
        table = db.table("model_call")
        for name in _ADDED:
            table.add_column(name, str if name == "status" else int)

    return steps


def _is_present(path: Path) -> bool:
    with _reading(path) as connection:
        return connection is not None


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection | None]:
    """A connection that cannot write; None where the log is not there yet."""
    if not path.exists():
        yield None
        return
    from backbones.store.measurements import recover

    recover(path)
    with contextlib.closing(_connect(path, "ro")) as connection:
        columns = {row[1] for row in connection.execute("pragma table_info(model_call)")}
        yield connection if columns.issuperset(_ADDED) else None


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode={mode}", uri=True, timeout=BUSY_S)

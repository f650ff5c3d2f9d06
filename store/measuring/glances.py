"""What comparing needs of this machine's visits that went well, read without their blocks: thousands in a moment."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

from backbones.store.errors import BackbonesError
from backbones.store.machine import host_id
from backbones.store.measuring.coding import NUMBER
from backbones.store.measuring.file import reading
from backbones.store.measuring.visit import card_of, moment_of

_OF_THIS_MACHINE: Final = "host = ? and status = 'ok'"


class Glance(NamedTuple):
    """One visit that went well."""

    key: str
    """As it was kept: visits under one key may be put together."""
    fingerprint: str
    started: str
    device: str
    card: str
    """Which of several cards of that name."""
    model: str
    quantity: str
    resolution: int
    precision: str
    memory_format: str
    compiled: bool
    fused: bool
    asked_batch_size: int
    """0: the best was searched for."""
    batch_size: int
    value: float
    """Images a second; milliseconds of latency."""
    ci: float

    @property
    def moment(self) -> str:
        """When it began, as it is compared."""
        return moment_of(self.started)


def glances(path: Path, where: str = "1", given: Iterable[str] = ()) -> tuple[Glance, ...]:
    """This machine's visits that meet a condition on the table `visit`, the oldest first. BackbonesError for one that cannot be read."""
    with reading(path) as connection:
        if connection is None:
            return ()
        rows = connection.execute(
            f"select key, fingerprint, started, device, model, quantity, facts from visit where {_OF_THIS_MACHINE} and {where} "
            "order by rtrim(started, 'Z'), id",
            [host_id(), *given],
        )
        try:
            return tuple(_glance(*row) for row in rows)
        except (ValueError, KeyError, TypeError) as error:
            raise BackbonesError(f"a visit in {path} cannot be read: {error!r}") from None


def days_of(path: Path, most: int) -> list[str]:
    """The last days on which something was measured on this machine, the latest first."""
    return _column(
        path, f"select distinct substr(started, 1, 10) from visit where {_OF_THIS_MACHINE} order by 1 desc limit {most}"
    )


def fingerprints_of(path: Path, beginning: str) -> list[str]:
    """The fingerprints of this machine that begin so."""
    sql = (
        f"select distinct fingerprint from visit where {_OF_THIS_MACHINE} and substr(fingerprint, 1, ?) = ? order by 1"
    )
    return _column(path, sql, len(beginning), beginning)


def of_one_size(found: list[Glance]) -> list[Glance]:
    """Of visits under one key, the oldest first, those of the batch size that most found; of equals the latest's."""
    sizes = [one.batch_size for one in found]
    counts = Counter(sizes)
    chosen = max(reversed(sizes), key=counts.__getitem__)
    return [one for one in found if one.batch_size == chosen]


def _glance(key: str, fingerprint: str, started: str, device: str, model: str, quantity: str, text: str) -> Glance:
    facts: dict[str, Any] = json.loads(text)
    task, seen = facts["task"], facts["seen"]
    card = card_of(str(task["device"]), facts["conditions"].get("extra", {}).get("uuid"))
    return Glance(
        key, fingerprint, started, device, card, model, quantity, int(seen["resolution"]), task["precision"], task["memory_format"],
        bool(task["compiled"]), bool(task["fused"]), int(task["batch_size"]), int(seen["batch_size"]), float(seen[NUMBER[quantity]]),
        float(seen.get("ci", 0.0)),
    )  # fmt: skip


def _column(path: Path, sql: str, *given: object) -> list[str]:
    with reading(path) as connection:
        cursor: sqlite3.Cursor | tuple[()] = () if connection is None else connection.execute(sql, [host_id(), *given])
        return [value for (value,) in cursor]

"""What was measured, as rows to print: measurements, single visits with their failures, or runs under one fingerprint."""

from __future__ import annotations

import fnmatch
import sqlite3
from collections import defaultdict
from pathlib import Path
from typing import Final, Literal

from backbones.store.errors import BackbonesError
from backbones.store.measuring.days import before_what
from backbones.store.measuring.file import reading, writing
from backbones.store.measuring.keeping import refresh
from backbones.store.measuring.visit import card_of, moment_of
from backbones.store.rows import Column, Rows, Value

Level = Literal["measurements", "visits", "runs"]

_NUMBERS: Final[dict[str, tuple[str, str, int | None]]] = {
    "resolution": ("res", "px", 0), "batch_size": ("batch", "", 0), "throughput_img_s": ("img/s", "img/s", 1),
    "latency_ms": ("ms", "ms", 3), "latency_p90_ms": ("p90 ms", "ms", 3), "latency_p99_ms": ("p99 ms", "ms", 3),
    "peak_memory_mib": ("MiB", "MiB", 0), "rounds": ("rounds", "", 0), "spread": ("spread %", "percent", 2), "round": ("round", "", 0),
    "uncertainty_percent": ("± %", "percent", 2), "threads": ("threads", "", 0),
    "visits": ("visits", "", 0), "failed": ("failed", "", 0), "models": ("models", "", 0),
    "energy_j_per_image": ("J/image", "J", 4), "device_memory_mib": ("memory MiB", "MiB", 0),
}  # fmt: skip
_SQL: Final[dict[Level, str]] = {
    "measurements": """select backbone as model, quantity, device, {card}, nullif(threads, 0) as threads,
        precision, resolution, batch_size, throughput_img_s, latency_ms,
        latency_p90_ms, latency_p99_ms, peak_memory_mib, energy_j_per_image, rounds,
        case when rounds > 1 then 50 * spread else 100 * nullif(ci, 0) end as uncertainty_percent,
        case when rounds > 1 then 100 * spread end as spread, nullif(cautions, '') as cautions, memory_format, compiled, fused, framework,
        datetime_utc, host, nullif(fingerprint, '') as fingerprint, nullif(key, '') as key
      from measurement where origin = 'measured' and {where} order by device, quantity desc, precision, throughput_img_s desc, backbone""",
    "visits": """select v.model, v.quantity, v.device, v.round, v.started, v.status, json_extract(v.facts, '$.task.precision') as precision,
        coalesce(json_extract(v.facts, '$.seen.resolution'), nullif(json_extract(v.facts, '$.task.resolution'), 0)) as resolution,
        100 * nullif(json_extract(v.facts, '$.seen.ci'), 0) as uncertainty_percent,
        json_extract(v.facts, '$.seen.throughput_img_s') as throughput_img_s, json_extract(v.facts, '$.seen.latency_ms') as latency_ms,
        json_extract(v.facts, '$.seen.batch_size') as batch_size, {card},
        (select group_concat(value, ',') from json_each(v.facts, '$.cautions')) as cautions,
        nullif(json_extract(v.facts, '$.conditions.threads'), 0) as threads,
        nullif(json_extract(v.facts, '$.error'), '') as error, v.host, v.fingerprint, v.key
      from visit v where {where} order by rtrim(v.started, 'Z'), v.id""",
    "runs": """select v.fingerprint, v.device, min(rtrim(v.started, 'Z')) || 'Z' as first, max(rtrim(v.started, 'Z')) || 'Z' as last,
        nullif(json_extract(v.facts, '$.conditions.driver'), '') as driver, nullif(json_extract(v.facts, '$.conditions.accelerator'), '') as accelerator,
        json_extract(v.facts, '$.conditions.torch') as torch, json_extract(v.facts, '$.conditions.timm') as timm,
        json_extract(v.facts, '$.conditions.system') as system, nullif(json_extract(v.facts, '$.conditions.threads'), 0) as threads,
        count(distinct v.model) as models, count(*) as visits,
        sum(v.status <> 'ok') as failed, v.host
      from visit v where {where} group by v.host, v.fingerprint order by min(rtrim(v.started, 'Z'))""",
}  # fmt: skip

_CARD: Final[dict[Level, str]] = {
    "measurements": """card_of((select json_extract(v.facts, '$.task.device') from visit v where v.key <> '' and v.key = measurement.key limit 1),
      case when json_valid(details) then json_extract(details, '$.extra.uuid') end) as card""",
    "visits": "card_of(json_extract(v.facts, '$.task.device'), json_extract(v.facts, '$.conditions.extra.uuid')) as card",
    "runs": "",
}
"""Which card a row is of."""


def listed(path: Path, level: Level = "measurements", models: str = "", device: str = "") -> Rows:
    """The rows of a level; `models` is a pattern as `resnet*`, `device` a part of its name."""
    name = "backbone" if level == "measurements" else "v.model"
    where = f"({name} glob ? or ? = '') and instr(lower({'v.' if level != 'measurements' else ''}device), lower(?)) > 0"
    with reading(path) as connection:
        if connection is None:
            return Rows((), ())
        connection.create_function("card_of", 2, card_of, deterministic=True)
        cursor = connection.execute(_SQL[level].format(where=where, card=_CARD[level]), [models, models, device])
        columns = tuple(_column(d[0]) for d in cursor.description)
        return _with_cards_of_several(Rows(columns, tuple(cursor.fetchall())))


def _with_cards_of_several(rows: Rows) -> Rows:
    """The card is told only where a name of a machine's device stands for several."""
    at = {column.name: place for place, column in enumerate(rows.columns)}
    if "card" not in at:
        return rows
    card, device, host = at["card"], at["device"], at["host"]
    of_name: dict[tuple[Value, Value], set[Value]] = defaultdict(set)
    for row in rows:
        of_name[row[device], row[host]].add(row[card])
    return Rows(
        rows.columns,
        tuple(
            row if len(of_name[row[device], row[host]]) > 1 else (*row[:card], None, *row[card + 1 :]) for row in rows
        ),
    )


def to_forget(
    path: Path, models: str = "", device: str = "", before: str = "", fingerprint: str = "", failed: bool = False
) -> list[tuple[int, str, str]]:
    """Visits that answer to all that is named: id, key and model. `before` is a day as `days.beginning` reads it, in UTC.

    BackbonesError where nothing is named, or no day.
    """
    if not (models or device or before or fingerprint or failed):
        raise BackbonesError("say which visits: a model or pattern, --device, --before, --fingerprint or --failed")
    until = before_what(before) if before else ""
    with reading(path) as connection:
        if connection is None:
            return []
        rows = connection.execute("select id, key, model, device, started, fingerprint, status from visit").fetchall()
    return [
        (number, key, model)
        for number, key, model, own, started, mark, status in rows
        if (not models or fnmatch.fnmatchcase(model, models))
        and (not device or device.casefold() in own.casefold())
        and (not until or moment_of(started) < until)
        and mark.startswith(fingerprint)
        and (not failed or status != "ok")
    ]


def forget(path: Path, found: list[tuple[int, str, str]]) -> int:
    """Take these visits away and make the rows of their keys anew; how many went."""
    with writing(path) as connection:
        gone = sum(_deleted(connection, number) for number, _, _ in found)
        refresh(connection, sorted({key for _, key, _ in found}))
    return gone


def _deleted(connection: sqlite3.Connection, number: int) -> int:
    return connection.execute("delete from visit where id = ?", [number]).rowcount


def _column(name: str) -> Column:
    if name in _NUMBERS:
        label, unit, decimals = _NUMBERS[name]
        better = {"throughput_img_s": True, "latency_ms": False}.get(name)
        return Column(name, label, "number", unit, better, decimals)
    if name in ("compiled", "fused"):
        return Column(name, name, "flag")
    return Column(name, {"datetime_utc": "latest", "first": "first visit", "last": "last visit"}.get(name, name))

"""All speeds of one backbone on one device side by side: reported, measured, predicted, which is chosen, and why."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from backbones.store.catalog import has_measurements
from backbones.store.compile import Compiler
from backbones.store.errors import QueryError
from backbones.store.findings import DOUBT
from backbones.store.formats import shown
from backbones.store.machine import host_id
from backbones.store.measured_backbones import MEASURED, PREDICTED
from backbones.store.measurements import PREDICTED_FROM
from backbones.store.measuring.cautions import CAUTIONS
from backbones.store.measuring.short_list import percent
from backbones.store.own_speeds import current, of_measured, of_predicted, of_reported
from backbones.store.references import SPEEDS, Reference
from backbones.store.rows import Column, Rows, Value
from backbones.store.this_machine import HERE

_ARCHITECTURE: Final = {
    "backbone": "select architecture from backbone where id = ?",
    "checkpoint": "select b.architecture from checkpoint c join backbone b on b.id = c.backbone_id where c.id = ?",
    "weights": "select b.architecture from released w join backbone b on b.id = w.backbone_id where w.id = ?",
}
"""Of what has one: the architecture whose speeds are its own."""
_UNITS: Final = {"throughput": ("img/s", True), "latency": ("ms", False), "peak_memory": ("MiB", False)}
_CONDITIONS: Final = (
    "device",
    "mode",
    "resolution",
    "precision",
    "framework",
    "memory_format",
    "compiled",
    "batch_size",
)
_OF_QUANTITY: Final = {"throughput": " and x.quantity <> 'latency'", "latency": " and x.quantity in ('latency', '')"}
"""A throughput is none that was timed for its latency, nor the reverse."""
_OF_PREDICTIONS: Final = ("device", "resolution", "precision", "memory_format", "compiled")
_SHARED: Final = (
    "device", "mode", "precision", "framework", "memory_format", "compiled", "threads", "origin", "collection", "source", "day",
)  # fmt: skip
"""Columns that a table on a terminal has only where the rows differ in them."""
_NAMED: Final = {"compiled": "compiled", "threads": "threads: {}", "collection": "collection {}"}
_SHORT: Final = (
    "device", "mode", "resolution", "precision", "memory_format", "compiled", "threads", "batch_size", "value", "interval", "chosen",
    "origin", "source", "why", "day",
)  # fmt: skip
_FIRST_TO_GO: Final = (
    "day",
    "mode",
    "why",
    "memory_format",
    "threads",
    "device",
    "batch_size",
    "source",
    "compiled",
    "origin",
)
_READABLE: Final = {"why": 24, "source": 14, "device": 14}
"""So much of a long text is enough to stay."""
_INTERVALS: Final = {
    "measured": "lowest and highest round, of a single visit the 95 % interval of its median",
    "predicted": "where the speed is likely to be",
}
"""What an interval is, by origin."""
_BRIEFLY: Final = {
    "the highest": "the highest", "the lowest": "the lowest", "predicted": "predicted", "of the other form": "other form",
    "measured again later": "measured again", "another": "not the best",
}  # fmt: skip
"""How the reason begins -> the reason where there is little room."""
_MOST_DOUBTS: Final = 3
_MOST_SENTENCES: Final = 2


def speeds_of(connection: sqlite3.Connection, kind: str, number: int, reference: Reference) -> Rows:
    """Every speed of the bare architecture of a backbone, checkpoint or weights, resolution by resolution, the best first.

    QueryError for a kind that has no architecture of its own.
    """
    if kind not in _ARCHITECTURE:
        raise QueryError(f"a {kind} has no speeds of its own; name a backbone, checkpoint or weights")
    compiler = Compiler(connection, reference, has_measurements(connection))
    rows = [
        row
        for (architecture,) in connection.execute(_ARCHITECTURE[kind], [number]).fetchall()
        for row in _all(compiler, reference, architecture)
    ]
    unit, is_more_better = _UNITS[reference.name]
    sign = -1 if is_more_better else 1
    rows.sort(
        key=lambda row: (row["resolution"] or 0, row["origin"] == "predicted", sign * row["value"], row["ref"] or "")
    )
    best: dict[Any, dict[str, Any]] = {}
    wants_predicted = compiler.origin(reference) == "predicted"
    for row in rows:
        if row["is_asked"] and row["is_current"] and (row["origin"] != "predicted" or wants_predicted):
            best.setdefault(row["resolution"], row)
    decimals = _decimals([row["value"] for row in rows])
    columns = (
        *(_column(name) for name in _CONDITIONS), Column("threads", "threads", "number", decimals=0),
        Column("value", f"value {unit}", "number", unit, is_more_better, decimals), Column("low", "low", "number", unit, None, decimals),
        Column("high", "high", "number", unit, None, decimals), Column("chosen", "chosen", "flag"),
        Column("why", "why"), Column("origin", "origin"), Column("collection", "collection"), Column("source", "source"),
        Column("source_ref", "source ref"), Column("day", "day"), Column("how", "how"), Column("doubt", "doubt"),
    )  # fmt: skip
    return Rows(
        columns, tuple(_told(row, best.get(row["resolution"]) is row, wants_predicted, is_more_better) for row in rows)
    )


def timm_name(connection: sqlite3.Connection, kind: str, number: int) -> str | None:
    """What `backbones probe` calls the architecture of a thing; None where timm has none, or it has no architecture."""
    if kind not in _ARCHITECTURE:
        return None
    sql = f"select min(timm_name) from backbone where architecture in ({_ARCHITECTURE[kind]})"
    name = connection.execute(sql, [number]).fetchone()[0]
    return None if name is None else str(name)


def _all(compiler: Compiler, reference: Reference, architecture: int) -> list[dict[str, Any]]:
    conditions, parameters = compiler._speed_conditions(reference)
    column = SPEEDS[reference.name]
    wanted = next(condition for condition in conditions if condition.startswith("x.fused"))
    where = " and ".join(condition for condition in conditions if condition != wanted)  # the other form is listed, too
    device, origin = compiler.place("device", reference), compiler.origin(reference)
    found: list[dict[str, Any]] = []
    if device != HERE and origin in (None, "reported"):
        found += _records(
            compiler.connection,
            f"""select {", ".join(f"x.{name}" for name in _CONDITIONS)}, x.{column} as value, 'reported' as origin, x.collection, x.source,
              x.source_ref as ref, null as day, null as how, null as threads, null as low, null as high, {DOUBT.format(t="x")} as doubt,
              {of_reported(wanted)} as is_asked, 1 as is_current
            from subject u join speed x on x.mention = u.id where u.architecture = ? and x.head is null and x.device = ? and {where}
              and x.{column} is not null""",
            [architecture, device, *parameters],
        )
    if not compiler.measured:
        return found
    place, given = compiler.own.of_device(device)
    if origin in (None, "measured"):
        rows = _records(
            compiler.connection,
            f"""select {", ".join(f"x.{name}" for name in _CONDITIONS)}, x.{column} as value, x.origin, 'probe' as collection,
              'probe:' || x.host as source, case x.key when '' then cast(x.id as text) else x.key end as ref,
              substr(x.datetime_utc, 1, 10) as day, x.rounds, x.spread, x.ci, x.fused, x.host, x.cautions, x.key,
              case when x.device_kind = 'cpu' then nullif(x.threads, 0) end as threads,
              {wanted} as is_asked, x.id in (select id from {current(where)}) as is_current
            from probe_measurement x join {MEASURED} o on o.name = x.backbone
            where o.architecture = ? and x.head is null and x.origin = 'measured' and {place} and {of_measured(where)}
              and x.{column} is not null{_OF_QUANTITY.get(reference.name, "")}""",
            [architecture, *given, *parameters],
        )
        found += [row | _how_measured(row) | _interval(compiler.connection, reference.name, row) for row in rows]
    if reference.name == "throughput" and compiler.knows_predictions(reference) and origin in (None, "predicted"):
        columns = ", ".join(
            f"m.{name}" if name in _OF_PREDICTIONS else f"null as {name}" for name in _CONDITIONS if name != "mode"
        )
        found += _records(
            compiler.connection,
            f"""select 'inference' as mode, {columns}, m.throughput_img_s as value, 'predicted' as origin, 'probe' as collection,
              'probe:' || m.host as source, null as ref, substr(m.datetime_utc, 1, 10) as day, {PREDICTED_FROM} as how, null as doubt,
              null as threads, m.low, m.high,
              1 as is_asked, 1 as is_current
            from probe_prediction m join {PREDICTED} o on o.name = m.backbone
            where o.architecture = ? and {place.replace("x.", "m.")} and {of_predicted(where).replace("x.", "m.")}""",
            [architecture, *given, *parameters],
        )
    return found


def _how_measured(row: dict[str, Any]) -> dict[str, Any]:
    rounds = f"{row['rounds']} rounds, spread {percent(row['spread'])}" if row["rounds"] > 1 else ""
    where = "measured here" if row["host"] == host_id() else f"measured on machine {row['host']}"
    how = "; ".join(part for part in (where, rounds, "branches merged" if row["fused"] else "") if part)
    return {
        "how": how,
        "doubt": " ".join(CAUTIONS.get(name, name) for name in row["cautions"].split(",") if name) or None,
    }


def _interval(connection: sqlite3.Connection, name: str, row: dict[str, Any]) -> dict[str, float | None]:
    """From which value to which: of several rounds the lowest and the highest, of one the 95 % interval of its median."""
    nothing: dict[str, float | None] = {"low": None, "high": None}
    if name not in _OF_QUANTITY:  # memory is no median
        return nothing
    if row["rounds"] > 1 and row["key"]:
        low, high = connection.execute(
            "select min(json_extract(facts, ?)), max(json_extract(facts, ?)) from measurements.visit where key = ? and status = 'ok'",
            [*[f"$.seen.{SPEEDS[name]}"] * 2, row["key"]],
        ).fetchone()
        return {"low": low, "high": high}
    if row["ci"]:
        return {"low": row["value"] * max(0.0, 1 - row["ci"]), "high": row["value"] * (1 + row["ci"])}
    return nothing


def _decimals(values: Sequence[float]) -> int:
    """Digits after the point in a table: three that count of the smallest value."""
    least = min(map(abs, values), default=0.0)
    return 3 if least < 1 else 2 if least < 10 else 1 if least < 1000 else 0


def in_short(rows: Rows, width: int | None) -> tuple[Rows, list[str]]:
    """The speeds in the columns that tell most and fit, the interval in one; and what the rows share, and is to be said against them."""
    records = rows.records()
    shared = {name: records[0][name] for name in _SHARED if len({record[name] for record in records}) == 1}
    of = {column.name: column for column in rows.columns} | {"interval": Column("interval", "low-high")}
    lines = [
        record | {"interval": _between(record, of["low"]), "why": _briefly(str(record["why"]))} for record in records
    ]
    names = [name for name in _SHORT if name not in shared and any(line[name] is not None for line in lines)]
    for name in _FIRST_TO_GO:
        wide = sum(_wide(of[n], [line[n] for line in lines]) for n in names) + 2 * (len(names) - 1)
        if width is None or wide <= width:
            break
        names = [other for other in names if other != name]
    said = [_NAMED.get(name, "{}").format(value) for name, value in shared.items() if value not in (None, 0)]
    told = [f"{'all ' if len(records) > 1 else ''}{', '.join(said)}"] if said else []
    if any(record["low"] is not None for record in records):
        origins = [
            f"{origin}: {text}"
            for origin, text in _INTERVALS.items()
            if any(record["origin"] == origin and record["low"] is not None for record in records)
        ]
        told.append(f"low-high, {'; '.join(origins)}")
    doubts = dict.fromkeys(str(record["doubt"]) for record in records if record["doubt"] and record["chosen"])
    told += [f"of what is chosen: {_in_brief(doubt)}" for doubt in list(doubts)[:_MOST_DOUBTS]]
    return Rows(tuple(of[n] for n in names), tuple(tuple(line[n] for n in names) for line in lines)), told


def _briefly(why: str) -> str:
    return next((short for beginning, short in _BRIEFLY.items() if why.startswith(beginning)), why)


def _in_brief(doubt: str) -> str:
    sentences = re.split(r"(?<=[.]) ", doubt)
    more = len(sentences) - _MOST_SENTENCES
    return " ".join(sentences[:_MOST_SENTENCES]) + (f" And {more} more." if more > 0 else "")


def _between(record: dict[str, Value], column: Column) -> str | None:
    if record["low"] is None or record["high"] is None:
        return None
    return f"{shown(record['low'], column)}-{shown(record['high'], column)}"


def _wide(column: Column, values: Sequence[Value]) -> int:
    longest = max([len(column.label), *(len(shown(value, column)) for value in values)])
    return min(longest, _READABLE.get(column.name, longest))


def _told(row: dict[str, Any], is_best: bool, wants_predicted: bool, is_more_better: bool) -> tuple[Value, ...]:
    if row["origin"] == "predicted" and not wants_predicted:
        why = "predicted: only where origin=predicted is asked for"
    elif not row["is_asked"]:
        why = "of the other form: fused=yes asks for merged branches, else they do not count"
    elif not row["is_current"]:
        why = "measured again later under other conditions (driver, versions, card); the latest count"
    else:
        why = f"the {'highest' if is_more_better else 'lowest'} of this resolution" if is_best else "another is better"
    said = (row[name] for name in ("origin", "collection", "source", "ref", "day", "how", "doubt"))
    interval = (row["low"], row["high"])
    return (*(row[name] for name in _CONDITIONS), row["threads"], row["value"], *interval, int(is_best), why, *said)


def _column(name: str) -> Column:
    if name in ("resolution", "batch_size"):
        return Column(
            name,
            {"resolution": "res", "batch_size": "batch"}[name],
            "number",
            "px" if name == "resolution" else "",
            decimals=0,
        )
    return Column(name, name.replace("_", " "), "flag" if name == "compiled" else "text")


def _records(connection: sqlite3.Connection, sql: str, parameters: list[Any]) -> list[dict[str, Any]]:
    cursor = connection.execute(sql, parameters)
    names = [d[0] for d in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]

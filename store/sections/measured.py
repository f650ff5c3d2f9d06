"""What the probe knows of a device: measured speeds with their conditions and cautions, and predicted ones apart from them."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Final

from backbones.store.catalog import has_measurements
from backbones.store.machine import host_id
from backbones.store.measuring.cautions import CAUTIONS
from backbones.store.page import Section
from backbones.store.rows import Rows
from backbones.store.sections.tables import Facts, asked, one, section

_SPEEDS: Final = """
  select m.backbone, m.precision, m.mode, m.resolution, m.batch_size, m.throughput_img_s, m.latency_ms, m.latency_p90_ms, m.latency_p99_ms,
    m.peak_memory_mib, m.energy_j_per_image, nullif(m.rounds, 0) as rounds, case when m.rounds > 1 then 100 * m.spread end as spread_percent,
    nullif(replace(m.cautions, '_', ' '), '') as cautions, m.memory_format, m.compiled, m.framework, substr(m.datetime_utc, 1, 10) as day,
    case when m.host = ? then 'here' else m.host end as host
  from probe_measurement m where m.device = ? and m.origin = 'measured'
  order by m.mode, m.throughput_img_s is null, m.throughput_img_s desc, m.backbone"""
_RUNS: Final = """
  select m.fingerprint, nullif(m.driver, '') as driver, nullif(m.accelerator, '') as accelerator, m.torch, m.timm, m.system,
    substr(min(m.datetime_utc), 1, 10) as earliest, substr(max(m.datetime_utc), 1, 10) as latest, count(*) as measurements,
    case when m.host = ? then 'here' else m.host end as host
  from probe_measurement m where m.device = ? and m.fingerprint <> '' group by m.host, m.fingerprint order by max(m.datetime_utc) desc"""
_PREDICTED: Final = """
  select p.backbone, p.precision, p.resolution, p.throughput_img_s as predicted_img_s, p.low, p.high, 100 * p.confidence as confidence,
    p.anchors, p.memory_format, p.compiled, substr(p.datetime_utc, 1, 10) as day, case when p.host = ? then 'here' else p.host end as host
  from probe_prediction p where p.device = ? order by p.throughput_img_s desc, p.backbone"""


def add_measured(connection: sqlite3.Connection, facts: Facts, name: str) -> int:
    """Facts about what was measured and predicted on a device; how many of both there are."""
    if not has_measurements(connection):
        return 0
    count = int(
        one(connection, "select count(*) from probe_measurement where device = ? and origin = 'measured'", [name])
    )
    facts.add("measurements of yours", count or None)
    predicted = one(connection, "select count(*) from probe_prediction where device = ?", [name])
    facts.add("predicted speeds", f"{predicted:,}, only where origin=predicted is asked for" if predicted else None)
    return count + int(predicted)


def measured_sections(connection: sqlite3.Connection, name: str, most: int = 0) -> list[Section]:
    """Measured and predicted speeds, at most `most` of each (0: all), and under which conditions they were taken; none where
    nothing was.
    """
    if not has_measurements(connection):
        return []
    of_it = [host_id(), name]
    note = "Nothing of this was measured: predicted from measured models and other devices' speeds, each with its interval."
    return [
        *_first(connection, "measured", _SPEEDS, of_it, most, _note(connection, name)),
        *section("conditions of measuring", asked(connection, _RUNS, of_it)),
        *_first(connection, "predicted", _PREDICTED, of_it, most, note),
    ]


def _first(
    connection: sqlite3.Connection, title: str, sql: str, given: list[str], most: int, note: str
) -> list[Section]:
    """A section of the first rows; the note says how many there are, where there are more."""
    rows = in_tenths(asked(connection, f"{sql} limit ?", [*given, most or -1]))
    if not most or len(rows) < most:
        return section(title, rows, note=note)
    total = one(connection, f"select count(*) from ({sql})", given)
    told = f"The first {most:,} of {total:,}. " if total > most else ""
    return section(title, rows, note=told + note, total=total if told else 0)


def in_tenths(rows: Rows) -> Rows:
    """Images a second with one decimal: on a CPU there may be few."""
    named = ("throughput_img_s", "predicted_img_s", "low", "high")
    return replace(rows, columns=tuple(replace(c, decimals=1) if c.name in named else c for c in rows.columns))


def _note(connection: sqlite3.Connection, name: str) -> str:
    """What the cautions in the table mean."""
    said = {
        caution
        for (text,) in connection.execute(
            "select distinct cautions from probe_measurement where device = ? and cautions <> ''", [name]
        )
        for caution in text.split(",")
    }
    told = [f"{caution.replace('_', ' ')}: {sentence}" for caution, sentence in CAUTIONS.items() if caution in said]
    return " ".join(["The median over rounds; the spread is their range.", *told])

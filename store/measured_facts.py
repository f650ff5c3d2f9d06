"""What was measured and predicted of a row's architecture, as facts beside those that are reported."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from backbones.store.catalog import has_measurements
from backbones.store.explorer import Fact
from backbones.store.machine import host_id
from backbones.store.measured_backbones import MEASURED, PREDICTED
from backbones.store.measurements import PREDICTED_FROM
from backbones.store.measuring.cautions import CAUTIONS

_MEASURED: Final = f"""
  select x.device, x.mode, x.throughput_img_s, x.latency_ms, x.precision, x.framework, x.memory_format, x.compiled, x.batch_size,
    x.rounds, x.spread, x.cautions, x.datetime_utc, x.host, x.fused, x.peak_memory_mib, x.energy_j_per_image,
    case when x.resolution is ?2 then null else coalesce(x.resolution || ' px', 'unknown size') end
  from probe_measurement x join {MEASURED} o on o.name = x.backbone
  where o.architecture = ?1 and x.head is null and x.origin = 'measured'
  order by x.resolution is not ?2, x.resolution, x.device, x.mode, x.throughput_img_s desc, x.id"""
_PREDICTED: Final = f"""
  select m.device, m.throughput_img_s, m.precision, m.memory_format, m.compiled, m.datetime_utc, {PREDICTED_FROM}
  from probe_prediction m join {PREDICTED} o on o.name = m.backbone
  where o.architecture = ? and m.resolution is ? order by m.device, m.throughput_img_s desc"""


def measured_facts(connection: sqlite3.Connection, architecture: int | None, resolution: int | None) -> list[Fact]:
    """Measurements with their conditions, and their cautions as doubts; predictions after them, and said to be such.

    Measurements at other resolutions come last and say which: they are no speeds of this row.
    """
    if architecture is None or not has_measurements(connection):
        return []
    given = [architecture, resolution]
    found = [(row[-1], _measured(row)) for row in connection.execute(_MEASURED, given)]
    own = [fact for other, fact in found if other is None]
    elsewhere = [fact for other, fact in found if other is not None]
    return [*own, *(_predicted(row) for row in connection.execute(_PREDICTED, given)), *elsewhere]


def _measured(row: tuple[Any, ...]) -> Fact:
    (
        device,
        mode,
        speed,
        latency,
        precision,
        framework,
        layout,
        compiled,
        batch,
        rounds,
        spread,
        cautions,
        date,
        host,
        fused,
        memory,
        energy,
        other,
    ) = row
    value = f"{speed:,.6g} img/s" if speed is not None else f"{latency:.4g} ms" if latency is not None else "unknown"
    note = [precision, framework, layout, "compiled" if compiled else None, "branches merged" if fused else None]
    note.append(f"batch {batch}" if batch else None)
    note += [f"{memory:,.0f} MiB" if memory else None, f"{energy:.3g} J/image" if energy else None]
    note.append("not at the row's resolution" if other else None)
    note.append(f"{rounds} rounds, spread {100 * spread:.2g} %" if rounds > 1 else None)
    where = "here" if host == host_id() else f"on machine {host}"
    label = f"{device}{' training' if mode == 'training' else ''}{f' at {other}' if other else ''}"
    doubt = " ".join(CAUTIONS.get(name, name) for name in cautions.split(",") if name)
    return Fact(label, value, f"measured {where}, {str(date)[:10]}", "; ".join(n for n in note if n), doubt)


def _predicted(row: tuple[Any, ...]) -> Fact:
    device, speed, precision, layout, compiled, date, how = row
    note = "; ".join(n for n in (precision, layout, "compiled" if compiled else None, how) if n)
    return Fact(f"{device} predicted", f"{speed:,.4g} img/s", f"predicted, not measured, {date[:10]}", note)

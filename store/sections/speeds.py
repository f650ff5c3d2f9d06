"""How fast: the tables of throughput on pages."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from backbones.store.catalog import has_measurements
from backbones.store.findings import DOUBT
from backbones.store.page import Section
from backbones.store.rows import Column, Rows, Value
from backbones.store.sections.owner import Owner
from backbones.store.sections.tables import asked, columns_of, section
from backbones.store.values import corrected

MOST_PAIRS: Final = 10

_EVERY: Final = f"""
  select b.backbone, c.checkpoint, x.device, x.precision, x.mode, x.resolution, x.head, x.batch_size, x.throughput_img_s, x.latency_ms,
    x.peak_memory_mib, x.framework, x.memory_format, x.compiled, 'reported' as origin, x.collection, x.source, x.source_ref,
    {corrected("speed", "x")} as correction, {DOUBT.format(t="x")} as doubt
  from subject s join speed x on x.mention = s.id left join backbone b on b.id = s.backbone_id
    left join checkpoint c on c.id = s.checkpoint_id"""


def every_speed(connection: sqlite3.Connection, architecture: int | None, subjects: str, own: int) -> list[Section]:
    """All speeds of an architecture, its own with a head, and what was measured; nothing is chosen."""
    rows = asked(
        connection,
        f"{_EVERY} where (x.head is null and s.architecture = ?) or (x.head is not null and s.id in {subjects}) "
        "order by x.head, x.mode, x.device, x.precision, x.resolution, x.throughput_img_s desc",
        [architecture, own],
    )
    both = Rows(rows.columns, (*rows.rows, *_measured(connection, architecture)))
    return section(
        "throughput", both, note="Every speed, nothing is chosen.", leave_out=("backbone",) if _is_one(both) else ()
    )


def _is_one(rows: Rows) -> bool:
    return len({row[0] for row in rows}) < 2


def _measured(connection: sqlite3.Connection, architecture: int | None) -> list[tuple[Any, ...]]:
    """What was measured of an architecture, in the columns of `_EVERY`."""
    if architecture is None or not has_measurements(connection):
        return []
    return connection.execute(
        """select b.backbone, m.checkpoint, m.device, m.precision, m.mode, m.resolution, m.head, m.batch_size, m.throughput_img_s,
          m.latency_ms, m.peak_memory_mib, m.framework, m.memory_format, m.compiled, m.origin, 'probe', 'probe:' || m.host,
          case m.key when '' then cast(m.id as text) else m.key end, null, nullif(replace(m.cautions, '_', ' '), '')
        from probe_measurement m join main.alias l on l.kind = 'backbone' and l.folded = fold(m.backbone)
          join main.backbone b on b.id = l.entity_id where b.architecture = ? group by m.id order by m.device, m.precision, m.resolution""",
        [architecture],
    ).fetchall()


def best_speeds(connection: sqlite3.Connection, owner: Owner) -> list[Section]:
    """The best throughput of bare backbones side by side: one row a backbone and resolution, one column a device and precision."""
    rows = connection.execute(
        f"""select b.backbone, b.params_m, x.resolution, x.device, x.precision, max(x.throughput_img_s)
        from subject s join fastest x on x.mention = s.id join backbone b on b.id = s.backbone_id
        where s.id in {owner.subjects} and x.mode = 'inference' and x.throughput_img_s is not null and x.device is not null
        group by 1, 2, 3, 4, 5""",
        [owner.id],
    ).fetchall()
    return _pivot(rows)


def _pivot(found: Sequence[tuple[Any, ...]]) -> list[Section]:
    pairs = Counter((device, precision) for *_, device, precision, _ in found)
    kept = [pair for pair, _ in pairs.most_common(MOST_PAIRS)]
    rows: dict[tuple[Any, ...], dict[tuple[str, str | None], float]] = {}
    for backbone, params, resolution, device, precision, speed in found:
        rows.setdefault((backbone, params, resolution), {})[device, precision] = speed
    ordered = sorted(
        rows.items(), key=lambda item: (item[0][1] is None, item[0][1] or 0.0, str(item[0][0]), item[0][2] or 0)
    )
    columns = [*columns_of(("backbone", "params_m", "resolution")), *(_speed_column(*pair) for pair in kept)]
    lines: list[tuple[Value, ...]] = [(*key, *(speeds.get(pair) for pair in kept)) for key, speeds in ordered]
    lines = [line for line in lines if any(v is not None for v in line[3:])]
    note = "Images per second, the best of all batch sizes, frameworks and layouts."
    if len(pairs) > len(kept):
        note += f" {len(pairs) - len(kept)} further pairs of device and precision are left out."
    y = columns[3].name if kept else ""
    return section("throughput", Rows(tuple(columns), tuple(lines)), note=note, x="params_m", y=y)


def _speed_column(device: str, precision: str | None) -> Column:
    short = device.removeprefix("NVIDIA ").removeprefix("Intel ").removeprefix("Qualcomm ")
    return Column(
        f"throughput@{device}:precision={precision}", f"{short} {precision or ''}".strip(), "number", "img/s", True, 0
    )

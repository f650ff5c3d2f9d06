"""The page of a device: what was timed on it, the fastest at each accuracy, and how it compares with other devices."""

from __future__ import annotations

import sqlite3
from collections import Counter
from statistics import median, quantiles
from typing import Any, Final

from backbones.store.catalog import has_measurements
from backbones.store.machine import host_id
from backbones.store.measured_backbones import MEASURED
from backbones.store.measuring.current import CURRENT
from backbones.store.page import Page, Scope, Section
from backbones.store.rows import Column, Rows, Value
from backbones.store.sections.measured import add_measured, measured_sections
from backbones.store.sections.owner import filter_for
from backbones.store.sections.tables import Facts, asked, columns_of, one, scoped, section, table
from backbones.store.sections.this_machine import add_this_machine, devices_of_this_machine, unmeasured_page
from backbones.store.this_machine import HERE

LEVELS: Final = (60.0, 65.0, 70.0, 72.5, 75.0, 77.5, 80.0, 81.0, 82.0, 83.0, 84.0, 85.0, 86.0, 87.0, 88.0, 89.0, 90.0)
"""ImageNet-1k top-1 in percent."""
FEWEST: Final = 20
"""A precision with fewer backbones tells nothing about the fastest."""
FEWEST_SHARED: Final = 3

_AMP: Final[dict[str | None, tuple[str, ...]]] = {
    "amp_fp16": ("amp",),
    "amp_bf16": ("amp",),
    "amp": ("amp_fp16", "amp_bf16"),
}
"""Precisions under other names that may be the same."""

Speeds = dict[tuple[int, int | None, str | None], float]
"""Architecture, resolution and precision -> images per second."""


def device_page(connection: sqlite3.Connection, name: str, most: int = 0) -> Page:
    """Everything about a device; one that only measurements know has no facts of its own, this machine none before them."""
    if name == HERE:
        return unmeasured_page(connection)
    kind, vendor, memory = (
        connection.execute("select kind, vendor, memory_gib from devices where device = ?", [name]).fetchone()
        or (None,) * 3
    )
    total = one(connection, "select count(*) from speed where device = ?", [name])
    facts = Facts().add("kind", kind).add("vendor", vendor).add("memory GiB", memory).add("speeds", total or None)
    add_this_machine(connection, facts, name)
    own_rows = add_measured(connection, facts, name)
    all_speeds = _speeds(connection)
    own = all_speeds.get(name, {})
    timed = "select count(distinct s.architecture) from speed x join subject s on s.id = x.mention where x.device = ?"
    facts.add("architectures", one(connection, timed, [name]) or None)
    measured = _measured_here(connection, name)
    sections = [
        facts.section(),
        *devices_of_this_machine(connection, name),
        *_known(connection, name),
        *measured_sections(connection, name, most),
        *_fastest(connection, "fastest at an accuracy, measured here", measured, 1),
        *(_fastest(connection, "fastest at an accuracy", own, FEWEST) if own != measured else ()),
        *_ratios(name, own, all_speeds),
        *scoped(
            "all throughput",
            Scope("throughput", "device", name),
            total + own_rows,
            "Every speed, reported, measured and predicted: the origin says which.",
        ),
    ]
    subtitle = ", ".join(filter(None, ("device", kind, vendor, f"{memory:g} GiB" if memory else None)))
    shown = any(resolution for _, resolution, _ in own)
    return Page("device", name, subtitle, tuple(sections), (), _filter(name) if shown else "", "")


def _filter(name: str) -> str:
    return filter_for("throughput", name).replace("throughput = ", "throughput@") + " > 0"


def _known(connection: sqlite3.Connection, name: str) -> list[Section]:
    """What was timed, by mode, precision and framework; measurements of one's own beside what is reported."""
    both = """select x.mode, x.precision, x.framework, x.compiled, 'reported' as origin, s.architecture, x.resolution, x.batch_size, x.collection
        from speed x join subject s on s.id = x.mention where x.device = ?1"""
    if has_measurements(connection):
        both += """ union all select m.mode, m.precision, m.framework, m.compiled, m.origin, fold(m.backbone), m.resolution, m.batch_size, 'probe'
          from measurements.measurement m where m.device = ?1"""
    rows = asked(
        connection,
        f"""select mode, precision, framework, compiled, origin, count(*) as speeds, count(distinct architecture) as architectures,
          count(distinct resolution) as resolutions, min(resolution) as smallest, max(resolution) as largest,
          count(distinct batch_size) as batch_sizes, min(batch_size) as batch_from, max(batch_size) as batch_to, collection
        from ({both}) group by mode, precision, framework, compiled, origin, collection order by speeds desc""",
        [name],
    )
    return section("what is known", rows)


def _speeds(connection: sqlite3.Connection) -> dict[str, Speeds]:
    """The best inference throughput of bare backbones on all devices, reported and measured."""
    found: dict[str, Speeds] = {}
    rows: list[tuple[Any, ...]] = connection.execute(
        "select x.device, s.architecture, x.resolution, x.precision, max(x.throughput_img_s) from fastest x join subject s on s.id = x.mention "
        "where x.mode = 'inference' and x.device is not null and x.throughput_img_s is not null and s.architecture is not null group by 1, 2, 3, 4"
    ).fetchall()
    if has_measurements(connection):
        rows += connection.execute(
            f"select m.device, o.architecture, m.resolution, m.precision, max(m.throughput_img_s) from {CURRENT} m "
            f"join {MEASURED} o on o.name = m.backbone "
            "where m.fused = 0 and m.mode = 'inference' and m.head is null and m.origin = 'measured' and m.throughput_img_s is not null group by 1, 2, 3, 4"
        ).fetchall()
    for device, architecture, resolution, precision, speed in rows:
        speeds = found.setdefault(device, {})
        key = (architecture, resolution, precision)
        speeds[key] = max(speed, speeds.get(key, 0.0))
    return found


_TOPS: Final = """
  select t.architecture, p.resolution, p.value, t.checkpoint, t.weights, t.backbone, p.params_m, p.gmacs
  from placement p cross join setting t on t.id = p.setting where p.dataset = 'ImageNet-1k' and p.metric = 'top_1'
    and p.protocol = 'supervised' and p.rank = 1 and p.resolution is not null and t.architecture is not null"""


def _measured_here(connection: sqlite3.Connection, name: str) -> Speeds:
    """The best inference throughput of bare backbones that was measured on this machine's device of that name."""
    if not has_measurements(connection):
        return {}
    rows = connection.execute(
        f"""select o.architecture, m.resolution, m.precision, max(m.throughput_img_s) from {CURRENT} m
        join {MEASURED} o on o.name = m.backbone where m.host = ? and m.device = ? and m.fused = 0 and m.mode = 'inference' and m.head is null
          and m.origin = 'measured' and m.throughput_img_s is not null and o.architecture is not null group by 1, 2, 3""",
        [host_id(), name],
    )
    return {(architecture, resolution, precision): speed for architecture, resolution, precision, speed in rows}


def _fastest(connection: sqlite3.Connection, title: str, own: Speeds, fewest: int) -> list[Section]:
    """For each precision, the fastest of all that reach a top-1."""
    counts = Counter(precision for architecture, resolution, precision in own if resolution)
    tops = connection.execute(_TOPS).fetchall() if counts else []
    lines: list[tuple[Value, ...]] = []
    for precision, count in counts.most_common():
        if count < fewest:
            continue
        timed = [(speed, top) for top in tops if (speed := own.get((top[0], top[1], precision))) is not None]
        for level in LEVELS:
            reached = [(speed, top) for speed, top in timed if top[2] >= level]
            if not reached:
                continue
            speed, (_, resolution, value, checkpoint, weights, backbone, params, gmacs) = max(
                reached, key=lambda pair: (pair[0], pair[1][2], str(pair[1][3]))
            )
            line = (precision, level, speed, value, checkpoint, weights, backbone, resolution, params, gmacs)
            if lines and (lines[-1][0], *lines[-1][2:]) == (precision, *line[2:]):
                lines.pop()  # who is the fastest at a higher level is so at this one too
            lines.append(line)
    columns = (
        *columns_of(("precision",)), Column("at_least", "top-1 at least", "number", "percent", decimals=1),
        *columns_of(("throughput_img_s", "top_1@ImageNet-1k", "checkpoint", "weights", "backbone", "resolution", "params_m", "gmacs")),
    )  # fmt: skip
    note = (
        "The fastest with a supervised ImageNet-1k top-1 of at least so much, timed and evaluated at the same resolution; "
        "the best of all batch sizes and frameworks. A level whose fastest reaches the next one is left out."
    )
    return section(
        title,
        Rows(columns, tuple(lines)),
        note=note,
        x="top_1@ImageNet-1k",
        y="throughput_img_s",
        group="precision",
    )


def _ratios(name: str, own: Speeds, speeds: dict[str, Speeds]) -> list[Section]:
    """How many times as fast it is as the others, over what both timed."""
    lines: list[tuple[Value, ...]] = []
    sought = [
        ((precision, other), (architecture, resolution, other), speed)
        for (architecture, resolution, precision), speed in own.items()
        for other in ((precision, *_AMP.get(precision, ())) if resolution else ())
    ]
    for device, other in speeds.items():
        if device == name:
            continue
        by_precision: dict[tuple[str | None, str | None], list[float]] = {}
        for pair, key, speed in sought:
            if theirs := other.get(key):
                by_precision.setdefault(pair, []).append(speed / theirs)
        for (precision, other_precision), ratios in by_precision.items():
            if len(ratios) >= FEWEST_SHARED:
                first, _, third = quantiles(ratios, n=4, method="inclusive")
                both = precision if other_precision == precision else f"{precision} to {other_precision}"
                lines.append((device, both, median(ratios), first, third, len(ratios)))
    lines.sort(key=lambda line: (-int(str(line[5])), str(line[0]), str(line[1])))
    note = (
        f"How many times as fast {name} is: the ratio of images per second over the architectures timed on both at the same resolution and "
        "precision, the best of all batch sizes and frameworks of each. `amp` is what a source prints that does not say which."
    )
    return table(
        "compared with other devices",
        ("device", "precision", "ratio", "quartile_1", "quartile_3", "shared"),
        lines,
        note=note,
    )


def measured_device(connection: sqlite3.Connection, folded: str) -> str | None:
    """The own name of a device that only measurements know; None where none is called so."""
    if not has_measurements(connection):
        return None
    row = connection.execute(
        "select distinct device from measurements.measurement where fold(device) = ? order by 1 limit 1", [folded]
    ).fetchone()
    return str(row[0]) if row else None

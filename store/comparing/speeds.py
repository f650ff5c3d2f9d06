"""Speeds and costs of the compared models, at one resolution where at least two have one."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from backbones.store.catalog import has_measurements
from backbones.store.comparing.sides import Side
from backbones.store.comparing.values import Line, winners
from backbones.store.rows import Column, Value

_SPEEDS: Final = (
    ("throughput_img_s", Column("throughput", "img/s", "number", "img/s", True, 0), max),
    ("latency_ms", Column("latency", "ms", "number", "ms", False, 2), min),
    ("peak_memory_mib", Column("peak_memory", "MiB", "number", "MiB", False, 0), min),
)
_GMACS: Final = Column("gmacs", "GMACs", "number", "G", False, 2)
_PLAIN: Final = 224
"""The resolution that is taken where several are as common."""

Speeds = dict[tuple[Any, ...], dict[int | None, float]]
"""(device, precision, mode, column) -> resolution -> value."""


def speed_lines(connection: sqlite3.Connection, sides: Sequence[Side]) -> list[Line]:
    """GMACs, then a line for each device, precision and mode that at least two have."""
    lines = [line] if (line := _macs(connection, sides)) else []
    own = [_speeds(connection, side) for side in sides]
    keys = {key for speeds in own for key in speeds}
    shared = [key for key in keys if sum(key in speeds for speeds in own) > 1]
    shared.sort(key=lambda k: (k[2] != "inference", k[3], -sum(k in s for s in own), str(k)))
    column_of = {name: column for name, column, _ in _SPEEDS}
    for key in shared:
        device, precision, mode, name, origin = key
        chosen = _at_one_resolution([speeds.get(key, {}) for speeds in own], sides)
        column = column_of[name]
        short = device.removeprefix("NVIDIA ").removeprefix("Intel ")
        words = [
            column.label,
            short,
            precision or "",
            "" if mode == "inference" else mode,
            "" if origin == "reported" else origin,
        ]
        label = " ".join(w for w in words if w)
        lines.append(_line(label, column, chosen))
    return lines


def _line(label: str, column: Column, chosen: Sequence[tuple[int | None, float] | None]) -> Line:
    values: tuple[Value, ...] = tuple(None if c is None else c[1] for c in chosen)
    sizes = {c[0] for c in chosen if c is not None}
    differs = len(sizes) > 1
    setting = "" if differs or None in sizes else f"{next(iter(sizes))} px"
    notes = tuple("" if c is None or not differs else f"{c[0]} px" if c[0] else "resolution not said" for c in chosen)
    return Line("speeds", label, setting, column, values, winners(values, column), notes, differs=differs)


def _macs(connection: sqlite3.Connection, sides: Sequence[Side]) -> Line | None:
    own: list[dict[int | None, float]] = []
    for side in sides:
        rows = connection.execute(
            "select resolution, min(gmacs) from compute where architecture = ? group by 1", [side.architecture]
        )
        own.append(dict(rows.fetchall()))
    return _line("GMACs", _GMACS, _at_one_resolution(own, sides)) if any(own) else None


def _speeds(connection: sqlite3.Connection, side: Side) -> Speeds:
    if side.backbone_id is None:
        return {}
    rows = connection.execute(
        "select x.device, x.precision, x.mode, x.resolution, x.throughput_img_s, x.latency_ms, x.peak_memory_mib, 'reported' "
        "from timed u join fastest x on x.mention = u.mention where u.backbone_id = ? "
        "and (x.resolution is not null or u.checkpoint_id is ?)",
        [side.backbone_id, side.checkpoint_id],
    ).fetchall()
    if has_measurements(connection):
        rows += connection.execute(
            "select x.device, x.precision, x.mode, x.resolution, x.throughput_img_s, x.latency_ms, x.peak_memory_mib, x.origin "
            "from measurements.measurement x join alias l on l.kind = 'backbone' and l.name = x.backbone "
            "join backbone y on y.id = l.entity_id where y.architecture = ? and x.head is null",
            [side.architecture],
        ).fetchall()
    found: Speeds = {}
    for device, precision, mode, resolution, *values, origin in rows:
        for (name, _, best), value in zip(_SPEEDS, values, strict=True):
            if value is not None:
                at = found.setdefault((device, precision, mode, name, origin), {})
                at[resolution] = best(value, at.get(resolution, value))
    return found


def _at_one_resolution(
    own: Sequence[dict[int | None, float]], sides: Sequence[Side]
) -> list[tuple[int | None, float] | None]:
    """Each model's value at the resolution that most of them have; a model without it at its own nearest."""
    wanted = [side.resolution for side in sides if side.resolution]
    sizes = {size for values in own for size in values if size is not None}

    def rank(size: int) -> tuple[object, ...]:
        return (-sum(size in values for values in own), -wanted.count(size), abs(size - _PLAIN), size)

    common = min(sizes, key=rank, default=None)
    found: list[tuple[int | None, float] | None] = []
    for values in own:
        if not values:
            found.append(None)
        elif common in values:
            found.append((common, values[common]))
        else:
            size = min(values, key=lambda s: (s is None, abs((s or 0) - (common or 0))))
            found.append((size, values[size]))
    return found

"""Speeds and costs of the compared models, at one resolution where at least two have one."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from backbones.store.catalog import has_measurements
from backbones.store.comparing.sides import Side
from backbones.store.comparing.values import Line, winners
from backbones.store.measured_backbones import MEASURED
from backbones.store.measuring.current import CURRENT
from backbones.store.rows import Column, Value

_SPEEDS: Final = (
    ("throughput_img_s", Column("throughput", "img/s", "number", "img/s", True, 0)),
    ("latency_ms", Column("latency", "ms", "number", "ms", False, 2)),
    ("peak_memory_mib", Column("peak_memory", "MiB", "number", "MiB", False, 0)),
)
_GMACS: Final = Column("gmacs", "GMACs", "number", "G", False, 2)
_PLAIN: Final = 224
"""The resolution that is taken where several are as common."""

BEST_OF_ALL: Final = "best of all batch sizes and frameworks"


class Timed(NamedTuple):
    """A value and how it was measured; both are unknown of GMACs."""

    value: float
    how: tuple[str, ...] = ()
    """Framework, compilation and batch size, as far as they are said."""


ByResolution = dict[int | None, Timed]
Speeds = dict[tuple[Any, ...], ByResolution]
"""(device, precision, mode, column, origin) -> resolution -> the best value."""


def speed_lines(connection: sqlite3.Connection, sides: Sequence[Side]) -> list[Line]:
    """GMACs, then a line for each device, precision and mode that at least two have."""
    lines = [line] if (line := _macs(connection, sides)) else []
    own = [_speeds(connection, side) for side in sides]
    keys = {key for speeds in own for key in speeds}
    shared = [key for key in keys if sum(key in speeds for speeds in own) > 1]
    shared.sort(key=lambda k: (k[2] != "inference", k[3], -sum(k in s for s in own), str(k)))
    column_of = {name: column for name, column in _SPEEDS}
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


def _line(label: str, column: Column, chosen: Sequence[tuple[int | None, Timed] | None]) -> Line:
    """What the values have in common is the line's setting; where software or batch sizes are unlike, each value says its own."""
    there = [c for c in chosen if c is not None]
    values: tuple[Value, ...] = tuple(None if c is None else c[1].value for c in chosen)
    one_size, one_way = len({size for size, _ in there}) == 1, len({timed.how for _, timed in there}) == 1
    size, first = there[0]
    common = [f"{size} px"] if one_size and size else []
    common += (text for text in first.how if text) if one_way else [BEST_OF_ALL]
    notes = tuple("" if c is None else _told(*c, not one_size, not one_way) for c in chosen)
    differs = not (one_size and one_way)
    return Line("speeds", label, ", ".join(common), column, values, winners(values, column), notes, differs=differs)


def _told(size: int | None, timed: Timed, tell_size: bool, tell_way: bool) -> str:
    found = [f"{size} px" if size else "resolution not said"] if tell_size else []
    way = [text for text in timed.how if text] or ["framework and batch size not said"]
    return ", ".join([*found, *(way if tell_way else [])])


def _macs(connection: sqlite3.Connection, sides: Sequence[Side]) -> Line | None:
    own: list[ByResolution] = []
    for side in sides:
        rows = connection.execute(
            "select resolution, min(gmacs) from compute where architecture = ? group by 1", [side.architecture]
        )
        own.append({resolution: Timed(gmacs) for resolution, gmacs in rows})
    return _line("GMACs", _GMACS, _at_one_resolution(own, sides)) if any(own) else None


def _speeds(connection: sqlite3.Connection, side: Side) -> Speeds:
    if side.backbone_id is None:
        return {}
    columns = "x.device, x.precision, x.mode, x.resolution, x.framework, x.compiled, x.batch_size, x.throughput_img_s, x.latency_ms, x.peak_memory_mib"
    rows = connection.execute(
        f"select {columns}, 'reported' from timed u join speed x on x.mention = u.mention where u.backbone_id = ? "
        "and x.head is null and x.setting is not 'fused' and (x.resolution is not null or u.checkpoint_id is ?)",
        [side.backbone_id, side.checkpoint_id],
    ).fetchall()
    if has_measurements(connection):
        rows += connection.execute(
            f"select {columns}, x.origin from {CURRENT} x join {MEASURED} o on o.name = x.backbone "
            "where o.architecture = ? and x.head is null and x.fused = 0",
            [side.architecture],
        ).fetchall()
    found: Speeds = {}
    for device, precision, mode, resolution, framework, compiled, batch, *values, origin in rows:
        how = (framework or "", "compiled" if compiled else "", f"batch {batch}" if batch else "")
        for (name, column), value in zip(_SPEEDS, values, strict=True):
            if value is not None and device is not None:
                at = found.setdefault((device, precision, mode, name, origin), {})
                at[resolution] = _better(Timed(value, how), at.get(resolution), column)
    return found


def _better(new: Timed, held: Timed | None, column: Column) -> Timed:
    """The better value; of equal ones the first by name."""
    if held is None or new.value == held.value:
        return new if held is None else min(new, held)
    return new if (new.value > held.value) == bool(column.higher_is_better) else held


def _at_one_resolution(own: Sequence[ByResolution], sides: Sequence[Side]) -> list[tuple[int | None, Timed] | None]:
    """Each model's value at the resolution that most of them have; a model without it at its own nearest."""
    wanted = [side.resolution for side in sides if side.resolution]
    sizes = {size for values in own for size in values if size is not None}

    def rank(size: int) -> tuple[object, ...]:
        return (-sum(size in values for values in own), -wanted.count(size), abs(size - _PLAIN), size)

    common = min(sizes, key=rank, default=None)
    found: list[tuple[int | None, Timed] | None] = []
    for values in own:
        if not values:
            found.append(None)
        elif common in values:
            found.append((common, values[common]))
        else:
            size = min(values, key=lambda s: (s is None, abs((s or 0) - (common or 0))))
            found.append((size, values[size]))
    return found

"""What is compared: this machine's visits of a time or under a fingerprint, or the speeds that are reported of a device."""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from backbones.store.compile import DEFAULT_ANCHOR, Compiler
from backbones.store.errors import BackbonesError, QueryError
from backbones.store.machine import host_id
from backbones.store.measured_backbones import device_here
from backbones.store.measuring.export import OWN_SOURCE
from backbones.store.measuring.keeping import visits
from backbones.store.measuring.sample import spread
from backbones.store.measuring.summary import value_of
from backbones.store.measuring.visit import Visit
from backbones.store.references import Reference
from backbones.store.text import fold

_DATE: Final = re.compile(r"\d{4}-\d\d(?:-\d\d(?:[T ]\d\d(?::\d\d)*)?)?")
_HEX: Final = re.compile(r"[0-9a-f]{4,12}")


class What(NamedTuple):
    """What a speed is of: a model in a setting. Sides meet where all of it is equal."""

    model: str | int
    """timm's name, or the architecture in the catalogue."""
    resolution: int
    precision: str
    compiled: bool
    mode: str
    """`throughput`, `latency`, `training`."""
    more: tuple[str, ...] = ()
    """Device, layout, form and batch size asked for, where both sides are this machine's."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A speed with what its rounds say of its uncertainty."""

    value: float
    """Images a second; milliseconds of latency."""
    batch_size: int | None
    low: float = 0.0
    high: float = 0.0
    """The range of the rounds, each widened by its interval."""
    spread: float | None = None
    """Range over median of the rounds; None for a single one, or a number somebody reports."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two things that are compared."""

    label: str
    visits: tuple[Visit, ...] | None = None
    """None: reported of a device."""
    device: str = ""


def side_of(connection: sqlite3.Connection, path: Path, text: str) -> Side:
    """The side that a text means: `here`, `today`, `yesterday`, a date or its beginning, a fingerprint's beginning, a device.

    BackbonesError with suggestions where it means none, or where nothing was measured then.
    """
    said = text.strip()
    if fold(said) == "here":
        device = device_here(connection)
        if device is None:
            raise BackbonesError("nothing was measured on this machine yet; `backbones probe NAME…` measures")
        return Side(f"here ({device})", _own(path, device=device), device)
    days = {"today": 0, "yesterday": 1}
    day = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=days.get(fold(said), 0))
    date = day.isoformat() if fold(said) in days else said.replace(" ", "T")
    if _DATE.fullmatch(date):
        if not (found := tuple(v for v in _own(path) if v.started.startswith(date))):
            raise BackbonesError(f"nothing was measured on this machine on {date}; {_runs_hint(path)}")
        return Side(date, found)
    if _HEX.fullmatch(said) and (found := tuple(v for v in _own(path) if v.conditions.fingerprint.startswith(said))):
        whole = sorted({v.conditions.fingerprint for v in found})
        if len(whole) > 1:
            raise BackbonesError(f"{said!r} is the beginning of {', '.join(whole)}; write more of it")
        return Side(whole[0], found)
    try:
        device = Compiler(connection, DEFAULT_ANCHOR, measured=True).place("device", Reference("throughput", said))
    except QueryError as error:
        near = f"; did you mean {', '.join(error.suggestions)}?" if error.suggestions else "."
        raise BackbonesError(
            f"{said!r} is no device{near} Name a device, `here`, a date as 2026-11-20, or a fingerprint; {_runs_hint(path)}"
        ) from None
    return Side(device, None, device)


def later_than(path: Path, side: Side) -> Side:
    """What was measured on this machine after all visits of that side."""
    before = side.visits or ()
    last = max(v.moment for v in before)
    devices = {v.conditions.device for v in before}
    found = tuple(v for v in _own(path) if v.moment > last and v.conditions.device in devices)
    if not found:
        raise BackbonesError(f"nothing was measured after {side.label}; probe again, then compare")
    return Side(f"after {side.label}", found)


def own_figures(found: Iterable[Visit]) -> dict[What, Figure]:
    """The speeds of visits, each model in each setting for itself."""
    groups: dict[What, list[Visit]] = {}
    for visit in found:
        if visit.seen is None or value_of(visit) is None:
            continue
        task = visit.task
        more = (visit.conditions.device, task.memory_format, f"{task.fused}", f"{task.batch_size}")
        what = What(task.model, visit.seen.resolution, task.precision, task.compiled, task.quantity, more)
        groups.setdefault(what, []).append(visit)
    return {what: _figure(group) for what, group in groups.items()}


def best_by_architecture(
    own: Mapping[What, Figure], architectures: Mapping[str, int]
) -> tuple[dict[What, Figure], dict[What, str]]:
    """The fastest of each architecture, resolution, precision and compile, and the name that it was measured under."""
    best: dict[What, Figure] = {}
    names: dict[What, str] = {}
    for what, figure in own.items():
        if what.mode == "latency" or (architecture := architectures.get(str(what.model))) is None:
            continue
        plain = what._replace(model=architecture, more=())
        if plain not in best or figure.value > best[plain].value:
            best[plain], names[plain] = figure, str(what.model)
    return best, names


def reported_figures(connection: sqlite3.Connection, device: str) -> tuple[dict[What, Figure], dict[What, str]]:
    """The best throughput of each architecture in each setting on a device; what others measured where nobody reports any.

    A sheet that this machine exported is no report of others, also where it was added here.
    """
    rows = connection.execute(
        """select s.architecture, x.resolution, x.precision, coalesce(x.compiled, 0), x.mode, x.throughput_img_s, x.batch_size, b.backbone
        from speed x join subject s on s.id = x.mention join backbone b on b.id = s.backbone_id
        where x.device = ? and x.head is null and x.throughput_img_s > 0 and x.resolution is not null and x.precision is not null
          and s.architecture is not null and coalesce(x.source, '') not glob ?""",
        [device, f"{OWN_SOURCE}{host_id()}*"],
    ).fetchall()
    if not rows and "measurements" in [row[1] for row in connection.execute("pragma database_list")]:
        rows = connection.execute(
            """select b.architecture, m.resolution, m.precision, m.compiled, m.mode, m.throughput_img_s, m.batch_size, m.backbone
            from probe_measurement m join main.alias l on l.kind = 'backbone' and l.folded = fold(m.backbone)
              join main.backbone b on b.id = l.entity_id
            where m.device = ? and m.host <> ? and m.head is null and m.throughput_img_s > 0 and m.quantity <> 'latency'""",
            [device, host_id()],
        ).fetchall()
    best: dict[What, Figure] = {}
    names: dict[What, str] = {}
    for architecture, resolution, precision, compiled, mode, speed, batch, backbone in rows:
        what = What(
            architecture, resolution, precision, bool(compiled), "training" if mode == "training" else "throughput"
        )
        if what not in best or speed > best[what].value:
            best[what], names[what] = Figure(speed, batch), backbone
    return best, names


def architectures_of(connection: sqlite3.Connection, models: Iterable[str]) -> dict[str, int]:
    """The architecture of each model that the catalogue knows."""
    found: dict[str, int] = {}
    for model in set(models):
        row = connection.execute(
            "select b.architecture from alias l join backbone b on b.id = l.entity_id where l.kind = 'backbone' and l.folded = ? limit 1",
            [fold(model)],
        ).fetchone()
        if row is not None:
            found[model] = row[0]
    return found


def _figure(group: list[Visit]) -> Figure:
    values = [value for visit in group if (value := value_of(visit)) is not None]
    widths = [visit.seen.ci for visit in group if visit.seen is not None]
    low = min(value * (1 - ci) for value, ci in zip(values, widths, strict=True))
    high = max(value * (1 + ci) for value, ci in zip(values, widths, strict=True))
    latest = max(group, key=lambda visit: visit.moment)
    batch = latest.seen.batch_size if latest.seen is not None else None
    return Figure(median(values), batch, low, high, spread(values) if len(values) > 1 else None)


def _own(path: Path, **where: str) -> tuple[Visit, ...]:
    return tuple(visits(path, host=host_id(), status="ok", **where))


def _runs_hint(path: Path) -> str:
    days = sorted({visit.started[:10] for visit in _own(path)})
    told = f"there are visits of {', '.join(days[-5:])}" if days else "nothing was measured yet"
    return f"{told}; `backbones measurements list --runs` shows all"

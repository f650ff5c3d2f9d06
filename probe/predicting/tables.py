"""What the catalogue knows of speeds: one table a device and setting, over timm's architectures at a resolution."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from backbones.store.measuring.count import Count
from backbones.store.measuring.counts import shipped
from backbones.store.measuring.current import CURRENT
from backbones.store.text import fold

Key = tuple[str, int]
"""timm's name of an architecture, and the resolution."""

LEAST: Final = 200
"""Models that a table must have: what fewer tell is mostly their noise."""
_OTHER_FORM: Final = 0.04
"""Share by which parameters may differ before a row is of another network: merged branches, an older definition."""

_SAME: Final = 1e-5
"""Share up to which two numbers are one: sheets are written with six digits. Two visits differ by more."""
_MEASURED: Final = "mode = 'inference' and head is null and origin = 'measured' and fused = 0 and throughput_img_s > 0 and resolution > 0"


@dataclass(frozen=True, slots=True)
class Traits:
    """What a model costs anywhere."""

    gmacs: float
    activations_m: float
    params_m: float
    family: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The speeds of one device in one setting."""

    device: str
    kind: str
    """`gpu`, `cpu`, empty where unknown."""
    precision: str
    framework: str
    memory_format: str
    compiled: bool | None
    speeds: Mapping[Key, float]
    """Images a second."""

    @property
    def title(self) -> str:
        """In a line."""
        said = (self.device, self.precision, self.framework, self.memory_format, "compiled" if self.compiled else "")
        return ", ".join(filter(None, said))


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables, and the traits of every model that the installed timm can build."""

    tables: tuple[Table, ...]
    traits: Mapping[Key, Traits]

    def without(self, *devices: str) -> Tables:
        """The others: no table of these devices."""
        gone = {fold(device) for device in devices}
        return replace(self, tables=tuple(t for t in self.tables if fold(t.device) not in gone))

    def only(self, kept: Iterable[Table]) -> Tables:
        """Just these tables."""
        return replace(self, tables=tuple(kept))

    def other_than(self, measured: Mapping[Key, float]) -> Tables:
        """Without tables that hold these very measurements: a column predicted from itself would look certain."""
        return self.only(table for table in self.tables if not _is_same(table.speeds, measured))


def counted(connection: sqlite3.Connection) -> dict[str, Count]:
    """The models that are predicted. timm's `test_*` models are left out: no real model is as small."""
    found = shipped(connection)
    return {name: c for name, c in found.items() if c.height == c.width and not name.startswith("test_")}


def tables_of(connection: sqlite3.Connection, without: Iterable[str] = ()) -> Tables:
    """What an opened catalogue knows, with the measurements that are attached; `without` names devices to leave out.

    Only models of timm in train form: a row whose parameters are others than timm's is of merged branches or of an older
    definition.
    """
    counts = counted(connection)
    families = _families(connection)
    traits = {(name, count.height): _traits(count, count.height, families) for name, count in counts.items()}
    found: dict[tuple[Any, ...], dict[Key, float]] = defaultdict(dict)
    for setting, model, resolution, speed, params_m in _rows(connection):
        count = counts.get(model)
        if count is None or is_other_form(count, params_m):
            continue
        key = (model, resolution)
        traits.setdefault(key, _traits(count, resolution, families))
        found[setting][key] = max(speed, found[setting].get(key, 0.0))  # of several batch sizes the best
    kinds = dict(connection.execute("select device, kind from devices"))
    tables = tuple(
        Table(device, kinds.get(device) or "", precision or "", framework or "", layout or "", _flag(compiled), speeds)
        for (device, precision, framework, layout, compiled, _), speeds in sorted(found.items(), key=repr)
        if len(speeds) >= LEAST
    )
    return Tables(tables, traits).without(*without)


def _rows(connection: sqlite3.Connection) -> Iterator[tuple[tuple[Any, ...], str, int, float, float | None]]:
    """Setting, model, resolution, images a second, parameters of every row that may be in a table.

    Of measurements those that count today; what was exported and got back as a sheet stands among them already, and is hidden.
    """
    columns = "device, precision, framework, memory_format, compiled"
    reported = f"""select {columns}, '' as host, m.backbone, f.resolution, f.throughput_img_s, f.params_m
      from speed f join main.mention m on m.id = f.mention
      where f.mode = 'inference' and f.head is null and f.throughput_img_s > 0 and f.resolution is not null
        and f.setting is not 'fused'"""
    measured = f"""select {columns}, host, backbone, resolution, throughput_img_s, null from {CURRENT}
      where {_MEASURED}"""
    for row in connection.execute(f"{reported} union all {measured}" if _is_attached(connection) else reported):
        yield tuple(row[:6]), *row[6:]


def _is_attached(connection: sqlite3.Connection) -> bool:
    """Whether measurements.db is there beside the catalogue."""
    return (
        connection.execute("select 1 from temp.sqlite_master where name = 'probe_measurement'").fetchone() is not None
    )


def _is_same(speeds: Mapping[Key, float], measured: Mapping[Key, float]) -> bool:
    """Whether most of the measured speeds stand there, digit for digit."""
    equal = sum(abs(speeds.get(key, 0.0) - speed) <= _SAME * speed for key, speed in measured.items())
    return equal >= 3 and 2 * equal > len(measured)


def _families(connection: sqlite3.Connection) -> dict[str, str]:
    rows = connection.execute(
        "select m.backbone, min(a.family) from main.mention m join main.subject s on s.id = m.id "
        "join main.family a on a.id = s.family_id where m.backbone is not null group by 1"
    )
    return dict(rows)


def _traits(count: Count, resolution: int, families: Mapping[str, str]) -> Traits:
    """At another resolution than the counted one, work grows as the area does."""
    area = (resolution / count.height) ** 2
    return Traits(
        max(count.macs / 1e9 * area, 1e-3), max(count.activations / 1e6 * area, 1e-3), max(count.params / 1e6, 1e-3),
        families.get(count.model, ""),
    )  # fmt: skip


def is_other_form(count: Count, params_m: float | None) -> bool:
    """Whether these parameters are not the counted model's: merged branches, an older definition, no classifier."""
    own = count.params / 1e6
    return params_m is not None and abs(params_m - own) > max(_OTHER_FORM * own, 0.011)  # tables round to 0.01


def _flag(value: int | None) -> bool | None:
    return None if value is None else bool(value)

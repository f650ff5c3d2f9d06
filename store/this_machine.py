"""This machine as a thing of the catalogue: which of its devices were measured, which of them `here` is, how each is asked for."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

from backbones.store.machine import host_id
from backbones.store.references import Reference
from backbones.store.text import fold, slug

HERE: Final = "this machine"
"""What `@here` is called where people read it; a name that pages and the search know, too."""
_NAMES: Final = frozenset(("here", fold(HERE)))

_DEVICES: Final = """
  select m.device, coalesce(nullif(max(m.device_kind), ''), max(d.kind), '') as sort, count(*), count(distinct m.backbone),
    max(m.datetime_utc)
  from probe_measurement m left join main.device d on d.device = m.device where m.host = ? and m.origin = 'measured'
  group by m.device order by sort = 'cpu', count(*) desc, m.device"""

_CONNECTIONS: Final = 4
_known: dict[int, tuple[sqlite3.Connection, tuple[object, ...], tuple[OwnDevice, ...]]] = {}


@dataclass(frozen=True, slots=True)
class OwnDevice:
    """A device of this machine that something was measured on. Several GPUs of one name are one device."""

    device: str
    kind: str
    """`gpu`, `cpu`, empty where unknown."""
    measurements: int
    backbones: int
    latest: str
    """UTC, ISO 8601."""

    @property
    def typed(self) -> str:
        """Its name as it is written after @: without blanks, where that leads to it."""
        short = slug(self.device)
        return short if short and fold(short) == fold(self.device) else self.device

    def reference(self, name: str = "throughput") -> str:
        """How a column of this very device is asked for: `throughput@amd-epyc-9575f`."""
        return str(Reference(name, self.typed))


def is_here(name: str | None) -> bool:
    """Whether a name means this machine."""
    return fold(name or "") in _NAMES


def many(count: int, what: str) -> str:
    """`1 model`, `1,200 models`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def own_devices(connection: sqlite3.Connection) -> tuple[OwnDevice, ...]:
    """The devices of this machine, that which `here` is first: GPUs before CPUs, then the one with most measurements.

    None where nothing was measured on this machine, or measurements are not attached. Read once as long as the file stays as it is:
    a page or an advice asks ten times.
    """
    if "measurements" not in [row[1] for row in connection.execute("pragma database_list")]:
        return ()
    host = host_id()
    version = (host, *connection.execute("pragma measurements.data_version").fetchone())
    kept = _known.pop(id(connection), None)
    if kept is None or kept[0] is not connection or kept[1] != version:
        kept = (connection, version, tuple(OwnDevice(*row) for row in connection.execute(_DEVICES, [host])))
    _known[id(connection)] = kept
    for key in list(_known)[:-_CONNECTIONS]:
        _known.pop(key, None)
    return kept[2]


def predicted_here(connection: sqlite3.Connection, device: str) -> int:
    """How many speeds are predicted for a device of this machine."""
    sql = "select count(*) from probe_prediction where host = ? and device = ?"
    return int(connection.execute(sql, [host_id(), device]).fetchone()[0])

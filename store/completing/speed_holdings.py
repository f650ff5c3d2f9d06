"""How many rows of an anchor have which speed: on which device, in which mode and precision, under which other conditions.

Counted in sets as the compiler joins each row: a classification row on architecture and resolution (on the checkpoint where
neither says one), a downstream row on its own collection, checkpoint, head and setting.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from backbones.store.compile import Compiler
from backbones.store.completing.condition_table import ConditionTable, Stand, comparable
from backbones.store.fragment import Fragment
from backbones.store.measured_backbones import MEASURED, PREDICTED
from backbones.store.own_speeds import current, of_measured, of_reported
from backbones.store.references import SPEEDS
from backbones.store.text import fold
from backbones.store.this_machine import HERE as THIS_MACHINE
from backbones.store.this_machine import is_here
from backbones.store.vocabulary import METRICS

_PLAIN: Final = ("mode", "precision")
_MORE: Final = (
    "framework", "memory_format", "compiled", "fused", "batch_size", "collection", "source", "resolution", "origin",
)  # fmt: skip
HERE: Final = "here"
_HAS: Final = ", ".join(f"x.{column} is not null" for column in SPEEDS.values())


class SpeedRows:
    """Speeds of the rows of one anchor."""

    def __init__(self, compiler: Compiler) -> None:
        self.compiler, self.connection = compiler, compiler.connection
        self.is_alone = METRICS[compiler.anchor.name].is_classification
        self._tables: dict[tuple[str, str, bool], ConditionTable] = {}
        self._short: dict[tuple[str, str], ConditionTable] = {}
        self._read: dict[tuple[str, bool], list[Any]] = {}
        self._overviews: dict[str, list[Any]] | None = None
        self._weights: dict[int, int] = {}

    def devices(self) -> list[str]:
        """Those that have any."""
        if self._overviews is None:
            self._overviews = defaultdict(list)
            for row in self._rows("", False):
                self._overviews[row[2]].append(row)
            if self.compiler.measured and (measured := self._measured(HERE, _PLAIN, False)):
                self._overviews[HERE] = measured
        return list(self._overviews)

    def overview(self, speed: str, device: str) -> ConditionTable:
        """Modes and precisions of a speed on a device."""
        if (speed, device) not in self._short:
            self.devices()
            assert self._overviews is not None
            self._short[speed, device] = self._table(speed, self._overviews.get(device, []), _PLAIN)
        return self._short[speed, device]

    def any(self, speed: str) -> int:
        """How many rows have a speed on any device."""
        self.devices()
        assert self._overviews is not None
        return self._table(speed, [row for rows in self._overviews.values() for row in rows], _PLAIN).count({})

    def table(self, speed: str, device: str, at_any_resolution: bool) -> ConditionTable:
        """All conditions of a speed on a device. Where a resolution is asked for, it need not be the row's own."""
        device = HERE if is_here(device) else device
        key = speed, device, at_any_resolution
        if key not in self._tables:
            if key[1:] not in self._read:
                self._read[key[1:]] = self._rows(device, at_any_resolution)
            self._tables[key] = self._table(speed, self._read[key[1:]], (*_PLAIN, *_MORE))
        return self._tables[key]

    def _table(self, speed: str, rows: list[Any], names: tuple[str, ...]) -> ConditionTable:
        has = 3 + len(names) + list(SPEEDS).index(speed)
        members: dict[tuple[Any, ...], set[int]] = defaultdict(set)
        for row in rows:
            self._weights[row[0]] = row[1]
            if row[has]:
                members[row[3 : 3 + len(names)]].add(row[0])
        stands = [Stand(_said(names, key), members=frozenset(found)) for key, found in members.items()]
        return ConditionTable(
            stands, {"mode": "inference"} | ({"fused": "no"} if "fused" in names else {}), True, self._weights
        )

    def _rows(self, device: str, at_any_resolution: bool) -> list[Any]:
        """(row of the anchor, weight, device, conditions …, has …), on one device or (mode and precision only) on all."""
        names = (*_PLAIN, *_MORE) if device else _PLAIN
        found = [] if device == HERE else self._reported(device, names, at_any_resolution)
        if not self.compiler.measured:
            return found
        found += self._measured(device, names, at_any_resolution)
        return found + (self._predicted(device, names, at_any_resolution) if "origin" in names else [])

    def _anchored(self) -> Fragment:
        """`a` (id, n, b, r, c, architecture, head …): the anchor's rows; those that have the same speeds as one."""
        names = "t.backbone_id as b, t.resolution as r, t.architecture, p.head"
        if self.is_alone:
            names += ", case when t.resolution is null then t.checkpoint_id end as c"
            base = self.compiler.base(names)
            inner = f"select {names}, count(*) as n, min(p.result) as id {base.sql} group by 1, 2, 3, 4, 5"
            return Fragment(f"with a as materialized ({inner})", base.parameters)
        names += ", t.checkpoint_id as c, p.collection, k.setting, r.source_ref"
        base = self.compiler.base(names)
        return Fragment(f"with a as materialized (select {names}, 1 as n, p.result as id {base.sql})", base.parameters)

    def _reported(self, device: str, names: tuple[str, ...], at_any_resolution: bool) -> list[Any]:
        anchored = self._anchored()
        table = "fastest" if names == _PLAIN and self.is_alone else "speed"
        columns = of_reported(", ".join("'reported'" if name == "origin" else f"x.{name}" for name in names))
        selected = f"select distinct a.id, a.n, x.device, {columns}, {_HAS} from a"
        of_device = "x.device = ?" if device else "x.device is not null"
        if not self.is_alone:
            sql = (
                f"{selected} join timed u on u.backbone_id = a.b and (u.checkpoint_id is null or u.checkpoint_id = a.c) "
                f"join speed x on x.mention = u.mention where {of_device} and x.head = a.head "
                "and x.collection = a.collection and (x.setting is a.setting or x.source_ref = a.source_ref)"
            )
            parts = 1
        else:
            headless = f"{of_device} and x.head is null" if table == "speed" else of_device
            joins = f"join timed u on u.backbone_id = a.b join {table} x on x.mention = u.mention"
            if at_any_resolution:
                sql, parts = f"{selected} {joins} where {headless}", 1
            else:
                known = f"{selected} {joins} and x.resolution = a.r where {headless}"
                unknown = f"{selected} {joins} where a.r is null and x.resolution is null and u.checkpoint_id = a.c"
                sql, parts = f"{known} union all {unknown} and {headless}", 2
        given = [device] * parts if device else []
        return self.connection.execute(f"{anchored.sql} {sql}", anchored.parameters + given).fetchall()

    def _measured(self, device: str, names: tuple[str, ...], at_any_resolution: bool) -> list[Any]:
        anchored = self._anchored()
        columns = of_measured(", ".join(f"x.{name}" for name in names))
        place, given = self.compiler.own.of_device(THIS_MACHINE if device == HERE else device)
        if not device:
            place, given = "1", []
        resolution = "" if at_any_resolution else " and x.resolution = a.r"
        sql = (
            f"select distinct a.id, a.n, x.device, {columns}, {_HAS} from {current(columns)} x "
            f"join {MEASURED} o on o.name = x.backbone join a on a.architecture = o.architecture and x.head is a.head{resolution} where {place}"
            + ("" if "fused" in names else " and x.fused = 0")
        )
        return self.connection.execute(f"{anchored.sql} {sql}", anchored.parameters + given).fetchall()

    def _predicted(self, device: str, names: tuple[str, ...], at_any_resolution: bool) -> list[Any]:
        """What was predicted: under the conditions that a prediction has."""
        anchored = self._anchored()
        known = {name: f"x.{name}" for name in ("precision", "memory_format", "compiled", "resolution")}
        known |= {"mode": "'inference'", "origin": "'predicted'", "fused": "0"}
        columns = ", ".join(known.get(name, "null") for name in names)
        has = ", ".join("1" if name == "throughput" else "0" for name in SPEEDS)
        place, given = self.compiler.own.of_device(THIS_MACHINE if device == HERE else device)
        resolution = "" if at_any_resolution else " and x.resolution = a.r"
        sql = (
            f"select distinct a.id, a.n, x.device, {columns}, {has} from probe_prediction x "
            f"join {PREDICTED} o on o.name = x.backbone join a on a.architecture = o.architecture and a.head is null{resolution} where {place}"
        )
        return self.connection.execute(f"{anchored.sql} {sql}", anchored.parameters + given).fetchall()


def _said(names: tuple[str, ...], values: tuple[Any, ...]) -> dict[str, dict[str, str]]:
    said = {}
    for name, value in zip(names, values, strict=True):
        if value is None:
            continue
        text = ("yes" if value else "no") if name in ("compiled", "fused") else str(value)
        if fold(text):
            said[name] = {comparable(name, text): text}
    return said

"""The rows behind facets: the candidates of a view with their attributes, and which clauses of the filter each passes."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from backbones.store.catalog import has_measurements
from backbones.store.columns import ATTRIBUTE_SQL
from backbones.store.compile import DEFAULT_ANCHOR, Compiler, joined
from backbones.store.conditions import Conditions, asks_for_own
from backbones.store.filter_choices import other_clauses
from backbones.store.filters import Comparison, Every, Filter, clauses, parse_filter, references_of
from backbones.store.fragment import Fragment
from backbones.store.measured_backbones import MEASURED
from backbones.store.measuring.current import CURRENT
from backbones.store.references import Reference, parse_reference
from backbones.store.view import View
from backbones.store.vocabulary import METRICS

ATTRIBUTES: Final = (
    "prominent", "family", "head", "resolution", "pretraining_dataset", "pretraining_method", "token_mixer", "hierarchical",
    "licence_class", "installable", "library", "collection", "source",
)  # fmt: skip
_IDS: Final = ("p.result", "t.backbone_id", "t.resolution", "t.checkpoint_id", "t.architecture")
"""What a row is found by where its speeds are looked up; they stand after the attributes."""
_KEY: Final = len(ATTRIBUTES)
_CLAUSES: Final = _KEY + len(_IDS)


def anchor_of(view: View, tree: Filter | None) -> Reference:
    """The metric whose rows a view shows: the y axis, else the first that filter, order or columns name."""
    drawn = [view.y] if view.group and view.y else []
    others = [*(s.reference for s in view.sort), *view.columns, view.x, view.y, view.group]
    everything = [*map(parse_reference, drawn), *references_of(tree), *(parse_reference(o) for o in others if o)]
    return next((reference for reference in everything if reference.is_metric), DEFAULT_ANCHOR)


@dataclass(slots=True)
class Memory:
    """What stays the same from question to question on one connection."""

    timed: dict[tuple[int | None, int | None], set[str]] = field(default_factory=dict)
    """Mention and resolution -> devices that it was timed on."""
    mentions: dict[int, list[tuple[int, int | None]]] = field(default_factory=dict)
    """Backbone -> mentions whose speeds are its own, with their checkpoints."""
    metrics: dict[tuple[str, str, str], int] = field(default_factory=dict)
    """Data set, metric and protocol -> how many rows there are in all."""


class Candidates:
    """The rows of a view before its filter: `rows[i]` holds the values of ATTRIBUTES, ids, and whether each clause holds."""

    def __init__(self, connection: sqlite3.Connection, view: View, memory: Memory) -> None:
        self.connection, self.view, self.memory = connection, view, memory
        self.tree = parse_filter(view.filter)
        self.parts = clauses(self.tree)
        self.anchor = anchor_of(view, self.tree)
        self.measured = has_measurements(connection)
        self.compiler = Compiler(connection, self.anchor, self.measured, asks_for_own(self.tree))
        self.rows = self._read()
        self._passing: dict[tuple[int, ...], list[tuple[Any, ...]]] = {(): self.rows}

    def passing(self, facet: str) -> list[tuple[Any, ...]]:
        """The rows that pass all clauses but the facet's own."""
        others = other_clauses(self.tree, facet)
        asked = tuple(_CLAUSES + i for i, part in enumerate(self.parts) if any(part is other for other in others))
        for i in range(1, len(asked) + 1):  # facets without a clause of their own share all steps
            if asked[:i] not in self._passing:
                at = asked[i - 1]
                self._passing[asked[:i]] = [row for row in self._passing[asked[: i - 1]] if row[at]]
        return self._passing[asked]

    def _read(self) -> list[tuple[Any, ...]]:
        names = {r: f"v{i}" for i, r in enumerate(dict.fromkeys(references_of(self.tree)))}
        values = [(self.compiler.value(reference), name) for reference, name in names.items()]
        conditions = Conditions(self.compiler, names, self.view.filter)
        tests = [conditions.condition(part) for part in self.parts]
        read = [ATTRIBUTE_SQL[name] for name in ATTRIBUTES] + list(_IDS)
        columns = ", ".join(
            [f"{sql} as c{i}" for i, sql in enumerate(read)] + [f"{v.sql} as {name}" for v, name in values]
        )
        base = self.compiler.base(columns, conditions.narrowing(self._fixed()))
        wanted = ", ".join([f"c{i}" for i in range(len(read))] + [test.sql for test in tests])
        kept = "materialized" if tests else "not materialized"  # without a filter nothing is read twice
        given = [v for value, _ in values for v in value.parameters] + base.parameters
        return self.connection.execute(
            f"with candidate as {kept} (select {columns} {base.sql}) select {wanted} from candidate",
            given + [v for test in tests for v in test.parameters],
        ).fetchall()

    def _fixed(self) -> Filter | None:
        """The clauses that no facet owns: what they exclude is in no count."""
        fixed = self.parts
        for facet in ATTRIBUTES:
            others = other_clauses(self.tree, facet)
            fixed = tuple(part for part in fixed if any(part is other for other in others))
        return Every(fixed) if fixed else None

    # ---- devices

    def devices(self) -> Mapping[int, set[str]]:
        """Row (by its key, `key_of`) -> the devices on which it was timed."""
        found = self._timed() if METRICS[self.anchor.name].is_classification else self._timed_downstream()
        if self.measured:
            self._add_measured(found)
        return found

    def _timed(self) -> dict[int, set[str]]:
        """Devices with a speed of the backbone at the row's resolution; of the checkpoint where there is no resolution."""
        memory = self.memory
        if not memory.mentions:
            for backbone, checkpoint, mention in self.connection.execute("select * from timed"):
                memory.mentions.setdefault(backbone, []).append((mention, checkpoint))
            for mention, resolution, device in self.connection.execute(_SPEEDS):
                memory.timed.setdefault((mention, resolution), set()).add(device)
        found: dict[int, set[str]] = {}
        for row in self.rows:
            key, backbone, resolution, checkpoint = row[_KEY : _KEY + 4]
            for mention, own in memory.mentions.get(backbone, ()):
                if (resolution is not None or own == checkpoint) and (
                    devices := memory.timed.get((mention, resolution))
                ):
                    found[key] = found[key] | devices if key in found else devices
        return found

    def _timed_downstream(self) -> dict[int, set[str]]:
        """Devices with a speed of the row's own setting, head and collection."""
        found: dict[int, set[str]] = {}
        for key, device in self.connection.execute(_SPEEDS_DOWNSTREAM, [json.dumps([row[_KEY] for row in self.rows])]):
            found.setdefault(key, set()).add(device)
        return found

    def _add_measured(self, found: dict[int, set[str]]) -> None:
        """The devices of the user's own measurements."""
        by_place: dict[tuple[Any, ...], set[str]] = defaultdict(set)
        for *place, device in self.connection.execute(_MEASURED):
            by_place[tuple(place)].add(device)
        head = ATTRIBUTES.index("head")
        for row in self.rows:
            key, _, resolution, _, architecture = row[_KEY:_CLAUSES]
            if devices := by_place.get((architecture, resolution, row[head])):
                found[key] = found.get(key, set()) | devices

    # ---- metrics

    def metrics(self, parts: Sequence[Filter]) -> dict[tuple[str, str, str], int]:
        """Data set, metric and protocol -> how many rows pass these clauses, which name attributes only."""
        names = {r: ATTRIBUTE_SQL[r.name] for part in parts for r in references_of(part)}
        conditions = Conditions(self.compiler, names, self.view.filter)
        tests = [Fragment(_PROMINENT) if _is_prominent(part) else conditions.condition(part) for part in parts]
        tests += conditions.narrowing(Every(tuple(parts)))
        where = " and ".join(["p.rank = 1", *(f"({test.sql})" for test in tests)])
        rows = self.connection.execute(
            f"select p.dataset, p.metric, p.protocol, count(*) {joined(where) if tests else 'from placement p'} "
            f"where {where} and p.dataset is not null and p.protocol is not null group by 1, 2, 3",
            [v for test in tests for v in test.parameters],
        )
        return {(dataset, metric, protocol): count for dataset, metric, protocol, count in rows}


def _is_prominent(part: Filter) -> bool:
    return (
        isinstance(part, Comparison)
        and part.reference.name == "prominent"
        and (part.operator, part.values) == ("=", ("yes",))
    )


def key_of(row: tuple[Any, ...]) -> int:
    """What a row is known by in an answer."""
    return int(row[_KEY])


_PROMINENT: Final = "p.setting in (select setting from prominence)"
"""`prominent = yes`, found by index."""
_SPEEDS: Final = """
select mention, resolution, device from fastest
where mode = 'inference' and throughput_img_s is not null and device is not null"""
_SPEEDS_DOWNSTREAM: Final = """
select p.result, x.device from json_each(?) j cross join placement p on p.result = j.value
join setting t on t.id = p.setting join result r on r.id = p.result join condition k on k.id = r.condition
join timed u on u.backbone_id = t.backbone_id and (u.checkpoint_id is null or u.checkpoint_id = t.checkpoint_id)
join speed x on x.mention = u.mention and x.head = p.head and x.collection = p.collection
  and (x.setting is k.setting or x.source_ref = r.source_ref)
where x.mode = 'inference' and x.throughput_img_s is not null and x.device is not null"""
_MEASURED: Final = f"""
select o.architecture, x.resolution, x.head, x.device from {CURRENT} x join {MEASURED} o on o.name = x.backbone
where x.fused = 0 and x.mode = 'inference' and x.throughput_img_s is not null and x.device is not null"""
"""As the compiler reads a throughput (backbones.store.compile), for all devices at once."""

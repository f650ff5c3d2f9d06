"""What the catalogue holds, counted: metrics by data set, speeds by device, values of attributes, conditions of all of them.

A count is that of an answer's rows: a metric's own, or those of the *anchor* (the metric that decides which rows there are)
for everything else. Each is counted once for a connection and kept as long as the files stay what they are.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from backbones.store.catalog import has_measurements
from backbones.store.columns import ATTRIBUTE_SQL
from backbones.store.compile import Compiler
from backbones.store.completing.condition_table import ConditionTable, Stand, comparable
from backbones.store.completing.speed_holdings import HERE, SpeedRows
from backbones.store.errors import QueryError
from backbones.store.measured_backbones import device_here
from backbones.store.references import SPEEDS, Reference
from backbones.store.text import fold, slug
from backbones.store.this_machine import HERE as THIS_MACHINE
from backbones.store.transferring.ranks import LOWEST, apart
from backbones.store.usual_protocol import usual_protocol
from backbones.store.vocabulary import CONDITION_KEYS, METRICS, conditions_of

T = TypeVar("T")
_CONNECTIONS: Final = 4
_CONDITION: Final = (
    "protocol", "head", "resolution", "crop_size", "train_dataset", "train_epochs", "fine_tuning_dataset", "conditions",
    "setting",
)  # fmt: skip
_known: OrderedDict[int, tuple[sqlite3.Connection, object, Holdings]] = OrderedDict()


def holdings(connection: sqlite3.Connection) -> Holdings:
    """What is counted of a connection's catalogue; anew when its files have changed."""
    names = [row[1] for row in connection.execute("pragma database_list")]
    version = [connection.execute(f"pragma {name}.data_version").fetchone() for name in names]
    kept = _known.pop(id(connection), None)
    if kept is None or kept[0] is not connection or kept[1] != version:
        kept = (connection, version, Holdings(connection))
    _known[id(connection)] = kept
    while len(_known) > _CONNECTIONS:
        _known.popitem(last=False)
    return kept[2]


class Holdings:
    """Counts of one catalogue, each made when it is first asked for."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.measured = has_measurements(connection)
        self._kept: dict[tuple[Any, ...], Any] = {}
        self.namer = self.compiler(Reference("top_1", "imagenet-1k"))

    def compiler(self, anchor: Reference) -> Compiler:
        """Compiles for an anchor."""
        return Compiler(self.connection, anchor, self.measured)

    def _once(self, key: tuple[Any, ...], count: Callable[[], T]) -> T:
        if key not in self._kept:
            self._kept[key] = count()
        found: T = self._kept[key]
        return found

    # Metrics

    @property
    def protocols(self) -> dict[tuple[str, str], dict[str, tuple[int, int]]]:
        """Of each metric on each data set the protocols: (values, chosen values)."""

        def count() -> dict[tuple[str, str], dict[str, tuple[int, int]]]:
            found: dict[tuple[str, str], dict[str, tuple[int, int]]] = defaultdict(dict)
            for dataset, metric, protocol, values, chosen in self.connection.execute(
                "select dataset, metric, protocol, count(*), sum(rank = 1) from placement where dataset is not null group by 1, 2, 3"
            ):
                found[metric, dataset][protocol] = values, chosen
            return dict(found)

        return self._once(("protocols",), count)

    def protocol(self, metric: str, dataset: str) -> str:
        """The protocol that a reference without one means; as the compiler finds it."""
        return self._once(("protocol", metric, dataset), lambda: usual_protocol(self.connection, dataset, metric))

    def metrics(self) -> list[tuple[str, int]]:
        """Every metric that has values, with its rows, the most frequent first."""

        def count() -> list[tuple[str, int]]:
            found: dict[str, int] = defaultdict(int)
            for (metric, _), protocols in self.protocols.items():
                found[metric] += sum(chosen for _, chosen in protocols.values())
            return sorted(((m, n) for m, n in found.items() if n and m in METRICS), key=lambda pair: -pair[1])

        return self._once(("metrics",), count)

    def datasets(self, metric: str) -> list[tuple[str, str, int]]:
        """The data sets that have a metric: as typed, their names, rows; the most frequent first."""

        def count() -> list[tuple[str, str, int]]:
            found = []
            for (name, dataset), protocols in self.protocols.items():
                if name == metric and (rows := protocols.get(self.protocol(metric, dataset), (0, 0))[1]):
                    found.append((self.typed_place("dataset", metric, dataset), dataset, rows))
            return sorted((f for f in found if f[0]), key=lambda each: (-each[2], each[0]))

        return self._once(("datasets", metric), count)

    def typed_place(self, kind: str, name: str, place: str) -> str:
        """How a data set or device is written after @, short and without quotes; "" where no spelling leads to it."""

        def spell() -> str:
            short = place.removeprefix("NVIDIA ").removeprefix("Intel ").removeprefix("Qualcomm ")
            for spelling in (slug(short) if kind == "device" else "", slug(place), place):
                if spelling and '"' not in spelling and self.place(kind, Reference(name, spelling)) == place:
                    return spelling
            return ""

        return self._once(("typed", kind, place), spell)

    def place(self, kind: str, reference: Reference) -> str | None:
        """The data set or device that a reference names; None if there is none of that name."""
        try:
            return self.namer.place(kind, reference)
        except QueryError:
            return None

    def conditions_of(self, reference: Reference, anchor: Reference) -> ConditionTable | None:
        """The conditions under which a metric on its data set, or a speed on its device, has rows."""
        if reference.is_speed:
            device = self.place("device", reference)
            if device is None:
                return None
            at_any = "resolution" in dict(reference.keys)
            return self.speeds(anchor).table(reference.name, device, at_any)
        dataset = self.place("dataset", reference)
        if dataset is None or (reference.name, dataset) not in self.protocols:
            return None
        return self._once(("table", reference.name, dataset), lambda: self._metric_table(reference.name, dataset))

    def _metric_table(self, metric: str, dataset: str) -> ConditionTable:
        rows = self.connection.execute(
            f"select n.condition, n.task, n.collection, sum(n.rank between {LOWEST} and 1), sum(n.rank = n.least), max(n.rank) from ("
            "select t.condition, p.task, p.collection, p.rank, "
            f"min(case when p.rank >= {LOWEST} then p.rank end) over (partition by p.setting, p.collection) as least "
            "from placement p join setting t on t.id = p.setting where p.dataset = ? and p.metric = ?) n group by 1, 2, 3, n.rank < 1",
            [dataset, metric],
        )
        said = self._said()
        stands = [
            Stand(
                {**said[condition], **_said_of({"task": task, "collection": collection})},
                chosen,
                own,
                apart=apart(said[condition], rank),
            )
            for condition, task, collection, chosen, own, rank in rows
        ]
        return ConditionTable(stands, {"protocol": self.protocol(metric, dataset)}, False, None)

    def _said(self) -> dict[int, dict[str, dict[str, str]]]:
        """What each condition says."""

        def read() -> dict[int, dict[str, dict[str, str]]]:
            columns = _CONDITION
            found = {}
            for number, *values in self.connection.execute(f"select id, {', '.join(columns)} from condition"):
                said = _said_of(dict(zip(columns, values, strict=True)))
                for part, value in conditions_of(values[columns.index("conditions")]).items():
                    key = {"crop": "crop_size", "schedule": "train_epochs"}.get(part, part)
                    if part in CONDITION_KEYS and not (key != part and _is_number(value)):
                        said.setdefault(key, {})[comparable(key, value)] = value
                found[number] = said
            return found

        return self._once(("said",), read)

    # Everything else is counted among the rows of an anchor

    def speeds(self, anchor: Reference) -> SpeedRows:
        """The speeds of an anchor's rows."""
        return self._once(("speeds", anchor), lambda: SpeedRows(self.compiler(anchor)))

    def devices(self, speed: str, anchor: Reference) -> list[tuple[str, str, int]]:
        """The devices that have a speed, as typed, their names, rows."""

        def count() -> list[tuple[str, str, int]]:
            found = []
            for device in self.speeds(anchor).devices():
                rows = self.speeds(anchor).overview(speed, device).count({})
                typed = HERE if device == HERE else self.typed_place("device", speed, device)
                if typed and rows and typed != HERE:
                    found.append((typed, device, rows))
            found.sort(key=lambda each: (-each[2], each[0]))
            here = self._here(speed, anchor)
            return [*here, *found] if here and here[0][2] else [*found, *here]

        return self._once(("devices", speed, anchor), count)

    def _here(self, speed: str, anchor: Reference) -> list[tuple[str, str, int]]:
        """This machine, also where it has no such speed yet; not beside rows with a head: they never have one."""
        if not METRICS[anchor.name].is_classification:
            return []
        device = device_here(self.connection)
        rows = self.speeds(anchor).overview(speed, HERE).count({}) if device else 0
        return [(HERE, f"{THIS_MACHINE}: {device or 'nothing was measured yet'}", rows)]

    def attributes(self, anchor: Reference) -> dict[str, int]:
        """How many of an anchor's rows have each attribute."""

        def count() -> dict[str, int]:
            names = list(ATTRIBUTE_SQL)
            selected = ", ".join(f"count({ATTRIBUTE_SQL[name]})" for name in names)
            base = self.compiler(anchor).base(selected)
            row = self.connection.execute(f"select {selected} {base.sql}", base.parameters).fetchone()
            return dict(zip(names, row, strict=True))

        return self._once(("attributes", anchor), count)

    def values(self, name: str, anchor: Reference) -> list[tuple[Any, int]]:
        """The values of an attribute among an anchor's rows, the most frequent first; None where there is none."""

        def count() -> list[tuple[Any, int]]:
            base = self.compiler(anchor).base(ATTRIBUTE_SQL[name])
            sql = f"select {ATTRIBUTE_SQL[name]}, count(*) {base.sql} group by 1 order by 2 desc, 1"
            return [(value, rows) for value, rows in self.connection.execute(sql, base.parameters)]

        return self._once(("values", name, anchor), count)

    def extent(self, reference: Reference, anchor: Reference) -> tuple[Any, Any, int]:
        """The smallest and the largest value of a reference, and how many of an anchor's rows have one."""

        def measure() -> tuple[Any, Any, int]:
            compiler = self.compiler(anchor)
            value = compiler.value(reference)
            base = compiler.base(value.sql)
            sql = f"select min(v), max(v), count(v) from (select {value.sql} as v {base.sql})"
            found: tuple[Any, Any, int] = self.connection.execute(sql, value.parameters + base.parameters).fetchone()
            return found

        return self._once(("extent", reference, anchor), measure)

    def keep(self, key: tuple[Any, ...], count: Callable[[], T]) -> T:
        """Anything else that is counted once."""
        return self._once(("kept", *key), count)


def _said_of(values: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    written = {
        key: f"{value:.12g}" if isinstance(value, float) else str(value)
        for key, value in values.items()
        if value is not None
    }
    return {key: {comparable(key, value): value} for key, value in written.items() if fold(value)}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


__all__ = ["SPEEDS", "Holdings", "holdings"]

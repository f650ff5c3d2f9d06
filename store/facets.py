"""What the rows of a view can be narrowed by, with how many rows each value would leave.

A count is what the filter leaves when all its clauses but the facet's own hold, so that a second value of a facet can be
judged beside the chosen ones. One statement reads the candidates with their attributes and with the clauses that hold; the
counting is done here.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from backbones.store.columns import column_of
from backbones.store.errors import QueryError
from backbones.store.facet_rows import ATTRIBUTES, Candidates, Memory, key_of
from backbones.store.filter_choices import DEVICE, chosen_values, with_value, with_values
from backbones.store.filters import references_of
from backbones.store.references import Reference
from backbones.store.rows import Value
from backbones.store.text import fold, slug
from backbones.store.view import View
from backbones.store.vocabulary import METRICS, PROTOCOLS, TASKS

__all__ = [
    "METRIC",
    "NOT_SAID",
    "Facet",
    "FacetValue",
    "Memory",
    "chosen_values",
    "facets",
    "with_value",
    "with_values",
]

METRIC: Final = "metric"
"""The facet that decides which rows there are: its values are references for the y axis."""
NOT_SAID: Final = "not said"
_LABELS: Final = {
    "resolution": "resolution", "pretraining_dataset": "pretraining data set", "pretraining_method": "pretraining method",
    DEVICE: "timed on", METRIC: "metric",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value that rows have, as a filter names it (None: the source does not say), and how many rows it would leave."""

    value: str | None
    shown: str
    count: int
    is_chosen: bool = False
    group: str = ""
    """What it belongs to: of a metric, data set and task."""


@dataclass(frozen=True, slots=True)
class Facet:
    """Something to narrow the rows by, with all its values: those of most rows first."""

    reference: str
    """An attribute, `device` or `metric`."""
    label: str
    values: tuple[FacetValue, ...]

    @property
    def chosen(self) -> tuple[FacetValue, ...]:
        """The values that the view chooses."""
        return tuple(value for value in self.values if value.is_chosen)


def facets(
    connection: sqlite3.Connection, view: View, memory: Memory | None = None, with_metrics: bool = True
) -> tuple[Facet, ...]:
    """The facets of a view. QueryError for a filter that cannot be understood.

    A `memory` that is handed in again with the same connection saves a third of the time.

    Counts of metrics obey the clauses on attributes, not those on other metrics and on speeds. To count the rows of all
    metrics anew takes as long as all the rest: without `with_metrics` they have the counts of the whole catalogue.
    """
    rows = Candidates(connection, view, memory or Memory())
    found = {name: _attribute(rows, name) for name in ATTRIBUTES}
    late = {name: found.pop(name) for name in ("collection", "source")}
    return (_metrics(rows, with_metrics), *found.values(), _devices(rows), *late.values())


# ---- attributes


def _attribute(rows: Candidates, name: str) -> Facet:
    column, at = column_of(Reference(name)), ATTRIBUTES.index(name)
    known = {row[at] for row in rows.rows}
    chosen = {_stored(rows.connection, name, typed, known): typed for typed in chosen_values(rows.view.filter, name)}
    counts: Counter[Value] = Counter(row[at] for row in rows.passing(name))
    counts.update(dict.fromkeys((*known, *chosen), 0))
    ordered = sorted(counts.items(), key=lambda kv: (kv[0] is None, -kv[1], str(kv[0])))
    values = []
    for value, count in ordered:
        written = _written(value, column.kind)
        shown = NOT_SAID if written is None else written
        values.append(FacetValue(chosen.get(value, written), shown, count, value in chosen))
    return Facet(name, _LABELS.get(name, column.label), tuple(values))


def _written(value: Value, kind: str) -> str | None:
    """A stored value as a filter names it."""
    if value is None:
        return None
    if kind == "flag":
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _stored(connection: sqlite3.Connection, name: str, typed: str | None, known: Iterable[Value]) -> Value:
    """The stored value that a filter names in its own way."""
    if typed is None:
        return None
    kind = column_of(Reference(name)).kind
    if kind == "flag":
        return int(fold(typed) in ("yes", "true", "1"))
    if kind == "number":
        try:
            return next((v for v in known if v is not None and float(v) == float(typed)), typed)
        except ValueError:
            return typed
    by_fold = {fold(v): v for v in known if isinstance(v, str)}
    if fold(typed) in by_fold:
        return by_fold[fold(typed)]
    sql = "select entity from alias where kind = ? and folded = ?"
    found = connection.execute(sql, [name, fold(typed)]).fetchone()
    return str(found[0]) if found else typed


# ---- devices and metrics


def _devices(rows: Candidates) -> Facet:
    """The devices on which rows were timed."""
    timed = rows.devices()
    sets = Counter(map(frozenset, filter(None, (timed.get(key_of(row)) for row in rows.passing(DEVICE)))))
    counts: Counter[str] = Counter()
    for devices, count in sets.items():  # of thousands of rows a few dozen sets
        counts.update(dict.fromkeys(devices, count))
    chosen = {
        rows.compiler.place(DEVICE, Reference("throughput", v)): v for v in chosen_values(rows.view.filter, DEVICE) if v
    }
    counts.update(dict.fromkeys((*set().union(*timed.values()), *chosen), 0))
    ordered = sorted(counts.items(), key=lambda kv: (-kv[1], kv[0]))
    values = (FacetValue(chosen.get(d) or _short(rows, d), d, n, d in chosen) for d, n in ordered)
    return Facet(DEVICE, _LABELS[DEVICE], tuple(values))


def _short(rows: Candidates, device: str) -> str:
    """The shortest name of a device that no other device answers to."""
    short = slug(device.removeprefix("NVIDIA ").removeprefix("Intel "))
    try:
        return short if rows.compiler.place(DEVICE, Reference("throughput", short)) == device else slug(device)
    except QueryError:
        return slug(device)


def _metrics(rows: Candidates, is_filtered: bool) -> Facet:
    """All metrics by task and data set, with the rows that the clauses on attributes leave."""
    everything = rows.memory.metrics = rows.memory.metrics or rows.metrics(())
    parts = [part for part in rows.parts if not any(r.is_metric or r.is_speed for r in references_of(part))]
    counts = rows.metrics(parts) if parts and is_filtered else everything
    protocol = dict(rows.anchor.keys).get("protocol") or rows.compiler.protocol(rows.anchor)
    here = (rows.compiler.place("dataset", rows.anchor), rows.anchor.name, fold(protocol))
    largest: dict[str, int] = {}
    for (dataset, _, _), count in everything.items():
        largest[dataset] = max(count, largest.get(dataset, 0))

    def order(key: tuple[str, str, str]) -> tuple[object, ...]:
        dataset, metric, protocol = key
        return TASKS.index(METRICS[metric].task), -largest[dataset], dataset, -everything[key], metric, protocol

    values = []
    for dataset, metric, protocol in sorted(everything, key=order):
        known, is_usual = METRICS[metric], protocol == PROTOCOLS[0]
        reference = Reference(metric, slug(dataset), () if is_usual else (("protocol", protocol),))
        shown = known.label if is_usual else f"{known.label} {protocol}"
        count = counts.get((dataset, metric, protocol), 0)
        is_chosen = (dataset, metric, fold(protocol)) == here
        values.append(FacetValue(str(reference), shown, count, is_chosen, f"{dataset} · {known.task}"))
    return Facet(METRIC, _LABELS[METRIC], tuple(values))

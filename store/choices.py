"""What a picker offers for an axis, a colour, a shape or a column: whole references, the most useful first, with their rows.

Metrics that answer by themselves count their own rows; next to a chosen y axis (`beside` it) they count those of its rows that
have them too: on the same setting for one data set, on the checkpoint for two. Everything else is counted among y's rows.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from typing import Final

from backbones.store.columns import column_of
from backbones.store.completing.holdings import Holdings, holdings
from backbones.store.completing.suggesting import typed_value
from backbones.store.completion import anchor_of
from backbones.store.errors import QueryError
from backbones.store.explorer import Choice, ChoiceKind
from backbones.store.references import SPEEDS, Reference, parse_reference
from backbones.store.this_machine import HERE
from backbones.store.vocabulary import METRICS

_GROUPS: Final = (
    "family", "token_mixer", "pretraining_dataset", "pretraining_method", "head", "collection", "licence_class", "library",
    "hierarchical", "prominent", "resolution", "backbone", "fine_tuning_dataset",
)  # fmt: skip
_AXES: Final = ("params_m", "gmacs", "published")
_LATER_AXES: Final = (
    "resolution", "crop_size", "train_epochs", "fine_tuning_epochs", "fine_tuning_resolution", "pretraining_resolution",
    "pretraining_epochs", "n_sources", "spread",
)  # fmt: skip
_COLUMNS: Final = (
    "checkpoint", "family", "backbone", "weights", "pretraining_dataset", "fine_tuning_dataset", "head", "protocol",
    "conditions", "licence_class", "hub_id", "source", "source_ref", "collection", "token_mixer", "library", "installable",
    "prominent", "setting", "test_aug",
)  # fmt: skip
_Key = tuple[str, str, str, str | None]
"""Metric, data set, protocol, head."""


def choices(
    connection: sqlite3.Connection, kind: ChoiceKind, anchor: str = "", is_beside: bool = False
) -> tuple[Choice, ...]:
    """References with the number of rows that have a value; only those that have any.

    `anchor` is the y axis, ImageNet-1k top-1 if it is none; `is_beside`: metrics count the rows that have both.
    """
    held = holdings(connection)
    chosen = anchor_of(held, [anchor])
    return held.keep(("choices", kind, chosen, is_beside), lambda: _choices(held, kind, chosen, is_beside))


def points(connection: sqlite3.Connection, references: tuple[str, ...], anchor: str) -> dict[str, int]:
    """How many of an anchor's rows have each of a few references (5-20 ms each, once); those that mean nothing are left out."""
    held = holdings(connection)
    chosen = anchor_of(held, [anchor])
    found = {}
    for text in references:
        try:
            found[text] = held.extent(parse_reference(text), chosen)[2]
        except QueryError:
            continue
    return found


def _choices(held: Holdings, kind: ChoiceKind, anchor: Reference, is_beside: bool) -> tuple[Choice, ...]:
    if kind == "group":
        return tuple(_attributes(held, anchor, _GROUPS))
    task = METRICS[anchor.name].task
    metrics = _metrics(held, anchor, is_beside)
    own = [choice for reference, choice in metrics if METRICS[reference.name].task == task]
    others = [choice for reference, choice in metrics if METRICS[reference.name].task != task]
    texts = _attributes(held, anchor, _COLUMNS) if kind == "column" else []
    axes, later = _attributes(held, anchor, _AXES), _attributes(held, anchor, _LATER_AXES)
    return (*texts, *axes, *own, *_speeds(held, anchor), *others, *later)


def _attributes(held: Holdings, anchor: Reference, names: tuple[str, ...]) -> list[Choice]:
    counts = held.attributes(anchor)
    return [Choice(name, column_of(Reference(name)).label, counts[name]) for name in names if counts.get(name)]


def _metrics(held: Holdings, anchor: Reference, is_beside: bool) -> list[tuple[Reference, Choice]]:
    """Each metric on each data set, by protocol where it is not the usual one, and by head; the most frequent first."""
    counts = _beside(held, anchor) if is_beside else _alone(held)
    found = []
    for (metric, dataset, protocol, head), rows in counts.items():
        typed = held.typed_place("dataset", metric, dataset)
        if not typed or not rows or metric not in METRICS:
            continue
        keys = [] if protocol == held.protocol(metric, dataset) else [("protocol", typed_value(protocol))]
        keys += [("head", typed_value(head))] if head is not None else []
        reference = Reference(metric, typed, tuple(keys))
        found.append((reference, Choice(str(reference), column_of(reference, dataset).label, rows)))
    first = ("top_1", "box_ap", "mask_ap", "miou_ss", "miou_ms")
    return sorted(
        found,
        key=lambda pair: (
            pair[0] != anchor,
            pair[0].name not in (anchor.name, *first),
            -pair[1].count,
            pair[1].reference,
        ),
    )


def _alone(held: Holdings) -> dict[_Key, int]:
    found: dict[_Key, int] = {}
    for (metric, dataset), protocols in held.protocols.items():
        found.update({(metric, dataset, protocol, None): chosen for protocol, (_, chosen) in protocols.items()})
    headed = [name for name, metric in METRICS.items() if not metric.is_classification]
    marks = ",".join("?" * len(headed))
    for *key, rows in held.connection.execute(
        "select metric, dataset, protocol, head, count(*) from placement where rank = 1 and dataset in "
        f"(select distinct dataset from placement where metric in ({marks})) and metric in ({marks}) "
        "and head is not null group by 1, 2, 3, 4",
        headed * 2,
    ):
        found[key[0], key[1], key[2], key[3]] = rows
    return found


def _beside(held: Holdings, anchor: Reference) -> dict[_Key, int]:
    """Of an anchor's rows those that have each metric, as the compiler joins them."""
    compiler, connection = held.compiler(anchor), held.connection
    dataset = compiler.place("dataset", anchor)
    base = compiler.base("t.checkpoint_id")
    owner = "coalesce(t.checkpoint_id, -p.setting)"
    weights: dict[int, int] = dict(
        connection.execute(f"select {owner}, count(*) {base.sql} group by 1", base.parameters).fetchall()
    )
    elsewhere = connection.execute(
        f"with o as materialized (select distinct {owner} as id {base.sql}) "
        "select distinct o.id, q.metric, q.dataset, q.protocol, q.head from o cross join placement q on q.checkpoint_id = o.id "
        "where q.rank = 1 and q.dataset <> ? union "
        "select distinct o.id, q.metric, q.dataset, q.protocol, q.head from o cross join placement q on q.setting = -o.id "
        "where o.id < 0 and q.rank = 1 and q.dataset <> ?",
        [*base.parameters, dataset, dataset],
    )
    owners: dict[_Key, set[int]] = defaultdict(set)
    for number, metric, other, protocol, head in elsewhere:
        owners[metric, other, protocol, None].add(number)
        if head is not None:
            owners[metric, other, protocol, head].add(number)
    found = {key: sum(weights[number] for number in numbers) for key, numbers in owners.items()}
    return found | _on_the_same(held, anchor, dataset)


def _on_the_same(held: Holdings, anchor: Reference, dataset: str) -> dict[_Key, int]:
    """Metrics of the anchor's own data set: of the same setting, and with another head or protocol of the checkpoint."""
    base = held.compiler(anchor).base("t.checkpoint_id")
    weights: dict[int, int] = defaultdict(int)
    settings: dict[int, set[int]] = defaultdict(set)
    for setting, checkpoint in held.connection.execute(
        f"select p.setting, t.checkpoint_id {base.sql}", base.parameters
    ):
        weights[setting] += 1
        settings[checkpoint].add(setting)
    same: dict[_Key, set[int]] = defaultdict(set)
    nearby: dict[_Key, set[int]] = defaultdict(set)
    for metric, protocol, head, setting, checkpoint in held.connection.execute(
        "select metric, protocol, head, setting, checkpoint_id from placement where dataset = ? and rank = 1", [dataset]
    ):
        for key in {(metric, dataset, protocol, None), (metric, dataset, protocol, head)}:
            same[key].add(setting)
            if checkpoint is not None:
                nearby[key].add(checkpoint)
    found = {}
    for key, members in same.items():
        metric, _, protocol, head = key
        own = {"protocol": protocol} if protocol != held.protocol(metric, dataset) else {}
        own |= {"head": typed_value(head)} if head is not None else {}
        if own and own != {k: v for k, v in anchor.keys if k != "collection"}:
            members = members.union(*(settings[c] for c in nearby[key] if c in settings))
        found[key] = sum(weights[setting] for setting in members & weights.keys())
    return found


def _speeds(held: Holdings, anchor: Reference) -> list[Choice]:
    """Each speed on each device, and by precision; training apart."""
    found = []
    speeds = held.speeds(anchor)
    for device in speeds.devices():
        own = HERE if device == "here" else ""
        for name in SPEEDS:
            table = speeds.overview(name, device)
            typed = "here" if own else held.typed_place("device", name, device)
            for mode, _ in table.values("mode", {}) if typed else []:
                keys = () if mode == "inference" else (("mode", mode),)
                plain = Reference(name, typed, keys)
                wanted = [
                    plain,
                    *(
                        Reference(name, typed, (*keys, ("precision", p)))
                        for p, _ in table.values("precision", dict(keys))
                    ),
                ]
                for reference in wanted:
                    if rows := table.count(dict(reference.keys)):
                        found.append(Choice(str(reference), column_of(reference, own or device).label, rows))
    order = {name: at for at, name in enumerate(SPEEDS)}
    return sorted(found, key=lambda c: ("mode=" in c.reference, order[c.reference.partition("@")[0]], -c.count))

"""Which rows are prominent: the few hundred among thousands that a newcomer should see first, each with the reason why.

A row (a checkpoint in one setting) is prominent if for a main metric (`MAIN`; apart for each protocol and head) it is one of:

- on the Pareto front against parameters, MACs or the throughput on a device, where that is known of enough rows;
- the best row of a checkpoint that many collections report;
- the best row, for one pretraining data set, of a backbone that many libraries release;
- the best row of a backbone of a recent family: recent among the families of the catalogue, not by the clock.

Values of another test than the plain one (persons only, other annotations) are in no contest.
Rows among the lowest tenth of their metric are not. A row without a main metric is prominent if its checkpoint is.
Rows of equal value are prominent together, so that nothing depends on the order in which files were read.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from backbones.store.advising.scope import is_other_test
from backbones.store.pareto import front
from backbones.store.vocabulary import METRICS

MAIN: Final = (
    ("top_1", "ImageNet-1k"), ("box_ap", "COCO val"), ("mask_ap", "COCO val"), ("miou_ss", "ADE20K val"), ("miou_ms", "ADE20K val"),
)  # fmt: skip
"""Metrics on data sets that nearly all papers report."""
PROTOCOLS: Final = ("supervised", "zero-shot", "linear probing", "k-NN")

COLLECTIONS: Final = 3
"""So many collections report the results of a checkpoint that is well known."""
LIBRARIES: Final = 4
"""So many libraries release weights of a backbone that is widely loaded."""
MONTHS: Final = 18
"""A family is recent if it was published at most so long before the newest one."""
ENOUGH: Final = 50
"""A front of fewer rows tells more of a table than of the field."""
SHARE: Final = 0.1
"""A front counts where its axis is known of at least this share of the metric's rows; the lowest such share is left out."""
NAMED: Final = 2
"""Axes that a reason names; the others are counted."""


class _Row(NamedTuple):
    """A setting's value of a main metric."""

    setting: int
    checkpoint: int | None
    backbone: int | None
    resolution: int | None
    family: str | None
    name: str | None
    published: str | None
    pretraining: str | None
    value: float
    params_m: float | None
    gmacs: float | None


_Group = tuple[str, str, str, str | None]
"""Metric, data set, protocol, head."""
_Reasons = dict[int, dict[str, None]]
"""Setting -> reasons, in their order."""


def judge(connection: sqlite3.Connection) -> None:
    """Bring the table `prominence` (setting, because) up to date."""
    before = dict(connection.execute("select setting, because from prominence"))
    now = prominent(connection)
    connection.executemany("delete from prominence where setting = ?", [(s,) for s in before.keys() - now.keys()])
    connection.executemany(
        "insert or replace into prominence values (?, ?)", sorted((s, b) for s, b in now.items() if before.get(s) != b)
    )


def prominent(connection: sqlite3.Connection) -> dict[int, str]:
    """Setting -> why it is prominent."""
    groups = _groups(connection)
    speeds, known, wide = _speeds(connection), _collections(connection), _libraries(connection)
    recent = _recent_since(connection)
    fronts: _Reasons = defaultdict(dict)
    others: _Reasons = defaultdict(dict)
    through: dict[int | None, _Group] = {}
    for group, rows in groups.items():
        judged = _above_lowest(rows)
        for row, reason in _fronts(group, judged, len(rows), speeds):
            fronts[row.setting][reason] = None
            through.setdefault(row.checkpoint, group)
        for row, reason in (*_reported(judged, known), *_released(group, judged, wide), *_new(judged, recent)):
            others[row.setting][reason] = None
            through.setdefault(row.checkpoint, group)
    found = {s: "; ".join((*fronts.get(s, ()), *others.get(s, ()))) for s in fronts.keys() | others.keys()}
    return found | _elsewhere(connection, groups, through)


# ---- what is known


def _groups(connection: sqlite3.Connection) -> dict[_Group, list[_Row]]:
    """The chosen values of the main metrics in their plain tests, in a fixed order of groups."""
    marks = ", ".join("(?, ?)" for _ in MAIN)
    rows = connection.execute(
        f"""
        select p.metric, p.dataset, p.protocol, p.head, t.id, t.checkpoint_id, t.backbone_id, t.resolution, t.family,
          t.backbone, t.published, t.pretraining_dataset, p.value, p.params_m, p.gmacs, k.conditions
        from placement p join setting t on t.id = p.setting left join condition k on k.id = t.condition
        where (p.metric, p.dataset) in (values {marks}) and p.rank = 1 and p.protocol in ({",".join("?" * len(PROTOCOLS))})""",
        [*(name for pair in MAIN for name in pair), *PROTOCOLS],
    )
    found: dict[_Group, list[_Row]] = defaultdict(list)
    for metric, dataset, protocol, head, *values, conditions in rows:
        if is_other_test(conditions):
            continue  # an AP of persons alone would be above all others
        found[metric, dataset, protocol, head].append(_Row(*values))
    order = {pair: place for place, pair in enumerate(MAIN)}
    return dict(sorted(found.items(), key=lambda g: (order[g[0][:2]], PROTOCOLS.index(g[0][2]), g[0][3] or "")))


def _speeds(connection: sqlite3.Connection) -> dict[str, dict[tuple[int, int], float]]:
    """Device -> backbone and resolution -> images per second, of devices on which many were timed."""
    found: dict[str, dict[tuple[int, int], float]] = defaultdict(dict)
    backbones: dict[int, list[int]] = defaultdict(list)
    for mention, backbone in connection.execute("select mention, backbone_id from timed"):
        backbones[mention].append(backbone)
    rows = connection.execute(
        "select device, mention, resolution, throughput_img_s from fastest where mode = 'inference' and device is not null "
        "and resolution is not null and throughput_img_s is not null"
    )
    for device, mention, resolution, speed in rows:  # grouped here: half the time of a join in SQL
        held = found[device]
        for backbone in backbones.get(mention, ()):
            if speed > held.get((backbone, resolution), 0):
                held[backbone, resolution] = speed
    return {device: held for device, held in sorted(found.items()) if len(held) >= ENOUGH}


def _collections(connection: sqlite3.Connection) -> dict[int, int]:
    """Checkpoint -> how many collections report results of it, where they are many."""
    return _counts(connection, "placement", "checkpoint_id", "collection", COLLECTIONS)


def _libraries(connection: sqlite3.Connection) -> dict[int, int]:
    """Backbone -> how many libraries release weights of it, where they are many."""
    return _counts(connection, "released", "backbone_id", "library", LIBRARIES)


def _counts(connection: sqlite3.Connection, table: str, thing: str, what: str, least: int) -> dict[int, int]:
    rows = connection.execute(f"select distinct {thing}, {what} from {table} where {thing} is not null")
    found: dict[int, int] = defaultdict(int)
    for number, value in rows:
        found[number] += value is not None
    return {number: count for number, count in found.items() if count >= least}


def _recent_since(connection: sqlite3.Connection) -> str | None:
    """The month from which on families are recent; None where no family has a date."""
    newest = connection.execute("select max(published) from family").fetchone()[0]
    if newest is None:
        return None
    year, month = [int(part) for part in [*newest.split("-"), "1"][:2]]
    months = year * 12 + month - 1 - MONTHS
    return f"{months // 12:04}-{months % 12 + 1:02}"


# ---- the rules


def _above_lowest(rows: Sequence[_Row]) -> list[_Row]:
    """The rows without the lowest tenth."""
    least = sorted(row.value for row in rows)[int(len(rows) * SHARE)]
    return [row for row in rows if row.value >= least]


def _fronts(
    group: _Group, rows: Sequence[_Row], count: int, speeds: dict[str, dict[tuple[int, int], float]]
) -> Iterator[tuple[_Row, str]]:
    """Rows on a front, and by what."""
    axes: list[tuple[str, list[float | None], bool]] = [
        ("params", [row.params_m for row in rows], False), ("MACs", [row.gmacs for row in rows], False)
    ]  # fmt: skip
    if METRICS[group[0]].is_classification:
        for device, by_place in speeds.items():
            known = [by_place.get((r.backbone, r.resolution)) if r.backbone and r.resolution else None for r in rows]
            axes.append((device.removeprefix("NVIDIA ").removeprefix("Intel "), known, True))
    by: dict[int, list[str]] = defaultdict(list)
    values = [row.value for row in rows]
    for axis, xs, more_is_better in axes:
        if len(xs) - xs.count(None) >= max(ENOUGH, SHARE * count):
            for place in front(xs, values, more_is_better, METRICS[group[0]].higher_is_better):
                by[place].append(axis)
    for place, names in by.items():
        yield rows[place], f"front of {METRICS[group[0]].label} by {_listed(names)}"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    if more > 1:
        return f"{', '.join(names[:NAMED])} and {more} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _best(rows: Iterable[_Row], key: Callable[[_Row], Any]) -> Iterator[_Row]:
    """The best rows of each key; those of key None are in no contest."""
    best: dict[Any, list[_Row]] = {}
    for row in rows:
        if (thing := key(row)) is None:
            continue
        held = best.get(thing)
        if held is None or row.value > held[0].value:
            best[thing] = [row]
        elif row.value == held[0].value:
            held.append(row)
    for held in best.values():
        yield from held


def _reported(rows: Sequence[_Row], known: dict[int, int]) -> Iterator[tuple[_Row, str]]:
    """The best rows of checkpoints that many collections report."""
    for row in _best(rows, lambda r: r.checkpoint if r.checkpoint in known else None):
        assert row.checkpoint is not None
        yield row, f"reported by {known[row.checkpoint]} collections"


def _released(group: _Group, rows: Sequence[_Row], wide: dict[int, int]) -> Iterator[tuple[_Row, str]]:
    """The best rows of widely released backbones, trained with labels, for each pretraining data set that is named.

    Downstream rows often name no checkpoint; they count as one pretraining.
    """
    if group[2] != PROTOCOLS[0]:
        return

    def key(row: _Row) -> tuple[int, str] | None:
        if row.backbone not in wide or (row.checkpoint is not None and row.pretraining is None):
            return None
        return row.backbone, row.pretraining or ""

    for row in _best(rows, key):
        assert row.backbone is not None
        how = f" from {row.pretraining}" if row.pretraining else ""
        yield row, f"best {row.name}{how}, in {wide[row.backbone]} libraries"


def _new(rows: Sequence[_Row], since: str | None) -> Iterator[tuple[_Row, str]]:
    """The best rows of the backbones of recent families."""
    for row in _best(rows, lambda r: r.backbone if since and r.published and r.published >= since else None):
        yield row, f"published {row.published}"


def _elsewhere(
    connection: sqlite3.Connection, groups: dict[_Group, list[_Row]], through: dict[int | None, _Group]
) -> dict[int, str]:
    """The settings without a main metric whose checkpoint is prominent."""
    main = {row.setting for rows in groups.values() for row in rows}
    why = {}
    for number, (metric, dataset, protocol, head) in through.items():
        if number is None:
            continue
        how = " ".join(filter(None, (head, protocol if protocol != PROTOCOLS[0] else "")))
        why[number] = f"its checkpoint, for {METRICS[metric].label} {dataset}" + (f" ({how})" if how else "")
    rows = connection.execute(
        "select id, checkpoint_id from setting where checkpoint_id in (select value from json_each(?))",
        [json.dumps([*why])],
    )
    return {setting: why[number] for setting, number in rows if setting not in main}

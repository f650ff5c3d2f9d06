"""The result tables of a page, as in a paper: data sets side by side, one row a checkpoint in one setting, the best first."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from backbones.store.page import Section
from backbones.store.rows import Column, Rows, Value
from backbones.store.sections.owner import Owner, main_metric
from backbones.store.sections.tables import columns_of, section
from backbones.store.vocabulary import METRICS, conditions_of


class Placed(NamedTuple):
    """One chosen value with its setting."""

    setting: int
    family: str | None
    backbone: str | None
    checkpoint: str | None
    weights: str | None
    pretraining_dataset: str | None
    task: str
    dataset: str | None
    protocol: str | None
    metric: str
    value: float
    head: str | None
    resolution: int | None
    crop_size: int | None
    train_epochs: float | None
    train_dataset: str | None
    intermediate_dataset: str | None
    fine_tuning_dataset: str | None
    conditions: str | None
    name: str | None
    """The framework's name of the setting."""
    test_aug: str | None
    params_m: float | None
    gmacs: float | None
    n_sources: int
    spread: float
    collection: str
    source: str
    source_ref: str | None


_SELECT: Final = """
  select t.id, t.family, t.backbone, t.checkpoint, t.weights, t.pretraining_dataset, p.task, p.dataset, p.protocol, p.metric,
    p.value, p.head, p.resolution, p.crop_size, k.train_epochs, k.train_dataset, k.intermediate_dataset, k.fine_tuning_dataset,
    k.conditions, k.setting, r.test_aug, p.params_m, p.gmacs, p.n_sources, p.spread, p.collection, r.source, r.source_ref"""
_FROM: Final = """
  from setting t cross join placement p on p.setting = t.id and p.rank = 1 cross join result r on r.id = p.result
  cross join condition k on k.id = t.condition"""


_SHOWN: Final = """(p.metric <> 'top_5' or p.protocol <> 'zero-shot')
  and (p.task <> 'retrieval' or (p.metric in ('recall_1', 'retrieval_map') and coalesce(k.conditions, '') not like '%language=%'))"""
"""What no table of a page shows is not read: thousands of values for models of images and texts."""


def placed(connection: sqlite3.Connection, owner: Owner) -> list[Placed]:
    """The chosen values of all settings of a thing that have a place in its tables."""
    rows = connection.execute(f"{_SELECT} {_FROM} where {owner.settings} and {_SHOWN}", owner.parameters)
    return list(map(Placed._make, rows))


def metric_of(connection: sqlite3.Connection, owner: Owner, found: list[Placed]) -> str:
    """The metric by which a thing is seen best on the first screen; empty: it has no results."""
    counts = Counter((p.metric, p.dataset, p.protocol) for p in found)
    if not counts:  # nothing but what `placed` leaves out
        counts.update(
            connection.execute(
                f"select p.metric, p.dataset, p.protocol from setting t cross join placement p on p.setting = t.id where p.rank = 1 and {owner.settings}",
                owner.parameters,
            ).fetchall()
        )
    return main_metric(connection, counts)


def chosen(connection: sqlite3.Connection, where: str, parameters: Sequence[Any]) -> list[Placed]:
    """The chosen values under a condition on `placement p`, `setting t`, `result r` and `condition k`, found by `p`."""
    rows = connection.execute(
        f"{_SELECT} from placement p cross join setting t on t.id = p.setting cross join result r on r.id = p.result "
        f"cross join condition k on k.id = t.condition where p.rank = 1 and {where}",
        parameters,
    )
    return list(map(Placed._make, rows))


WITHIN: Final = {"family": ("family",), "backbone": ("family", "backbone"), "checkpoint": ("family", "backbone", "checkpoint"),
                  "weights": ("family", "backbone", "checkpoint"), "head": ("head",)}  # fmt: skip
"""Columns that say the same in every row of a page."""

_SHIFTED: Final = ("ImageNet-A", "ImageNet-R", "ImageNet-Sketch", "ImageNet-C", "ImageNet-O", "ImageNet-3DCC", "ImageNet-C-bar",
                   "ObjectNet", "CIFAR-10-C", "CIFAR-100-C", "Stylized ImageNet", "ImageNet-1k (200 classes of A)",
                   "ImageNet-1k (200 classes of R)")  # fmt: skip
"""Data sets of robustness: other images or corrupted ones."""
_FROZEN: Final = ("linear probing", "k-NN", "few-shot", "frozen")
MOST_COLUMNS: Final = 14

Key = tuple[Any, ...]


def is_robustness(p: Placed) -> bool:
    """Whether a value says how a classifier does on shifted, corrupted or attacked images."""
    return p.protocol == "adversarial" or p.metric in ("mce", "ce", "robust_top_1") or p.dataset in _SHIFTED


def classification(found: list[Placed], level: str) -> list[Section]:
    """Classification with a trained classifier, the data sets' top-1 side by side."""
    own = [
        p
        for p in found
        if p.task == "classification" and p.head is None and p.protocol == "supervised" and not is_robustness(p)
    ]
    leading = ("checkpoint", "weights", "resolution", "pretraining_dataset", "intermediate_dataset", "fine_tuning_dataset",
               "conditions", "params_m", "gmacs")  # fmt: skip
    return _side_by_side("classification", own, leading, level, x="params_m", group="pretraining_dataset", told=True)


def robustness(found: list[Placed], level: str) -> list[Section]:
    """Other images, corrupted and attacked ones."""
    own = [
        p
        for p in found
        if p.task == "classification"
        and p.head is None
        and is_robustness(p)
        and p.protocol in ("supervised", "adversarial")
    ]
    leading = ("checkpoint", "weights", "resolution", "fine_tuning_dataset", "protocol", "conditions", "params_m")
    return _side_by_side("robustness", own, leading, level)


def zero_shot(found: list[Placed], level: str) -> list[Section]:
    """Classification by text, and retrieval with images and texts."""
    own = [p for p in found if p.task == "classification" and p.head is None and p.protocol == "zero-shot"]
    leading = ("checkpoint", "weights", "resolution", "conditions", "params_m")
    sections = _side_by_side("zero-shot classification", _one_metric_each(own), leading, level, x="params_m")
    pairs = [p for p in found if p.task == "retrieval" and p.metric in ("recall_1", "retrieval_map")]
    leading = ("checkpoint", "weights", "resolution", "protocol", "params_m")
    return sections + _side_by_side(
        "retrieval", pairs, leading, level, column=_with_conditions,
        note="Retrieval in single languages is left out.",
    )  # fmt: skip


def frozen(found: list[Placed], level: str) -> list[Section]:
    """Features that are not trained: linear probing, k-NN, few-shot."""
    own = [p for p in found if p.task == "classification" and p.head is None and p.protocol in _FROZEN]
    leading = ("checkpoint", "weights", "protocol", "resolution", "conditions", "params_m")
    return _side_by_side("frozen features", own, leading, level)


def _one_metric_each(found: list[Placed]) -> list[Placed]:
    """Of each data set the metric that most settings have, top-1 where several have it as often."""
    counts = Counter((p.dataset, p.metric) for p in found)
    best: dict[str | None, str] = {}
    for (dataset, metric), _ in sorted(counts.items(), key=lambda item: (-item[1], item[0][1] != "top_1", item[0][1])):
        best.setdefault(dataset, metric)
    return [p for p in found if best[p.dataset] == p.metric]


def _with_conditions(p: Placed) -> str:
    """A column of its own for each direction."""
    return f"{p.metric}@{p.dataset}" + (f":{p.conditions}" if p.conditions else "")


def _plain(p: Placed) -> str:
    return f"{p.metric}@{p.dataset}" if p.dataset else p.metric


def _order(name: str, count: int) -> tuple[Any, ...]:
    """ImageNet-1k first, top-1 before other metrics, then what is known most often."""
    metric, _, dataset = name.partition("@")
    return (
        "classes of" in dataset,
        metric == "top_5",
        dataset != "ImageNet-1k",
        metric not in ("top_1", "mce"),
        -count,
        name,
    )


def _side_by_side(
    title: str, found: list[Placed], leading: Sequence[str], level: str, *, column: Callable[[Placed], str] = _plain,
    x: str = "", group: str = "", told: bool = False, note: str = "",
) -> list[Section]:  # fmt: skip
    """One row for each setting, one column for each metric on a data set; the best in the first column come first.

    `told`: how many sources the first value has, how far they are apart and which was chosen.
    """
    if not found:
        return []
    own = [name for name in leading if name not in WITHIN[level]]
    if "checkpoint" in own and "backbone" not in WITHIN[level] and any(p.checkpoint is None for p in found):
        own.insert(1, "backbone")
    counts = Counter(column(p) for p in found)
    names = sorted(counts, key=lambda name: _order(name, counts[name]))
    left_out = names[MOST_COLUMNS:]
    names = names[:MOST_COLUMNS]
    rows: dict[Key, dict[str, Placed]] = {}
    for p in found:
        key = (p.setting,) if column is _plain else (p.checkpoint, p.backbone, p.weights, p.resolution, p.protocol)
        rows.setdefault(key, {}).setdefault(column(p), p)
    kept = [cells for cells in rows.values() if any(name in cells for name in names)]
    kept.sort(key=lambda cells: _best_first(cells, names))
    lines = [_line(cells, own, names, told) for cells in kept]
    columns = (
        *columns_of(own),
        *map(_metric_column, names),
        *columns_of(("n_sources", "spread", "source") if told else ()),
    )
    hints = [note, f"{len(left_out)} further columns are left out." if left_out else ""]
    if told:
        hints.append(f"Sources, spread and source are of {_metric_column(names[0]).label}.")
    return section(
        title,
        Rows(columns, tuple(lines)),
        note=" ".join(h for h in hints if h),
        x=x,
        y=names[0] if x else "",
        group=group,
    )


def _metric_column(name: str) -> Column:
    from backbones.store.sections.tables import column

    plain, colon, conditions = name.partition(":")
    made = column(plain)
    if not colon:
        return made
    said = " ".join(conditions_of(conditions).values())
    return Column(name, f"{made.label} {said}", made.kind, made.unit, made.higher_is_better, made.decimals)


def _best_first(cells: dict[str, Placed], names: Sequence[str]) -> tuple[Any, ...]:
    """Rows that have the first column before those that have not, the better value first."""
    order: list[Any] = []
    for name in names[:3]:
        p = cells.get(name)
        better = METRICS[name.partition("@")[0].partition(":")[0]].higher_is_better
        order += [p is None, 0.0 if p is None else -p.value if better else p.value]
    first = next(iter(cells.values()))
    return (*order, str(first.checkpoint), str(first.weights), first.setting)


def _line(cells: dict[str, Placed], own: Sequence[str], names: Sequence[str], told: bool) -> tuple[Value, ...]:
    shown = next((cells[name] for name in names if name in cells), next(iter(cells.values())))
    values: list[Value] = [getattr(shown, name) for name in own]
    values += [cells[name].value if name in cells else None for name in names]
    if told:
        main = cells.get(names[0])
        several = main is not None and main.n_sources > 1
        values += [
            main.n_sources if main else None,
            main.spread if main and several else None,
            main.source if main else None,
        ]
    return tuple(values)


def best(
    found: Iterable[Placed], metric: str = "top_1", dataset: str = "ImageNet-1k", protocol: str = "supervised"
) -> Placed | None:
    """The best chosen value of a metric; of equal ones the one with the fewest parameters."""
    own = [
        p for p in found if p.metric == metric and p.dataset == dataset and p.protocol == protocol and p.head is None
    ]
    sign = -1 if METRICS[metric].higher_is_better else 1
    return min(own, key=lambda p: (sign * p.value, p.params_m is None, p.params_m or 0, p.setting), default=None)

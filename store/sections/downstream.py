"""Result tables of models with a head: detection, segmentation and the other downstream tasks."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from backbones.store.page import Section
from backbones.store.rows import Rows, Value
from backbones.store.sections.owner import Owner
from backbones.store.sections.results import WITHIN, Placed
from backbones.store.sections.tables import columns_of, section
from backbones.store.vocabulary import METRICS, conditions_of

_TABLES: Final = (
    ("detection", ("box_ap", "box_ap_50", "box_ap_75", "mask_ap")),
    ("instance segmentation", ("mask_ap", "mask_ap_50", "mask_ap_75", "box_ap")),
    ("semantic segmentation", ("miou_ss", "miou_ms")),
)
"""Title and task -> the metrics side by side, the first one decides the order."""
_SHOWN: Final = {task for task, _ in _TABLES}


class Timed(NamedTuple):
    """A speed with a head."""

    backbone: str | None
    checkpoint: str | None
    head: str
    dataset: str | None
    crop_size: int | None
    setting: str | None
    device: str | None
    precision: str | None
    collection: str
    source_ref: str | None
    throughput_img_s: float


def speeds_with_heads(connection: sqlite3.Connection, where: str, parameters: Sequence[Any]) -> list[Timed]:
    """Throughput of models with a head, where a condition on `speed x` and `subject s` holds."""
    rows = connection.execute(
        "select b.backbone, c.checkpoint, x.head, x.dataset, x.crop_size, x.setting, x.device, x.precision, x.collection, x.source_ref, "
        "x.throughput_img_s from subject s join speed x on x.mention = s.id left join backbone b on b.id = s.backbone_id "
        "left join checkpoint c on c.id = s.checkpoint_id "
        f"where x.head is not null and x.mode = 'inference' and x.throughput_img_s is not null and {where}",
        parameters,
    )
    return list(map(Timed._make, rows))


def downstream(connection: sqlite3.Connection, found: list[Placed], owner: Owner) -> list[Section]:
    """Tables of detection, instance and semantic segmentation, and one of the other tasks."""
    if not any(p.head for p in found):
        return []
    speeds = speeds_with_heads(connection, f"s.id in {owner.subjects}", [owner.id])
    return tables(found, owner.kind, speeds)


def tables(found: list[Placed], level: str, speeds: list[Timed] | None = None) -> list[Section]:
    """The tables of chosen values; `level`: the kind of thing whose page it is."""
    sections = []
    for task, metrics in _TABLES:
        own = [p for p in found if p.metric in metrics and (p.head or p.task == task)]
        sections += _table(task, own, metrics, level, speeds or [])
    return sections + _others(found, level)


def schedule(p: Placed) -> str | None:
    """How long it was trained: `160k`, `3x` or `36 epochs`."""
    said = conditions_of(p.conditions).get("schedule")
    return said or (f"{p.train_epochs:g} epochs" if p.train_epochs else None)


def _crop(p: Placed) -> str | None:
    return conditions_of(p.conditions).get("crop") or (str(p.crop_size) if p.crop_size else None)


def other_conditions(p: Placed) -> str | None:
    """What else a number depends on."""
    said = {k: v for k, v in conditions_of(p.conditions).items() if k not in ("schedule", "crop", "batch")}
    return ", ".join(f"{k} {v}" for k, v in said.items()) or None


def fps(p: Placed, speeds: list[Timed]) -> Timed | None:
    """The best speed of that very model: same collection, head and setting (or row of the source), crop and data set where said."""
    own = [
        s
        for s in speeds
        if s.head == p.head and s.collection == p.collection and s.backbone == p.backbone
        and s.checkpoint in (None, p.checkpoint)
        and (s.setting == p.name or (s.source_ref is not None and s.source_ref == p.source_ref))
        and (s.crop_size is None or p.crop_size is None or s.crop_size == p.crop_size)
        and (s.dataset is None or s.dataset == p.dataset)
    ]  # fmt: skip
    return max(own, key=lambda s: s.throughput_img_s, default=None)


_LEADING: Final = ("dataset", "backbone", "checkpoint", "head", "schedule", "crop", "conditions")


def _table(title: str, found: list[Placed], metrics: Sequence[str], level: str, speeds: list[Timed]) -> list[Section]:
    """One row for each setting on a data set that has the first metric or, in its place, the second."""
    rows: dict[tuple[int, str | None, str | None], dict[str, Placed]] = {}
    for p in found:
        rows.setdefault((p.setting, p.dataset, p.protocol), {}).setdefault(p.metric, p)
    sure = [
        cells for cells in rows.values() if any(m in cells for m in metrics[: 2 if title.startswith("semantic") else 1])
    ]
    counts = Counter(next(iter(cells.values())).dataset for cells in sure)

    def order(cells: dict[str, Placed]) -> tuple[Any, ...]:
        p = next(cells[m] for m in metrics if m in cells)
        return (-counts[p.dataset], str(p.dataset), -p.value, p.setting)

    shown_metrics = [m for m in metrics if any(m in cells for cells in sure)]
    lines: list[tuple[Value, ...]] = []
    for cells in sorted(sure, key=order):
        p = next(cells[m] for m in metrics if m in cells)
        timed = fps(p, speeds)
        on = " ".join(filter(None, (timed.precision,))) if timed else None
        lines.append(
            (p.dataset, p.backbone, p.checkpoint, p.head, p.protocol if p.protocol != "supervised" else None, schedule(p), _crop(p),
             other_conditions(p), *(cells[m].value if m in cells else None for m in shown_metrics), p.params_m, p.gmacs,
             timed.throughput_img_s if timed else None, timed.device if timed else None, on or None, p.collection, p.source)
        )  # fmt: skip
    names = (
        *_LEADING[:4],
        "protocol",
        *_LEADING[4:],
        *shown_metrics,
        "params_m",
        "gmacs",
        "fps",
        "device",
        "precision",
        "collection",
        "source",
    )
    rows_ = Rows(columns_of(names), tuple(lines))
    return section(
        title, rows_, x="params_m", y=shown_metrics[0] if shown_metrics else "", group="head", leave_out=WITHIN[level],
        note="Parameters are the backbone's or the whole model's, as the source counts." if any(p.params_m for p in found) else "",
    )  # fmt: skip


def _others(found: list[Placed], level: str) -> list[Section]:
    """Keypoints, panoptic segmentation, depth …: one row for each value."""
    own = [p for p in found if p.task not in ("classification", "retrieval") and p.task not in _SHOWN]
    counts = Counter((p.task, p.dataset, p.metric) for p in own)
    ordered = sorted(
        own,
        key=lambda p: (
            p.task, -counts[p.task, p.dataset, p.metric], str(p.dataset), p.metric, -p.value if METRICS[p.metric].higher_is_better else p.value,
        ),
    )  # fmt: skip
    lines = [
        (p.task, p.dataset, METRICS[p.metric].label, p.value, p.backbone, p.checkpoint, p.head, p.protocol, schedule(p), other_conditions(p),
         p.params_m, p.collection, p.source)
        for p in ordered
    ]  # fmt: skip
    names = ("task", "dataset", "metric", "value", "backbone", "checkpoint", "head", "protocol", "schedule", "conditions", "params_m",
             "collection", "source")  # fmt: skip
    return section("other tasks", Rows(columns_of(names), tuple(lines)), leave_out=WITHIN[level])

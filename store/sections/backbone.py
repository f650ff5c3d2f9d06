"""The page of a backbone: its cost, checkpoints, files, speeds, results, and the heads that were tried with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from statistics import median
from typing import Any

from backbones.store.page import Page, Section
from backbones.store.sections.checkpoint import released_files
from backbones.store.sections.doubts import doubts, sources
from backbones.store.sections.downstream import downstream
from backbones.store.sections.family import add_best, add_counts, bibtex, compute_of, other_names
from backbones.store.sections.here import measured_here
from backbones.store.sections.owner import MAIN, Owner, filter_for
from backbones.store.sections.rankings import rankings
from backbones.store.sections.reevaluated import reevaluated
from backbones.store.sections.results import (
    Placed,
    best,
    classification,
    frozen,
    metric_of,
    placed,
    robustness,
    zero_shot,
)
from backbones.store.sections.speeds import every_speed
from backbones.store.sections.tables import Facts, asked, section, table
from backbones.store.sections.values import every_value
from backbones.store.vocabulary import METRICS


def backbone_page(connection: sqlite3.Connection, owner: Owner, most: int) -> Page:
    """Everything about a backbone."""
    family, params, timm_name, architecture, same_as = connection.execute(
        "select a.family, b.params_m, b.timm_name, b.architecture, case when b.architecture <> b.id then o.backbone end "
        "from backbone b left join family a on a.id = b.family_id left join backbone o on o.id = b.architecture where b.id = ?",
        [owner.id],
    ).fetchone()
    found = placed(connection, owner)
    cost = compute_of(connection, [architecture]).get(architecture, {})
    facts = Facts().add("family", family, "family").add("params M", params).add("timm name", timm_name)
    facts.add("GMACs", ", ".join(f"{gmacs:.4g} at {size} px" for size, gmacs in sorted(cost.items())))
    facts.add("feature maps", _feature_maps(connection, architecture))
    facts.add("the same architecture as", same_as, "backbone")
    facts.add("other names", other_names(connection, "backbone", owner))
    add_counts(connection, facts, owner)
    here = measured_here(connection, facts, architecture)
    files, copies = released_files(connection, "w.backbone_id = ?", [owner.id])
    sections = [
        add_best(facts, found, "backbone").section(),
        *_checkpoints(connection, owner, found),
        *files,
        *_costs(connection, architecture),
        *classification(found, "backbone"),
        *robustness(found, "backbone"),
        *zero_shot(found, "backbone"),
        *frozen(found, "backbone"),
        *_heads(found),
        *downstream(connection, found, owner),
        *every_speed(connection, architecture, owner.subjects, owner.id),
        *here,
        *every_value(connection, f"r.mention in {owner.subjects}", [owner.id], most),
        *reevaluated(connection, owner),
        *rankings(connection, owner),
        *doubts(connection, owner),
        *sources(connection, f"x.mention in {owner.subjects}", [owner.id]),
    ]
    said = (f"of {family}" if family else None, f"{params:.4g} M parameters" if params else None)
    subtitle = ", ".join(filter(None, ("backbone", *said)))
    return Page(
        "backbone", owner.name, subtitle, tuple(sections), copies + bibtex(connection, "backbone", owner.name),
        filter_for("backbone", owner.name), metric_of(connection, owner, found),
    )  # fmt: skip


def _checkpoints(connection: sqlite3.Connection, owner: Owner, found: list[Placed]) -> list[Section]:
    """What it was pretrained on, and the best that came of it."""
    rows = connection.execute(
        "select c.checkpoint, c.pretraining_dataset, c.pretraining_method, c.pretraining_epochs, c.pretraining_resolution, c.licence_class, "
        "(select count(*) from released w where w.checkpoint_id = c.id) from checkpoint c where c.backbone_id = ?",
        [owner.id],
    ).fetchall()
    by: dict[str | None, list[Placed]] = {}
    for p in found:
        by.setdefault(p.checkpoint, []).append(p)
    lines = [(*row[:6], row[6], *_bests(by.get(row[0], ()))) for row in rows]
    lines.sort(key=lambda line: (line[7] is None, -(line[7] or 0), str(line[0])))
    names = ("checkpoint", "pretraining_dataset", "pretraining_method", "pretraining_epochs", "pretraining_resolution", "licence_class",
             "weights_count", "top_1@ImageNet-1k", "resolution", "box_ap@COCO val", "miou_ss@ADE20K val")  # fmt: skip
    note = "Best results: supervised top-1 and its resolution, box AP and mIoU (single scale) with any head."
    return table("checkpoints", names, lines, note=note)


def _bests(found: Iterable[Placed]) -> tuple[Any, ...]:
    own = list(found)
    top = best(own)
    headed = [
        max(
            (p.value for p in own if (p.metric, p.dataset, p.protocol) == (metric, dataset, "supervised")), default=None
        )
        for metric, dataset in (("box_ap", "COCO val"), ("miou_ss", "ADE20K val"))
    ]
    return (top.value if top else None, top.resolution if top else None, *headed)


def _costs(connection: sqlite3.Connection, architecture: int) -> list[Section]:
    """Multiply-accumulates by resolution, as each collection counts them."""
    rows = asked(
        connection,
        """with known as (
          select resolution, gmacs, collection from compute where architecture = ? and collection <> 'counted'
          union select f.resolution, f.gmacs, f.collection || coalesce(' (' || f.setting || ')', '') from subject s
          join cost f on f.mention = s.id where s.architecture = ? and f.collection = 'counted')
        select resolution, gmacs, group_concat(collection, ', ') as counted_by from (select * from known order by collection)
        group by resolution, gmacs order by resolution, gmacs""",
        [architecture, architecture],
    )
    return section("GMACs", rows, note="Of the bare backbone, as each collection counts; 1 MAC = 2 FLOPs.")


def _feature_maps(connection: sqlite3.Connection, architecture: int) -> str | None:
    """What a detector or segmenter may take from it: `96, 192, 384, 768 channels at strides 4, 8, 16, 32`."""
    row = connection.execute(
        "select f.feature_channels, f.feature_strides from subject s join cost f on f.mention = s.id "
        "where s.architecture = ? and f.feature_channels is not null order by f.setting is not null, s.backbone_id <> s.architecture limit 1",
        [architecture],
    ).fetchone()
    return "{} channels at strides {}".format(*(text.replace(" ", ", ") for text in row)) if row else None


def _heads(found: list[Placed]) -> list[Section]:
    """The heads that were tried with it: the best of each on a data set."""
    groups: dict[tuple[str, str, str], list[Placed]] = {}
    for p in found:
        if p.head and p.dataset and p.metric in MAIN and p.protocol == "supervised":
            groups.setdefault((p.dataset, p.metric, p.head), []).append(p)
    lines: list[tuple[Any, ...]] = []
    for (dataset, metric, head), own in groups.items():
        values = [p.value for p in own]
        top = max(own, key=lambda p: p.value) if METRICS[metric].higher_is_better else min(own, key=lambda p: p.value)
        lines.append(
            (dataset, METRICS[metric].label, head, top.value, median(values), len(own), top.checkpoint, top.source)
        )
    counts: dict[tuple[str, str], int] = {}
    for dataset, label, *_ in lines:
        counts[dataset, label] = counts.get((dataset, label), 0) + 1
    lines.sort(key=lambda line: (-counts[line[0], line[1]], line[0], line[1], -line[3], line[2]))
    names = ("dataset", "metric", "head", "best", "median", "settings", "checkpoint", "source")
    note = "The best and the median of all settings (checkpoint, schedule, crop) with each head."
    return table("heads that were tried with it", names, lines, note=note)

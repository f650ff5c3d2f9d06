"""The page of a data set: what is reported on it and the best of it, and what pretraining on it brings."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from backbones.store.page import Page, Scope, Section
from backbones.store.rows import Rows
from backbones.store.sections.downstream import other_conditions, schedule
from backbones.store.sections.own_images import own_images
from backbones.store.sections.owner import MAIN, reference
from backbones.store.sections.pretraining import pretraining_sections, seen_best, spellings, uses
from backbones.store.sections.results import chosen
from backbones.store.sections.tables import Facts, asked, column, columns_of, one, scoped, section
from backbones.store.transferring.own_names import own_split
from backbones.store.transferring.ranks import COLLECTION
from backbones.store.vocabulary import METRICS

MOST_TABLES: Final = 4
BEST_OF_EACH: Final = 50


def dataset_page(connection: sqlite3.Connection, name: str) -> Page:
    """Everything about a data set; one that no file describes may still be pretrained on."""
    row = connection.execute(
        "select tasks, domain, classes, train_images, test_images, website from dataset where dataset = ?", [name]
    ).fetchone() or (None,) * 6  # fmt: skip
    facts = Facts()
    for label, value in zip(("tasks", "domain", "classes", "train images", "test images", "website"), row, strict=True):
        facts.add(label, value)
        if label == "train images":
            validation, split = own_split(connection, name)
            facts.add("validation images", validation)
    facts.add("split", split)
    total = one(connection, "select count(*) from result where dataset = ?", [name])
    facts.add("results", total or None)
    images = own_images(connection, facts, "r.dataset = ?", [name], leave_out=("dataset",))
    names = spellings(connection, name)
    used = uses(connection, names)
    pretrained = used[0][1]
    for label, count in used:
        facts.add(label, count or None)
    kinds = _kinds(connection, name)
    sections = [facts.section(), *images, *_counts(kinds, _reported(connection, name))]
    for metric, protocol, _, settings, *_ in _main(kinds):
        sections += _best(connection, name, metric, protocol, settings)
    sections += pretraining_sections(connection, name, names)
    sections += _together(connection, name)
    sections += scoped("all results", Scope("results", "dataset", name), total, "Every value of every source.")
    subtitle = ", ".join(filter(None, ("data set", row[0], row[1])))
    filtered, metric_shown = "", ""
    main = _main(kinds)
    if pretrained > (main[0][3] if main else 0):
        filtered, metric_shown = seen_best(connection, names)
    elif main:
        metric_shown = reference(connection, main[0][0], name, main[0][1])
    return Page("dataset", name, subtitle, tuple(sections), (), filtered, metric_shown)


def _kinds(connection: sqlite3.Connection, name: str) -> list[tuple[Any, ...]]:
    """Metric, protocol, settings, checkpoints, best and worst, the most reported first."""
    return connection.execute(
        "select metric, protocol, task, sum(rank = 1), count(*), count(distinct checkpoint_id), max(case when rank = 1 then value end), "
        "min(case when rank = 1 then value end) from placement where dataset = ? group by 1, 2, 3 order by 4 desc, 1, 2",
        [name],
    ).fetchall()


def _main(kinds: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The few metrics under a protocol that people look at first."""
    found = [k for k in kinds if k[0] in MAIN or METRICS[k[0]].unit != "percent"] or kinds
    found.sort(key=lambda k: (k[0] not in MAIN, k[1] != "supervised", -k[3]))
    distinct: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for kind in found:
        distinct.setdefault(kind[:2], kind)
    return list(distinct.values())[:MOST_TABLES]


def _reported(connection: sqlite3.Connection, name: str) -> bool:
    """Whether anybody but the user has results on it."""
    sql = "select exists (select 1 from placement where dataset = ? and collection is not ?)"
    return bool(one(connection, sql, [name, COLLECTION]))


def _counts(kinds: list[tuple[Any, ...]], are_reported: bool) -> list[Section]:
    lines = []
    for metric, protocol, task, settings, values, checkpoints, largest, smallest in kinds:
        is_high = METRICS[metric].higher_is_better
        lines.append(
            (METRICS[metric].label, protocol, task, settings, values, checkpoints, largest if is_high else smallest)
        )
    names = ("metric", "protocol", "task", "settings", "results", "checkpoints", "best")
    note = "Settings: a checkpoint in one resolution, fine-tuning, head and schedule. The best is that of the chosen values."
    title = "what is reported" if are_reported else "what was measured"
    return section(title, Rows(columns_of(names), tuple(lines)), note=note)


def _best(connection: sqlite3.Connection, name: str, metric: str, protocol: str | None, settings: int) -> list[Section]:
    """The best rows of a metric."""
    direction = "desc" if METRICS[metric].higher_is_better else "asc"
    ids = connection.execute(
        f"select result from placement where dataset = ? and metric = ? and protocol is ? and rank = 1 order by value {direction}, result limit ?",
        [name, metric, protocol, BEST_OF_EACH],
    ).fetchall()
    marks = ",".join("?" * len(ids))
    found = chosen(connection, f"p.result in ({marks})", [i for (i,) in ids])
    sign = -1 if METRICS[metric].higher_is_better else 1
    found.sort(key=lambda p: (sign * p.value, p.params_m is None, p.params_m or 0, p.setting))
    lines = tuple(
        (p.checkpoint, p.weights, p.backbone if p.checkpoint is None else None, p.head, p.resolution, p.crop_size, schedule(p), p.value,
         p.params_m, p.gmacs, p.pretraining_dataset, other_conditions(p), p.test_aug, p.n_sources if p.n_sources > 1 else None,
         p.spread if p.n_sources > 1 else None, p.collection, p.source)
        for p in found
    )  # fmt: skip
    value = column(f"{metric}@{name}")
    columns = (*columns_of(("checkpoint", "weights", "backbone", "head", "resolution", "crop_size", "schedule")), value,
               *columns_of(("params_m", "gmacs", "pretraining_dataset", "conditions", "test_aug", "n_sources", "spread", "collection", "source")))  # fmt: skip
    return section(
        f"best {METRICS[metric].label}, {protocol or 'no protocol said'}", Rows(columns, lines), x="params_m", y=value.name,
        group="head" if any(p.head for p in found) else "pretraining_dataset",
        note=f"The best {len(found):,} of {settings:,} settings." if settings > len(found) else "",
    )  # fmt: skip


def _together(connection: sqlite3.Connection, name: str) -> list[Section]:
    """Other data sets that results of the same checkpoints are reported on."""
    rows = asked(
        connection,
        """with own as (select distinct checkpoint_id as c from placement where dataset = ? and checkpoint_id is not null)
        select q.dataset, count(distinct q.checkpoint_id) as checkpoints, (select count(*) from own) as own
        from own cross join placement q on q.checkpoint_id = own.c where q.dataset <> ? group by 1 order by 2 desc, 1""",
        [name, name],
    )
    lines = tuple((dataset, shared, round(100 * int(shared or 0) / int(own or 1), 1)) for dataset, shared, own in rows)
    from backbones.store.rows import Column

    columns = (*columns_of(("dataset", "checkpoints")), Column("share", "share %", "number", "percent", decimals=1))
    count = rows.rows[0][2] if rows.rows else 0
    note = f"Of {count:,} checkpoints with a result on {name}, how many have one on the other data set."
    return section("reported together", Rows(columns, lines), note=note)

"""The page of a head: its best results, and other heads on the same backbones side by side."""

from __future__ import annotations

import sqlite3
from collections import Counter
from statistics import median
from typing import Final

from backbones.store.advising.scope import is_other_test
from backbones.store.comparing.stages import told
from backbones.store.page import Page, Scope, Section
from backbones.store.rows import Column, Rows, Value
from backbones.store.sections.downstream import other_conditions, schedule, speeds_with_heads, tables
from backbones.store.sections.family import bibtex
from backbones.store.sections.owner import MAIN, filter_for, main_metric
from backbones.store.sections.results import Placed, chosen
from backbones.store.sections.tables import Facts, columns_of, one, scoped, section
from backbones.store.vocabulary import METRICS, conditions_of

MOST_HEADS: Final = 8
MOST_DATASETS: Final = 4


def head_page(connection: sqlite3.Connection, name: str) -> Page:
    """Everything about a head."""
    tasks, paper, code = connection.execute(
        "select tasks, paper, code from head where head = ?", [name]
    ).fetchone() or (None, None, None)
    found = chosen(connection, "p.head = ?", [name])
    total = one(
        connection, "select count(*) from result r join condition k on k.id = r.condition where k.head = ?", [name]
    )
    facts = Facts().add("tasks", tasks).add("paper", paper).add("code", code).add("results", total)
    facts.add("backbones", len({p.backbone for p in found if p.backbone}) or None)
    facts.add("data sets", ", ".join(d for d, _ in Counter(p.dataset for p in found if p.dataset).most_common(8)))
    sections = [
        facts.section(),
        *_comparisons(connection, name, found),
        *tables(found, "head", speeds_with_heads(connection, "x.head = ?", [name])),
        *scoped("all results", Scope("results", "head", name), total, "Every value of every source."),
    ]
    subtitle = ", ".join(filter(None, ("head", tasks)))
    return Page(
        "head", name, subtitle, tuple(sections), bibtex(connection, "head", name), filter_for("head", name) if found else "",
        main_metric(connection, Counter((p.metric, p.dataset, p.protocol) for p in found)),
    )  # fmt: skip


def _comparisons(connection: sqlite3.Connection, name: str, found: list[Placed]) -> list[Section]:
    """For the data sets with most results, all heads on the backbones that this head was tried with."""
    counts = Counter(
        (p.dataset, p.metric) for p in found if p.metric in MAIN and p.dataset and p.protocol == "supervised"
    )
    sections = []
    for (dataset, metric), _ in sorted(counts.items(), key=lambda item: (-item[1], MAIN.index(item[0][1])))[
        :MOST_DATASETS
    ]:
        assert dataset is not None
        sections += _side_by_side(connection, name, dataset, metric)
    return sections


Key = tuple[str | None, ...]
"""Backbone, checkpoint, schedule, crop, and what else the training or the test was."""


def _key(p: Placed) -> Key:
    intermediate, fine_tuning, train, test_aug = told(
        str(p.dataset), p.metric, str(p.protocol), p.intermediate_dataset, p.fine_tuning_dataset, p.train_dataset, p.test_aug
    )  # fmt: skip
    said = (
        intermediate and f"intermediate {intermediate}",
        fine_tuning and f"fine-tuned on {fine_tuning}",
        train and f"trained on {train}",
        test_aug,
        other_conditions(p),
    )
    crop = conditions_of(p.conditions).get("crop") or (str(p.crop_size) if p.crop_size else None)
    return (p.backbone, p.checkpoint, schedule(p), crop, ", ".join(filter(None, said)) or None)


def _side_by_side(connection: sqlite3.Connection, name: str, dataset: str, metric: str) -> list[Section]:
    """Rows that this head and another have: the same backbone, checkpoint and training, and nothing but the plain test."""
    rows: dict[Key, dict[str, float]] = {}
    better = max if METRICS[metric].higher_is_better else min
    for p in chosen(
        connection,
        "p.dataset = ? and p.metric = ? and p.protocol = 'supervised' and p.head is not null",
        [dataset, metric],
    ):
        if is_other_test(p.conditions):
            continue
        values = rows.setdefault(_key(p), {})
        assert p.head is not None
        values[p.head] = better(values.get(p.head, p.value), p.value)
    shared = {key: values for key, values in rows.items() if name in values and len(values) > 1 and key[0] is not None}
    if not shared:
        return []
    counts = Counter(head for values in shared.values() for head in values if head != name)
    others = [head for head, _ in counts.most_common(MOST_HEADS)]
    lines: list[tuple[Value, ...]] = []
    for key, values in shared.items():
        rest = [v for head, v in values.items() if head != name]
        lines.append(
            (*key, values[name], *(values.get(head) for head in others), round(values[name] - better(rest), 6))
        )
    lines.sort(key=lambda line: (str(line[0]), str(line[1]), str(line[2])))
    columns = (
        *columns_of(("backbone", "checkpoint", "schedule", "crop", "conditions")),
        *(
            Column(f"head={head}", head, "number", METRICS[metric].unit, METRICS[metric].higher_is_better, 2)
            for head in (name, *others)
        ),
        Column("difference", "less the best other", "number", "points", decimals=2),
    )
    differences = [float(line[-1]) for line in lines if isinstance(line[-1], int | float)]
    left_out = f" {len(counts) - len(others)} further heads are left out." if len(counts) > len(others) else ""
    unnamed = sum(key[1] is None for key in shared)
    unsure = f" {unnamed:,} of them name no checkpoint: their pretraining may be unlike." if unnamed else ""
    note = (
        f"The best {METRICS[metric].label} of each head on the same backbone, checkpoint, schedule, crop and training data, as far as "
        f"sources say. {name} less the best other head: median {median(differences):+.2f} over {len(differences):,}.{unsure}{left_out}"
    )
    return section(f"{METRICS[metric].label} on {dataset} with other heads", Rows(columns, tuple(lines)), note=note)

"""Conflicts: several values of one fact that cannot all be right."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import combinations, groupby
from statistics import median_low
from typing import Any, Final

from backbones.store.findings import FACT, NAMED, PRINTED, WHO, Finding, Severity, number
from backbones.store.measuring.count import COLLECTION as COUNTED
from backbones.store.tolerances import ACCURACY_WITHIN, COUNTED_OTHERWISE, GMACS_WITHIN, PARAMS_WITHIN, SCORE_WITHIN
from backbones.store.vocabulary import METRICS

KIND: Final = "conflict"

PRINTED_TO: Final = 0.01
"""Giga multiply-accumulates to which most tables are rounded."""


def results(connection: sqlite3.Connection) -> Iterator[Finding]:
    """One setting, data set and metric has values that differ by more than 0.3 points (5 % of what is no percentage).

    Two values of one source, recipe and test augmentation: likely, as at most one is right. Between sources: likely from 2 points
    on, else maybe. Where two collections differ on a data set for most models, it is their evaluation that differs: maybe.
    The finding names the value farthest from the middle one; of two, the one less preferred. Values that share their reference
    too are told once: what tells them apart is missing.
    """
    rows = connection.execute(
        f"""
        select p.setting, r.dataset, r.metric, r.task, {FACT.format(t="r")}, {WHO}, r.value, r.source, r.collection, p.rank, p.spread,
          r.test_aug, w.weights, r.fine_tuning_resolution, r.fine_tuning_epochs
        from placement p join result r on r.id = p.result join subject s on s.id = r.mention {NAMED}
        where exists (select 1 from placement o where o.setting = p.setting and o.dataset is p.dataset and o.metric = p.metric
          and o.rank = 2) order by 1, 2, 3, 4, p.rank"""
    )
    groups = [list(group) for _, group in groupby(rows, key=lambda row: row[:4])]
    differing = _differing_evaluations(groups)
    unnamed: dict[tuple[str, str, str], list[tuple[Any, ...]]] = {}
    for group in groups:
        found = list(_of_one_fact(group, differing)) if group[0][10] > 0 else []
        for finding in found:
            same = [row for row in group if row[4] == finding.fact]
            if len(same) > 1:
                unnamed.setdefault((finding.fact, group[0][1], group[0][2]), []).append(tuple(row[6] for row in same))
            else:
                yield finding
    yield from _unnamed(unnamed, {row[4]: row[5] for group in groups for row in group})


def _unnamed(found: dict[tuple[str, str, str], list[tuple[Any, ...]]], names: dict[str, str]) -> Iterator[Finding]:
    """One finding for all values of a metric that share one reference and one setting."""
    for (fact, dataset, metric), settings in sorted(found.items()):
        told = "; ".join(", ".join(number(v) for v in values) for values in settings)
        yield Finding(
            KIND, "likely", fact, names[fact],
            f"{METRICS[metric].label} {dataset}: {len(settings[0])} values under one reference"
            + (f" in each of {len(settings)} settings" if len(settings) > 1 else "")
            + ": the condition that tells them apart is missing",
            told,
        )  # fmt: skip


def _differing_evaluations(groups: list[list[tuple[Any, ...]]]) -> set[tuple[Any, ...]]:
    """Data set, metric and two collections whose values differ by more than ACCURACY_WITHIN for half of five or more models."""
    apart: dict[tuple[Any, ...], list[float]] = {}
    for group in groups:
        by_collection = {row[8]: row[6] for row in reversed(group)}
        for one, other in combinations(sorted(by_collection), 2):
            apart.setdefault((group[0][1], group[0][2], one, other), []).append(
                abs(by_collection[one] - by_collection[other])
            )
    return {key for key, values in apart.items() if len(values) > 4 and median_low(values) > ACCURACY_WITHIN}


def _of_one_fact(rows: list[tuple[Any, ...]], differing: set[tuple[Any, ...]]) -> Iterator[Finding]:
    dataset, metric = rows[0][1:3]
    known = METRICS[metric]

    def apart(one: float, other: float) -> bool:
        limit = ACCURACY_WITHIN if known.unit == "percent" else SCORE_WITHIN * max(abs(one), abs(other))
        return abs(one - other) > limit + 1e-9

    values = [row[6] for row in rows]
    if not apart(min(values), max(values)):
        return
    middle = median_low(sorted(values)) if len(values) > 2 else rows[0][6]
    odd = max(rows, key=lambda row: (abs(row[6] - middle), row[9]))
    others = [row for row in rows if apart(row[6], odd[6])]
    within = any(row[7] == odd[7] and row[11:] == odd[11:] for row in others)
    pairs = [(dataset, metric, *sorted((row[8], odd[8]))) for row in others]
    is_evaluation = not within and all(pair in differing for pair in pairs)
    severity: Severity = "likely" if within or (not is_evaluation and max(values) - min(values) >= 2) else "maybe"
    why = "the same source" if within else "other evaluations, as of most models," if is_evaluation else "others"
    yield Finding(
        KIND, severity, odd[4], odd[5],
        f"{known.label} {dataset}: {number(odd[6])}, where {why} ha{'s' if within else 've'} "
        + ", ".join(number(v) for v in sorted({row[6] for row in rows} - {odd[6]})),
        ", ".join(f"{number(row[6])} ({row[4]})" for row in rows),
    )  # fmt: skip


def costs(connection: sqlite3.Connection) -> Iterator[Finding]:
    """The multiply-accumulates of one architecture at one resolution differ between collections by more than 5 % (three or
    more: from the middle one; where we counted it ourselves, from our count, in train form and fused). About twice or half:
    likely, FLOPs taken for MACs or the reverse; else maybe, from 30 % on likely. What is printed to 0.01 may be off by that.
    """
    rows = connection.execute(
        f"""
        select s.architecture, f.resolution, b.backbone, f.collection, min(f.fact), f.gmacs from ({PRINTED}) f
        join subject s on s.id = f.mention join backbone b on b.id = s.architecture
        where f.gmacs is not null and f.resolution is not null and f.collection not in {COUNTED_OTHERWISE}
        group by 1, 2, 4, f.gmacs order by 1, 2, f.gmacs, 4"""
    ).fetchall()
    for _, group in groupby(rows, key=lambda row: row[:2]):
        found = list(group)
        printed, counted = [row for row in found if row[3] != COUNTED], [row[5] for row in found if row[3] == COUNTED]
        usual = counted or [median_low(sorted(row[5] for row in found))]
        for row in printed if len(found) > 1 else ():
            middle = _nearest(usual, row[5])
            ratio = row[5] / middle
            if _agree(row[5], middle):
                continue
            within = all(one[3] == row[3] for one in found)
            is_double = not within and (1.9 <= ratio <= 2.1 or 1 / 2.1 <= ratio <= 1 / 1.9)
            severity: Severity = "likely" if is_double or (not within and not 0.7 <= ratio <= 1.3) else "maybe"
            other = f"{middle:.4g} {COUNTED}" if counted else f"{number(middle)} elsewhere"
            text = f"{number(row[5])} GMACs at {row[1]} px, {other}"
            yield Finding(
                KIND, severity, row[4], row[2], text + ("; FLOPs taken for MACs or the reverse?" if is_double else ""),
                ", ".join(f"{number(one[5])} ({one[3]})" for one in found),
            )  # fmt: skip


def _nearest(values: list[float], wanted: float) -> float:
    return min(values, key=lambda value: abs(value - wanted))


def _agree(one: float, other: float) -> bool:
    return abs(one - other) <= max(GMACS_WITHIN * min(one, other), PRINTED_TO) + 1e-9


def parameters(connection: sqlite3.Connection) -> Iterator[Finding]:
    """A collection gives a backbone parameters that differ by more than 4 % from what most rows say; so does the catalogue's own
    number of the backbone. More than half or twice: likely another architecture of the same name; else maybe. Rows with a head
    count the head and are left out.
    """
    rows = connection.execute(
        f"""
        select b.id, b.backbone, b.params_m, f.collection, f.params_m, min(f.fact), count(*) from ({PRINTED}) f
        join subject s on s.id = f.mention join backbone b on b.id = s.backbone_id
        where f.params_m is not null and f.collection not in {(*COUNTED_OTHERWISE, COUNTED)}
        group by b.id, f.collection, f.params_m order by b.backbone, f.collection, f.params_m"""
    ).fetchall()
    for _, group in groupby(rows, key=lambda row: row[0]):
        found = list(group)
        name, declared = found[0][1:3]
        usual = max(found, key=lambda row: (row[6], -abs(row[4] - (declared or 0.0))))
        said = [(row[5], row[4], f"{row[3]}, {row[6]} row{'s' if row[6] > 1 else ''}") for row in found]
        if declared is not None:
            said.append((f"{usual[3]} backbone:{name}", declared, "the backbone's own number"))
        for fact, value, who in said:
            if abs(value - usual[4]) > PARAMS_WITHIN * usual[4] + 0.05:
                severity: Severity = "maybe" if 0.5 <= value / usual[4] <= 2 else "likely"
                text = f"{number(value)} M parameters ({who}), {number(usual[4])} M in {usual[6]} rows of {usual[3]}"
                yield Finding(KIND, severity, fact, name, text, f"{number(value)}, {number(usual[4])}")


def heads(connection: sqlite3.Connection) -> Iterator[Finding]:
    """The rows of one model in one setting (box and mask of one training) print whole-model costs that differ by more than 5 %."""
    rows = connection.execute(
        f"""
        select {WHO}, r.dataset, k.head, min({FACT.format(t="r")}), max({FACT.format(t="r")}), min(r.gmacs), max(r.gmacs)
        from result r join condition k on k.id = r.condition join subject s on s.id = r.mention {NAMED}
        where k.head is not null and r.gmacs is not null
        group by r.mention, r.condition, r.dataset, r.collection, r.source having max(r.gmacs) > {1 + GMACS_WITHIN} * min(r.gmacs)
        order by 4"""
    )
    for who, dataset, head, fact, other, least, most in rows:
        yield Finding(
            KIND, "likely", fact, who,
            f"{head} on {dataset}: the rows of one setting print {number(least)} and {number(most)} GMACs (the other: {other})",
            f"{number(least)}, {number(most)}",
        )  # fmt: skip

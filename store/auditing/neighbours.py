"""Outliers: facts that do not fit their neighbours, the same model in another resolution, size, framework or precision."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import groupby
from statistics import median_low
from typing import Final

from backbones.store.findings import FACT, NAMED, PRINTED, WHO, Finding, Severity, number

KIND: Final = "outlier"

GROWTH: Final = 0.8
"""Costs grow at least with the area of the image: this share of it is still no finding."""
DROP: Final = 2.0
"""Percentage points that a higher resolution (at most half as high again) may cost without a finding."""
FACTOR: Final = 3.0
"""Between the speeds of one model on one device."""
LADDER: Final = 3.0
"""Percentage points by which a much larger backbone of the same family and training may be worse."""


def growth(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Multiply-accumulates of one architecture in one collection at two resolutions: they grow with the image's area, in
    attention faster. The same number at both: sure (one is copied); less than 0.8 of the growth in area: likely.
    """
    rows = connection.execute(
        f"""
        with known as (
          select s.architecture, f.collection, f.resolution, min(f.gmacs) as gmacs, min(f.fact) as fact from ({PRINTED}) f
          join subject s on s.id = f.mention
          where f.gmacs is not null and f.resolution is not null and s.architecture is not null group by 1, 2, 3),
        pairs as (
          select *, lag(resolution) over nearest as smaller, lag(gmacs) over nearest as less
          from known window nearest as (partition by architecture, collection order by resolution))
        select p.fact, b.backbone, p.smaller, p.resolution, p.less, p.gmacs from pairs p join backbone b on b.id = p.architecture
        where p.smaller is not null and p.resolution >= 1.1 * p.smaller
          and p.gmacs < {GROWTH} * p.less * p.resolution * p.resolution / (p.smaller * p.smaller) order by 1"""
    )
    for fact, name, smaller, larger, less, more in rows:
        severity: Severity = "sure" if abs(less - more) < 1e-9 else "likely"
        yield Finding(
            KIND, severity, fact, name,
            f"{number(more)} GMACs at {larger} px, {number(less)} at {smaller} px: "
            + ("one of them is copied" if severity == "sure" else "less than the area grows"),
            f"{number(less)}, {number(more)}",
        )  # fmt: skip


def resolution(connection: sqlite3.Connection) -> Iterator[Finding]:
    """The same weights, at most half as high a resolution again, and ImageNet-1k top-1 lower by more than 2 points (maybe; from 5 likely)."""
    rows = connection.execute(
        f"""
        with placed as (
          select p.setting, p.resolution, p.value, {FACT.format(t="r")} as fact, w.weights,
            lag(p.resolution) over nearest as smaller, lag(p.value) over nearest as before
          from placement p join result r on r.id = p.result join subject s on s.id = r.mention join released w on w.id = s.weights_id
          where p.metric = 'top_1' and p.dataset = 'ImageNet-1k' and p.protocol = 'supervised' and p.resolution is not null
          window nearest as (partition by s.weights_id, r.collection order by p.resolution, p.value))
        select fact, weights, smaller, resolution, before, value from placed
        where resolution > smaller and resolution <= 1.5 * smaller and value < before - {DROP} order by 1"""
    )
    for fact, name, smaller, larger, before, value in rows:
        severity: Severity = "likely" if before - value > 5 else "maybe"
        yield Finding(
            KIND,
            severity,
            fact,
            name,
            f"top-1 {number(value)} at {larger} px, {number(before)} at {smaller} px",
            f"{number(before)}, {number(value)}",
        )


def frameworks(connection: sqlite3.Connection) -> Iterator[Finding]:
    """One model, device, resolution, mode, memory format and compilation: a throughput more than 3 times off the middle one of
    all framework versions and precisions (maybe); three or more are needed to tell which is off.
    """
    rows = connection.execute(
        f"""
        with timed as (
          select *, max(throughput_img_s) over same as most, min(throughput_img_s) over same as least, count(*) over same as speeds
          from speed where throughput_img_s > 0 and head is null
          window same as (partition by mention, device, mode, resolution, collection, memory_format, compiled))
        select x.mention, x.device, x.mode, x.resolution, x.collection, x.memory_format, x.compiled, {FACT.format(t="x")}, {WHO}, x.throughput_img_s,
          x.framework, x.precision
        from timed x join subject s on s.id = x.mention {NAMED}
        where x.most > {FACTOR} * x.least and x.speeds > 2 order by 1, 2, 3, 4, 5, 6, 7, x.throughput_img_s"""
    ).fetchall()
    for _, group in groupby(rows, key=lambda row: row[:7]):
        found = list(group)
        middle = median_low(row[9] for row in found)
        for _, device, _, px, _, memory_format, compiled, fact, name, speed, framework, precision in found:
            if not middle / FACTOR <= speed <= middle * FACTOR:
                told = ", ".join(
                    str(v) for v in (framework, precision, memory_format, "compiled" if compiled else None) if v
                )
                yield Finding(
                    KIND, "maybe", fact, name,
                    f"{device} at {px} px: {number(speed)} img/s with {told}; the middle of {len(found)} speeds is {number(middle)}",
                    ", ".join(number(row[9]) for row in found),
                )  # fmt: skip


def ladder(connection: sqlite3.Connection) -> Iterator[Finding]:
    """A backbone at least 1.5 times as large, and no cheaper, than another of its family, trained on the same data by the same
    recipe and evaluated at the same resolution by the same source, whose ImageNet-1k top-1 is lower by more than 3 points (maybe).
    """
    rows = connection.execute(
        f"""
        with placed as (
          select {FACT.format(t="r")} as fact, {WHO} as name, coalesce(r.params_m, b.params_m) as size, r.value,
            coalesce(r.gmacs, (select min(u.gmacs) from compute u where u.architecture = s.architecture and u.resolution = k.resolution)) as cost,
            a.id || '/' || r.source || '/' || k.resolution || '/' || c.pretraining_dataset || '/' || coalesce(c.pretraining_method, '')
              || '/' || coalesce(k.fine_tuning_dataset, '') || '/' || coalesce(k.intermediate_dataset, '')
              || '/' || coalesce(k.conditions, '') || '/' || coalesce(substr(w.weights, instr(w.weights, '.') + 1), '') as kind
          from result r join condition k on k.id = r.condition join subject s on s.id = r.mention {NAMED}
          where r.metric = 'top_1' and r.dataset = 'ImageNet-1k' and k.protocol = 'supervised')
        select kind, fact, name, size, value, cost from placed
        where size is not null and cost is not null and kind is not null order by kind, size, fact"""
    ).fetchall()  # what follows the first point of a file's name is the recipe in timm and torchvision
    for _, group in groupby(rows, key=lambda row: row[0]):
        found = list(group)
        for _, fact, name, size, value, cost in found:
            smaller = [row for row in found if 1.5 * row[3] <= size and row[5] <= cost and row[4] > value + LADDER]
            if smaller:
                best = max(smaller, key=lambda row: row[4])
                yield Finding(
                    KIND, "maybe", fact, name,
                    f"top-1 {number(value)} with {number(size)} M parameters; {best[2]} has {number(best[4])} with {number(best[3])} M",
                    f"{number(best[4])}, {number(value)}",
                )  # fmt: skip

"""How well speeds are predicted and questions answered: `predict_held_out.py [--few 10] [--seeds 3] [--questions 300] [--scatter 0.025]`.

Each of timm's tables stands in turn for the machine; all tables of its device are taken away, a few of its rows are measured. Prints
the error, the cover of the 90 % intervals and how wide they are for the shipped anchors and for anchors drawn at random; the harder
cases; and how many questions are answered rightly with how many measurements. Builds the catalogue if it is missing. Needs numpy.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Callable, Sequence
from statistics import fmean, quantiles

from backbones.probe.predicting.candidates import Field, field_of
from backbones.probe.predicting.doubt import USUAL, VISITS
from backbones.probe.predicting.held_out import (
    Score,
    Verdict,
    hold_out,
    judge,
    limits_of,
    measured_in,
    score_of,
)
from backbones.probe.predicting.prediction import column_of
from backbones.probe.predicting.question import parse_question
from backbones.probe.predicting.tables import Key, Table, Tables, tables_of
from backbones.store.catalog import open_catalog
from backbones.store.places import places
from backbones.store.query import CatalogExplorer

KINDS = (
    ("top_1@imagenet-1k", "throughput@here > {}"),
    ("top_1@imagenet-1k", "throughput@here > {} and params_m < 30"),
    ("top_1@imagenet-v2", "throughput@here > {}"),
    ("top_1@imagenet-1k", "throughput@here >= {} and licence_class = permissive"),
    ("throughput@here", "throughput@here > {} and top_1@imagenet-1k > 82"),
)
HEAD = f"{'':74s} median  p90  cover  half"


def line(title: str, scores: Sequence[Score]) -> str:
    """The mean of several scores."""
    mean = [
        100 * fmean(getattr(s, name) for s in scores) for name in ("median_error", "error_p90", "covered", "half_width")
    ]
    return f"{title:74s} {mean[0]:5.1f} {mean[1]:5.0f} {mean[2]:6.1f} {mean[3]:5.0f}"


def drawn(table: Table, tables: Tables, few: int, seed: int) -> dict[Key, float]:
    """So many models of a table, one of each size, at random."""
    sizes = sorted((tables.traits[key].gmacs, key) for key in table.speeds if tables.traits[key].gmacs < 60)
    dice, step = random.Random(seed), len(sizes) / few
    chosen = [dice.choice(sizes[int(i * step) : int((i + 1) * step)])[1] for i in range(few)]
    return {key: table.speeds[key] for key in chosen}


def predictions(tables: Tables, few: int, seeds: int) -> None:
    """The table of all held-out tables."""
    print(HEAD)
    for kind in ("gpu", "cpu"):
        every, by_chance = [], []
        for table in tables.tables:
            if table.kind == kind:
                every.append(hold_out(tables, table, measured_in(table, few=few)))
                by_chance += [hold_out(tables, table, drawn(table, tables, few, seed)) for seed in range(seeds)]
                print(line(table.title, every[-1:]), flush=True)
        print(line(f"all {kind} tables, {few} shipped anchors", every))
        if by_chance:
            print(line(f"all {kind} tables, {few} models drawn at random, {seeds} times", by_chance))


def harder(tables: Tables, few: int) -> None:
    """Cases in which nothing alike is among the tables."""
    cases: tuple[tuple[str, Callable[[Table], bool], Callable[[Table, Table], bool]], ...] = (
        ("compiled, from eager tables of other GPUs", lambda t: t.kind == "gpu" and bool(t.compiled),
         lambda t, o: o.device != t.device and o.kind == "gpu" and not o.compiled),
        ("eager, from compiled tables of other GPUs", lambda t: t.kind == "gpu" and not t.compiled,
         lambda t, o: o.device != t.device and o.kind == "gpu" and bool(o.compiled)),
        ("compiled, the same GPU's eager tables among all", lambda t: t.kind == "gpu" and bool(t.compiled),
         lambda t, o: o.device != t.device or not o.compiled),
        ("GPU, from one other GPU's tables", lambda t: t.kind == "gpu" and "3090" not in t.device,
         lambda t, o: "3090" in o.device),
        ("GPU, from CPU tables", lambda t: t.kind == "gpu", lambda t, o: o.kind == "cpu"),
        ("CPU, from GPU tables", lambda t: t.kind == "cpu", lambda t, o: o.kind == "gpu"),
    )  # fmt: skip
    print(f"\n{HEAD[11:]:>96s}")
    for title, is_target, is_kept in cases:
        scores = []
        for target in filter(is_target, tables.tables):
            others = tables.only(t for t in tables.tables if is_kept(target, t))
            predicted = column_of(others).predict(measured_in(target, few=few), target.speeds)
            scores.append(score_of(predicted, target.speeds))
        print(line(title, scores), flush=True)


def unseen(tables: Tables, few: int) -> None:
    """Models of families that no table has."""
    dice = random.Random(1)
    families = sorted({traits.family for traits in tables.traits.values()})
    dice.shuffle(families)
    hidden = set(families[:30])
    others = tables.only(
        Table(t.device, t.kind, t.precision, t.framework, t.memory_format, t.compiled,
              {k: v for k, v in t.speeds.items() if tables.traits[k].family not in hidden}) for t in tables.tables
    )  # fmt: skip
    scores = []
    for table, seen in zip(tables.tables, others.tables, strict=True):
        if table.kind == "gpu":
            wanted = {k: v for k, v in table.speeds.items() if k not in seen.speeds}
            predicted = column_of(others.without(table.device)).predict(measured_in(seen, few=few), wanted)
            scores.append(score_of(predicted, wanted))
    print(line("GPU, models of 30 families that no table has", scores))


def questions(
    explorer: CatalogExplorer, tables: Tables, count: int, few: int, most: int, seed: int, visits: int, scatter: float
) -> None:
    """Questions with limits drawn at random, each with a GPU table as the machine, whose visits scatter by so much.

    Each limit is the speed of a candidate, so that one always lies on it: harder than a round number.
    """
    dice, noise = random.Random(seed), random.Random(seed + 1)
    usual = scatter or USUAL["gpu"]
    fields: dict[tuple[str, str], Field] = {}
    verdicts: dict[tuple[str, str], list[Verdict]] = {kind: [] for kind in KINDS}
    machines = [table for table in tables.tables if table.kind == "gpu"]
    started = time.perf_counter()
    for number in range(count):
        kind, table = KINDS[number % len(KINDS)], machines[number // len(KINDS) % len(machines)]
        if kind not in fields:
            fields[kind] = field_of(
                explorer, parse_question(f"{kind[0]} where {kind[1].format(1)}"), tables.traits.keys()
            )
        (limit,) = limits_of(fields[kind], table, [dice.uniform(0.1, 0.95)])
        verdict = judge(
            parse_question(f"{kind[0]} where {kind[1].format(limit)}"), fields[kind], table, tables, few, most,
            visits=visits, usual=usual, scatter=lambda: math.exp(noise.gauss(0.0, scatter)),
        )  # fmt: skip
        if verdict is not None:
            verdicts[kind].append(verdict)
    print(f"\n{'':74s} right certain right if certain  measured: mean p95 most  visits")
    every = [verdict for found in verdicts.values() for verdict in found]
    for title, found in [*((" where ".join(kind), found) for kind, found in verdicts.items()), ("all", every)]:
        measured = [v.measured for v in found]
        certain = [v for v in found if v.is_certain]
        rights = [100 * fmean(v.is_right for v in some) if some else 0 for some in (found, certain)]
        print(
            f"{title:74s} {rights[0]:5.1f} {100 * len(certain) / len(found):7.1f} {rights[1]:16.1f} "
            f"{fmean(measured):15.1f} {quantiles(measured, n=20)[-1]:3.0f} {max(measured):4d} {fmean(v.visits for v in found):7.1f}"
        )
    print(f"{count} questions in {time.perf_counter() - started:.0f} s")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--few", type=int, default=10, help="models measured first")
    parser.add_argument("--most", type=int, default=16, help="models measured for an answer")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0, help="of the questions' limits")
    parser.add_argument("--visits", type=int, default=VISITS, help="to a model near a limit at most")
    parser.add_argument("--scatter", type=float, default=0.0, help="standard deviation of a visit, as 0.025")
    chosen = parser.parse_args()
    explorer = CatalogExplorer(lambda: open_catalog(places(), print))
    tables = explorer.ask(tables_of)
    if chosen.seeds:
        predictions(tables, chosen.few, chosen.seeds)
        harder(tables, chosen.few)
        unseen(tables, chosen.few)
    if chosen.questions:
        questions(
            explorer, tables, chosen.questions, chosen.few, chosen.most, chosen.seed, chosen.visits, chosen.scatter
        )


if __name__ == "__main__":
    main()

"""How well it works, seen on tables that are known: one stands for the machine, and all tables of its device are taken away."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median, quantiles

from backbones.probe.predicting.anchors import ANCHORS, FEW, Anchor
from backbones.probe.predicting.answering import MOST, Reply, answer
from backbones.probe.predicting.candidates import Field, reaching
from backbones.probe.predicting.doubt import USUAL, VISITS
from backbones.probe.predicting.prediction import CONFIDENCE, Prediction, column_of
from backbones.probe.predicting.question import Question
from backbones.probe.predicting.tables import Key, Table, Tables


@dataclass(frozen=True, slots=True)
class Score:
    """Predictions against what the table says."""

    models: int
    median_error: float
    """Share by which a prediction is off, of the measured speed."""
    error_p90: float
    covered: float
    """Share of the models whose speed lies within its interval."""
    half_width: float
    """Median of how far intervals reach to either side, as a share."""


def score_of(predicted: Iterable[Prediction], truth: Mapping[Key, float]) -> Score:
    """Of the predictions whose truth is known."""
    known = [(p, truth[p.key]) for p in predicted if p.key in truth]
    errors = [abs(p.throughput_img_s / speed - 1) for p, speed in known]
    return Score(
        len(known), median(errors), quantiles(errors, n=10)[-1], fmean(p.low <= speed <= p.high for p, speed in known),
        median(math.sqrt(p.high / p.low) - 1 for p, _ in known),
    )  # fmt: skip


def measured_in(table: Table, anchors: Iterable[Anchor] = ANCHORS, few: int = FEW) -> dict[Key, float]:
    """The first anchors that the table has, as if they were measured."""
    had = [anchor.key for anchor in anchors if anchor.key in table.speeds]
    return {key: table.speeds[key] for key in had[:few]}


def hold_out(
    tables: Tables, table: Table, measured: Mapping[Key, float] | None = None, confidence: float = CONFIDENCE
) -> Score:
    """Predict a table from all tables of other devices and a few of its own rows (None: its anchors)."""
    column = column_of(tables.without(table.device))
    return score_of(column.predict(measured or measured_in(table), table.speeds, confidence), table.speeds)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One question, answered with a table as the machine."""

    is_right: bool
    """No candidate that passes is better."""
    is_certain: bool
    measured: int
    """Models."""
    visits: int
    reply: Reply


def judge(
    question: Question, field: Field, table: Table, tables: Tables, few: int = FEW, most: int = MOST,
    confidence: float = CONFIDENCE, visits: int = VISITS, scatter: Callable[[], float] = lambda: 1.0, usual: float = USUAL["gpu"],
) -> Verdict | None:  # fmt: skip
    """Answer a question by measuring as few rows of a table as possible; None where no model of the table passes.

    `scatter`: a factor by which each visit is off; what is right is judged by the table.
    """
    passing = [c for c in in_table(field, table).candidates if question.limits.pass_(table.speeds[c.key])]
    if not passing:
        return None
    known = in_table(field, table)
    others = reaching(tables.without(table.device), known)

    def measure(key: Key) -> float | None:
        speed = table.speeds.get(key)
        return None if speed is None else speed * scatter()

    reply = answer(
        question, known, measure, others, few=few, most=most, confidence=confidence, visits=visits, usual=usual
    )
    best = reply.best
    if best is None or not question.limits.pass_(table.speeds[best.key]):
        is_right = False
    elif question.asks_for_speed:
        is_right = table.speeds[best.key] == max(table.speeds[c.key] for c in passing)
    else:
        is_right = best.value == passing[0].value
    times = sum(map(len, reply.visits.values())) + len(reply.failed)
    return Verdict(is_right, reply.is_certain, len(reply.measured) + len(reply.failed), times, reply)


def in_table(field: Field, table: Table) -> Field:
    """The candidates that a table has."""
    return replace(field, candidates=tuple(c for c in field.candidates if c.key in table.speeds))


def limits_of(field: Field, table: Table, shares: Sequence[float]) -> list[float]:
    """Speeds that these shares of the candidates are slower than."""
    speeds = sorted(table.speeds[c.key] for c in in_table(field, table).candidates)
    return [float(f"{speeds[int(share * (len(speeds) - 1))]:.6g}") for share in shares]

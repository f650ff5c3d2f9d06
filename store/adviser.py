"""Which backbone for a task within limits: a short list with reasons, what each limit costs, and what is not known.

Candidates are the rows that have the maximised metric, as in a query. A row meets the limits when every clause holds; a clause
whose value is missing is neither met nor broken, and such rows are counted and named, never dropped in silence. The answers
are on the Pareto front of the maximised metric and of every cost that the question names (speed, memory, parameters, MACs;
parameters always): no row that meets the limits is as good in all of them and better in one. An unknown cost counts as the
worst. Where the front is longer than the list, `adviser_front.short_list` says which of it are taken.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from backbones.store.advising.evidence import Evidence, evidence_of
from backbones.store.advising.front import Point, Seat, front, point, short_list
from backbones.store.advising.limits import MEMORY, Limit, Question
from backbones.store.advising.task import Wish, metric_of
from backbones.store.formats import shown
from backbones.store.references import parse_reference
from backbones.store.rows import Column, Value
from backbones.store.view import Sort, View
from backbones.store.vocabulary import METRICS

__all__ = ["Advice", "Recommended", "Relaxed", "Unknown", "Wish", "advise"]

NAMED: Final = 3
"""So many of the rows that might meet the limits are named."""
_CHEAP: Final = {"throughput": "fastest", "latency": "quickest", "peak_memory": "least memory", "memory_mib": "least memory", "params_m": "smallest",
                 "gmacs": "fewest MACs"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recommended:
    """One answer: who, in which setting, why, and how sure its numbers are."""

    key: int
    """Identifies the row, as `Answer.keys` does."""
    name: str
    backbone: str | None
    checkpoint: str | None
    weights: str | None
    setting: str
    """Resolution, head, schedule and conditions, in words."""
    reason: str
    values: tuple[Value, ...]
    """Of `Advice.columns`: the maximised metric, then the costs."""
    evidence: Evidence
    others: int = 0
    """How many other rows of the same backbone are on the front."""


@dataclass(frozen=True, slots=True)
class Relaxed:
    """What one limit costs: the best answer when it is loosened by a tenth, or left out where it is no number."""

    limit: str
    loosened: str
    """`throughput@v100 >= 900`, or `without licence_class = permissive`."""
    text: str
    """The whole finding as a sentence."""
    best: float | None
    gain: float | None
    """How much better than now; None where there is no answer now, or then."""
    name: str | None
    meeting: int
    """Rows that meet the limits then."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Rows that may or may not meet a limit because nobody says."""

    limit: str
    count: int
    best: tuple[tuple[str, float, int], ...]
    """Name, value of the maximised metric and key of the best of them."""
    text: str


@dataclass(frozen=True, slots=True)
class Advice:
    """The short list and what surrounds it."""

    wish: Wish
    maximise: str
    filter: str
    """The limits, and what keeps rows of other tests out; without that on the memory where `omits_memory`."""
    columns: tuple[Column, ...]
    """The maximised metric, then the costs that are compared."""
    answers: tuple[Recommended, ...]
    candidates: int
    """Rows that have the metric."""
    meeting: int
    """Rows that meet every limit."""
    front: tuple[int, ...]
    """Keys of all rows on the Pareto front, the best first."""
    relaxed: tuple[Relaxed, ...]
    unknown: tuple[Unknown, ...]
    notes: tuple[str, ...]
    omits_memory: bool = False
    """Whether no filter can express the limit on the memory, so that `view` shows rows that break it."""

    def view(self) -> View:
        """The same question on the first screen: all rows that meet the limits (see `omits_memory`), the first cost against what is
        maximised.
        """
        costs = tuple(column.name for column in self.columns[1:] if column.name != MEMORY.name)
        named = ("checkpoint", "resolution", self.maximise, *costs, "weights", "licence_class", "source")
        columns = named if self.is_classification else ("checkpoint", "backbone", "head", "setting", *named[2:])
        is_smaller_better = self.columns[0].higher_is_better is False
        order = (Sort(self.maximise, not is_smaller_better),)
        return View(filter=self.filter, columns=columns, sort=order, x=costs[0], y=self.maximise)

    def query_command(self) -> str:
        """The command line that prints those rows."""
        return self.view().query_command()

    @property
    def is_classification(self) -> bool:
        """Whether the bare backbone is asked for, with no head of another task."""
        return METRICS[parse_reference(self.maximise).name].is_classification


def advise(connection: sqlite3.Connection, wish: Wish) -> Advice:
    """The advice for a wish; QueryError for a word that the catalogue does not know."""
    maximise = metric_of(connection, wish)
    question = Question(connection, wish, maximise)
    candidates = question.rows()
    meeting = [row for row in candidates if row.meets]
    points = [point(row.values[0], row.values[1:], question.directions) for row in meeting]
    found = front(points)
    owners = [i if wish.per_setting else row.owner for i, row in enumerate(meeting)]
    seats = short_list(points, found, owners, wish.limit, _ladder_unit(question.columns[0], points, found))
    columns = question.columns
    chosen = [meeting[seat.index] for seat in seats]
    asked_for = [question.memory_reference if r == MEMORY else r for r in question.references]
    proofs = evidence_of(connection, [row.key for row in chosen], asked_for, [row.values for row in chosen])
    on_front = [meeting[i] for i in found]
    answers = []
    for seat, proof in zip(seats, proofs, strict=True):
        row = meeting[seat.index]
        others = sum(other.owner == row.owner for other in on_front) - 1
        reason = _reason(seat, question, row.values, len(meeting))
        answers.append(
            Recommended(
                row.key, proof.name, proof.backbone, proof.checkpoint, proof.weights, proof.setting, reason, row.values, proof, others,
            )
        )  # fmt: skip
    best = answers[0] if answers else None
    relaxed = tuple(_relaxed(question, candidates, limit, best) for limit in question.limits)
    unknown = tuple(u for limit in question.limits if (u := _unknown(question, candidates, limit)))
    asked = " and ".join(clause for clause in (wish.filter, question.memory_clause, question.scope.clause) if clause)
    return Advice(
        wish, str(question.references[0]), asked, columns, tuple(answers), len(candidates), len(meeting),
        tuple(row.key for row in on_front), relaxed, unknown, question.notes(candidates),
        question.memory_clause is None,
    )  # fmt: skip


def _ladder_unit(column: Column, points: Sequence[Point], found: Sequence[int]) -> float:
    """What `0.5 of the best` means: points of a percentage, else percent of the best value."""
    if column.unit in ("percent", "points") or not found:
        return 1.0
    return abs(points[found[0]][0]) / 100 or 1.0


def _reason(seat: Seat, question: Question, values: Sequence[Value], meeting: int) -> str:
    columns = question.columns
    metric, label = columns[0], METRICS[question.references[0].name].label
    if seat.kind == "best":
        if meeting == 1:
            return "the only row that meets the limits" if question.limits else "the only row"
        return f"best {label} of the {meeting:,} rows" + (" that meet the limits" if question.limits else "")
    if seat.kind == "trade":
        return f"no other is as good in all of {', '.join(c.label for c in columns)}"
    cheap = _CHEAP[question.references[seat.cost].name]
    if seat.kind == "within":
        return f"{cheap} within {seat.amount:.3g} of the best {label}"
    bound = "at most" if metric.higher_is_better is False else "at least"
    return f"{cheap} with {bound} {shown(values[0], metric)} {label}"


def _relaxed(question: Question, candidates: Sequence[Any], limit: Limit, now: Recommended | None) -> Relaxed:
    passing = [row for row in candidates if row.meets_without(limit.number) and row.relaxed[limit.number]]
    metric = question.columns[0]
    sign = -1.0 if metric.higher_is_better is False else 1.0
    top = max(passing, key=lambda row: sign * row.values[0], default=None)
    head = f"{limit.loosened}" + (f" instead of {limit.bound}" if limit.bound else "")
    if top is None:
        return Relaxed(limit.text, limit.loosened, f"{head}: still nothing", None, None, None, 0)
    name, value = question.name(top), float(top.values[0])
    best = shown(value, metric)
    if now is None:
        return Relaxed(limit.text, limit.loosened, f"{head}: {best} ({name})", value, None, name, len(passing))
    gain = sign * (value - float(now.values[0]))  # type: ignore[arg-type]
    if gain <= 0:
        more = len(passing) - sum(row.meets for row in candidates)
        text = (
            "nothing changes"
            if not more
            else f"the best stays, {more:,} more row{'s' if more != 1 else ''} to choose from"
        )
        return Relaxed(limit.text, limit.loosened, f"{head}: {text}", value, 0.0, name, len(passing))
    return Relaxed(
        limit.text,
        limit.loosened,
        f"{head}: {best} instead of {shown(now.values[0], metric)} ({name})",
        value,
        gain,
        name,
        len(passing),
    )


def _unknown(question: Question, candidates: Sequence[Any], limit: Limit) -> Unknown | None:
    rows = [row for row in candidates if row.may_meet and row.verdicts[limit.number] is None]
    if not rows:
        return None
    metric = question.columns[0]
    best: dict[Any, Any] = {}
    for row in rows:  # they come best first
        best.setdefault(row.owner, row)
        if len(best) == NAMED:
            break
    named = tuple((question.name(row), float(row.values[0]), row.key) for row in best.values())
    text = f"{len(rows):,} row{'s have' if len(rows) != 1 else ' has'} no {limit.what}; the best of them: "
    text += ", ".join(f"{name} {shown(value, metric)}" for name, value, _ in named)
    return Unknown(limit.text, len(rows), named, text)

"""Ask, don't sweep: measures the anchors, predicts, then measures candidates from the best down until the answer is certain.

Each model is visited once; one on whose figure the answer hangs, so near to a limit that another visit might land on its other side,
is visited again at another time before it is taken or left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Final

from backbones.probe.predicting.anchors import ANCHORS, FEW, Anchor
from backbones.probe.predicting.candidates import Candidate, Field
from backbones.probe.predicting.doubt import USUAL, VISITS, bounds, scatter_of
from backbones.probe.predicting.prediction import CONFIDENCE, ENOUGH, Prediction, column_of
from backbones.probe.predicting.question import Question
from backbones.probe.predicting.tables import Key, Tables
from backbones.store.errors import BackbonesError

if TYPE_CHECKING:
    from backbones.probe.predicting.column import Fit

MOST: Final = 16
"""Models that are measured for one answer, anchors included."""
RIVALS: Final = 3
"""Models as fast as the fastest, of all that may be, that are visited again."""
NO_CANDIDATE: Final = "no model of timm passes the conditions that the catalogue can judge"
Measure = Callable[[Key], float | None]
"""One visit to a model on this machine, images a second; None where it cannot be measured here. Called again: another visit, later."""


@dataclass(frozen=True, slots=True)
class Step:
    """One model was measured, and why."""

    key: Key
    throughput_img_s: float | None
    why: str
    """`anchor`, `candidate`, or `again` for one that was measured before and lies near a limit."""
    count: int
    """Models measured so far."""
    visit: int = 1
    """Of this model."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The best model that was measured and passes, and what it rests on."""

    best: Candidate | None
    """None: no model passes, as far as was seen."""
    throughput_img_s: float | None
    """As measured: the median of its visits."""
    is_certain: bool
    """Whether every better candidate was measured or is ruled out by its interval, and no figure that decides is too near a limit."""
    confidence: float
    measured: Mapping[Key, float]
    """The median of each model's visits."""
    visits: Mapping[Key, tuple[float, ...]]
    """All of them."""
    again: tuple[Candidate, ...]
    """Visited again for this answer, which hangs on them: the best one itself, or a better one that turned out not to pass."""
    doubts: tuple[Candidate, ...]
    """Measured, and the answer hangs on them, but still too near a limit (or as fast as the fastest) to say on which side they are."""
    scatter: float
    """Standard deviation of one visit, as a share."""
    failed: tuple[Key, ...]
    """Models that could not be measured here: they are no answer."""
    between: tuple[tuple[Candidate, Prediction], ...]
    """Better candidates that may pass and were not measured, because as many had been measured as were allowed."""
    ruled_out: int
    """Better candidates that did not have to be measured: their intervals do not reach the limits."""
    not_measured: int
    """Candidates that did not have to be measured, of all."""
    fit: Fit
    """How well the tables explain what was measured."""
    predictions: tuple[Prediction, ...] = field(repr=False)
    """Of all models that were not measured."""


def answer(
    question: Question,
    candidates: Field,
    measure: Measure,
    tables: Tables,
    *,
    anchors: Iterable[Anchor] = ANCHORS,
    few: int = FEW,
    most: int = MOST,
    confidence: float = CONFIDENCE,
    known: Mapping[Key, Sequence[float]] | None = None,
    visits: int = VISITS,
    usual: float = USUAL["gpu"],
    tell: Callable[[Step], None] | None = None,
) -> Reply:
    """Find the best candidate that passes the limits with few measurements.

    `anchors`: what is measured first, until `few` could be; `known`: speeds of visits that were made before in the same setting,
    which cost nothing; `visits`: to a model near a limit at most; `usual`: see `doubt.USUAL`. BackbonesError where there is no
    candidate, or too few anchors can be measured.
    """
    if not candidates.candidates:
        raise BackbonesError(NO_CANDIDATE)
    search = _Search(question, candidates, measure, tables, most, confidence, known or {}, visits, usual, tell)
    search.measure_anchors(anchors, few)
    return search.by_speed() if question.asks_for_speed else search.by_objective()


class _Search:
    """One question on its way to an answer."""

    def __init__(
        self, question: Question, candidates: Field, measure: Measure, tables: Tables, most: int, confidence: float,
        known: Mapping[Key, Sequence[float]], visits: int, usual: float, tell: Callable[[Step], None] | None,
    ) -> None:  # fmt: skip
        self.limits, self.ordered, self.most, self.confidence = question.limits, candidates.candidates, most, confidence
        self.tables, self.count, self.most_visits, self.usual = tables, 0, visits, usual
        self.visits = {key: list(speeds) for key, speeds in known.items() if speeds}
        self.measured = {key: median(speeds) for key, speeds in self.visits.items()}
        self.again: set[Key] = set()
        """Models that were visited again."""
        self.is_over: set[Key] = set()
        """Models that fail now, after a visit that went well."""
        self.rank = {candidate.key: place for place, candidate in enumerate(self.ordered)}
        self.is_ranked = not question.asks_for_speed
        self.failed: dict[Key, None] = {}
        self._measure, self._tell = measure, tell

    # ---- measuring

    def take(self, key: Key, why: str) -> float | None:
        """Measure a model that was not measured yet."""
        if key in self.measured or key in self.failed:
            return self.measured.get(key)
        self.count += 1
        if (speed := self._visit(key, why)) is None:
            self.failed[key] = None
        return speed

    def take_again(self, key: Key) -> None:
        """One more visit to a model that was measured."""
        self.again.add(key)
        if self._visit(key, "again") is None:
            self.is_over.add(key)

    def _visit(self, key: Key, why: str) -> float | None:
        speed = self._measure(key)
        if speed is None or not speed > 0:
            speed = None
        else:
            self.visits.setdefault(key, []).append(speed)
            self.measured[key] = median(self.visits[key])
        if self._tell:
            self._tell(Step(key, speed, why, self.count, len(self.visits.get(key, ())) + (speed is None)))
        return speed

    def measure_anchors(self, anchors: Iterable[Anchor], few: int) -> None:
        """So many of them as can be measured; the next stand in for those that cannot."""
        had = 0
        for anchor in anchors:
            if had == few or self.count == self.most:
                break
            had += self.take(anchor.key, "anchor") is not None
        if len(self.measured) < ENOUGH:
            raise BackbonesError(
                f"only {len(self.measured)} of the models that are measured first could be measured; {ENOUGH} are needed"
            )
        self.column = column_of(self.tables.other_than(self.measured))

    # ---- deciding

    def predicted(self, keys: Sequence[Key]) -> dict[Key, Prediction]:
        """Of those that were not measured."""
        return {p.key: p for p in self.column.predict(self.measured, keys, self.confidence)}

    def by_objective(self) -> Reply:
        """Until one passes, the best that is likely to; then all better ones that may, until none is left."""
        while True:
            predicted = self.predicted([c.key for c in self.ordered])
            best = next(filter(self._passes, self.ordered), None)
            better = self.ordered[: self.rank[best.key]] if best else self.ordered
            rest = [c for c in better if self._may_pass(c, predicted)]
            if rest and self.count < self.most:
                likely = [c for c in rest if self.limits.pass_(predicted[c.key].throughput_img_s)]
                self.take((likely or self._worth_most(rest, predicted))[0].key, "candidate")
                continue
            doubts = [c for c in (*better, *([best] if best else ())) if self._is_near_a_limit(c)]
            if not self._visited_again(doubts):
                return self._reply(best, predicted, rest, doubts)

    def _worth_most(self, rest: list[Candidate], predicted: Mapping[Key, Prediction]) -> list[Candidate]:
        """From the best down, since one that passes spares all below; where not all can be measured, the likeliest first."""
        if len(rest) <= self.most - self.count:
            return rest
        return sorted(rest, key=lambda c: self.limits.gap(predicted[c.key].low, predicted[c.key].high))

    def by_speed(self) -> Reply:
        """From the one that may be fastest down, until none left may be faster than the fastest measured."""
        while True:
            predicted = self.predicted([c.key for c in self.ordered])
            passing = [c for c in self.ordered if self._passes(c)]
            best = max(passing, key=lambda c: self.measured[c.key], default=None)
            least = self.measured[best.key] if best else 0.0
            rest = [c for c in self.ordered if self._may_pass(c, predicted) and predicted[c.key].high > least]
            if rest and self.count < self.most:
                self.take(max(rest, key=lambda c: predicted[c.key].high).key, "candidate")
                continue
            doubts = [c for c in self.ordered if self._is_near_a_limit(c) and self.measured[c.key] >= least]
            doubts += [c for c in self._rivals(best, passing) if c not in doubts]
            if not self._visited_again(doubts):
                return self._reply(best, predicted, rest, doubts)

    def _visited_again(self, doubts: Sequence[Candidate]) -> bool:
        """Visit the one of these that was visited least; False where none is to be visited more. Others come between its visits."""
        due = [c for c in doubts if len(self.visits[c.key]) < self.most_visits and c.key not in self.is_over]
        if due:
            self.take_again(min(due, key=lambda c: len(self.visits[c.key])).key)
        return bool(due)

    def _is_near_a_limit(self, candidate: Candidate) -> bool:
        """Whether it was measured and another visit might land on the other side of a limit."""
        speeds = self.visits.get(candidate.key)
        return speeds is not None and not self.limits.is_clear(*bounds(speeds, self.scatter))

    def _rivals(self, best: Candidate | None, passing: Sequence[Candidate]) -> list[Candidate]:
        """The fastest, and those that another visit might find to be faster; nobody where there is none such."""
        if best is None:
            return []
        near = [
            c for c in passing if c != best and bounds(self.visits[c.key], self.scatter)[1] >= self.measured[best.key]
        ]
        near.sort(key=lambda c: -self.measured[c.key])
        return [best, *near[:RIVALS]] if near else []

    @property
    def scatter(self) -> float:
        """Of one visit, as all that were repeated say."""
        return scatter_of(self.visits.values(), self.usual)

    def _passes(self, candidate: Candidate) -> bool:
        return candidate.key in self.measured and self.limits.pass_(self.measured[candidate.key])

    def _may_pass(self, candidate: Candidate, predicted: Mapping[Key, Prediction]) -> bool:
        """Whether it was not measured and its interval reaches the limits."""
        found = predicted.get(candidate.key)
        return found is not None and candidate.key not in self.failed and self.limits.may_pass(found.low, found.high)

    def _deciding(self, best: Candidate | None) -> list[Candidate]:
        """Of those that were visited again the ones that would be a better answer, or the best one."""
        again = [c for c in self.ordered if c.key in self.again]
        if best is None or not self.is_ranked:
            return again
        return [c for c in again if self.rank[c.key] <= self.rank[best.key]]

    def _reply(
        self, best: Candidate | None, predicted: Mapping[Key, Prediction], rest: Sequence[Candidate], doubts: Sequence[Candidate]
    ) -> Reply:  # fmt: skip
        unmeasured = [c for c in self.ordered if c.key in predicted and c.key not in self.failed]
        better = unmeasured
        if best is not None and self.is_ranked:
            better = [c for c in unmeasured if self.rank[c.key] < self.rank[best.key]]
        return Reply(
            best, self.measured[best.key] if best else None, not rest and not doubts, self.confidence, dict(self.measured),
            {key: tuple(speeds) for key, speeds in self.visits.items()}, tuple(self._deciding(best)), tuple(doubts), self.scatter, tuple(self.failed),
            tuple((c, predicted[c.key]) for c in rest), len(better) - len(rest), len(unmeasured),
            self.column.fit(self.measured), tuple(self.column.predict(self.measured, None, self.confidence)),
        )  # fmt: skip

"""Ask, don't sweep: measures the anchors, predicts, then measures candidates from the best down until the answer is certain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from backbones.probe.predicting.anchors import ANCHORS, FEW, Anchor
from backbones.probe.predicting.candidates import Candidate, Field
from backbones.probe.predicting.prediction import CONFIDENCE, ENOUGH, Prediction, column_of
from backbones.probe.predicting.question import Question
from backbones.probe.predicting.tables import Key, Tables
from backbones.store.errors import BackbonesError

if TYPE_CHECKING:
    from backbones.probe.predicting.column import Fit

MOST: Final = 16
"""Models that are measured for one answer, anchors included."""
Measure = Callable[[Key], float | None]
"""Images a second of a model on this machine; None where it cannot be measured here."""


@dataclass(frozen=True, slots=True)
class Step:
    """One model was measured, and why."""

    key: Key
    throughput_img_s: float | None
    why: str
    """`anchor` or `candidate`."""
    count: int
    """Models measured so far."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The best model that was measured and passes, and what it rests on."""

    best: Candidate | None
    """None: no model passes, as far as was seen."""
    throughput_img_s: float | None
    """As measured."""
    is_certain: bool
    """Whether every better candidate was measured or is ruled out by its interval."""
    confidence: float
    measured: Mapping[Key, float]
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
    known: Mapping[Key, float] | None = None,
    tell: Callable[[Step], None] | None = None,
) -> Reply:
    """Find the best candidate that passes the limits with few measurements.

    `anchors`: what is measured first, until `few` could be; `known`: speeds that were measured before in the same setting,
    which cost nothing. BackbonesError where there is no candidate, or too few anchors can be measured.
    """
    if not candidates.candidates:
        raise BackbonesError("no model of timm passes the conditions that the catalogue can judge")
    search = _Search(question, candidates, measure, tables, most, confidence, dict(known or {}), tell)
    search.measure_anchors(anchors, few)
    return search.by_speed() if question.asks_for_speed else search.by_objective()


class _Search:
    """One question on its way to an answer."""

    def __init__(
        self, question: Question, candidates: Field, measure: Measure, tables: Tables, most: int, confidence: float,
        known: dict[Key, float], tell: Callable[[Step], None] | None,
    ) -> None:  # fmt: skip
        self.limits, self.ordered, self.most, self.confidence = question.limits, candidates.candidates, most, confidence
        self.tables, self.measured, self.count = tables, known, 0
        self.rank = {candidate.key: place for place, candidate in enumerate(self.ordered)}
        self.is_ranked = not question.asks_for_speed
        self.failed: dict[Key, None] = {}
        self._measure, self._tell = measure, tell

    # ---- measuring

    def take(self, key: Key, why: str) -> float | None:
        """Measure a model once."""
        if key in self.measured or key in self.failed:
            return self.measured.get(key)
        speed = self._measure(key)
        if speed is None or not speed > 0:
            self.failed[key] = None
            speed = None
        else:
            self.measured[key] = speed
        self.count += 1
        if self._tell:
            self._tell(Step(key, speed, why, self.count))
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
            if not rest or self.count >= self.most:
                return self._reply(best, predicted, rest)
            likely = [c for c in rest if self.limits.pass_(predicted[c.key].throughput_img_s)]
            self.take((likely or self._worth_most(rest, predicted))[0].key, "candidate")

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
            if not rest or self.count >= self.most:
                return self._reply(best, predicted, rest)
            self.take(max(rest, key=lambda c: predicted[c.key].high).key, "candidate")

    def _passes(self, candidate: Candidate) -> bool:
        return candidate.key in self.measured and self.limits.pass_(self.measured[candidate.key])

    def _may_pass(self, candidate: Candidate, predicted: Mapping[Key, Prediction]) -> bool:
        """Whether it was not measured and its interval reaches the limits."""
        found = predicted.get(candidate.key)
        return found is not None and candidate.key not in self.failed and self.limits.may_pass(found.low, found.high)

    def _reply(self, best: Candidate | None, predicted: Mapping[Key, Prediction], rest: Sequence[Candidate]) -> Reply:
        unmeasured = [c for c in self.ordered if c.key in predicted and c.key not in self.failed]
        better = unmeasured
        if best is not None and self.is_ranked:
            better = [c for c in unmeasured if self.rank[c.key] < self.rank[best.key]]
        return Reply(
            best, self.measured[best.key] if best else None, not rest, self.confidence, dict(self.measured), tuple(self.failed),
            tuple((c, predicted[c.key]) for c in rest), len(better) - len(rest), len(unmeasured),
            self.column.fit(self.measured), tuple(self.column.predict(self.measured, None, self.confidence)),
        )  # fmt: skip

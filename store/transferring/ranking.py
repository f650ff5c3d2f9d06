"""The outcomes of one data set, ranked: which backbone is best on it, and which are as good."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from backbones.store.rows import Column, Row, Rows, Value
from backbones.store.transferring.extractions import extractions, features_of
from backbones.store.transferring.keeping import newest
from backbones.store.transferring.outcome import PROTOCOLS, Evaluation, Outcome, Protocol, Scores
from backbones.store.transferring.recipe_names import told_recipe
from backbones.store.transferring.thinned import VALIDATION, Thinned, thinned
from backbones.store.vocabulary import conditions_of


class Way(NamedTuple):
    """How models were evaluated: only those of one way are compared with each other."""

    protocol: Protocol
    shots: int
    recipe: str

    def told(self, among: Iterable[Way]) -> str:
        """`fine-tuning (quick) with 5 images a class`; with the recipe's hash where others have another recipe of its name."""
        recipe = f" ({told_recipe(self.recipe, (way.recipe for way in among))})" if self.recipe else ""
        shots = f" with {self.shots} image{'s' * (self.shots != 1)} a class" if self.shots else ""
        return f"{self.protocol}{recipe}{shots}"


@dataclass(frozen=True, slots=True)
class Ranked:
    """One model under one protocol: all outcomes that differ in nothing but the seed."""

    runs: tuple[Outcome, ...]
    """By top-1."""
    extraction_s: float | None = None
    """Of the features that it rests on, whichever evaluation they were made for; None where no outcome tells, as for fine-tuning."""

    @property
    def outcome(self) -> Outcome:
        """The run with the median top-1, of an even number the lower: as the catalogue chooses."""
        return self.runs[(len(self.runs) - 1) // 2]

    @property
    def scores(self) -> Scores:
        """Of that run."""
        found = self.outcome.scores
        assert found is not None
        return found

    @property
    def spread(self) -> float | None:
        """The range of top-1 over the seeds; None of a single one."""
        tops = [_top_1(run) for run in self.runs]
        return tops[-1] - tops[0] if len(tops) > 1 else None

    @property
    def shots(self) -> int:
        """Training images a class; 0: all."""
        return self.outcome.evaluation.shots

    @property
    def name(self) -> str:
        """The model, and where its weights are from if they are not timm's own."""
        return named(self.outcome.evaluation)

    @property
    def is_random(self) -> bool:
        """Its weights were random: its numbers answer nothing."""
        return self.outcome.evaluation.weights == "random"

    @property
    def way(self) -> Way:
        """How it was evaluated."""
        asked = self.outcome.evaluation
        return Way(asked.protocol, asked.shots, asked.recipe)

    @property
    def most_frequent(self) -> tuple[str, float]:
        """The class of most test images, and its share of them in percent: what always answering it would reach."""
        largest = max(self.scores.classes, key=lambda one: one.images, default=None)
        return ("", 0.0) if largest is None else (largest.name, 100 * largest.images / self.scores.images)

    @property
    def beats_most_frequent(self) -> bool:
        """Whether the whole interval of top-1 is above that share."""
        return self.scores.top_1_low > self.most_frequent[1]

    @property
    def images(self) -> Thinned:
        """How many a budget left."""
        return thinned(conditions_of(self.outcome.evaluation.details))[0]

    @property
    def validation(self) -> str:
        """What settings were chosen on."""
        return conditions_of(self.outcome.evaluation.details).get(VALIDATION, "")

    @property
    def got_to(self) -> tuple[int, Thinned]:
        """How far a budget took it: a dearer protocol is further, then more images to train on, then all to test on."""
        return PROTOCOLS.index(self.outcome.evaluation.protocol), self.images

    def is_as_good(self, best: Ranked) -> bool:
        """Whether the intervals of top-1 overlap; of other test images, or evaluated in another way, nobody can tell."""
        return (
            self.way == best.way
            and self.scores.images == best.scores.images
            and self.scores.top_1_high >= best.scores.top_1_low
        )


def ranked(outcomes: Iterable[Outcome], others: Iterable[Outcome] = ()) -> list[Ranked]:
    """The outcomes that ended well, the best top-1 first; of an evaluation that was repeated the newest. Random weights come last.

    `others` on the same images, as under another name, may tell what the features took where an outcome does not say so itself.
    """
    groups: dict[tuple[object, ...], list[Outcome]] = defaultdict(list)
    every = list(outcomes)
    extraction_s = extractions((*every, *others))
    for one in newest(every):
        if one.status == "ok" and one.scores is not None:
            asked = one.evaluation
            groups[
                asked.model, asked.weights, asked.data_hash, asked.protocol, asked.resolution, asked.precision, asked.shots, asked.recipe, asked.details
            ].append(one)  # fmt: skip
    lines = [Ranked(tuple(sorted(runs, key=lambda run: (_top_1(run), run.started)))) for runs in groups.values()]
    found = [replace(line, extraction_s=_extraction_s(line.outcome, extraction_s)) for line in lines]
    return sorted(
        found,
        key=lambda r: (r.is_random, -r.scores.top_1, r.name, r.outcome.evaluation.protocol),
    )


def _extraction_s(one: Outcome, of_features: Mapping[tuple[str, ...], float]) -> float | None:
    """As the outcome has it; those that were kept without it by what all of its model took."""
    return of_features.get(features_of(one)) if one.cost.features_s is None else one.cost.features_s


def named(asked: Evaluation) -> str:
    """The model, and where its weights are from if they are not timm's own."""
    return asked.model if asked.weights == "pretrained" else f"{asked.model} ({asked.weights} weights)"


def failed(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """The evaluations that have no good outcome, each with its newest one."""
    return [one for one in newest(outcomes) if one.status != "ok"]


_COLUMNS: Final = (
    Column("rank", "#", "number", decimals=0), Column("model", "model"), Column("protocol", "protocol"), Column("shots", "shots", "number", decimals=0),
    Column("top_1", "top-1", "number", "percent", True, 2), Column("interval", "95 %"),
    Column("test_images", "test images", "number", decimals=0), Column("as_good", "as good as the best", "flag"),
    Column("balanced_accuracy", "balanced", "number", "percent", True, 2), Column("macro_f1", "macro-F1", "number", "percent", True, 2),
    Column("top_5", "top-5", "number", "percent", True, 2), Column("seeds", "seeds", "number", decimals=0),
    Column("spread", "range over seeds", "number", "points", False, 2), Column("params_m", "params M", "number", "M", False, 1),
    Column("extraction_img_s", "img/s", "number", "img/s", True, 1), Column("model_img_s", "model img/s", "number", "img/s", True, 1),
    Column("extraction_s", "extraction s", "number", "s", False, 1), Column("training_s", "fitting s", "number", "s", False, 1),
    Column("peak_memory_mib", "MiB", "number", "MiB", False, 0), Column("resolution", "res", "number", "px", decimals=0),
    Column("precision", "precision"), Column("recipe", "recipe"), Column("chosen", "chosen"), Column("details", "details"), Column("device", "device"),
    Column("cautions", "cautions"),
)  # fmt: skip
_MAY_BE_SILENT: Final = frozenset(
    ("shots", "test_images", "resolution", "precision", "details", "device", "cautions", "seeds", "as_good")
)
"""Columns that are left out where they say the same of all."""


def ranking(found: Sequence[Ranked], params: Mapping[str, float] | None = None) -> Rows:
    """As a table, without columns in which nothing, or of conditions the same of all, is said; `params`: millions, by timm's name.

    "as good" is meant of the best that was evaluated in the same way.
    """
    bests: dict[Way, Ranked] = {}
    for one in found:
        if not one.is_random:
            bests.setdefault(one.way, one)
    telling = _telling(found)
    rows = tuple(_row(place, r, bests.get(r.way), params or {}, telling) for place, r in enumerate(found, 1))
    kept = []
    for at, column in enumerate(_COLUMNS):
        said = {row[at] for row in rows}
        if said - {None} and (len(said) > 1 or column.name not in _MAY_BE_SILENT):
            kept.append(at)
    return Rows(tuple(_COLUMNS[at] for at in kept), tuple(tuple(row[at] for at in kept) for row in rows))


def _row(
    place: int, one: Ranked, best: Ranked | None, params: Mapping[str, float], telling: frozenset[tuple[str, str]]
) -> Row:
    outcome, scores, asked = one.outcome, one.scores, one.outcome.evaluation
    cost = outcome.cost
    details = ", ".join(
        f"{key}={value}" for key, value in conditions_of(asked.details).items() if (asked.protocol, key) in telling
    )
    rank: Value = None if one.is_random else place
    as_good: Value = None if one.is_random or best is None else int(one.is_as_good(best))
    return (
        rank, one.name, asked.protocol, asked.shots or None, scores.top_1, f"{scores.top_1_low:.2f}-{scores.top_1_high:.2f}",
        scores.images, as_good, scores.balanced_accuracy, scores.macro_f1, scores.top_5, len(one.runs),
        one.spread, params.get(asked.model), cost.extraction_img_s, cost.model_img_s,
        one.extraction_s, cost.training_s, cost.peak_memory_mib, asked.resolution,
        asked.precision, asked.recipe or None, outcome.chosen or None, details or None, outcome.device,
        ", ".join(name.replace("_", " ") for name in outcome.cautions) or None,
    )  # fmt: skip


def _telling(found: Sequence[Ranked]) -> frozenset[tuple[str, str]]:
    """Protocol and key of the details in which outcomes of one protocol differ."""
    values: dict[tuple[str, str], set[str | None]] = defaultdict(set)
    said = [(one.outcome.evaluation.protocol, conditions_of(one.outcome.evaluation.details)) for one in found]
    keys: dict[str, set[str]] = defaultdict(set)
    for protocol, parts in said:
        keys[protocol] |= parts.keys()
    for protocol, parts in said:
        for key in keys[protocol]:
            values[protocol, key].add(parts.get(key))
    return frozenset(place for place, each in values.items() if len(each) > 1)


def _top_1(outcome: Outcome) -> float:
    return outcome.scores.top_1 if outcome.scores is not None else 0.0

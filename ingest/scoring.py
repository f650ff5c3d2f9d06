"""A produced family file against a reference, by field tuples: which values stand where they should, kind by kind.

A tuple is (backbone, kind of field, pretraining, task, data set, head, metric) with its value; a setting that one side
does not give (resolution, head, epochs) matches any. A value that differs from the reference's answer to the same question is
wrong, whatever else was produced. A produced number without a counterpart in the reference is no mistake by itself: where its
evidence row and header bear it out it is counted apart, as true but not in the reference. The resolution of a result is a
field of its own: it is right or wrong beside the value that it belongs to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

from backbones.store.family_file import Backbone, Checkpoint, FamilyFile, Result
from backbones.store.text import fold

KINDS = ("params", "compute", "classification", "detection", "segmentation", "speed", "resolution")


@dataclass(frozen=True, slots=True)
class FieldTuple:
    """One number with what it is about, names folded."""

    kind: str
    """Of KINDS."""
    backbone: str
    pretraining: str
    dataset: str
    head: str
    metric: str
    resolution: int | None
    device: str
    value: float
    path: str = ""
    method: str = ""
    """Of the pretraining."""
    epochs: float | None = None
    """Of the training on the task itself."""
    test_aug: str = ""
    pretraining_epochs: float | None = None

    def is_about(self, other: FieldTuple) -> bool:
        """Whether two numbers answer the same question; what one of them leaves open matches."""
        return self.is_alike(other) and _open(self.resolution, other.resolution)

    def is_alike(self, other: FieldTuple) -> bool:
        """The same question, but for the resolution."""
        return (
            (self.kind, self.backbone, self.dataset, self.metric)
            == (other.kind, other.backbone, other.dataset, other.metric)
            and _open(self.pretraining, other.pretraining)
            and (self.head == other.head if self.kind == "speed" else _open(self.head, other.head))
            and _open(self.device, other.device)
            and _open(self.method, other.method)
            and _open(self.epochs, other.epochs)
            and _open(self.pretraining_epochs, other.pretraining_epochs)
        )

    @property
    def group(self) -> str:
        """The result that it is part of, as a path."""
        return self.path.partition(".values.")[0]

    def agrees(self, other: FieldTuple) -> bool:
        """Equal, or equal once the finer one is rounded as the other: 88.6 and 89, 28.6 and 29."""
        for digits in (2, 1, 0):
            if digits == 0 and self.kind not in ("params", "compute", "speed"):
                return False
            if abs(round(self.value, digits) - round(other.value, digits)) < 1e-9 and (
                digits == 2 or self.value == round(self.value, digits) or other.value == round(other.value, digits)
            ):
                return True
        return False

    def is_equal(self, other: FieldTuple) -> bool:
        """Equal as printed."""
        return abs(self.value - other.value) < 1e-9


def _open(one: object, other: object) -> bool:
    return not one or not other or one == other


@dataclass(slots=True)
class Score:
    """Counts of tuples."""

    right: int = 0
    wrong: int = 0
    """The reference has another value for the same question."""
    missed: int = 0
    true_besides: int = 0
    """Not in the reference, but in the paper's row under its header."""
    unknown: int = 0
    """Not in the reference and not borne out."""
    found: int = 0
    """Tuples of the reference that were produced."""

    @property
    def precision(self) -> float:
        """Of what the reference or the paper can judge; 1 where nothing was produced."""
        judged = self.right + self.wrong + self.true_besides + self.unknown
        return (self.right + self.true_besides) / judged if judged else 1.0

    @property
    def strict_precision(self) -> float:
        """Of what the reference can judge alone."""
        judged = self.right + self.wrong
        return self.right / judged if judged else 1.0

    @property
    def recall(self) -> float:
        """Of the reference; 1 where it holds nothing."""
        return self.found / (self.found + self.missed) if self.found + self.missed else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of strict precision and recall."""
        total = self.strict_precision + self.recall
        return 2 * self.strict_precision * self.recall / total if total else 0.0


@dataclass(slots=True)
class Scores:
    """By kind of field, and what was wrong or missed."""

    by_kind: dict[str, Score] = field(default_factory=lambda: {kind: Score() for kind in KINDS})
    wrong: list[tuple[FieldTuple, FieldTuple]] = field(default_factory=list)
    missed: list[FieldTuple] = field(default_factory=list)
    besides: list[FieldTuple] = field(default_factory=list)
    unknown: list[FieldTuple] = field(default_factory=list)

    @property
    def total(self) -> Score:
        """All kinds together."""
        names = ("right", "wrong", "missed", "true_besides", "unknown", "found")
        return Score(**{name: sum(getattr(score, name) for score in self.by_kind.values()) for name in names})


def score(
    produced: FamilyFile,
    reference: FamilyFile,
    paper_values: Collection[float] | None = None,
    borne_out: Collection[str] | None = None,
) -> Scores:
    """Compare two files of one family.

    `paper_values`: only tuples of the reference with one of these values can be missed (a reference may hold numbers from
    elsewhere). `borne_out`: paths of produced numbers that the check found in their row, under their header; None: all.
    """
    scores = Scores()
    wanted = [t for t in tuples_of(reference) if paper_values is None or _is_in(t.value, paper_values)]
    everything = list(tuples_of(reference))
    made = list(tuples_of(produced))
    for one in made:
        count = scores.by_kind[one.kind]
        rivals = [other for other in everything if one.is_about(other)]
        if any(one.agrees(other) for other in rivals):
            count.right += 1
        elif rivals := [other for other in rivals if one.test_aug == other.test_aug]:
            count.wrong += 1
            scores.wrong.append((one, rivals[0]))
        elif borne_out is None or one.path in borne_out:
            count.true_besides += 1
            scores.besides.append(one)
        else:
            count.unknown += 1
            scores.unknown.append(one)
    credit = [_credit(one, wanted) for one in made]
    for other in wanted:
        if any(one.is_about(other) and other.value in credited for one, credited in zip(made, credit, strict=True)):
            scores.by_kind[other.kind].found += 1
        else:
            scores.by_kind[other.kind].missed += 1
            scores.missed.append(other)
    _score_sides(scores, made, everything)
    return scores


def _credit(one: FieldTuple, wanted: list[FieldTuple]) -> frozenset[float]:
    """The values of the reference that a number stands for: its own; else one that it is a rounding of, not two."""
    rivals = [other for other in wanted if one.is_about(other)]
    if equal := frozenset(other.value for other in rivals if one.is_equal(other)):
        return equal
    return frozenset([other.value for other in rivals if one.agrees(other)][:1])


def _score_sides(scores: Scores, made: list[FieldTuple], reference: list[FieldTuple]) -> None:
    """The resolutions of results whose values agree, once a result."""
    count = scores.by_kind["resolution"]
    judged: set[str] = set()
    for one in made:
        if ".values." not in one.path or one.group in judged:
            continue
        twins = [other for other in reference if one.is_alike(other) and one.agrees(other)]
        if not twins:
            continue
        judged.add(one.group)
        sides = [other.resolution for other in twins if other.resolution]
        side = replace(one, kind="resolution", metric="resolution", value=float(one.resolution or 0))
        if not one.resolution and sides:
            count.missed += 1
            scores.missed.append(replace(side, value=float(sides[0]), resolution=None))
        elif one.resolution in sides and one.resolution:
            count.right += 1
            count.found += 1
        elif sides:
            count.wrong += 1
            count.missed += 1
            scores.wrong.append((side, replace(twins[0], value=float(sides[0]))))
        elif one.resolution:
            count.unknown += 1
            scores.unknown.append(side)


def _is_in(value: float, values: Collection[float]) -> bool:
    return any(
        abs(round(v, 2) - round(value, 2)) < 1e-9 or abs(round(v, 1) - value) < 1e-9 or abs(round(v) - value) < 1e-9
        for v in values
    )


def tuples_of(file: FamilyFile) -> Iterator[FieldTuple]:
    """Every number of a file as a field tuple."""
    for b, backbone in enumerate(file.backbones):
        path = f"backbones.{b}"
        name = fold(backbone.backbone)
        if backbone.params_m is not None:
            yield FieldTuple("params", name, "", "", "", "params_m", None, "", backbone.params_m, f"{path}.params_m")
        yield from _speeds(backbone, name, path)
        for c, checkpoint in enumerate(backbone.checkpoints):
            for r, result in enumerate(checkpoint.results):
                yield from _result(name, checkpoint, result, f"{path}.checkpoints.{c}.results.{r}")


def _speeds(backbone: Backbone, name: str, path: str) -> Iterator[FieldTuple]:
    for s, speed in enumerate(backbone.throughput):
        for metric in ("throughput_img_s", "latency_ms", "peak_memory_mib"):
            if (value := getattr(speed, metric)) is not None:
                yield FieldTuple(
                    "speed", name, "", "", fold(speed.head or ""), metric, speed.resolution or speed.crop_size,
                    fold(speed.device or ""), value, f"{path}.throughput.{s}.{metric}",
                )  # fmt: skip


_KIND_OF_TASK = {
    "detection": "detection",
    "instance segmentation": "detection",
    "semantic segmentation": "segmentation",
}


def _result(name: str, checkpoint: Checkpoint, result: Result, path: str) -> Iterator[FieldTuple]:
    kind = _KIND_OF_TASK.get(result.task, "classification")
    pretraining = _data(checkpoint, result)
    side = result.resolution or result.crop_size
    head = fold(result.head or "")
    dataset = fold(result.dataset)
    method = fold(checkpoint.pretraining.method or "")
    about = (method, result.train_epochs, _test_aug(result), checkpoint.pretraining.epochs)
    for metric, value in result.values.items():
        yield FieldTuple(
            kind, name, pretraining, dataset, head, metric, side, "", value, f"{path}.values.{metric}", *about
        )
    if result.printed is not None:
        before = pretraining if side is None else ""
        yield FieldTuple("compute", name, before, dataset, head, kind, side, "", result.printed, f"{path}.printed")
    if result.params_m is not None:
        yield FieldTuple("params", name, "", dataset, head, "params_m", None, "", result.params_m, f"{path}.params_m")


def _test_aug(result: Result) -> str:
    """At one scale is what a table means that says nothing."""
    said = fold(result.test_aug or "")
    return "" if said == "singlescale" else said


def _data(checkpoint: Checkpoint, result: Result) -> str:
    """All data sets with labels before the last stage: an intermediate one counts as much as pretraining."""
    stages = [stage.dataset for stage in result.fine_tuning[:-1]]
    return fold(stages[-1] if stages else checkpoint.pretraining.dataset or "")

"""A produced family file against a reference, by field tuples: which values stand where they should, kind by kind.

A tuple is (backbone, kind of field, pretraining data, task, data set, head, metric) with its value; a setting that one side
does not give (resolution, head) matches any. A produced number without a counterpart in the reference is no mistake by
itself: where its evidence row and header bear it out it is counted apart, as true but not in the reference.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from backbones.store.family_file import Backbone, Checkpoint, FamilyFile, Result
from backbones.store.text import fold

KINDS = ("params", "compute", "classification", "detection", "segmentation", "speed")


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

    def is_about(self, other: FieldTuple) -> bool:
        """Whether two numbers answer the same question; what one of them leaves open matches."""
        return (
            (self.kind, self.backbone, self.dataset, self.metric)
            == (other.kind, other.backbone, other.dataset, other.metric)
            and _open(self.pretraining, other.pretraining)
            and (self.head == other.head if self.kind == "speed" else _open(self.head, other.head))
            and _open(self.resolution, other.resolution)
            and _open(self.device, other.device)
        )

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
        elif rivals and _is_doubted(one, rivals, made):
            count.wrong += 1
            scores.wrong.append((one, rivals[0]))
        elif borne_out is None or one.path in borne_out:
            count.true_besides += 1
            scores.besides.append(one)
        else:
            count.unknown += 1
            scores.unknown.append(one)
    for other in wanted:
        if any(one.is_about(other) and one.agrees(other) for one in made):
            scores.by_kind[other.kind].found += 1
        else:
            scores.by_kind[other.kind].missed += 1
            scores.missed.append(other)
    return scores


def _is_doubted(one: FieldTuple, rivals: list[FieldTuple], made: list[FieldTuple]) -> bool:
    """Another produced number may be the one that answers the reference's question: two recipes of one model."""
    return not all(any(m is not one and m.is_about(rival) and m.agrees(rival) for m in made) for rival in rivals)


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
    for metric, value in result.values.items():
        yield FieldTuple(kind, name, pretraining, dataset, head, metric, side, "", value, f"{path}.values.{metric}")
    if result.printed is not None:
        yield FieldTuple(
            "compute",
            name,
            pretraining if side is None else "",
            dataset,
            head,
            kind,
            side,
            "",
            result.printed,
            f"{path}.printed",
        )


def _data(checkpoint: Checkpoint, result: Result) -> str:
    """All data sets with labels before the last stage: an intermediate one counts as much as pretraining."""
    stages = [stage.dataset for stage in result.fine_tuning[:-1]]
    return fold(stages[-1] if stages else checkpoint.pretraining.dataset or "")

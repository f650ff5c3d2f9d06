"""Whether two names can be one thing by their numbers: parameters, accuracies, compute and pretraining data."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from backbones.store.naming import words
from backbones.store.thing import (
    LEVELS,
    Setting,
    Thing,
    accuracies,
    are_two_families,
    gmacs_by_resolution,
    name_words,
    one_architecture,
    original_of,
    owner_of,
    params,
    pretraining_data,
    shared_collection,
    things,
)  # fmt: skip
from backbones.store.tolerances import ACCURACY_WITHIN, GMACS_WITHIN, PARAMS_WITHIN

_SHOWN: Final = 3
"""So many accuracies are named; the others are counted."""

GMACS_APART: Final = 0.3
"""A share. Up to it, counters that take in attention, normalisation or the position bias and those that do not differ on
one and the same file, often by 10-15 %; beyond it no convention explains the difference."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the numbers of two things say."""

    verdict: str
    """`same`, `apart` or `doubtful`: they can be one thing, cannot, or nothing tells. Two checkpoints are never the same by
    their numbers."""
    a: Thing
    b: Thing
    evidence: tuple[str, ...]
    """Sentences, the decisive ones first."""
    is_identity: bool = False
    """The catalogue holds them as one thing already."""

    def text(self) -> str:
        """All evidence in one line."""
        return "; ".join(self.evidence)


@dataclass(slots=True)
class _Findings:
    """Evidence, sorted by what it says."""

    agree: list[str] = field(default_factory=list)
    differ: list[str] = field(default_factory=list)
    neutral: list[str] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)
    """GMACs that differ by no more than two counters may."""
    is_compared: bool = False
    """Something other than compute is known of both."""
    is_proven: bool = False
    """More than parameters and compute agree."""


def compare(connection: sqlite3.Connection, a: str, b: str) -> Comparison:
    """Whether two names of backbones, checkpoints or weights can be one thing.

    A checkpoint and a backbone are compared as backbones, where other accuracies refute nothing. UnknownName for a name
    that is in no catalogue, QueryError for one of something else.
    """
    one, other = _pair(things(connection, a), things(connection, b))
    return compare_things(connection, one, other)


def compare_things(connection: sqlite3.Connection, a: Thing, b: Thing) -> Comparison:
    """Whether two things can be one."""
    if identity := _identity(connection, a, b):
        return Comparison("same", a, b, (identity,), is_identity=True)
    found = _Findings()
    are_backbones = "backbone" in (a.kind, b.kind)
    _compare_params(connection, a, b, found)
    _compare_accuracy(connection, a, b, found, are_backbones)
    _compare_gmacs(connection, a, b, found)
    if not are_backbones:
        _compare_pretraining(connection, a, b, found)
    if found.is_compared:
        found.neutral += found.counted
    elif found.counted:
        found.differ += [*found.counted, "nothing else is known of both"]
    listed = _two_architectures(connection, a, b, found.is_proven) if are_backbones else None
    if listed or found.differ:
        return Comparison("apart", a, b, (*filter(None, [listed]), *found.differ, *found.agree, *found.neutral))
    doubts = _doubts(connection, a, b, found.is_proven)
    if not found.is_proven:
        is_known = found.agree or found.is_compared
        found.neutral.append(
            "that does not tell two models of one size apart" if is_known else "no number is known of both"
        )
    verdict = "same" if found.is_proven and not doubts else "doubtful"
    return Comparison(verdict, a, b, (*doubts, *found.agree, *found.neutral))


def _two_architectures(connection: sqlite3.Connection, a: Thing, b: Thing, is_proven: bool) -> str | None:
    """Why the backbones of two things are two, whatever their numbers; None where nothing says so."""
    one, other = owner_of(connection, a, "backbone"), owner_of(connection, b, "backbone")
    if one is None or other is None or one_architecture(connection, one, other):
        return None
    if collection := shared_collection(connection, one, other):
        return f"listed as two by {collection}"
    if not is_proven and are_two_families(connection, one, other):
        return "names of two families"
    return None


def _doubts(connection: sqlite3.Connection, a: Thing, b: Thing, is_proven: bool) -> list[str]:
    """Why two things may be two although no number says so."""
    found = []
    if "backbone" not in (a.kind, b.kind):
        one, other = owner_of(connection, a, "checkpoint"), owner_of(connection, b, "checkpoint")
        if one and other and one != other:
            found.append(
                f"the catalogue has them apart: checkpoints {one.name} and {other.name}; "
                "numbers that agree do not make them one training"
            )
    if not is_proven:
        return found
    if not (name_words(connection, a) & name_words(connection, b)):
        found.append("the numbers agree, but the names and families have no word in common")
    elif collection := shared_collection(connection, a, b):
        found.append(f"the numbers agree, but {collection} lists them as two")
    return found


def _pair(a: list[Thing], b: list[Thing]) -> tuple[Thing, Thing]:
    """Two things of one kind where there are such, the most specific."""
    ranked = sorted(
        ((one, other) for one in a for other in b),
        key=lambda pair: (pair[0].kind != pair[1].kind, -LEVELS.index(pair[0].kind) - LEVELS.index(pair[1].kind)),
    )
    return ranked[0]


def _identity(connection: sqlite3.Connection, a: Thing, b: Thing) -> str | None:
    """Why two things are one already; None where they are not."""
    if a == b:
        return f"both names stand for the {_kind(a)} {a.name}"
    if a.kind == b.kind == "weights" and original_of(connection, a) == original_of(connection, b):
        return f"both are one trained file, first released as {original_of(connection, a).name}"
    for level in ("checkpoint", "backbone"):
        if level == "backbone" and "backbone" not in (a.kind, b.kind):
            return None
        one, other = owner_of(connection, a, level), owner_of(connection, b, level)
        if one is not None and one == other:
            if a.kind == b.kind:
                return f"both are {a.kind} of {level} {one.name}"
            part = a if LEVELS.index(a.kind) > LEVELS.index(b.kind) else b
            return f"{part.name} is {'a checkpoint' if part.kind == 'checkpoint' else 'weights'} of {level} {one.name}"
    return None


def _kind(thing: Thing) -> str:
    return "released file" if thing.kind == "weights" else thing.kind


def _compare_params(connection: sqlite3.Connection, a: Thing, b: Thing, found: _Findings) -> None:
    pair = _closest(params(connection, a), params(connection, b))
    if pair is None:
        found.neutral.append("params are not known of both")
        return
    found.is_compared = True
    text, share = f"params {pair[0]:.4g} M and {pair[1]:.4g} M", _share(*pair)
    if share > PARAMS_WITHIN:
        found.differ.append(f"{text} differ by {share:.0%}, more than {PARAMS_WITHIN:.0%}")
    else:
        found.agree.append(text)


def _compare_accuracy(
    connection: sqlite3.Connection, a: Thing, b: Thing, found: _Findings, are_backbones: bool
) -> None:
    one, other = accuracies(connection, a, are_backbones), accuracies(connection, b, are_backbones)
    labels = dict(connection.execute("select metric, label from metric"))
    agree, differ = [], []
    are_proof = []
    for setting in sorted(one.keys() & other.keys(), key=_importance):
        pair = _closest(one[setting], other[setting])
        assert pair is not None
        text = f"{_place(setting, labels)}: {pair[0]:.4g} and {pair[1]:.4g}"
        gap = round(abs(pair[0] - pair[1]), 6)
        if gap > ACCURACY_WITHIN:
            differ.append(f"{text} differ by {gap:.2f}, more than {ACCURACY_WITHIN:g}")
        else:
            agree.append(text)
        are_proof.append((setting[:2], gap <= ACCURACY_WITHIN))
    found.agree += _shortened(agree)
    found.is_compared |= bool(are_proof)
    if are_backbones:  # weights of one architecture differ; the best known accuracy has to be among those that agree
        found.neutral += _shortened(differ)
        found.is_proven = any(agrees for place, agrees in are_proof if place == are_proof[0][0])
    else:
        found.differ += _shortened(differ)
        found.is_proven = bool(agree)


def _importance(setting: Setting) -> tuple[bool, bool, str, str, int, str, str]:
    """Top-1 first, and of ImageNet-1k."""
    return (
        setting.metric != "top_1",
        setting.dataset != "ImageNet-1k",
        setting.metric,
        setting.dataset,
        setting.resolution or 0,
        setting.protocol,
        f"{setting.conditions} {setting.pretraining}",
    )


def _place(setting: Setting, labels: dict[str, str]) -> str:
    protocol = f" {setting.protocol}" if setting.protocol != "supervised" else ""
    resolution = f" at {setting.resolution}" if setting.resolution else ""
    conditions = f" ({setting.conditions})" if setting.conditions else ""
    pretraining = f" after {setting.pretraining}" if setting.pretraining else ""
    return f"{labels[setting.metric]} {setting.dataset}{protocol}{resolution}{conditions}{pretraining}"


def _shortened(sentences: list[str], shown: int = _SHOWN) -> Iterator[str]:
    yield from sentences[:shown]
    if (more := len(sentences) - shown) > 0:
        yield f"as {'does' if more == 1 else 'do'} {more} more"


def _compare_gmacs(connection: sqlite3.Connection, a: Thing, b: Thing, found: _Findings) -> None:
    one, other = gmacs_by_resolution(connection, a), gmacs_by_resolution(connection, b)
    agree, differ, counted = [], [], []
    for resolution in sorted(one.keys() & other.keys()):
        pair = _closest(one[resolution], other[resolution])
        assert pair is not None
        text, share = f"GMACs at {resolution}: {pair[0]:.4g} and {pair[1]:.4g}", _share(*pair)
        if share > GMACS_APART:
            differ.append(f"{text} differ by {share:.0%}, more than {GMACS_APART:.0%}")
        elif share > GMACS_WITHIN:
            counted.append(f"{text} differ by {share:.0%}, as two ways of counting may")
        else:
            agree.append(text)
    found.agree += _shortened(agree, 1)
    found.differ += _shortened(differ, 1)
    found.counted += _shortened(counted, 1)


def _compare_pretraining(connection: sqlite3.Connection, a: Thing, b: Thing, found: _Findings) -> None:
    one, other = pretraining_data(connection, a), pretraining_data(connection, b)
    if one is None or other is None:
        found.neutral.append("pretraining data is not known of both")
        return
    found.is_compared = True
    if words(one) == words(other):
        found.agree.append(f"pretraining data: {one}")
    else:
        found.differ.append(f"pretraining data: {one} and {other}")


def _closest(a: Iterable[float], b: Iterable[float]) -> tuple[float, float] | None:
    """The two values, one of each, that are nearest to each other."""
    return min(((x, y) for x in a for y in b), key=lambda pair: (abs(pair[0] - pair[1]), pair), default=None)


def _share(a: float, b: float) -> float:
    """The difference as a share of the larger."""
    return abs(a - b) / max(a, b)

"""This machine against a device that others report, or against itself at another time: ratios, and which are more than noise."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from backbones.store.errors import BackbonesError
from backbones.store.measuring.sides import (
    Figure,
    Side,
    What,
    architectures_of,
    best_by_architecture,
    later_than,
    own_figures,
    reported_figures,
    side_of,
    without_cards,
)
from backbones.store.rows import Column, Rows, Value

_RATIO: Final = 11
"""The place of the ratio in a line."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two sides have in common, the slowest first."""

    rows: Rows
    told: tuple[str, ...]
    """The whole in a few sentences."""
    slower: int
    """How many models are slower by more than the spread of their rounds."""


def compared(connection: sqlite3.Connection, path: Path, a: str, b: str = "") -> Comparison:
    """How fast B is beside A, model by model; a ratio above 1 means that B is faster.

    Each is what `sides.side_of` understands. Without B: this machine if A is a device, what came later if A is a time or a
    fingerprint of this machine. BackbonesError where they have nothing in common.
    """
    first = side_of(connection, path, a)
    if b:
        second = side_of(connection, path, b)
    elif first.visits is None:
        second = side_of(connection, path, "here")
    else:
        second = later_than(path, first)
    own = [None if side.visits is None else own_figures(side) for side in (first, second)]
    said = [found[1] for found in own if found is not None and found[1]]
    if own[0] is not None and own[1] is not None:
        left, right = without_cards(own[0][0], own[1][0])
        return _comparison(first, second, left, right, {what: str(what.model) for what in left}, said)
    models = [str(what.model) for found in own if found is not None for what in found[0]]
    architectures = architectures_of(connection, models)
    (left, names), (right, other_names) = (
        reported_figures(connection, side.device) if found is None else best_by_architecture(found[0], architectures)
        for side, found in zip((first, second), own, strict=True)
    )
    return _comparison(first, second, left, right, {**names, **other_names}, said)


def _comparison(
    a: Side,
    b: Side,
    left: Mapping[What, Figure],
    right: Mapping[What, Figure],
    names: Mapping[What, str],
    said: Sequence[str],
) -> Comparison:
    shared = left.keys() & right.keys()
    if not shared:
        raise BackbonesError(
            f"{a.label} and {b.label} have nothing in common: {_known(a, left)}; {_known(b, right)}. "
            "Probe the same models in the same precision and resolution"
        )
    lines = sorted((_line(what, names[what], left[what], right[what]) for what in shared), key=_order)
    by = [line[-1] for line in lines]
    ratios = [float(str(line[_RATIO])) for line in lines]
    told = [f"{b.label} beside {a.label}: {len(lines):,} in common, {_middle(ratios)}"]
    if a.visits is not None and b.visits is not None:
        told.append(
            f"{by.count('slower'):,} slower and {by.count('faster'):,} faster by more than the spread of their rounds"
        )
        if unknown := by.count(None):
            told.append(f"{unknown:,} with a single round on a side: nothing tells noise from change; add rounds")
    else:
        told.append("same resolution, precision, compile and form; of each side the best batch size and framework")
    return Comparison(Rows(_columns(a, b), tuple(lines)), (*told, *said), by.count("slower"))


def _columns(a: Side, b: Side) -> tuple[Column, ...]:
    return (
        Column("model", "model"), Column("resolution", "res", "number", "px", decimals=0), Column("precision", "precision"),
        Column("compiled", "compiled", "flag"), Column("fused", "fused", "flag"), Column("card", "card"), Column("quantity", "quantity"),
        Column("batch_a", "batch A", "number", decimals=0), Column("batch_b", "batch B", "number", decimals=0),
        Column("a", f"A {a.label}", "number", decimals=1), Column("b", f"B {b.label}", "number", decimals=1),
        Column("ratio", "ratio", "number", higher_is_better=True, decimals=3),
        Column("spread_a", "spread A", "number", "percent", decimals=2), Column("spread_b", "spread B", "number", "percent", decimals=2),
        Column("change", "change"),
    )  # fmt: skip


def _line(what: What, name: str, a: Figure, b: Figure) -> tuple[Value, ...]:
    ratio = a.value / b.value if what.mode == "latency" else b.value / a.value
    spreads = [None if side.spread is None else 100 * side.spread for side in (a, b)]
    return (
        name, what.resolution, what.precision, int(what.compiled), int(what.is_fused), what.card or None, what.mode,
        a.batch_size, b.batch_size, a.value, b.value, ratio, *spreads, _change(ratio, a, b),
    )  # fmt: skip


def _change(ratio: float, a: Figure, b: Figure) -> str | None:
    """Whether the rounds of one side lie apart from those of the other; None where a side has no rounds to go by."""
    if a.spread is None or b.spread is None:
        return None
    if a.low <= b.high and b.low <= a.high:
        return "within the spread"
    return "faster" if ratio > 1 else "slower"


def _order(line: tuple[Value, ...]) -> tuple[float, str, str]:
    return float(str(line[_RATIO])), str(line[0]), str(line[6])


def _middle(ratios: list[float]) -> str:
    if len(ratios) < 2:
        return f"ratio {ratios[0]:.3f}"
    first, _, third = quantiles(ratios, n=4, method="inclusive")
    return f"median ratio {median(ratios):.3f}, half of them between {first:.3f} and {third:.3f}"


def _known(side: Side, figures: Iterable[What]) -> str:
    """What a side has, in words: precisions and resolutions."""
    counts = Counter((what.precision, "compiled" if what.compiled else "eager", what.mode) for what in figures)
    said = ", ".join(f"{' '.join(key)} ({n:,})" for key, n in counts.most_common(4))
    return f"{side.label} has {said or 'nothing of models that the catalogue knows'}"

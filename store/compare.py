"""Two to eight models side by side: what they are, what was measured of at least two of them, and who is better.

Like is compared with like, as far as sources say how they measured. Results of one data set, metric, protocol and test stand in
one line for each setting (resolution, head, data of intermediate training and fine-tuning, schedule, crop, test augmentation) that
at least two of the models have; a model that has the result only in another setting is shown in the
first of those lines, and the line says in what it differs. Of several results of one model in one setting the one with the
pretraining data that the others have too is taken, then the better. Speeds are the best of all frameworks, layouts and
batch sizes, at one resolution where at least two have one; where framework, compilation or batch size are unlike, the line says so.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from backbones.store.comparing.results import NO_INTERMEDIATE, Reported, preferred, reported
from backbones.store.comparing.sides import Side, sides_of
from backbones.store.comparing.speeds import speed_lines
from backbones.store.comparing.values import Line, winners
from backbones.store.doubts import doubted
from backbones.store.errors import QueryError
from backbones.store.rows import Column, Value
from backbones.store.vocabulary import METRICS

__all__ = ["FEWEST", "MOST", "Comparison", "Line", "Side", "compare"]

FEWEST, MOST = 2, 8

_ATTRIBUTES: Final = (
    Column("kind", "kind"),
    Column("family", "family"),
    Column("backbone", "backbone"),
    Column("checkpoint", "checkpoint"),
    Column("weights", "weights"),
    Column("published", "published", "date"),
    Column("token_mixer", "token mixer"),
    Column("hierarchical", "hierarchical", "flag"),
    Column("params_m", "params M", "number", "M", False, 1),
    Column("pretraining_dataset", "pretraining"),
    Column("pretraining_method", "pretraining method"),
    Column("pretraining_resolution", "pretraining res", "number", "px", None, 0),
    Column("pretraining_epochs", "pretraining epochs", "number", "epochs"),
    Column("licence", "licence"),
    Column("licence_class", "licence class"),
    Column("installable", "installable", "flag", higher_is_better=True),
    Column("size_mib", "file MiB", "number", "MiB", False, 0),
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The models and, line by line, what is known of them."""

    sides: tuple[Side, ...]
    lines: tuple[Line, ...]
    """Attributes, then results and speeds that at least two have."""
    alone: tuple[Line, ...]
    """Results that only one has."""

    @property
    def names(self) -> tuple[str, ...]:
        """What was compared, as asked for."""
        return tuple(side.asked for side in self.sides)


def compare(connection: sqlite3.Connection, names: Sequence[str]) -> Comparison:
    """The models side by side. A name is any spelling of a checkpoint, backbone, weights or family (its best row), or `#` and
    the key of a row of an answer.

    UnknownName with suggestions; QueryError for too few, too many, or one thing twice.
    """
    if not FEWEST <= len(names) <= MOST:
        raise QueryError(f"{FEWEST} to {MOST} models are compared, not {len(names)}")
    sides = sides_of(connection, names)
    for i, side in enumerate(sides):
        for other in sides[:i]:
            if (side.kind, side.number, side.setting) == (other.kind, other.number, other.setting):
                raise QueryError(f"{other.asked!r} and {side.asked!r} are the same {side.kind}")
    results = [reported(connection, side) for side in sides]
    shared, alone = _result_lines(connection, sides, results)
    doubts = doubted(connection, {key for line in (*shared, *alone) for key in line.keys if key is not None})
    shared, alone = (tuple(_with_doubts(line, doubts) for line in lines) for lines in (shared, alone))
    speeds = speed_lines(connection, sides)
    return Comparison(tuple(sides), (*_attribute_lines(sides), *shared, *speeds), alone)


def _with_doubts(line: Line, doubts: frozenset[int]) -> Line:
    found = frozenset(at for at, key in enumerate(line.keys) if key in doubts)
    return replace(line, doubted=found) if found else line


def _attribute_lines(sides: Sequence[Side]) -> list[Line]:
    found = []
    for column in _ATTRIBUTES:
        values: tuple[Value, ...] = tuple(side.attributes.get(column.name) for side in sides)
        is_idle = column.name == "kind" and len(set(values)) == 1
        if any(value is not None for value in values) and not is_idle:
            found.append(Line("attributes", column.label, "", column, values, winners(values, column)))
    return found


def _result_lines(
    connection: sqlite3.Connection, sides: Sequence[Side], results: Sequence[Sequence[Reported]]
) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """What at least two have, and what only one has; what most of the catalogue reports first."""
    groups: dict[tuple[object, ...], list[list[Reported]]] = {}
    for i, own in enumerate(results):
        for result in own:
            groups.setdefault(result.test, [[] for _ in sides])[i].append(result)
    usual = {
        (dataset, metric): n
        for dataset, metric, n in connection.execute(
            "select dataset, metric, count(*) from placement where rank = 1 group by 1, 2"
        )
    }
    asked = {side.test for side in sides if side.test}
    order = sorted(groups, key=lambda t: (t[:2] not in asked, -usual.get((t[0], t[1]), 0), str(t)))
    shared: list[Line] = []
    alone: list[Line] = []
    for test in order:
        group = groups[test]
        if sum(map(bool, group)) > 1:
            shared += [_line(sides, chosen) for chosen in _likes(sides, group)]
        else:
            alone.append(_line(sides, [preferred(side, of_side) for side, of_side in zip(sides, group, strict=True)]))
    return tuple(shared), tuple(alone)


def _likes(sides: Sequence[Side], own: Sequence[Sequence[Reported]]) -> list[list[Reported | None]]:
    """The results that the rows asked for are; then for each setting that at least two have one result of each of them.

    The first line also has the nearest result of those that have none in its setting.
    """
    who: dict[tuple[object, ...], set[int]] = {}
    for i, of_side in enumerate(own):
        for result in of_side:
            who.setdefault(result.setting, set()).add(i)
    told = {r.setting for of_side in own for r in of_side if r.is_well_told}
    common = sorted((s for s, having in who.items() if len(having) > 1), key=lambda s: (-len(who[s]), str(s)))
    common = [s for s in common if s in told] or common
    asked = [
        next((r for r in of_side if r.setting_id == side.setting), None)
        for side, of_side in zip(sides, own, strict=True)
    ]
    found: list[list[Reported | None]] = []
    if first := next((r for r in asked if r is not None), None):
        found.append([r or near for r, near in zip(asked, _in_setting(sides, own, first.setting, True), strict=True)])
    for setting in common:
        line = _in_setting(sides, own, setting, not found)
        if line not in found:
            found.append(line)
    return found or [[preferred(side, of_side) for side, of_side in zip(sides, own, strict=True)]]


def _in_setting(
    sides: Sequence[Side], own: Sequence[Sequence[Reported]], setting: tuple[object, ...], or_nearest: bool
) -> list[Reported | None]:
    """One result of each model in a setting."""
    usual = _usual_pretraining([[r for r in of_side if r.setting == setting] for of_side in own])
    line: list[Reported | None] = []
    for side, of_side in zip(sides, own, strict=True):
        near = min(of_side, key=lambda r: r.distance(setting), default=None) if or_nearest else None
        line.append(preferred(side, [r for r in of_side if r.setting == setting], usual) or near)
    return line


def _usual_pretraining(own: Sequence[Sequence[Reported]]) -> str | None:
    """The pretraining data that most of the models have a result with."""
    counts: dict[str, int] = {}
    for of_side in own:
        for pretraining in {r.pretraining for r in of_side if r.pretraining}:
            counts[pretraining] = counts.get(pretraining, 0) + 1
    return max(sorted(counts), key=lambda p: counts[p], default=None)


def _line(sides: Sequence[Side], chosen: Sequence[Reported | None]) -> Line:
    there = [r for r in chosen if r is not None]
    metric = METRICS[there[0].metric]
    protocol = f" {there[0].protocol}" if there[0].protocol != "supervised" else ""
    tested = f" ({there[0].tested})" if there[0].tested else ""
    label = f"{metric.label} {there[0].dataset}{protocol}{tested}"
    column = Column(f"{metric.name}@{there[0].dataset}", label, "number", metric.unit, metric.higher_is_better, 2)
    has_bare_backbone = any(side.checkpoint_id is None for side in sides)
    words = [r.words(has_bare_backbone) if r else () for r in chosen]
    common, notes = _in_common(words)
    values = tuple(None if r is None else r.value for r in chosen)
    marks = tuple("" if r is None else r.spread for r in chosen)
    keys = tuple(None if r is None else r.key for r in chosen)
    return Line("results", label, common, column, values, winners(values, column), notes, marks, keys, any(notes))


def _in_common(words: Sequence[tuple[str, ...]]) -> tuple[str, tuple[str, ...]]:
    """The parts of the setting that all share, and what is another at each; () stands for a model without a value."""
    there = [own for own in words if own]
    is_common = [len(set(parts)) == 1 for parts in zip(*there, strict=True)]
    said = zip(there[0], is_common, strict=True)
    common = ", ".join(text for text, same in said if same and text and text != NO_INTERMEDIATE)
    notes = (", ".join(t for t, same in zip(own, is_common, strict=True) if t and not same) for own in words if own)
    own_notes = iter(notes)
    return common, tuple(
        (next(own_notes) or "otherwise not said") if own and not all(is_common) else "" for own in words
    )

"""Words that name a head, a data set or a device together with a model: `mask rcnn swin`, `swin coco`, `vit a100`.

No name has both, so `search` finds little. Here the words are parted: those that name a head, data set or device, and the
rest, which names a model. The models that have numbers there are found, and the view of the first screen that shows them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from backbones.store.compile import DEFAULT_ANCHOR
from backbones.store.filter_choices import quoted
from backbones.store.search import Hit, search
from backbones.store.text import fold, slug
from backbones.store.view import Sort, View
from backbones.store.vocabulary import METRICS

LONGEST: Final = 5
"""So many words a head or data set has at most."""
MODELS: Final = ("family", "backbone", "checkpoint", "weights")
GOOD: Final = 80
"""A model that is less like the words than this is none that was meant."""
_SHORTEST: Final = 3
_KINDS: Final = ("head", "dataset", "device")
_OWNER: Final = {
    "family": "family_id",
    "backbone": "backbone_id",
    "checkpoint": "checkpoint_id",
    "weights": "weights_id",
}


@dataclass(frozen=True, slots=True)
class Together:
    """Models that have numbers with a head, on a data set or on a device."""

    label: str
    """`Swin with Mask R-CNN`"""
    hits: tuple[Hit, ...]
    """The models, with how many such numbers each has."""
    view: View
    """Shows those of the first."""
    rows: int
    """How many there are."""


class _Place(NamedTuple):
    kind: str
    name: str
    begin: int
    end: int


def together(connection: sqlite3.Connection, text: str, limit: int = 12) -> Together | None:
    """What the words mean if some of them name a head, data set or device and the others a model; None if they do not."""
    tokens = text.replace("+", " ").split() if " + " in text else text.split()
    if not 2 <= len(tokens) <= 12:
        return None
    places = _places(connection, tokens)
    rest = [token for at, token in enumerate(tokens) if not any(p.begin <= at < p.end for p in places)]
    rest = [token for token in rest if token.casefold() not in ("with", "on", "and", "in", "for")]
    if not places or not rest:
        return None
    meant = [hit for hit in search(connection, " ".join(rest), limit=3 * limit) if hit.kind in MODELS]
    counts = _counts(connection, meant, places) if meant else {}
    hits = [replace(hit, facts=count) for hit in meant if (count := counts.get((hit.kind, hit.name), 0))]
    if not hits or hits[0].score < min(GOOD, meant[0].score):
        return None
    first = hits[0]
    said = {p.kind: p.name for p in reversed(places)}
    label = first.name + "".join(
        f" {word} {said[kind]}"
        for kind, word in (("head", "with"), ("dataset", "on"), ("device", "on"))
        if kind in said
    )
    return Together(label, tuple(hits[:limit]), _view(connection, first, places), first.facts)


def _places(connection: sqlite3.Connection, tokens: Sequence[str]) -> list[_Place]:
    """The longest runs of words that name a head, data set or device, one of each kind at most."""
    found: list[_Place] = []
    for length in range(min(LONGEST, len(tokens) - 1), 0, -1):
        for begin in range(len(tokens) - length + 1):
            end = begin + length
            if any(begin < p.end and p.begin < end for p in found):
                continue
            if (named := _named(connection, tokens[begin:end])) and named[0] not in {p.kind for p in found}:
                found.append(_Place(*named, begin, end))
    return sorted(found, key=lambda place: place.begin)


def _named(connection: sqlite3.Connection, tokens: Sequence[str]) -> tuple[str, str] | None:
    """The head, data set or device that is called so, or begins so: of several that with most results."""
    folded = fold(" ".join(tokens))
    if len(folded) < _SHORTEST or _is_a_model(connection, folded):
        return None
    rows = connection.execute(
        f"select distinct kind, entity, folded = ? from alias where folded >= ? and folded < ? and kind in {_KINDS}",
        [folded, folded, folded + "\uffff"],
    ).fetchall()
    if not rows:
        return None
    exact = [row for row in rows if row[2]]
    named = [(kind, entity) for kind, entity, _ in exact or rows]
    return max(named, key=lambda one: _results(connection, *one)) if len(named) > 1 else named[0]


def _is_a_model(connection: sqlite3.Connection, folded: str) -> bool:
    kinds = ", ".join(f"'{kind}'" for kind in MODELS)
    sql = f"select 1 from alias where folded = ? and kind in ({kinds}) limit 1"
    return connection.execute(sql, [folded]).fetchone() is not None


def _results(connection: sqlite3.Connection, kind: str, name: str) -> int:
    if kind == "device":
        return int(connection.execute("select count(*) from speed where device = ?", [name]).fetchone()[0])
    column = "head" if kind == "head" else "dataset"
    return int(connection.execute(f"select count(*) from placement where {column} = ?", [name]).fetchone()[0])


def _counts(
    connection: sqlite3.Connection, hits: Sequence[Hit], places: Sequence[_Place]
) -> dict[tuple[str, str], int]:
    """How many numbers each model has there, by kind and name."""
    if device := next((p.name for p in places if p.kind == "device"), None):
        return {
            (hit.kind, hit.name): connection.execute(
                f"select count(*) from subject s join speed x on x.mention = s.id where s.{_OWNER[hit.kind]} = ? and x.device = ?",
                [hit.id, device],
            ).fetchone()[0]
            for hit in hits
        }
    conditions, values = _where(places)
    rows = connection.execute(
        f"select t.family, t.backbone, t.checkpoint, t.weights, count(distinct t.id) from placement p cross join setting t on t.id = p.setting "
        f"where {conditions} group by 1, 2, 3, 4",
        values,
    )
    found: dict[tuple[str, str], int] = {}
    for *names, count in rows:
        for kind, name in zip(MODELS, names, strict=True):
            found[kind, name] = found.get((kind, name), 0) + count
    return found


def _where(places: Sequence[_Place]) -> tuple[str, list[str]]:
    said = [(p.kind, p.name) for p in places if p.kind in ("head", "dataset")]
    return " and ".join(f"p.{kind} = ?" for kind, _ in said), [name for _, name in said]


def _view(connection: sqlite3.Connection, hit: Hit, places: Sequence[_Place]) -> View:
    """The first screen with these rows, ordered by the metric that most of them have."""
    said = {p.kind: p.name for p in places}
    clauses = [f"{hit.kind} = {quoted(hit.name, always=True)}"]
    if "head" in said:
        clauses.append(f"head = {quoted(said['head'], always=True)}")
    y = str(DEFAULT_ANCHOR)
    if said.keys() & {"head", "dataset"}:
        conditions, values = _where(places)
        metric, dataset = connection.execute(
            "select p.metric, p.dataset from placement p cross join setting t on t.id = p.setting "
            f"where {conditions} and t.{hit.kind} = ? and p.rank = 1 "
            "group by 1, 2 order by count(*) desc, p.metric, p.dataset limit 1",
            [*values, hit.name],
        ).fetchone() or (None, None)
        if metric:
            y = f"{metric}@{slug(dataset)}" if dataset else metric
    columns = [
        "checkpoint",
        *([] if y == str(DEFAULT_ANCHOR) else ["head"]),
        "resolution",
        y,
        "params_m",
        "gmacs",
        "weights",
    ]
    x = "params_m"
    if "device" in said:
        x = f"throughput@{slug(said['device'].removeprefix('NVIDIA ').removeprefix('Intel '))}"
        columns.insert(3, x)
        clauses.append(f"{x} > 0")
    known = METRICS.get(y.partition("@")[0])
    descending = known is None or known.higher_is_better is not False
    return View(
        filter=" and ".join(clauses), columns=tuple(columns), sort=(Sort(y, descending),), x=x, y=y, group="backbone"
    )

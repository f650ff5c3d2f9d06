"""One backbone, checkpoint or released file, and the numbers that tell it from others."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from typing import Final, NamedTuple

from backbones.store.errors import QueryError
from backbones.store.naming import family_word, words
from backbones.store.pages import find
from backbones.store.text import fold
from backbones.store.tolerances import COUNTED_OTHERWISE

LEVELS: Final = ("backbone", "checkpoint", "weights")
"""What has numbers to compare, the coarsest first."""

_LATER_VERSION: Final = re.compile(r"v[2-9]")

_FACTS_OF: Final = {"backbone": "s.backbone_id", "checkpoint": "s.checkpoint_id", "weights": "s.weights_id"}
"""Which facts are about a thing."""


@dataclass(frozen=True, slots=True)
class Thing:
    """A backbone, a checkpoint or a released file."""

    kind: str
    id: int
    name: str


class Setting(NamedTuple):
    """Where an accuracy was taken; the pretraining counts only between backbones."""

    dataset: str
    metric: str
    protocol: str
    resolution: int | None
    conditions: str | None
    pretraining: str | None


def things(connection: sqlite3.Connection, name: str) -> list[Thing]:
    """What a name stands for among LEVELS; those that are spelled so win."""
    rows = connection.execute(
        "select kind, entity_id, entity, name from alias where folded = ? and kind in ('backbone', 'checkpoint', 'weights')",
        [fold(name)],
    ).fetchall()
    if not rows:
        kind = find(connection, name)[0]
        raise QueryError(f"{name!r} is a {kind}: only backbones, checkpoints and weights have numbers to compare")
    exact = [row for row in rows if row[3] == name] or rows
    return [Thing(kind, number, entity) for kind, number, entity, _ in exact]


def owner_of(connection: sqlite3.Connection, thing: Thing, level: str) -> Thing | None:
    """The checkpoint or backbone that a thing belongs to, or is."""
    if thing.kind == level:
        return thing
    if LEVELS.index(thing.kind) < LEVELS.index(level):
        return None
    table = {"checkpoint": "checkpoint", "weights": "released"}[thing.kind]
    row = connection.execute(
        f"select o.id, o.{level} from {table} t join {level} o on o.id = t.{level}_id where t.id = ?", [thing.id]
    ).fetchone()
    return Thing(level, *row) if row else None


def original_of(connection: sqlite3.Connection, weights: Thing) -> Thing:
    """The released file that another library's file is a copy of; itself where it is none."""
    row = connection.execute(
        "select o.id, o.weights from released w join released o on o.id = w.copy_of where w.id = ?", [weights.id]
    ).fetchone()
    return Thing("weights", *row) if row else weights


def params(connection: sqlite3.Connection, thing: Thing) -> set[float]:
    """Millions of parameters: of a backbone its own, else those that the facts say; where they say none, its backbone's.

    Facts of a backbone may be of a model around it: its own number goes before them.
    """
    owner = owner_of(connection, thing, "backbone")
    row = connection.execute("select params_m from backbone where id = ?", [owner.id if owner else None]).fetchone()
    of_backbone = {float(row[0])} if row and row[0] else set()
    if thing.kind == "backbone" and of_backbone:
        return of_backbone
    own = [
        row
        for fact, head in (("result", "k.head"), ("speed", "f.head"), ("cost", "f.head"))
        for row in connection.execute(
            f"select distinct f.params_m, f.collection from subject s join {fact} f on f.mention = s.id "
            + ("join condition k on k.id = f.condition " if fact == "result" else "")
            + f"where {_FACTS_OF[thing.kind]} = ? and f.params_m > 0 and {head} is null",
            [thing.id],
        )
    ]
    if own:
        return {params for params, collection in own if collection not in COUNTED_OTHERWISE}
    return of_backbone


def accuracies(connection: sqlite3.Connection, thing: Thing, are_backbones: bool) -> dict[Setting, set[float]]:
    """Accuracies of the bare model, in percent."""
    pretraining = "c.pretraining_dataset" if are_backbones else "null"
    rows = connection.execute(
        f"""select r.value, r.dataset, r.metric, k.protocol, k.resolution, k.conditions, {pretraining}
        from subject s join result r on r.mention = s.id join condition k on k.id = r.condition
        join metric m on m.metric = r.metric left join checkpoint c on c.id = s.checkpoint_id
        where {_FACTS_OF[thing.kind]} = ? and r.value is not null and k.head is null and m.unit = 'percent' and m.higher_is_better""",
        [thing.id],
    )
    found: dict[Setting, set[float]] = {}
    for value, *setting in rows:
        found.setdefault(Setting(*setting), set()).add(value)
    return found


def gmacs_by_resolution(connection: sqlite3.Connection, thing: Thing) -> dict[int, set[float]]:
    """Giga multiply-accumulates of the bare architecture by resolution."""
    owner = owner_of(connection, thing, "backbone")
    found: dict[int, set[float]] = {}
    for resolution, gmacs, collection in connection.execute(
        "select u.resolution, u.gmacs, u.collection from backbone b join compute u on u.architecture = b.architecture "
        "where b.id = ? and u.gmacs > 0 and u.resolution is not null",
        [owner.id if owner else None],
    ):
        if collection not in COUNTED_OTHERWISE:
            found.setdefault(resolution, set()).add(gmacs)
    return found


def pretraining_data(connection: sqlite3.Connection, thing: Thing) -> str | None:
    """The data set that its checkpoint was pretrained on."""
    owner = owner_of(connection, thing, "checkpoint")
    row = connection.execute(
        "select pretraining_dataset from checkpoint where id = ?", [owner.id if owner else None]
    ).fetchone()
    return str(row[0]) if row and row[0] else None


def collections(connection: sqlite3.Connection, thing: Thing) -> set[str]:
    """Through which collections its numbers came."""
    return {
        collection
        for fact in ("result", "speed", "cost")
        for (collection,) in connection.execute(
            f"select distinct f.collection from subject s join {fact} f on f.mention = s.id where {_FACTS_OF[thing.kind]} = ?",
            [thing.id],
        )
    }


def shared_collection(connection: sqlite3.Connection, a: Thing, b: Thing) -> str | None:
    """The collection of the first preference that has numbers of both."""
    both = collections(connection, a) & collections(connection, b)
    rank = dict(connection.execute("select collection, preference from collection"))
    return min(both, key=lambda c: (c not in rank, rank.get(c), c), default=None)


def one_architecture(connection: sqlite3.Connection, a: Thing, b: Thing) -> bool:
    """Whether the catalogue gives two backbones one architecture."""
    sql = "select count(distinct architecture) from backbone where id in (?, ?)"
    return bool(connection.execute(sql, [a.id, b.id]).fetchone()[0] == 1)


def name_words(connection: sqlite3.Connection, thing: Thing) -> set[str]:
    """The words that its line of models goes by: of its names, its backbone's and its family's."""
    return {word for name in _names(connection, thing) if (word := family_word(name))}


def are_two_families(connection: sqlite3.Connection, a: Thing, b: Thing) -> bool:
    """Whether two backbones go by names of two families: other words, or other versions of one word.

    A word that stands somewhere in the other's names says nothing: `gluon_resnet50_v1d` and resnet50d are one.
    """
    names = _names(connection, a), _names(connection, b)
    one, other = ({line for name in side if (line := _line(name))} for side in names)
    in_one, in_other = (" ".join(map(fold, side)) for side in names)
    for word, version in one:
        for other_word, other_version in other:
            if word == other_word:
                if version == other_version:
                    return False
            elif word in in_other or other_word in in_one:
                return False
    return bool(one and other)


def _names(connection: sqlite3.Connection, thing: Thing) -> list[str]:
    """Its names, its backbone's and its family's."""
    owner = owner_of(connection, thing, "backbone")
    rows = connection.execute(
        """select name from alias where kind = ? and entity_id = ?
        union select name from alias where kind = 'backbone' and entity_id = ?
        union select a.family from backbone b join family a on a.id = b.family_id where b.id = ?""",
        [thing.kind, thing.id, owner.id if owner else None, owner.id if owner else None],
    )
    return [name for (name,) in rows]


def _line(name: str) -> tuple[str, str] | None:
    """`swin` and no version of Swin-T, `swin` and `v2` of swinv2_tiny: a first version is as none."""
    if (word := family_word(name)) is None:
        return None
    said = words(name)
    behind = "".join(said[said.index(word) + 1 :][:1])
    return word, behind if _LATER_VERSION.fullmatch(behind) else ""

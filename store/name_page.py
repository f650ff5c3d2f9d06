"""Why a name stands for what it stands for: all names of a thing with where each came from, and names that are like it."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from backbones.store.agreement import compare_things
from backbones.store.errors import QueryError
from backbones.store.pages import KINDS, find
from backbones.store.rows import Column, Rows, Value
from backbones.store.search import KINDS as SEARCHED
from backbones.store.search import search
from backbones.store.text import fold
from backbones.store.thing import LEVELS, Thing, owner_of

ALIKE: Final = 8
"""So many other things with like names are compared."""

Meaning = tuple[str, int, str]
"""kind, id and name of something that a name stands for."""

_COLUMNS: Final = ("name", "entity", "kind", "source", "verdict", "rule", "evidence")


def name_page(connection: sqlite3.Connection, name: str, kind: str | None = None) -> list[tuple[str, Rows]]:
    """What a name stands for, the thing's other names, its released files, rejected names and names like it.

    UnknownName with suggestions for a name that nothing has.
    """
    found, own_name, number = find(connection, name, kind)
    card = (name, found, own_name, _owners(connection, found, own_name, number), _also(connection, name, found))
    sections = [
        ("name", _table(("name", "kind", "entity", "of", "also"), [card])),
        ("names", _names(connection, found, own_name, number)),
    ]
    if found in LEVELS:
        sections.append(("released files", _files(connection, Thing(found, number, own_name))))
    names = _folded_names(connection, found, number)
    rejected = [row for row in _matches(connection) if row[4] != "same" and {fold(row[0]), fold(row[1])} & names]
    sections.append(("apart or doubtful", _table(_COLUMNS, rejected)))
    sections.append(("names like it", _alike(connection, found, own_name, number, names)))
    return [(title, rows) for title, rows in sections if rows.rows]


def name_pair(connection: sqlite3.Connection, a: str, b: str) -> tuple[str, Rows]:
    """Whether two names are the same thing (`same`, `apart` or `doubtful`), and why: identity, alias tables, numbers.

    UnknownName with suggestions for a name that nothing has.
    """
    one, other = _meanings(connection, a), _meanings(connection, b)
    identity, numbers = _identity_and_numbers(connection, one, other)
    names = [
        {fold(n)} | {f for k, i, _ in side for f in _folded_names(connection, k, i)}
        for n, side in ((a, one), (b, other))
    ]
    said = [  # about these two names, not about others of the same things
        (verdict, f"aliases of {source}", _reason(f"{name} and {entity}", rule, evidence))
        for name, entity, _, source, verdict, rule, evidence in _matches(connection)
        if any(fold(name) == fold(n) and fold(entity) in of for n, of in ((a, names[1]), (b, names[0])))
    ]
    reasons = [*identity, *said, *numbers]
    return str(reasons[0][0]), _table(("verdict", "by", "evidence"), reasons)


def review(connection: sqlite3.Connection, source: str | None = None) -> Rows:
    """All pairs of names that a person has to look at, of one source of names if given.

    QueryError for a source whose names nobody looked at.
    """
    rows = _matches(connection)
    known = dict.fromkeys(row[3] for row in rows)
    if source is not None and fold(source) not in map(fold, known):
        there = f"there are {', '.join(known)}" if known else "the catalogue has none"
        raise QueryError(f"no source of names is called {source!r}; {there}")
    return _table(_COLUMNS, [r for r in rows if r[4] == "doubtful" and (source is None or fold(r[3]) == fold(source))])


def _table(columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Rows:
    return Rows(tuple(Column(name, name.replace("_", " ")) for name in columns), tuple(rows))


def _matches(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    return connection.execute(f"select {', '.join(_COLUMNS)} from matches order by source, kind, name").fetchall()


def _reason(start: str, rule: str | None, evidence: str | None) -> str:
    return ": ".join([start, "; ".join(filter(None, (rule and f"rule {rule}", evidence)))]).removesuffix(": ")


def _kind(kind: str) -> str:
    return {"dataset": "data set", "weights": "released file"}.get(kind, kind)


def _owners(connection: sqlite3.Connection, kind: str, entity: str, number: int) -> str | None:
    """The checkpoint and backbone that a thing belongs to."""
    thing = Thing(kind, number, entity)
    levels = LEVELS[: LEVELS.index(kind)] if kind in LEVELS else ()
    owners = [owner for level in reversed(levels) if (owner := owner_of(connection, thing, level))]
    return ", ".join(f"{owner.kind} {owner.name}" for owner in owners) or None


def _also(connection: sqlite3.Connection, name: str, kind: str) -> str | None:
    """What else has that name."""
    others = [f"{_kind(k)} {entity}" for k, _, entity in _meanings(connection, name) if k != kind]
    return ", ".join(others) or None


def _meanings(connection: sqlite3.Connection, name: str) -> list[Meaning]:
    """kind, id and name of everything that has a name, the most specific first."""
    kind, entity, number = find(connection, name)
    rows = {(kind, number, entity)}
    rows |= set(connection.execute("select kind, entity_id, entity from alias where folded = ?", [fold(name)]))
    order = [*reversed(LEVELS), *(k for k in KINDS if k not in LEVELS)]
    return sorted(rows, key=lambda row: order.index(row[0]))


def _folded_names(connection: sqlite3.Connection, kind: str, number: int) -> set[str]:
    rows = connection.execute("select folded from alias where kind = ? and entity_id = ?", [kind, number])
    return {folded for (folded,) in rows}


def _names(connection: sqlite3.Connection, kind: str, entity: str, number: int) -> Rows:
    """All names of a thing: who uses them, and how they were found to be its."""
    why = {(fold(row[0]), row[2]): row for row in _matches(connection) if row[4] == "same"}
    rows = []
    for name, source in connection.execute(
        "select name, source from alias where kind = ? and entity_id = ? order by name <> entity, source, name", [kind, number]
    ):  # fmt: skip
        row = why.get((fold(name), kind))
        rows.append((name, source, row[5] if row else None, row[6] if row else None))
    return _table(("name", "source", "rule", "evidence"), rows or [(entity, "catalogue", None, None)])


def _files(connection: sqlite3.Connection, thing: Thing) -> Rows:
    """Files that belong to the same checkpoint, or to any checkpoint of a backbone, and why."""
    owner = owner_of(connection, thing, "backbone" if thing.kind == "backbone" else "checkpoint")
    if owner is None:
        return _table((), [])
    why = {fold(row[0]): row for row in _matches(connection) if row[2] in ("weights", "copy") and row[4] == "same"}
    rows = []
    for weights, checkpoint, library, original in connection.execute(
        "select w.weights, c.checkpoint, w.library, o.weights from released w left join checkpoint c on c.id = w.checkpoint_id "
        "left join released o on o.id = w.copy_of "
        f"where {'w.backbone_id' if owner.kind == 'backbone' else 'w.checkpoint_id'} = ? order by c.checkpoint, w.weights",
        [owner.id],
    ):
        row = why.get(fold(weights))
        why_so = (row[3], row[5], row[6]) if row else (None, None, None)
        rows.append((weights, checkpoint, library, original, *why_so))
    return _table(("weights", "checkpoint", "library", "copy_of", "source", "rule", "evidence"), rows)


def _alike(connection: sqlite3.Connection, kind: str, entity: str, number: int, names: set[str]) -> Rows:
    """Other things of that kind whose names are like this one's, and what the numbers say."""
    rows = []
    for hit in search(connection, entity, kind if kind in SEARCHED else None, ALIKE + 1):
        if (hit.kind, hit.id) == (kind, number) or fold(hit.name) in names:
            continue
        verdict = evidence = None
        if kind in LEVELS:
            compared = compare_things(connection, Thing(kind, number, entity), Thing(hit.kind, hit.id, hit.name))
            verdict, evidence = compared.verdict, compared.text()
        rows.append((hit.name, hit.matched if hit.matched != hit.name else None, verdict, evidence))
    return _table(("name", "matched", "verdict", "evidence"), rows[:ALIKE])


def _identity_and_numbers(
    connection: sqlite3.Connection, one: list[Meaning], other: list[Meaning]
) -> tuple[list[tuple[Value, ...]], list[tuple[Value, ...]]]:
    """Why two names stand for one thing, and what the numbers say where they do not."""
    if shared := [meaning for meaning in one if meaning in other]:
        kind, _, entity = shared[0]
        return [("same", "identity", f"both names stand for the {_kind(kind)} {entity}")], []
    pairs = [(a, b) for a in one for b in other if a[0] in LEVELS and b[0] in LEVELS]
    if not pairs:
        (kind, _, entity), (other_kind, _, other_entity) = one[0], other[0]
        both = f"{_kind(kind)} {entity} and {_kind(other_kind)} {other_entity}"
        return [], [("apart", "identity", f"the names stand for two things: {both}")]
    a, b = min(pairs, key=lambda pair: pair[0][0] != pair[1][0])
    compared = compare_things(connection, Thing(*a), Thing(*b))
    by = "identity" if compared.is_identity else "numbers"
    reasons: list[tuple[Value, ...]] = [(compared.verdict, by, sentence) for sentence in compared.evidence]
    return (reasons, []) if compared.is_identity else ([], reasons)

"""Where nothing answers a question about own results: those that would answer if they were asked for by their conditions."""

from __future__ import annotations

import sqlite3
from collections import Counter
from typing import Final

from backbones.store.compile import Compiler
from backbones.store.references import Reference
from backbones.store.transferring.laid_in import has_own
from backbones.store.transferring.ranks import BESIDE, COLLECTION, THINNED, apart
from backbones.store.vocabulary import conditions_of

_SQL: Final = """
  select k.conditions, p.rank from placement p join result r on r.id = p.result join condition k on k.id = r.condition
  where p.dataset = ? and p.metric = ? and p.collection = ? and (p.rank < 1 or p.rank >= ?) group by 1, 2"""


def hint_at_apart(compiler: Compiler) -> str | None:
    """A sentence with the reference that has answers where the anchor of a question has none; None: no other has."""
    connection, anchor = compiler.connection, compiler.anchor
    found: Counter[Reference] = Counter()
    for reference in _references(connection, anchor, compiler.place("dataset", anchor)):
        rows = Compiler(connection, reference, compiler.measured).placements()
        found[reference] = connection.execute(f"select count(*) {rows.sql}", rows.parameters).fetchone()[0]
    best = max(found, key=lambda one: (found[one], -len(one.keys), str(one)), default=None)
    if best is None or not found[best]:
        return None
    keys = {key for key, _ in best.keys} - {key for key, _ in anchor.keys}
    whose = ["random weights"] * ("weights" in keys) + ["few training images"] * bool(THINNED & keys)
    whose = whose or ["your own images beside what is reported"]
    counted = f"{found[best]:,} row{'s' if found[best] != 1 else ''}"
    return f"{best}: {counted}; results of {' and '.join(whose)} answer only where they are asked for"


def _references(connection: sqlite3.Connection, anchor: Reference, dataset: str) -> set[Reference]:
    """The anchor with the conditions under which own results answer that do not answer to it."""
    if not has_own(connection):
        return set()
    said, references = dict(anchor.keys), set()
    for text, rank in connection.execute(_SQL, [dataset, anchor.name, COLLECTION, BESIDE]):
        conditions = conditions_of(text)
        needed = {key: conditions.get(key, COLLECTION) for key in sorted(apart(conditions, rank))}
        needed |= {"collection": COLLECTION} if rank >= BESIDE else {}
        if said | needed == needed | said != said:  # more than is asked for, and nothing else
            references.add(Reference(anchor.name, anchor.where, tuple((said | needed).items())))
    return references

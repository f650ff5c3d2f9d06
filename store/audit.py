"""Checks over the whole catalogue: what contradicts, what cannot be, what does not fit its neighbours.

Each check states its rule in its docstring and yields findings; none changes anything. A finding that a person has looked at
becomes a suspect (`as_suspects`), and one whose truth is known becomes a correction.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from backbones.store.auditing import conflicts as audit_conflicts
from backbones.store.auditing import neighbours as audit_neighbours
from backbones.store.auditing import upkeep as audit_upkeep
from backbones.store.auditing import values as audit_values
from backbones.store.findings import SEVERITIES, Finding
from backbones.store.rows import Column, Rows

CHECKS: Final[tuple[Callable[[sqlite3.Connection], Iterator[Finding]], ...]] = (
    audit_conflicts.results, audit_conflicts.costs, audit_conflicts.parameters, audit_conflicts.heads,
    audit_values.ranges, audit_values.order, audit_values.masks, audit_values.robustness, audit_values.speeds,
    audit_values.placeholders, audit_values.repeats,
    audit_neighbours.growth, audit_neighbours.resolution, audit_neighbours.frameworks, audit_neighbours.ladder,
    audit_upkeep.dates, audit_upkeep.corrections, audit_upkeep.suspects,
)  # fmt: skip
"""All checks. Each runs in well under a second on 100,000 facts."""

KINDS: Final = (
    "conflict",
    "impossible value",
    "outlier",
    "placeholder",
    "date",
    "stale correction",
    "dangling suspect",
)
_OF_FACTS: Final = KINDS[:5]
"""Kinds that say something about a fact, not about the upkeep of sheets."""


def audit(connection: sqlite3.Connection) -> list[Finding]:
    """Everything that the checks find, the surest first; the same catalogue gives the same list."""
    found = dict.fromkeys(finding for check in CHECKS for finding in check(connection))
    return sorted(found, key=lambda f: (SEVERITIES.index(f.severity), KINDS.index(f.kind), f.fact, f.text))


def chosen(
    findings: Iterable[Finding],
    kinds: Sequence[str] = (),
    collections: Sequence[str] = (),
    severities: Sequence[str] = (),
) -> list[Finding]:
    """The findings of some kinds, collections and severities; nothing named: of all."""
    return [
        f
        for f in findings
        if (not kinds or f.kind in kinds)
        and (not collections or f.fact.partition(" ")[0] in collections)
        and (not severities or f.severity in severities)
    ]


def counts(findings: Iterable[Finding]) -> list[tuple[str, int]]:
    """How many there are of each kind, in the order of KINDS."""
    found = Counter(f.kind for f in findings)
    return [(kind, found[kind]) for kind in KINDS if found[kind]]


def known_suspects(connection: sqlite3.Connection, by_hand: bool = False) -> frozenset[str]:
    """Facts that are suspects already; `by_hand`: without those that an audit wrote down."""
    rows = connection.execute("select fact, kind from suspect")
    return frozenset(fact for fact, kind in rows if not (by_hand and kind in KINDS))


def rows_of(findings: Iterable[Finding], known: frozenset[str]) -> Rows:
    """The findings as a table; `suspect` says whether the fact is one already."""
    names = ("severity", "kind", "fact", "name", "text", "values")
    columns = (*(Column(n, n) for n in names), Column("suspect", "suspect", "flag"))
    return Rows(
        columns,
        tuple((f.severity, f.kind, f.fact, f.name, f.text, f.values or None, int(f.fact in known)) for f in findings),
    )


def as_suspects(findings: Iterable[Finding], known: frozenset[str], name: str = "suspects_audit") -> dict[str, Any]:
    """The findings about facts as the plain form of a sheet of suspects, without facts that a person suspects already."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for f in sorted(findings, key=lambda f: (f.fact, KINDS.index(f.kind), f.text)):
        if f.kind in _OF_FACTS and f.fact not in known:
            text = f"{f.name}: {f.text}" if f.name else f.text
            rows.setdefault((f.fact, f.kind, text), [f.fact, f.kind, f.severity, text])
    return {
        "sheet": name,
        "kind": "suspects",
        "note": "written by `backbones audit --as-suspects`; the values themselves are as their sources print them",
        "columns": ["fact", "kind", "confidence", "text"],
        "rows": list(rows.values()),
    }

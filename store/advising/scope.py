"""Numbers of one test only: where rows of one metric were taken under unlike attacks, subsets or languages, one is chosen."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from typing import Final

from backbones.store.compile import Compiler
from backbones.store.references import Reference
from backbones.store.vocabulary import conditions_of

TESTED: Final = (
    "attack", "norm", "eps", "mask", "opacity", "shots", "direction", "language", "part", "subset", "threshold", "annotations",
    "boxes", "value",
)  # fmt: skip
"""Conditions that say what was measured, not how the model was trained: numbers under unlike ones are no comparison."""


def is_other_test(conditions: str | None) -> bool:
    """Whether conditions say that something else than the plain test was measured: persons only, under an attack …"""
    return conditions is not None and not conditions_of(conditions).keys().isdisjoint(TESTED)


Test = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """The test whose numbers are compared."""

    reference: Reference
    """The metric, with the conditions of the test."""
    clause: str = ""
    """Keeps out rows of other tests, where these have conditions and the chosen test has none."""
    note: str = ""


def one_test(connection: sqlite3.Connection, reference: Reference, measured: bool) -> Scope:
    """The test that most rows are of (of equally many the first by name), among those that the reference allows."""
    base = Compiler(connection, reference, measured).base("k.conditions")
    rows = connection.execute(f"select k.conditions, count(*) {base.sql} group by 1", base.parameters).fetchall()
    named = {key for key, _ in reference.keys}
    if "conditions" in named:
        return Scope(reference)
    counts: dict[Test, int] = {}
    for text, n in rows:
        said = conditions_of(text)
        test = tuple((key, said[key]) for key in TESTED if key in said and key not in named)
        counts[test] = counts.get(test, 0) + n
    if len(counts) < 2:
        return Scope(reference)
    chosen = min(counts, key=lambda test: (-counts[test], test))
    others = {key: value for test in sorted(counts, reverse=True) for key, value in test if test != chosen}
    absent = [key for key in TESTED if key in others and key not in dict(chosen)]
    clause = " and ".join(f"(conditions = none or conditions !~ {key})" for key in absent)
    left = sum(counts.values()) - counts[chosen]
    key, value = next((k, v) for k, v in others.items() if dict(chosen).get(k) != v)
    what = ", ".join(f"{k}={v}" for k, v in chosen) or f"no {' and no '.join(absent)}"
    other = replace(reference, keys=(*reference.keys, (key, value)))
    note = f"only rows with {what} are compared; {left:,} of other tests are left out, such as those of --maximise '{other}'"
    return Scope(replace(reference, keys=(*reference.keys, *chosen)), clause, note)

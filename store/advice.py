"""Where a filter leaves nothing: which clause removed the last rows, and what loosening would bring back."""

from __future__ import annotations

import sqlite3

from backbones.store.compile import Compiler
from backbones.store.conditions import Conditions
from backbones.store.filters import Comparison, Every, Filter, Not, clauses
from backbones.store.fragment import Fragment
from backbones.store.transferring.asked_apart import hint_at_apart

MOST_CLAUSES = 40
"""With more, trying each in turn takes seconds."""


def why_nothing(conditions: Conditions, candidates: Fragment, tree: Filter) -> tuple[str, ...]:
    """Sentences, the most useful first."""
    parts = clauses(tree)
    if len(parts) > MOST_CLAUSES:
        return (f"nothing passes all {len(parts)} clauses; ask with fewer",)
    compiled = [conditions.condition(part) for part in parts]
    connection = conditions.compiler.connection
    connection.execute("pragma query_only = off")
    connection.execute("drop table if exists temp.considered")
    connection.execute(f"create temp table considered as {candidates.sql}", candidates.parameters)
    try:
        return tuple(_sentences(conditions, parts, compiled))
    finally:
        connection.execute("drop table temp.considered")
        connection.execute("pragma query_only = on")


def _sentences(conditions: Conditions, parts: tuple[Filter, ...], compiled: list[Fragment]) -> list[str]:
    compiler, connection = conditions.compiler, conditions.compiler.connection
    total = _count(connection, [])
    if total == 0:
        return nothing_at_all(compiler)
    found = []
    for number in range(1, len(parts) + 1):
        if _count(connection, compiled[:number]) == 0:
            before = _count(connection, compiled[: number - 1])
            found.append(f"`{_text(parts[number - 1])}` removed the last {before:,} of {total:,} rows")
            break
    for number, part in enumerate(parts):
        others = compiled[:number] + compiled[number + 1 :]
        left = _count(connection, others)
        if left:
            found.append(
                f"without `{_text(part)}`: {left:,} row{'s' if left != 1 else ''}{_nearest(conditions, part, others)}"
            )
    if len(found) == 1 and len(parts) > 1:
        found.append("no single clause is to blame; loosen two of them")
    return found


def nothing_at_all(compiler: Compiler) -> list[str]:
    """That there is no value of the anchor, and of which condition there is one."""
    hint = hint_at_apart(compiler)
    return [f"nothing has {compiler.column(compiler.anchor).label} at all", *([hint] if hint else [])]


def _count(connection: sqlite3.Connection, conditions: list[Fragment]) -> int:
    where, parameters = _where(conditions)
    return int(connection.execute(f"select count(*) from temp.considered {where}", parameters).fetchone()[0])


def _where(conditions: list[Fragment]) -> tuple[str, list[object]]:
    if not conditions:
        return "", []
    return "where " + " and ".join(c.sql for c in conditions), [v for c in conditions for v in c.parameters]


def _nearest(conditions: Conditions, part: Filter, others: list[Fragment]) -> str:
    """The value that comes closest to a numeric clause while all others hold."""
    if not isinstance(part, Comparison) or part.operator not in ("<", "<=", ">", ">="):
        return ""
    name = conditions.names[part.reference]
    best = "max" if part.operator in (">", ">=") else "min"
    where, parameters = _where(others)
    (value,) = conditions.compiler.connection.execute(
        f"select {best}({name}) from temp.considered {where}", parameters
    ).fetchone()
    if value is None:
        return f", none of which has {part.reference}"
    shown = f"{value:g}" if isinstance(value, int | float) and abs(value) < 1e5 else f"{value}"
    return f"; the nearest has {part.reference} = {shown}"


def _text(part: Filter) -> str:
    return part.text


def describe(tree: Filter | None) -> list[str]:
    """Each clause of a filter in words."""
    return [_in_words(part) for part in clauses(tree)]


_WORDS = {"=": "is", "!=": "is not", "<": "is below", "<=": "is at most", ">": "is above", ">=": "is at least",
          "~": "contains", "!~": "does not contain", "in": "is one of", "not in": "is none of"}  # fmt: skip


def _in_words(tree: Filter) -> str:
    if isinstance(tree, Comparison):
        return f"{tree.reference} {_WORDS[tree.operator]} {', '.join(tree.values)}"
    if isinstance(tree, Not):
        return f"not ({_in_words(tree.part)})"
    joint = " and " if isinstance(tree, Every) else " or "
    return "(" + joint.join(_in_words(part) for part in tree.parts) + ")"

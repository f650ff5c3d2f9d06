"""A piece of SQL with the values of its question marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Fragment:
    """A piece of SQL with its parameters, in order."""

    sql: str
    parameters: list[Any] = field(default_factory=list)


def balanced(joint: str, parts: Sequence[Fragment]) -> Fragment:
    """All parts joined; halved again and again, because SQLite refuses an expression deeper than 1,000."""
    if len(parts) <= 8:
        return Fragment(f"({f' {joint} '.join(p.sql for p in parts)})", [v for p in parts for v in p.parameters])
    half = len(parts) // 2
    return balanced(joint, [balanced(joint, parts[:half]), balanced(joint, parts[half:])])

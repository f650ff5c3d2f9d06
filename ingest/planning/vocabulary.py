"""The catalogue's own names, from which a plan should take its words."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

MOST_NAMES: Final = 400
"""Of a kind; the longest list of the shipped catalogue has 196."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Names that the catalogue knows; a paper may bring others."""

    datasets: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    pretraining_methods: tuple[str, ...] = ()


def vocabulary_of(connection: sqlite3.Connection) -> Vocabulary:
    """The names in an open catalogue, in an order that does not change: prompts, and so kept replies, depend on it."""
    return Vocabulary(
        _names(connection, "dataset", "datasets"),
        _names(connection, "head", "heads"),
        _names(connection, "device", "devices"),
        _names(connection, "pretraining_method", "checkpoints"),
    )


def _names(connection: sqlite3.Connection, column: str, view: str) -> tuple[str, ...]:
    found = connection.execute(
        f"select distinct {column} from {view} where {column} is not null order by {column} limit ?", [MOST_NAMES]
    )
    return tuple(str(name) for (name,) in found)

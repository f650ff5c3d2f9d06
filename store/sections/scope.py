"""Reads the rows of a section that belong to a large list."""

from __future__ import annotations

import sqlite3
from typing import Final

from backbones.store.page import Scope
from backbones.store.rows import Rows
from backbones.store.sections.tables import asked, without_empty_columns

LISTS: Final = ("results", "throughput", "costs", "best_results")
"""Public views whose rows a scope may name."""


def rows_of(connection: sqlite3.Connection, scope: Scope, most: int) -> Rows:
    """The first `most` rows (0: all) of a scope, in the order of the files, without empty columns.

    ValueError for a list or column that there is not.
    """
    if scope.kind not in LISTS:
        raise ValueError(f"no large list is called {scope.kind!r}; known: {', '.join(LISTS)}")
    known = [d[0] for d in connection.execute(f"select * from {scope.kind} limit 0").description]
    if scope.column and scope.column not in known:
        raise ValueError(f"{scope.kind} has no column {scope.column!r}")
    where, values = (f'where "{scope.column}" = ?', [scope.value]) if scope.column else ("", [])
    return without_empty_columns(
        asked(connection, f"select * from {scope.kind} {where} limit ?", [*values, most or -1])
    )

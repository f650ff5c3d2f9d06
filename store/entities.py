"""Brings the tables of entities to what was found, row by row, and tells which rows are new, other or gone.

Most builds follow the change of one file and leave nearly all rows as they were: those are not written again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any, Final

from backbones.store.text import fold

Row = tuple[Any, ...]
Rows = dict[int, Row]
"""Rows by their id, which is their first value."""

_WITH_ID: Final = {
    "family": "family", "backbone": "backbone", "checkpoint": "checkpoint", "released": "weights", "dataset": "dataset",
    "head": "head", "device": "device",
}  # fmt: skip
"""Tables whose ids others use -> the kind of their entities."""


def rows_of(connection: sqlite3.Connection, table: str) -> Rows:
    """All rows of a table with an id."""
    return {row[0]: row for row in connection.execute(f"select * from {table}")}


class Former:
    """The entities of the catalogue that this build started from."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.rows = {table: rows_of(connection, table) for table in _WITH_ID}

    def ids(self) -> dict[str, dict[str, int]]:
        """Kind -> folded name -> id."""
        return {
            kind: {fold(row[1]): number for number, row in self.rows[table].items()} for table, kind in _WITH_ID.items()
        }


def replace(connection: sqlite3.Connection, table: str, rows: Iterable[Row], former: Rows | None = None) -> set[int]:
    """Make a table hold these rows; returns the ids of those that are new, other or gone."""
    before = rows_of(connection, table) if former is None else former
    now = {row[0]: row for row in rows}
    gone = before.keys() - now.keys()
    changed = [row for number, row in now.items() if before.get(number) != row]
    connection.executemany(f"delete from {table} where id = ?", [(number,) for number in gone])
    if changed:
        marks = ",".join("?" * len(changed[0]))
        connection.executemany(f"insert or replace into {table} values ({marks})", changed)
    return gone | {row[0] for row in changed}


def replace_aliases(connection: sqlite3.Connection, rows: Iterable[Row], indexed: bool) -> None:
    """Make `alias` hold these rows (without ids), and its full-text index their names, where it is there already."""
    before = {row[1:]: row[0] for row in connection.execute("select * from alias")}
    now = dict.fromkeys(rows)
    gone = [(number, row[0]) for row, number in before.items() if row not in now]
    first = max(before.values(), default=0) + 1
    come = [(number, *row) for number, row in enumerate((row for row in now if row not in before), first)]
    connection.executemany("delete from alias where id = ?", [(number,) for number, _ in gone])
    connection.executemany("insert into alias values (?, ?, ?, ?, ?, ?, ?)", come)
    if indexed:
        connection.executemany("insert into alias_fts (alias_fts, rowid, name) values ('delete', ?, ?)", gone)
        connection.executemany("insert into alias_fts (rowid, name) values (?, ?)", [row[:2] for row in come])


def name_sources(connection: sqlite3.Connection) -> None:
    """Sources that facts name and no file describes: arXiv and GitHub keys tell their address."""
    connection.execute("""
        insert into source (source, url, kind)
        select name,
          case when name like 'arxiv:%' then 'https://arxiv.org/abs/' || substr(name, 7)
            when name like 'github:%' then 'https://github.com/' || substr(name, 8) end,
          case when name like 'arxiv:%' then 'paper' when name like 'github:%' then 'repository' end
        from (select distinct name from file_name where place in ('result.source', 'speed.source', 'cost.source'))
        where name not in (select source from source) order by name""")

"""Writes one catalogue file: what the YAML files say goes into the fact tables, file by file.

Beside the facts it keeps for each file which mentions, conditions and names its facts use: what is derived from all files
(backbones.store.derivation) starts from these few rows and not from a scan of all facts.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import sqlite_utils

from backbones.store import schema
from backbones.store.records import CONDITION, COST, RESULT, SPEED, Mention, Records
from backbones.store.sources import SourceFile
from backbones.store.vocabulary import METRICS, gmacs_of

FACTS: Final = ("result", "speed", "cost")
"""The tables of facts, in the order in which a file's mentions are met."""

_NAMED: Final = {
    "result": (RESULT, ("dataset", "source")),
    "speed": (SPEED, ("dataset", "device", "head", "source")),
    "cost": (COST, ("dataset", "head", "source")),
}
"""Columns of facts that name a data set, device, head or source."""

_PART: Final = 100_000_000
"""More than a file has facts of one kind: the place of a mention is its part times this and the row."""


class Writer:
    """Fills a catalogue file that nobody else sees yet."""

    def __init__(self, path: Path, fresh: bool) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        for pragma in (
            "journal_mode=off",
            "synchronous=off",
            "locking_mode=exclusive",
            "temp_store=memory",
            "cache_size=-64000",
        ):
            self.connection.execute(f"pragma {pragma}")
        self.database = sqlite_utils.Database(self.connection)
        self.fresh = fresh
        if fresh:
            self._create()
        self.connection.execute("begin")
        self.connection.execute("create temp table moved (mention integer)")
        self.mentions = {Mention(*row[1:]): int(row[0]) for row in self._all("mention")}
        self.conditions = {row[1:]: int(row[0]) for row in self._all("condition")}
        self._last = {
            "mention": max(self.mentions.values(), default=0),
            "condition": max(self.conditions.values(), default=0),
        }
        self.touched: set[int] = set()
        """Mentions of facts that came or went."""
        self.names: list[tuple[int, str, str]] = []
        """File, place (`speed.device`) and name that the facts of new files use."""
        self.first_new: dict[str, int] = {}
        """Table -> the smallest id of a fact that came with this build."""

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

    def _all(self, table: str) -> Iterable[tuple[Any, ...]]:
        return self.connection.execute(f"select * from {table}")

    def _create(self) -> None:
        for name, columns in schema.TABLES.items():
            keys = [(column, other, "id") for column, other in schema.FOREIGN_KEYS.get(name, {}).items()]
            key = schema.PRIMARY_KEYS.get(name, "id" if "id" in columns else None)
            self.database.table(name).create(columns, pk=key, foreign_keys=keys)
        self.connection.execute("alter table file add column problems text")
        for name, sql in schema.VIEWS.items():
            self.database.create_view(name, sql)
        self.insert("metric", [(m.name, m.label, m.unit, m.higher_is_better) for m in METRICS.values()])
        self.connection.execute(f"pragma application_id = {schema.APPLICATION_ID}")
        self.connection.execute(f"pragma user_version = {schema.VERSION}")

    def insert(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add whole rows to a table."""
        if rows:
            self.connection.executemany(f"insert into {table} values ({','.join('?' * len(rows[0]))})", rows)

    def forget(self, gone: set[int], hidden: set[int]) -> None:
        """Remove all that some files said; those that another file hides stay known. Comes before the first `add`."""
        for number in gone | hidden:
            self._forget_facts(number)
        self.connection.executemany("delete from file where id = ?", [(n,) for n in gone])
        self.connection.executemany("update file set sha256 = ? where id = ?", [(schema.HIDDEN, n) for n in hidden])
        self.first_new = {table: self._next(table) for table in FACTS}

    def _forget_facts(self, file: int) -> None:
        met = self.connection.execute("select mention from file_mention where file = ?", [file])
        self.touched.update(mention for (mention,) in met)
        self._move_speeds(file)
        for table in FACTS:
            for laid in ("spelling", "corrected"):
                self.connection.execute(
                    f"delete from {laid} where place like '{table}.%' and fact in (select id from {table} where file = ?)",
                    [file],
                )
        for table in ("declaration", "file_mention", "file_condition", "file_name", *FACTS):
            self.connection.execute(f"delete from {table} where file = ?", [file])

    def touch(self, files: Iterable[SourceFile]) -> None:
        """Note the present size and time of files whose content is as before."""
        self.connection.executemany(
            "update file set size = ?, mtime_ns = ? where path = ?", [(f.size, f.mtime_ns, f.path) for f in files]
        )

    def add(self, file: SourceFile, sha256: str, records: Records | str, hidden: bool) -> None:
        """Store what a file says; a text is the list of its mistakes. Of a hidden file only its name is kept."""
        number = self._next("file")
        name = records.name if isinstance(records, Records) else None
        problems = records if isinstance(records, str) else None
        sha256 = schema.HIDDEN if hidden else sha256
        stat = (file.path, file.shipped, file.size, file.mtime_ns, sha256)
        self.insert("file", [(number, name, *stat, None, problems)])
        if hidden or isinstance(records, str):
            return
        if records.declarations:
            self.insert("declaration", [(number, json.dumps(records.declarations))])
        places: dict[int, int] = {}
        self._add_results(number, records, places)
        self._add_costly("speed", SPEED, number, records.speeds, places)
        self._add_costly("cost", COST, number, records.costs, places)
        self._move_speeds(number)
        self.insert("file_mention", [(number, *met) for met in places.items()])
        self.touched.update(places)

    def _move_speeds(self, file: int) -> None:
        """Note that the fastest of these speeds' mentions have to be found again."""
        self.connection.execute("insert into moved select distinct mention from speed where file = ?", [file])

    def _next(self, table: str) -> int:
        return int(self.connection.execute(f"select coalesce(max(id), 0) + 1 from {table}").fetchone()[0])

    def _mention(self, mention: Mention) -> int:
        number = self.mentions.get(mention)
        if number is None:
            number = self.mentions[mention] = self._last["mention"] = self._last["mention"] + 1
            self.insert("mention", [(number, *mention)])
        return number

    def condition(self, condition: tuple[Any, ...]) -> int:
        """The number of a condition, which is stored if it is new."""
        number = self.conditions.get(condition)
        if number is None:
            number = self.conditions[condition] = self._last["condition"] = self._last["condition"] + 1
            self.insert("condition", [(number, *condition)])
        return number

    def _note_names(self, file: int, table: str, facts: Iterable[tuple[Any, ...]]) -> None:
        columns, named = _NAMED[table]
        rows = list(facts)
        for column in named:
            at = columns.index(column)
            found = {values[at] for values in rows} - {None}
            self.names += [(file, f"{table}.{column}", name) for name in sorted(found)]

    def _add_results(self, file: int, records: Records, places: dict[int, int]) -> None:
        first = self._next("result")
        at = RESULT.index("convention") + 1
        rows, conditions = [], {}
        for i, (mention, condition, values) in enumerate(records.results):
            met = self._mention(mention)
            places.setdefault(met, i)
            under = self.condition(condition)
            conditions[under] = condition
            gmacs = gmacs_of(values[at - 2], values[at - 1])
            rows.append((first + i, file, met, under, *values[:at], gmacs, *values[at:]))
        self.insert("result", rows)
        self.insert("file_condition", [(file, under) for under in conditions])
        self._note_names(file, "result", (values for _, _, values in records.results))
        heads = {condition[CONDITION.index("head")] for condition in conditions.values()} - {None}
        self.names += [(file, "condition.head", head) for head in sorted(heads)]

    def _add_costly(
        self,
        table: str,
        columns: tuple[str, ...],
        file: int,
        facts: list[tuple[Mention, tuple[Any, ...]]],
        places: dict[int, int],
    ) -> None:
        first = self._next(table)
        at = columns.index("convention") + 1
        part = FACTS.index(table) * _PART
        rows = []
        for i, (mention, values) in enumerate(facts):
            met = self._mention(mention)
            places.setdefault(met, part + i)
            gmacs = gmacs_of(values[at - 2], values[at - 1])
            rows.append((first + i, file, met, *values[:at], gmacs, *values[at:]))
        self.insert(table, rows)
        self._note_names(file, table, (values for _, values in facts))

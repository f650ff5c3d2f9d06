"""Writes one catalogue file: base tables from records, then everything that is derived from them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import sqlite_utils

from backbones.store import corrections, schema
from backbones.store.identity import Identity
from backbones.store.placement import place_results, place_settings, place_speeds
from backbones.store.records import CONDITION, COST, RESULT, SPEED, Mention, Records
from backbones.store.sources import SourceFile
from backbones.store.text import fold
from backbones.store.vocabulary import METRICS, gmacs_of

_PLACES = (
    ("result", "dataset"), ("speed", "dataset"), ("speed", "device"), ("speed", "head"), ("cost", "dataset"), ("cost", "head"),
)  # fmt: skip
"""Columns that name a data set, device or head."""


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
        self._fresh = fresh
        if fresh:
            self._create()
        self.connection.execute("begin")
        self.connection.execute("create temp table moved (mention integer)")
        corrections.restore(self.connection)
        self._restore_spellings()
        self._mentions = {Mention(*row[1:]): row[0] for row in self._all("mention")}
        self._conditions = {row[1:]: row[0] for row in self._all("condition")}

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
        self._insert("metric", [(m.name, m.label, m.unit, m.higher_is_better) for m in METRICS.values()])
        self.connection.execute(f"pragma application_id = {schema.APPLICATION_ID}")
        self.connection.execute(f"pragma user_version = {schema.VERSION}")

    def _insert(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            self.connection.executemany(f"insert into {table} values ({','.join('?' * len(rows[0]))})", rows)

    def forget(self, files: set[int]) -> None:
        """Remove all that these files said."""
        for number in files:
            self._forget_facts(number)
            self.connection.execute("delete from file where id = ?", [number])

    def _forget_facts(self, file: int) -> None:
        self._move_speeds("file = ?", file)
        for table in ("declaration", "result", "speed", "cost"):
            self.connection.execute(f"delete from {table} where file = ?", [file])

    def touch(self, files: Iterable[SourceFile]) -> None:
        """Note the present size and time of files whose content is as before."""
        self.connection.executemany(
            "update file set size = ?, mtime_ns = ? where path = ?", [(f.size, f.mtime_ns, f.path) for f in files]
        )

    def add(self, file: SourceFile, sha256: str, records: Records | str) -> None:
        """Store what a file says; a text is the list of its mistakes."""
        number = self._next("file")
        name = records.name if isinstance(records, Records) else None
        problems = records if isinstance(records, str) else None
        self._insert("file", [(number, name, file.path, file.shipped, file.size, file.mtime_ns, sha256, problems)])
        if isinstance(records, str):
            return
        if records.declarations:
            self._insert("declaration", [(number, json.dumps(records.declarations))])
        self._add_results(number, records)
        self._add_costly("speed", SPEED, number, records.speeds)
        self._move_speeds("file = ?", number)
        self._add_costly("cost", COST, number, records.costs)

    def _move_speeds(self, where: str, *values: str | int) -> None:
        """Note that the fastest of these speeds' mentions have to be found again."""
        self.connection.execute(f"insert into moved select distinct mention from speed where {where}", values)

    def _next(self, table: str) -> int:
        return int(self.connection.execute(f"select coalesce(max(id), 0) + 1 from {table}").fetchone()[0])

    def _mention(self, mention: Mention) -> int:
        number = self._mentions.get(mention)
        if number is None:
            number = self._mentions[mention] = len(self._mentions) + 1
            self._insert("mention", [(number, *mention)])
        return number

    def _condition(self, condition: tuple[Any, ...]) -> int:
        number = self._conditions.get(condition)
        if number is None:
            number = self._conditions[condition] = len(self._conditions) + 1
            self._insert("condition", [(number, *condition)])
        return number

    def _add_results(self, file: int, records: Records) -> None:
        first = self._next("result")
        at = RESULT.index("convention") + 1
        rows = []
        for i, (mention, condition, values) in enumerate(records.results):
            gmacs = gmacs_of(values[at - 2], values[at - 1])
            rows.append(
                (first + i, file, self._mention(mention), self._condition(condition), *values[:at], gmacs, *values[at:])
            )
        self._insert("result", rows)

    def _add_costly(
        self, table: str, columns: tuple[str, ...], file: int, facts: list[tuple[Mention, tuple[Any, ...]]]
    ) -> None:
        first = self._next(table)
        at = columns.index("convention") + 1
        self._insert(
            table,
            [
                (
                    first + i,
                    file,
                    self._mention(mention),
                    *values[:at],
                    gmacs_of(values[at - 2], values[at - 1]),
                    *values[at:],
                )
                for i, (mention, values) in enumerate(facts)
            ],
        )

    def derive(self, order: Sequence[str]) -> None:
        """Everything that depends on more than one file. `order`: paths, the most trusted first."""
        for table in schema.DERIVED:
            for columns in () if self._fresh else schema.INDEXES.get(table, ()):
                self.connection.execute(f"drop index if exists {_index_name(table, columns)}")
            self.connection.execute(f"delete from {table}")
        self._override(order)
        self.connection.execute("create temp table trust (file integer primary key, rank integer)")
        self.connection.executemany(
            "insert into trust select id, ? from file where path = ?", [(i, path) for i, path in enumerate(order)]
        )
        declared = self._declarations(order)
        identity = Identity(declared, self._live_mentions())
        self._canonical_names(identity)
        for table, rows in identity.rows().items():
            self._insert(table, rows)
        self._name_sources()
        subjects = ((number, identity.subject(mention)) for mention, number in self._mentions.items())
        self._insert(
            "subject", [(n, s.family, s.backbone, s.architecture, s.checkpoint, s.weights) for n, s in subjects]
        )
        self._plain_declarations(declared)
        self._bare_conditions()
        corrections.correct(
            self.connection, [b for kind, b in declared if kind == "correction"], identity.others["dataset"].canonical
        )
        place_settings(self.connection)
        place_results(self.connection)
        place_speeds(self.connection)
        self._index()
        self.connection.execute("commit")
        self.connection.execute("pragma analysis_limit = 400")  # a tenth of the time, and plans as good
        self.connection.execute("analyze")

    def _name_sources(self) -> None:
        """Sources that facts name and no file describes: arXiv and GitHub keys tell their address."""
        self.connection.execute("""
            insert into source (source, url, kind)
            select source,
              case when source like 'arxiv:%' then 'https://arxiv.org/abs/' || substr(source, 7)
                when source like 'github:%' then 'https://github.com/' || substr(source, 8) end,
              case when source like 'arxiv:%' then 'paper' when source like 'github:%' then 'repository' end
            from (select source from result union select source from speed union select source from cost)
            where source not in (select source from source) order by source""")

    def _bare_conditions(self) -> None:
        """Each condition with one stage of fine-tuning beside the same without it, where that is known too."""
        tuned, between = CONDITION.index("fine_tuning_dataset"), CONDITION.index("intermediate_dataset")
        pairs = [
            (number, condition[tuned], self._conditions.get((*condition[:tuned], None, *condition[tuned + 1 :])))
            for condition, number in self._conditions.items()
            if condition[tuned] is not None and condition[between] is None
        ]
        self.connection.execute("create temp table bare (condition integer primary key, dataset text, bare integer)")
        self.connection.executemany("insert into bare values (?, ?, ?)", [p for p in pairs if p[2] is not None])

    def _override(self, order: Sequence[str]) -> None:
        """A file hides every later file of the same name: its facts go, the file stays known."""
        seen: set[str] = set()
        files = {
            path: (number, name) for number, name, path in self.connection.execute("select id, name, path from file")
        }
        for path in order:
            number, name = files[path]
            if name is not None and fold(name) in seen:
                self._forget_facts(number)
                self.connection.execute("update file set sha256 = ? where id = ?", [schema.HIDDEN, number])
            elif name is not None:
                seen.add(fold(name))

    def _declarations(self, order: Sequence[str]) -> list[tuple[str, dict[str, Any]]]:
        bodies = dict(
            self.connection.execute("select f.path, d.body from declaration d join file f on f.id = d.file").fetchall()
        )
        return [(kind, body) for path in order if path in bodies for kind, body in json.loads(bodies[path])]

    def _live_mentions(self) -> list[Mention]:
        """Each mention once, in the order of the files, whenever they were read."""
        facts = " union all ".join(
            f"select mention, file, {i} as part, id from {table}" for i, table in enumerate(("result", "speed", "cost"))
        )
        rows = self.connection.execute(
            f"select mention, min(t.rank * 1000000000 + part * 100000000 + f.id) as place from ({facts}) f "
            "join trust t on t.file = f.file group by mention order by place"
        )
        by_number = {number: mention for mention, number in self._mentions.items()}
        return [by_number[number] for number, _ in rows]

    def _plain_declarations(self, declared: list[tuple[str, dict[str, Any]]]) -> None:
        """Suspects, rankings and reasoned aliases need no identity: they are shown as they are said."""
        said = declared + [
            ("match", {"verdict": "same"} | b) for kind, b in declared if kind == "alias" and _is_reasoned(b)
        ]
        for table in ("suspect", "ranking", "match"):
            keys = list(schema.TABLES[table])[1:]
            bodies = [body for kind, body in said if kind == table]
            self._insert(table, [(i, *(body.get(key) for key in keys)) for i, body in enumerate(bodies, 1)])

    def _canonical_names(self, identity: Identity) -> None:
        """Facts that spell a data set, device or head in another way get its name; `spelling` keeps what they said."""
        for table, column in _PLACES:
            for name in self._names(table, column):
                if (canonical := identity.others[column].ensure(name).name) != name:
                    self._respell(table, column, name, canonical)
        for head in self._names("condition", "head"):
            if (canonical := identity.others["head"].ensure(head).name) != head:
                at = CONDITION.index("head")
                for condition, number in [(c, n) for c, n in self._conditions.items() if c[at] == head]:
                    other = self._condition((*condition[:at], canonical, *condition[at + 1 :]))
                    self._respell("result", "condition", number, other)

    def _names(self, table: str, column: str) -> list[str]:
        used = " where id in (select condition from result)" if table == "condition" else ""
        return sorted({n for (n,) in self.connection.execute(f"select distinct {column} from {table}{used}")} - {None})

    def _respell(self, table: str, column: str, said: str | int, canonical: str | int) -> None:
        self.connection.execute(
            f"insert into spelling select ?, id, {column} from {table} where {column} = ?", [f"{table}.{column}", said]
        )
        if table == "speed":
            self._move_speeds(f"{column} = ?", said)
        self.connection.execute(f"update {table} set {column} = ? where {column} = ?", [canonical, said])

    def _restore_spellings(self) -> None:
        """Facts of files that are not parsed again say what their files say: aliases may have changed."""
        for (place,) in self.connection.execute("select distinct place from spelling").fetchall():
            table, column = place.split(".")
            if table == "speed":
                self._move_speeds("id in (select fact from spelling where place = ?)", place)
            self.connection.execute(
                f"update {table} set {column} = s.said from spelling s where s.place = ? and s.fact = {table}.id",
                [place],
            )
        self.connection.execute("delete from spelling")

    def _index(self) -> None:
        """Indexes are made after the rows: three times as fast as keeping them up to date."""
        for table, indexes in schema.INDEXES.items():
            for columns in indexes if self._fresh or table in schema.DERIVED else ():
                self.database.table(table).create_index(list(columns), _index_name(table, columns))
        if self._fresh:
            self.database.table("alias").enable_fts(["name"], tokenize="unicode61")
        else:
            self.database.table("alias").rebuild_fts()


def _is_reasoned(alias: dict[str, Any]) -> bool:
    """Whether an alias says how it was found, or that it is none."""
    return alias.get("verdict", "same") != "same" or bool(alias.get("rule") or alias.get("evidence"))


def _index_name(table: str, columns: tuple[str, ...]) -> str:
    return f"{table}_by_{'_'.join(columns)}"

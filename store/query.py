"""Asks the catalogue: a view becomes one SQL statement, and its rows an answer."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from backbones.store.catalog import has_measurements
from backbones.store.compile import DEFAULT_ANCHOR, Compiler
from backbones.store.conditions import Conditions, asks_for_own
from backbones.store.default_columns import main_metric
from backbones.store.errors import CatalogError, QueryError
from backbones.store.explorer import Choice, ChoiceKind, Fact
from backbones.store.filters import Filter, parse_filter, references_of
from backbones.store.fragment import Fragment
from backbones.store.pareto import front
from backbones.store.references import Reference, parse_reference
from backbones.store.rows import Answer, Column, Missing, Row, Rows, Value
from backbones.store.this_machine import is_here
from backbones.store.transferring.laid_in import is_of_the_user
from backbones.store.transferring.ranks import COLLECTION
from backbones.store.view import LINE_COLUMNS, View

T = TypeVar("T")


class CatalogExplorer:
    """An Explorer over one catalogue connection; each method may be called from any thread, one at a time."""

    def __init__(self, open_connection: Callable[[], sqlite3.Connection]) -> None:
        self._open = open_connection
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        self._measured = False

    @property
    def connection(self) -> sqlite3.Connection:
        """The catalogue, opened at the first question."""
        if self._connection is None:
            opened = self._open()
            self._measured = has_measurements(opened)
            self._connection = opened  # from here on it may be interrupted: all that is asked once is known by then
        return self._connection

    @contextlib.contextmanager
    def _asking(self) -> Iterator[None]:
        """One question at a time; a damaged file is a sentence, an interrupted question an InterruptedError."""
        with self._lock:
            try:
                yield
            except sqlite3.DatabaseError as error:
                if "interrupted" in str(error):
                    raise InterruptedError from None
                if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                    raise CatalogError(f"the catalogue is damaged: {error}. Run `backbones build --fresh`") from None
                raise

    def answer(self, view: View) -> Answer:
        """Rows of the view: view.columns, then x, y, group and shape where they are not among them."""
        with self._asking():
            return _Question(self.connection, self._measured, view).answer()

    def explain(self, view: View) -> str:
        """How the question is understood, in sentences, and the SQL that answers it."""
        with self._asking():
            return _Question(self.connection, self._measured, view).explain()

    def main_metric(self, filter_text: str, columns: Sequence[str] = ()) -> str:
        """The metric that decides which rows there are: the first that is named, else ImageNet-1k top-1."""
        return str(main_metric(filter_text, columns))

    def describe(self, reference: str) -> Column:
        """What a column reference means; QueryError if it means nothing."""
        parsed = parse_reference(reference)
        with self._asking():
            return Compiler(self.connection, parsed if parsed.is_metric else DEFAULT_ANCHOR, self._measured).column(
                parsed
            )

    def choices(self, kind: ChoiceKind) -> tuple[Choice, ...]:
        """What can be picked, most useful first."""
        from backbones.store import inventory  # 3 ms that the first paint does not need

        with self._asking():
            return inventory.choices(self.connection, kind)

    def facts(self, key: int) -> tuple[Fact, ...]:
        """Everything known about the row of that key."""
        from backbones.store import inventory  # 3 ms that the first paint does not need

        with self._asking():
            return inventory.facts(self.connection, key)

    def summary(self) -> str:
        """What the catalogue holds, in one line."""
        from backbones.store import inventory  # 3 ms that the first paint does not need

        with self._asking():
            return inventory.summary(self.connection)

    def statistics(self) -> tuple[Fact, ...]:
        """How much the catalogue holds, how complete and how fresh it is."""
        from backbones.store import statistics  # rarely asked for

        with self._asking():
            return tuple(Fact(what, value) for what, value in statistics.lines(statistics.figures(self.connection)))

    def doubts(self) -> frozenset[int]:
        """The keys of all rows whose value is suspected to be wrong."""
        from backbones.store import doubts  # after the first paint

        return self.ask(doubts.doubted)

    def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """The answer of a question of the store to the catalogue."""
        with self._asking():
            return question(self.connection)

    def interrupt(self) -> None:
        """Stop an answer that is being computed in another thread."""
        if self._connection is not None and self._lock.locked():
            self._connection.interrupt()

    def close(self) -> None:
        """Let go of the files."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


_FIRST = 3
"""Before the wanted columns: key, owner, passes."""


class _Question:
    """One view on its way to an answer."""

    def __init__(self, connection: sqlite3.Connection, measured: bool, view: View) -> None:
        self.connection, self.view = connection, view
        self.filter: Filter | None = parse_filter(view.filter)
        self.wanted = self._wanted()
        self.filtered = list(dict.fromkeys(references_of(self.filter)))
        self.order = [(parse_reference(s.reference), s.descending) for s in view.sort]
        drawn = [parse_reference(view.y)] if view.group and view.y else []
        everything = [*drawn, *self.filtered, *(r for r, _ in self.order), *self.wanted]
        self.anchor = next((r for r in everything if r.is_metric), DEFAULT_ANCHOR)
        self.judged = [r for r in self.filtered if r != self.anchor]
        self.compiler = Compiler(connection, self.anchor, measured, asks_for_own(self.filter))
        self.references = list(dict.fromkeys([self.anchor, *everything]))
        self.names = {reference: f"v{i}" for i, reference in enumerate(self.references)}
        self.conditions = Conditions(self.compiler, self.names, view.filter)
        self.condition = self.conditions.condition(self.filter) if self.filter else None
        self.narrowed = self.conditions.narrowing(self.filter)

    def _wanted(self) -> list[Reference]:
        texts = list(self.view.columns)
        joined = LINE_COLUMNS if self.view.lines else ()
        named = (
            ("backbone",) if "checkpoint" in texts and self.view.y else ()
        )  # what a row without a checkpoint is called
        extra = [self.view.x, self.view.y, self.view.group, self.view.shape, *joined, *named]
        found = [parse_reference(t) for t in texts]
        for text in extra:
            if text and (reference := parse_reference(text)) not in found:
                found.append(reference)
        return found

    def candidates(self, narrowed: Sequence[Fragment] = ()) -> Fragment:
        """All rows that have the anchor, with every reference's value as v0, v1 …"""
        parts = [(self.compiler.value(r), self.names[r]) for r in self.references]
        selected = ", ".join(f"{p.sql} as {name}" for p, name in parts)
        owner = {"family": "coalesce(t.family, t.backbone)", "backbone": "t.backbone"}.get(
            self.view.best_per or "", "null"
        )
        base = self.compiler.base(selected + owner, narrowed)
        parameters = [v for p, _ in parts for v in p.parameters] + base.parameters
        return Fragment(f"select p.result as key, {owner} as owner, {selected} {base.sql}", parameters)

    def statement(self) -> Fragment:
        """The whole question: every candidate with whether it passes, those that pass in the order asked for."""
        found = self.candidates(self.narrowed)
        order = [f"{self.names[r]} {'desc' if d else 'asc'} nulls last" for r, d in self.order]
        names = ", ".join(self.names[r] for r in self.wanted + self.judged)
        passes = self.condition or Fragment("1")
        kept = "materialized" if self.condition else "not materialized"  # without a filter nothing is read twice
        sql = (
            f"with candidate as {kept} ({found.sql}) select key, owner, {passes.sql} as passes, {names} "
            f"from candidate order by {', '.join([*order, 'key'])}"
        )
        return Fragment(sql, found.parameters + passes.parameters)

    def answer(self) -> Answer:
        """Rows, counts of what is missing, and advice where nothing was found."""
        columns = tuple(self.compiler.column(r) for r in self.wanted)
        statement = self.statement()
        candidates = self.connection.execute(statement.sql, statement.parameters).fetchall()
        raw = self._best_per([row for row in candidates if row[2]])
        end = _FIRST + len(self.wanted)
        rows: list[Row] = [row[_FIRST:end] for row in raw]
        on_front = self._front(rows, columns)
        if self.view.only_front:
            kept = sorted(on_front)
            raw, rows, on_front = [raw[i] for i in kept], [rows[i] for i in kept], list(range(len(kept)))
        limit = self.view.limit if self.view.limit is not None else len(rows)
        missing = (Missing(str(r), sum(row[end + i] is None for row in candidates)) for i, r in enumerate(self.judged))
        return Answer(
            Rows(columns, tuple(rows[:limit])), len(rows), self._count_all() if self.narrowed else len(candidates), tuple(m for m in missing if m.count),
            self._why_no_points(rows, limit) if rows else self._advice(), frozenset(i for i in on_front if i < limit),
            keys := tuple(row[0] for row in raw[:limit]), self._words_apart(keys),
        )  # fmt: skip

    def _words_apart(self, keys: Sequence[int]) -> dict[int, str]:
        """What tells rows of one name apart, where they are the user's own results."""
        if not self.compiler.has_own:
            return {}
        is_asked = self.compiler.only_own or dict(self.anchor.keys).get("collection") == COLLECTION
        if not (is_asked or is_of_the_user(self.connection, self.compiler.place("dataset", self.anchor))):
            return {}
        from backbones.store.transferring.telling_apart import words_apart

        return words_apart(self.connection, keys)

    def _why_no_points(self, rows: Sequence[Row], limit: int) -> tuple[str, ...]:
        """Why a plot of these rows is empty, if it is."""
        if not (self.view.x and self.view.y):
            return ()
        axes = parse_reference(self.view.x), parse_reference(self.view.y)
        x, y = (self.wanted.index(axis) for axis in axes)
        if any(row[x] is not None and row[y] is not None for row in rows[:limit]):
            return ()
        from backbones.store.no_points import why_no_points

        unfiltered = self.candidates() if self.filter else None
        names = (self.names[axes[0]], self.names[axes[1]])
        return why_no_points(
            self.compiler, axes, [(row[x], row[y]) for row in rows], limit, self.filter, unfiltered, names
        )

    def _count_all(self) -> int:
        rows = self.compiler.placements()
        return int(self.connection.execute(f"select count(*) {rows.sql}", rows.parameters).fetchone()[0])

    def _advice(self) -> tuple[str, ...]:
        from backbones.store import advice

        if self.filter is None:
            return tuple(advice.nothing_at_all(self.compiler))
        from backbones.store.measuring.here import with_here

        found = advice.why_nothing(self.conditions, self.candidates(), self.filter)
        if any(r.is_speed and is_here(r.where) for r in self.filtered):
            return with_here(found, self.connection, self.filtered, self.anchor, self.filter)
        other = next((r for r in self.filtered if r.is_metric and r != self.anchor), None)
        if other is not None:  # the y axis and the first metric of a filter decide which rows there are
            asked = f"the rows are those of {self.anchor}; with y = {other} they are those of {other}"
            return (*found[:1], asked, *found[1:])
        return found

    def _best_per(self, raw: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """The first row of each family or backbone, in the order of the sort."""
        if self.view.best_per is None:
            return raw
        if self.view.best_per not in ("family", "backbone"):
            raise QueryError(f"best per {self.view.best_per!r} is not known; family or backbone is")
        kept: dict[Any, tuple[Any, ...]] = {}
        for row in raw:
            kept.setdefault(row[1], row)
        return list(kept.values())

    def _front(self, rows: Sequence[Row], columns: Sequence[Column]) -> list[int]:
        if not (self.view.pareto or self.view.only_front) or not self.view.x or not self.view.y:
            return []
        at = {reference: i for i, reference in enumerate(self.wanted)}
        x, y = at[parse_reference(self.view.x)], at[parse_reference(self.view.y)]
        if columns[x].kind not in ("number", "date") or columns[y].kind not in ("number", "date"):
            if self.view.only_front:
                raise QueryError(f"a Pareto front needs two numbers, not {columns[x].name} and {columns[y].name}")
            return []
        better = [columns[i].higher_is_better for i in (x, y)]
        return front(
            [as_number(r[x]) for r in rows], [as_number(r[y]) for r in rows], bool(better[0]), better[1] is not False
        )

    def explain(self) -> str:
        """How the question is understood."""
        from backbones.store import advice
        from backbones.store.measuring.here import explained

        anchor = self.compiler.column(self.anchor)
        protocol = dict(self.anchor.keys).get("protocol") or (
            "any" if "collection" in dict(self.anchor.keys) else self.compiler.protocol(self.anchor)
        )
        lines = [f"one row per checkpoint and setting that has {anchor.label} ({protocol})"]
        lines += [f"and {line}" for line in advice.describe(self.filter)]
        lines += [
            f"{self.compiler.column(r).label}: the best of all conditions not named (framework, compiled, batch size …)"
            for r in self.references
            if r.is_speed
        ]
        lines += [line for r in self.references if r.is_speed for line in explained(self.compiler, r)]
        lines += [
            f"ordered by {self.compiler.column(r).label}, {'largest' if d else 'smallest'} first" for r, d in self.order
        ]
        statement = self.statement()
        return "\n".join([*lines, "", statement.sql.strip(), f"parameters: {statement.parameters}"])


def as_number(value: Value) -> float | None:
    """A number, or a date as days since 1970-01-01; None for anything else."""
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        parts = value.split("-")
        try:
            whole = [int(p) for p in parts] + [1, 1]
            return float((dt.date(*whole[:3]) - dt.date(1970, 1, 1)).days)
        except (ValueError, TypeError):
            return None
    return None

"""From a filter's tree to the SQL condition over the candidates' columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

from backbones.store.columns import VOCABULARY_SQL
from backbones.store.compile import Compiler
from backbones.store.errors import QueryError
from backbones.store.filters import Comparison, Every, Filter, Not, Some, clauses
from backbones.store.fragment import Fragment, balanced
from backbones.store.references import Reference
from backbones.store.rows import Column
from backbones.store.text import closest, fold
from backbones.store.transferring.ranks import COLLECTION

_MISSING: Final = ("none", "missing", "null")

_OWNED: Final = {
    kind: f"p.setting in (select t0.id from subject s0 join setting t0 on t0.subject = s0.id "
    f"where s0.{kind}_id in (select id from {kind} where {kind} in ({{}})))"
    for kind in ("checkpoint", "backbone", "family")
}
"""A column that names models, and which placements are theirs: found by index, however large the catalogue."""


def asks_for_own(tree: Filter | None) -> bool:
    """Whether a filter leaves the user's own results only: `origin = measured`, or `collection = probe`."""
    wanted = {"origin": "measured", "collection": COLLECTION}
    return any(
        isinstance(part, Comparison)
        and part.operator in ("=", "in")
        and {fold(value) for value in part.values} == {wanted.get(part.reference.name)}
        for part in clauses(tree)
    )


class Conditions:
    """Compiles comparisons; every mistake is pointed at within the filter's text."""

    def __init__(self, compiler: Compiler, names: dict[Reference, str], text: str) -> None:
        self.compiler, self.names, self.text = compiler, names, text

    def condition(self, tree: Filter) -> Fragment:
        """The SQL condition of a filter over the named columns of the candidates."""
        if isinstance(tree, Comparison):
            return self._comparison(tree, self.names[tree.reference])
        if isinstance(tree, Not):
            inner = self.condition(tree.part)
            return Fragment(f"not ({inner.sql})", inner.parameters)
        assert isinstance(tree, Every | Some)
        return balanced("and" if isinstance(tree, Every) else "or", [self.condition(part) for part in tree.parts])

    def narrowing(self, tree: Filter | None) -> list[Fragment]:
        """Conditions on `placement p` for the clauses that name models: they leave few rows to compute anything for."""
        found = []
        for part in clauses(tree):
            if isinstance(part, Comparison) and part.reference.name in _OWNED and part.operator in ("=", "in"):
                if fold(part.values[0]) in _MISSING:
                    continue
                wanted = [w for value in part.values for w in self._text_values(part, value)]
                found.append(Fragment(_OWNED[part.reference.name].format(",".join("?" * len(wanted))), list(wanted)))
        return found

    def _comparison(self, tree: Comparison, name: str) -> Fragment:
        column = self._column_in(tree)
        if tree.operator in ("=", "!=") and fold(tree.values[0]) in _MISSING:
            return Fragment(f"{name} is {'not ' if tree.operator == '!=' else ''}null")
        if tree.operator in ("~", "!~"):
            if column.kind != "text":
                raise self._mistake(tree, f"{column.name} is a {column.kind}; ~ looks into text")
            if not fold(tree.values[0]):
                raise self._mistake(tree, f"{tree.values[0]!r} has no letter or digit to look for")
            found = f"instr(fold({name}), ?) {'>' if tree.operator == '~' else '='} 0"
            return Fragment(found, [fold(tree.values[0])])
        reader = {"number": self._as_number, "date": self._as_date, "flag": self._as_flag, "text": self._as_text}[
            column.kind
        ]
        return reader(tree, name, column)

    def _column_in(self, tree: Comparison) -> Column:
        """The column of a comparison's reference; a mistake is pointed at within the whole filter."""
        try:
            return self.compiler.column(tree.reference)
        except QueryError as error:
            raise QueryError(error.message, self.text, tree.start + error.position, error.suggestions) from None

    def _as_number(self, tree: Comparison, name: str, column: Column) -> Fragment:
        numbers = [_number_of(v, column) for v in tree.values]
        if None in numbers:
            raise self._mistake(tree, f"{column.name} is a number; {tree.values[numbers.index(None)]!r} is none")
        if tree.operator in ("in", "not in"):
            return Fragment(f"{name} {tree.operator} ({','.join('?' * len(numbers))})", list(numbers))
        return Fragment(f"{name} {tree.operator} ?", list(numbers))

    def _as_date(self, tree: Comparison, name: str, column: Column) -> Fragment:
        """A year stands for all its days: `published <= 2022` takes the whole of 2022."""
        dates = [v.strip() for v in tree.values]
        for date in dates:
            if not _is_date(date):
                raise self._mistake(tree, f"{date!r} is no date; write 2022, 2022-01 or 2022-01-10")
        if tree.operator in ("=", "in"):
            return Fragment("(" + " or ".join(f"{name} like ?" for _ in dates) + ")", [f"{d}%" for d in dates])
        if tree.operator in ("!=", "not in"):
            return Fragment("(" + " and ".join(f"{name} not like ?" for _ in dates) + ")", [f"{d}%" for d in dates])
        padded = dates[0] + ("~" if tree.operator in ("<=", ">") else "")  # "~" sorts after every digit
        return Fragment(f"{name} {tree.operator} ?", [padded])

    def _as_flag(self, tree: Comparison, name: str, column: Column) -> Fragment:
        if tree.operator not in ("=", "!="):
            raise self._mistake(tree, f"{column.name} is yes or no; compare it with = or !=", at_value=False)
        wanted = {"true": 1, "yes": 1, "1": 1, "false": 0, "no": 0, "0": 0}.get(fold(tree.values[0]))
        if wanted is None:
            raise self._mistake(tree, f"{column.name} is yes or no, not {tree.values[0]!r}")
        return Fragment(f"{name} {tree.operator} ?", [wanted])

    def _as_text(self, tree: Comparison, name: str, column: Column) -> Fragment:
        if tree.operator not in ("=", "!=", "in", "not in"):
            raise self._mistake(tree, f"{column.name} is text; compare it with =, !=, in or ~", at_value=False)
        wanted = [w for value in tree.values for w in self._text_values(tree, value)]
        negated = "not " if tree.operator in ("!=", "not in") else ""
        marks = ",".join("?" * len(wanted))
        if tree.reference.name in VOCABULARY_SQL:
            return Fragment(f"{name} {negated}in ({marks})", list(wanted))
        return Fragment(f"fold({name}) {negated}in ({marks})", list(wanted))

    def _text_values(self, tree: Comparison, value: str) -> list[str]:
        """The stored spellings of a value; for free text its folded form."""
        name = tree.reference.name
        if name not in VOCABULARY_SQL:
            return [fold(value)]
        connection = self.compiler.connection
        rows = connection.execute(
            "select distinct entity from alias where kind = ? and folded = ?", [name, fold(value)]
        )
        named = [entity for (entity,) in rows]  # by index: there may be many thousands of names
        if found := [entity for entity in named if fold(entity) == fold(value)] or named:
            return found
        known = [v for (v,) in connection.execute(VOCABULARY_SQL[name]) if v is not None]
        found = [v for v in known if fold(v) == fold(value)]
        if not found:
            raise self._mistake(tree, f"no {name.replace('_', ' ')} is called {value!r}", closest(value, known))
        return found

    def _mistake(
        self, tree: Comparison, message: str, suggestions: Iterable[str] = (), at_value: bool = True
    ) -> QueryError:
        return QueryError(message, self.text, tree.value_start if at_value else tree.start, tuple(suggestions))


def _number_of(text: str, column: Column) -> float | None:
    plain = text.replace("_", "").strip()
    for suffix in {column.unit, {"percent": "%"}.get(column.unit, "")} - {""}:
        if plain.casefold().endswith(suffix.casefold()):
            plain = plain[: -len(suffix)].strip()
    try:
        number = float(plain)
    except ValueError:
        return None
    return number if abs(number) < 1e300 else None


def _is_date(text: str) -> bool:
    """Whether it is a year, a month or a day of the calendar."""
    try:
        dt.date(*(int(p) for p in [*text.split("-"), "1", "1"][:3]))
    except (ValueError, TypeError):
        return False
    return len(text) in (4, 7, 10)

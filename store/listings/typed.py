"""What is typed to narrow a list: words that a row has to hold, and comparisons of its columns."""

from __future__ import annotations

import operator as op
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from backbones.store.errors import QueryError
from backbones.store.rows import Column, Value
from backbones.store.text import closest, fold

_TOKEN: Final = re.compile(r"\"(?P<quoted>[^\"]*)\"?|(?P<operator><=|>=|!=|<>|==|!~|=|<|>|~)|(?P<word>[^\s\"=<>~!]+|!)")
_CANONICAL: Final = {"==": "=", "<>": "!="}
_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": op.eq, "!=": op.ne, "<": op.lt, "<=": op.le, ">": op.gt, ">=": op.ge,
}  # fmt: skip
_MISSING: Final = "none"
_FLAGS: Final = {"yes": 1.0, "true": 1.0, "1": 1.0, "no": 0.0, "false": 0.0, "0": 0.0}
_LONGEST_NAME: Final = 8
"""Words of a name that is written without quotes."""

Knows = Callable[[str, str], bool]
"""Whether a column has a value that folds to a text."""


@dataclass(frozen=True, slots=True)
class Word:
    """A folded text that has to stand in one of a row's texts, or (`is_absent`) in none."""

    folded: str
    is_absent: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """`column operator value` with one of = != < <= > >= ~ !~; a value of None asks whether anything is said."""

    column: Column
    operator: str
    value: str | float | None

    def holds(self, value: Value) -> bool:
        """Whether a value passes; a missing one passes only where missing ones are asked for."""
        if self.value is None:
            return (value is None) == (self.operator == "=")
        if value is None:
            return False
        if isinstance(self.value, float):
            return isinstance(value, int | float) and _COMPARE[self.operator](value, self.value)
        text = str(value)
        if self.operator in ("~", "!~"):
            return (fold(self.value) in fold(text)) == (self.operator == "~")
        if self.operator in ("=", "!="):
            is_it = text.startswith(self.value) if self.column.kind == "date" else fold(text) == fold(self.value)
            return is_it == (self.operator == "=")
        return _COMPARE[self.operator](text.casefold(), self.value.casefold())


Part = Word | Comparison


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def parse_typed(typed: str, columns: Sequence[Column], knows: Knows) -> tuple[Part, ...]:
    """The parts that all have to hold; QueryError for an unknown column.

    A comparison that lacks its value yet is none, nor is a column's name at the end: an operator may follow.
    A name after `=` may have several words where `knows` says that the column has it.
    """
    tokens = [
        _Token(m.lastgroup or "", m[m.lastgroup or 0], m.start(), m.end())
        for m in _TOKEN.finditer(typed)
        if m.lastgroup
    ]
    found: list[Part] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "word" and at + 1 < len(tokens) and tokens[at + 1].kind == "operator":
            part, at = _comparison(typed, tokens, at, columns, knows)
        elif token.text == "!" and at + 1 < len(tokens) and tokens[at + 1].start == token.end:
            part, at = _word(tokens[at + 1].text, True), at + 2
        else:
            is_begun = token.kind == "word" and token.end == len(typed) and _named(token.text, columns) is not None
            is_idle = token.kind == "operator" or is_begun or token.text == "!" or token.text.casefold() == "and"
            part, at = None if is_idle else _word(token.text), at + 1
        if part is not None:
            found.append(part)
    return tuple(found)


def _word(text: str, is_absent: bool = False) -> Word | None:
    folded = fold(text)
    return Word(folded, is_absent) if folded else None


def _comparison(
    typed: str, tokens: list[_Token], at: int, columns: Sequence[Column], knows: Knows
) -> tuple[Part | None, int]:
    name, sign = tokens[at], tokens[at + 1]
    column = _column(name.text, columns)
    if column is None:
        if sign.start == name.end and sign.text == "=":  # `shots=10` is how conditions are written
            end = at + 2 if at + 2 == len(tokens) or tokens[at + 2].start > sign.end else at + 3
            return _word(typed[name.start : tokens[end - 1].end]), end
        known = [c.name for c in columns]
        raise QueryError(f"there is no column {name.text!r}", typed, name.start, closest(name.text, known))
    operator = _CANONICAL.get(sign.text, sign.text)
    if at + 2 == len(tokens) or tokens[at + 2].kind == "operator":
        return None, at + 2
    value, end = _value(tokens, at + 2, column, operator, knows)
    if column.kind in ("number", "flag"):
        return _number_comparison(typed, tokens[at + 2], column, operator, value), end
    is_missing = value.casefold() == _MISSING and operator in ("=", "!=") and not knows(column.name, fold(value))
    return Comparison(column, operator, None if is_missing else value), end


def _named(name: str, columns: Sequence[Column]) -> Column | None:
    wanted = fold(name)
    return next((c for c in columns if wanted in (fold(c.name), fold(c.label))), None)


def _column(name: str, columns: Sequence[Column]) -> Column | None:
    """The column of that name or label, else the only one that begins so."""
    wanted = fold(name)
    if (exact := _named(name, columns)) is not None or not wanted:
        return exact
    begun = [c for c in columns if fold(c.name).startswith(wanted) or fold(c.label).startswith(wanted)]
    return begun[0] if len(begun) == 1 else None


def _value(tokens: list[_Token], at: int, column: Column, operator: str, knows: Knows) -> tuple[str, int]:
    """The value and where the rest begins: the longest run of words that is a name of the column, else one word."""
    if tokens[at].kind == "word" and operator in ("=", "!=") and column.kind == "text":
        end = at
        while end < len(tokens) and tokens[end].kind == "word" and end - at < _LONGEST_NAME:
            end += 1
        for stop in range(end, at + 1, -1):
            text = " ".join(token.text for token in tokens[at:stop])
            if knows(column.name, fold(text)):
                return text, stop
    return tokens[at].text, at + 1


def _number_comparison(typed: str, token: _Token, column: Column, operator: str, value: str) -> Comparison | None:
    if value.casefold() == _MISSING and operator in ("=", "!="):
        return Comparison(column, operator, None)
    if operator not in _COMPARE:
        raise QueryError(f"{column.label} is a number; compare it with < > =", typed, token.start)
    if value in ("-", "+", "."):
        return None
    try:
        number = _FLAGS[value.casefold()] if column.kind == "flag" else float(value.replace(",", "").rstrip("%"))
    except (KeyError, ValueError):
        wanted = "yes or no" if column.kind == "flag" else "a number"
        raise QueryError(f"{column.label} is {wanted}, not {value!r}", typed, token.start) from None
    return Comparison(column, operator, number)

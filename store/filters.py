"""Filters: comparisons of column references with `and`, `or`, `not`, `in`, `~` and parentheses, as a tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backbones.store.errors import QueryError
from backbones.store.references import Reference, hint_to_quote, read_reference

MAX_LENGTH = 10_000
MAX_DEPTH = 24
"""SQLite's own parser has a stack of 100 and takes up to four places a level."""

_OPERATOR = re.compile(r"<=|>=|!=|<>|==|!~|=|<|>|~|\b(?:not\s+in|in|is\s+not|is)\b", re.IGNORECASE)
_CANONICAL = {"==": "=", "<>": "!=", "is": "=", "is not": "!="}
_WORD = re.compile(r"\"([^\"]*)\"|'([^']*)'|[^\s,()\"']+")
_NUMBER = re.compile(r"[-+]?[\d.][\d._]*(?:e[-+]?\d+)?[%a-z]?", re.IGNORECASE)
_CONNECTIVE = re.compile(r"(?:and|or)\b|&&?|\|\|?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`reference operator value`; values are as typed. Operators: = != < <= > >= ~ !~ in, not in."""

    reference: Reference
    operator: str
    values: tuple[str, ...]
    start: int = 0
    value_start: int = 0
    text: str = ""
    """The clause as typed."""


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; a missing value passes neither."""

    part: Filter
    text: str = ""


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold."""

    parts: tuple[Filter, ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part holds."""

    parts: tuple[Filter, ...]
    text: str = ""


Filter = Comparison | Not | Every | Some


def parse_filter(text: str) -> Filter | None:
    """The tree of a filter text, None for an empty one; QueryError points at a mistake."""
    if not text.strip():
        return None
    if len(text) > MAX_LENGTH:
        raise QueryError(f"the filter has {len(text):,} characters; {MAX_LENGTH:,} are read")
    parser = _Parser(text)
    tree = parser.either()
    parser.skip()
    if parser.at < len(text):
        what = "a ) without its (" if text[parser.at] == ")" else "`and` or `or` is expected here"
        raise QueryError(what, text, parser.at)
    return tree


def clauses(tree: Filter | None) -> tuple[Filter, ...]:
    """The parts that all have to hold."""
    if tree is None:
        return ()
    return tree.parts if isinstance(tree, Every) else (tree,)


def references_of(tree: Filter | None) -> Iterator[Reference]:
    """Every reference, in the order of the text."""
    if isinstance(tree, Comparison):
        yield tree.reference
    elif isinstance(tree, Not):
        yield from references_of(tree.part)
    elif tree is not None:
        for part in tree.parts:
            yield from references_of(part)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0

    def skip(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def take(self, pattern: str) -> bool:
        """Step over a word or sign if it comes next."""
        self.skip()
        found = re.compile(pattern, re.IGNORECASE).match(self.text, self.at)
        if found:
            self.at = found.end()
        return found is not None

    def either(self) -> Filter:
        self.skip()
        start = self.at
        parts = [self.both()]
        while self.take(r"or\b|\|\|?"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Some(tuple(parts), self.text[start : self.at].strip())

    def both(self) -> Filter:
        self.skip()
        start = self.at
        parts = [self.one()]
        while self.take(r"and\b|&&?"):
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else Every(tuple(parts), self.text[start : self.at].strip())

    def one(self) -> Filter:
        self.skip()
        start = self.at
        if self.take(r"not\b|!(?=\s*\()"):
            self._deeper(start)
            part = self.one()
            self.depth -= 1
            return Not(part, self.text[start : self.at].strip())
        if self.take(r"\("):
            self._deeper(start)
            inner = self.either()
            if not self.take(r"\)"):
                raise QueryError("this ( is never closed", self.text, start)
            self.depth -= 1
            return inner
        return self.comparison()

    def _deeper(self, start: int) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise QueryError(f"nested deeper than {MAX_DEPTH}", self.text, start)

    def comparison(self) -> Comparison:
        start = self.at
        if start >= len(self.text):
            raise QueryError("a comparison is expected here, as params_m < 30", self.text, start)
        reference, ended = read_reference(self.text, start)
        self.at = ended
        self.skip()
        found = _OPERATOR.match(self.text, self.at)
        if not found:
            said = "a comparison is expected here: = != < <= > >= ~ (contains) or in (…)"
            raise QueryError(said + hint_to_quote(self.text, start, ended), self.text, self.at)
        operator = " ".join(found.group().lower().split())
        operator = _CANONICAL.get(operator, operator)
        self.at = found.end()
        self.skip()
        value_start = self.at
        values = self._list() if operator in ("in", "not in") else (self._value(),)
        return Comparison(reference, operator, values, start, value_start, self.text[start : self.at].strip())

    def _list(self) -> tuple[str, ...]:
        opening = self.at
        if not self.take(r"\("):
            raise QueryError("a list in parentheses is expected after in, as in (ConvNeXt, Swin)", self.text, opening)
        values = [self._value()]
        while self.take(","):
            values.append(self._value())
        if not self.take(r"\)"):
            raise QueryError("this ( is never closed", self.text, opening)
        return tuple(values)

    def _value(self) -> str:
        """A quoted text, or words up to the next connective, comma or parenthesis."""
        words: list[str] = []
        while True:
            self.skip()
            if words and _CONNECTIVE.match(self.text, self.at):
                break
            found = _WORD.match(self.text, self.at)
            if not found:
                break
            quoted = found[1] if found[1] is not None else found[2]
            words.append(quoted if quoted is not None else found.group())
            self.at = found.end()
            if len(words) == 1 and (quoted is not None or _NUMBER.fullmatch(words[0])):
                return words[0]  # a number is never followed by more words, so a forgotten `and` is found
        if not words:
            raise QueryError("a value is expected here", self.text, self.at)
        return " ".join(words)

"""What can be typed next: names, data sets, devices, conditions and values, with the number of rows that have them.

A suggestion taken leaves a text that means something, or the beginning of one. Counts are of rows of the answer: a metric's
own; for everything else among the rows of the *anchor*, the metric that decides which rows there are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from backbones.store.columns import column_of
from backbones.store.compile import DEFAULT_ANCHOR
from backbones.store.completing.cursor_place import CursorPlace, cursor_place
from backbones.store.completing.holdings import Holdings, holdings
from backbones.store.completing.nearness import holding, ranked
from backbones.store.completing.suggesting import Completion, known_name, names, operators, typed_value, values
from backbones.store.conditions import Conditions
from backbones.store.errors import QueryError
from backbones.store.filters import parse_filter, references_of
from backbones.store.references import Reference, parse_reference
from backbones.store.rows import Column

__all__ = ["Completion", "CompletionKind", "Completions", "anchor_of", "complete"]

CompletionKind = Literal["filter", "axis", "group", "column"]
MOST: Final = 60
"""Suggestions; nobody looks further."""
CHECKED: Final = 16
"""Suggestions in the middle of a text, each of which is tried out (0.3 ms)."""


@dataclass(frozen=True, slots=True)
class Completions:
    """What may stand in place of `text[start:end]`, the best first."""

    start: int
    end: int
    items: tuple[Completion, ...] = ()


def complete(
    connection: sqlite3.Connection,
    text: str,
    cursor: int,
    *,
    kind: CompletionKind = "filter",
    filter_text: str = "",
    anchor: str = "",
) -> Completions:
    """What may follow at the cursor of a filter, or of a reference for an axis, a colour (`group`) or a column.

    `anchor` is the reference that decides which rows there are, as the y axis does; without it the first metric of
    `filter_text`, or of the filter itself. A text that cannot be read yet is no mistake: it has no suggestions, or some.
    """
    held = holdings(connection)
    place = cursor_place(text, cursor, kind == "filter")
    asked = (anchor, *_asked(filter_text), *(place.earlier if kind == "filter" else ()))
    around = _Around(held, place, anchor_of(held, asked), kind, text)
    items = around.items()
    if text[place.end :].strip():
        items = around.kept(items)
    return Completions(place.start, place.end, tuple(items[:MOST]))


def anchor_of(held: Holdings, asked: Iterable[str]) -> Reference:
    """The metric that decides which rows there are: the first of the references asked for, else ImageNet-1k top-1."""
    for text in asked:
        try:
            reference = parse_reference(text)
            if reference.is_metric:
                held.compiler(reference).placements()
                return reference
        except QueryError:
            continue
    return DEFAULT_ANCHOR


def _asked(filter_text: str) -> Iterable[str]:
    try:
        return [str(reference) for reference in references_of(parse_filter(filter_text))]
    except QueryError:
        return []


class _Around:
    """One place in one text."""

    def __init__(self, held: Holdings, place: CursorPlace, anchor: Reference, kind: CompletionKind, text: str) -> None:
        self.held, self.place, self.anchor, self.kind, self.text = held, place, anchor, kind, text
        self.is_filter = kind == "filter"

    def items(self) -> list[Completion]:
        """All that fits, the best first."""
        found: list[Completion] = getattr(self, "_" + self.place.expects.replace(" ", "_"))()
        return found

    def _nothing(self) -> list[Completion]:
        return []

    def _follows(self, signs: str) -> bool:
        return self.text[self.place.end : self.place.end + 1] in set(signs)

    def _gap(self) -> str:
        """A blank, where none follows."""
        return "" if not self.is_filter or self._follows(" \t)") else " "

    # A reference

    def _name(self) -> list[Completion]:
        typed = self.place.typed
        end = "" if self._follows("@") else "@"
        found = []
        for each in names(self.held, self.anchor, self.kind):
            takes_place = each.text in ("throughput", "latency", "peak_memory") or column_is_metric(each.text)
            found.append(replace(each, text=each.text + (end if takes_place else self._gap())))
        exact = known_name(typed)
        matching = [i for i in ranked(typed, found) if i.text != typed]
        if exact is None:
            if self.is_filter and typed and "not".startswith(typed.lower()):
                matching.append(Completion("not ", "the opposite"))
            return matching
        own = [i for i in found if i.text.rstrip(" @") == exact]
        if typed == exact and own and not own[0].text.endswith("@"):
            more = (
                operators(column_of(Reference(exact)), typed + " ")
                if self.is_filter and not self.place_is_followed
                else []
            )
            return [*more, *(i for i in matching if i not in own)]
        return [*own, *(i for i in matching if i not in own)]

    @property
    def place_is_followed(self) -> bool:
        """Whether more stands behind the word than closing parentheses and connectives."""
        rest = self.text[self.place.end :].lstrip()
        return (bool(rest) and rest[0] in "@:<>=!~") or rest.split(" ")[0].lower() in ("in", "not", "is")

    def _where(self) -> list[Completion]:
        name = known_name(self.place.name)
        if name is None:
            return []
        plain = Reference(name, self.place.typed)
        if plain.is_metric:
            known = self.held.datasets(name)
        elif plain.is_speed:
            known = self.held.devices(name, self.anchor)
        else:
            return []
        found = [Completion(_quoted(typed), place, rows) for typed, place, rows in known]
        matching = ranked(self.place.typed, found)
        if self.place.keys:
            keys = self._keys(name, "x")
            matching = [i for i in matching[:CHECKED] if self._rows(Reference(name, _bare(i.text), keys))]
        exact = self.held.place("dataset" if plain.is_metric else "device", plain) if self.place.typed else None
        own = [i for i in matching if i.text == self._written()]
        if not exact or not own or self.place_is_followed:
            return [i for i in matching if i not in own or not self.text[self.place.start : self.place.end]]
        return [*self._after(plain, own[0].text, ":"), *(i for i in matching if i not in own)]

    def _key(self) -> list[Completion]:
        name = known_name(self.place.name)
        if name is None:
            return []
        end = "" if self._follows("=") else "="
        table = self.held.conditions_of(
            Reference(name, self.place.where, self._keys(name, self.place.where)), self.anchor
        )
        if table is None:
            return []
        found = []
        for key, rows, known in table.telling(dict(self._keys(name, self.place.where))):
            some = ", ".join(value for value, _ in known[:4])
            found.append(Completion(key + end, f"{some}{' …' if len(known) > 4 else ''}", rows))
        return ranked(self.place.typed, found, by_label=False)

    def _key_value(self) -> list[Completion]:
        name, where = known_name(self.place.name), self.place.where
        key = _canonical_key(name, where, self.place.key) if name else None
        if name is None or key is None:
            return []
        keys = self._keys(name, where)
        probe = (*keys, ("resolution", "1")) if key == "resolution" else keys
        table = self.held.conditions_of(Reference(name, where, probe), self.anchor)
        if table is None:
            return []
        rest = {k: v for k, v in keys if k != key}
        found = []
        for value, rows in table.values(key, rest):
            if written := typed_value(value):
                found.append(Completion(written, value if value != written else "", rows))
        matching = ranked(self.place.typed, found)
        own = [i for i in matching if i.text == self._written()]
        if not own or self.place_is_followed:
            return [i for i in matching if i not in own]
        whole = Reference(name, where, (*rest.items(), (key, _bare(own[0].text))))
        return [*self._after(whole, own[0].text, ","), *(i for i in matching if i not in own)]

    def _after(self, reference: Reference, word: str, joint: str) -> list[Completion]:
        """What may follow a reference that is whole: an operator, more conditions."""
        found = operators(column_of(reference), word + " ") if self.is_filter and not self.place_is_followed else []
        table = self.held.conditions_of(reference, self.anchor)
        if table and (more := table.telling(dict(reference.keys))):
            some = ", ".join(key for key, _, _ in more[:5])
            found.append(Completion(word + joint, f"with {some}{' …' if len(more) > 5 else ''}", None))
        return found

    def _written(self) -> str:
        return self.text[self.place.start : self.place.end]

    def _keys(self, name: str, where: str) -> tuple[tuple[str, str], ...]:
        """The keys beside the one at the cursor, by their own names; those that mean nothing are left out."""
        found = {}
        for key, value in self.place.keys:
            if known := _canonical_key(name, where, key):
                found[known] = value
        return tuple(found.items())

    def _rows(self, reference: Reference) -> int:
        table = self.held.conditions_of(reference, self.anchor)
        return table.count(dict(reference.keys)) if table else 0

    # A comparison

    def _read(self) -> tuple[Reference, Column] | None:
        """The reference before an operator, if the catalogue knows what it means."""
        name = known_name(self.place.name)
        if name is None:
            return None
        reference = Reference(name, self.place.where or None, self._keys(name, self.place.where))
        try:
            parse_reference(str(reference))
            return reference, self.held.compiler(self.anchor).column(reference)
        except QueryError:
            return None

    def _operator(self) -> list[Completion]:
        read = self._read()
        if read is None:
            return []
        before = "" if self.text[: self.place.start].endswith((" ", "\t")) else " "
        found = operators(read[1], before)
        typed = " ".join(self.place.typed.lower().split())
        return [i for i in found if i.text.strip().startswith(typed) and i.text.strip() != typed]

    def _opening(self) -> list[Completion]:
        return [Completion(" (", "a list of values")]

    def _value(self) -> list[Completion]:
        read = self._read()
        if read is None:
            return []
        reference, column = read
        place, typed = self.place, self.place.typed
        is_list = place.operator in ("in", "not in")
        found = values(self.held, self.anchor, reference, column, place.operator, place.values)
        hints, found = [i for i in found if not i.text], [i for i in found if i.text]
        matching = ranked(typed.strip(), found)
        own = [i for i in found if _bare(i.text).casefold() == typed.strip().casefold()]
        if column.kind in ("number", "date") and typed.strip() and not own:
            return hints
        if own and not place.quote and not self.text[place.end :].strip():
            more = self._next(own[0].text, is_list)
            matching = [i for i in matching if i not in own]
            return [*self._spaced(more + ([] if typed[-1:].isspace() else matching)), *hints]
        if not place.quote and (more := self._is_value_and_more(found)) and not holding(typed.strip(), found):
            return more
        written = self._written()
        return [*self._spaced([i for i in matching if i.text != written]), *hints]

    def _spaced(self, items: list[Completion]) -> list[Completion]:
        """With a blank behind a word that is an operator."""
        is_close = self.place.start and self.text[self.place.start - 1].isalnum()
        return [replace(i, text=" " + i.text) for i in items[:MOST]] if is_close else items

    def _is_value_and_more(self, found: Sequence[Completion]) -> list[Completion]:
        """`Swin an`: a whole value, and the beginning of what may follow."""
        value, _, last = self.place.typed.rpartition(" ")
        own = [i for i in found if _bare(i.text).casefold() == value.strip().casefold()]
        words = (
            [i for i in self._next(own[0].text, False) if i.text[len(own[0].text) :].strip().startswith(last)]
            if own
            else []
        )
        return words if last else []

    def _next(self, word: str, is_list: bool) -> list[Completion]:
        """What may follow a value."""
        if is_list:
            return [Completion(word + ", ", "another"), Completion(word + ")", "the end of the list")]
        return [Completion(f"{word} {i.text}", i.label) for i in self._connectives()]

    def _connectives(self) -> list[Completion]:
        found = [Completion("and ", "both hold"), Completion("or ", "one holds")]
        return found + ([Completion(")", "closes (")] if self.place.depth > 0 else [])

    def _separator(self) -> list[Completion]:
        if self.text[self.place.end :].lstrip()[:1] in (",", ")"):
            return []
        return [Completion(", ", "another"), Completion(")", "the end of the list")]

    def _connective(self) -> list[Completion]:
        rest = self.text[self.place.end :].strip().lower()
        if rest.startswith((")", "&", "|")) or rest.split(" ")[0] in ("and", "or"):
            return []
        is_close = self.place.start and not self.text[self.place.start - 1].isspace()
        found = [replace(i, text=" " + i.text if is_close and i.text != ")" else i.text) for i in self._connectives()]
        return [i for i in found if i.text.strip().startswith(self.place.typed.lower())]

    # In the middle of a text

    def kept(self, items: list[Completion]) -> list[Completion]:
        """Those of the first that leave a text that can be read; all of them where none does yet."""
        sound = [i for i in items[:CHECKED] if not i.text or self._is_sound(i)]
        return sound if any(i.text for i in sound) else items

    def _is_sound(self, completion: Completion) -> bool:
        text = self.text[: self.place.start] + completion.text + self.text[self.place.end :]
        try:
            if self.is_filter:
                tree = parse_filter(text)
                compiler = self.held.compiler(self.anchor)
                named = {reference: "v" for reference in references_of(tree)}
                return tree is None or bool(Conditions(compiler, named, text).condition(tree).sql)
            return bool(self.held.compiler(self.anchor).column(parse_reference(text)).name)
        except QueryError:
            return False


def column_is_metric(name: str) -> bool:
    """Whether a name needs a data set."""
    return Reference(name).is_metric


def _canonical_key(name: str, where: str, key: str) -> str | None:
    try:
        return parse_reference(str(Reference(name, where or "x", ((key, "1"),)))).keys[0][0]
    except (QueryError, IndexError):
        return None


def _quoted(value: str) -> str:
    return str(Reference("x", value)).removeprefix("x@")


def _bare(text: str) -> str:
    return text[1:-1] if text[:1] in "\"'" and len(text) > 1 and text[-1] == text[0] else text

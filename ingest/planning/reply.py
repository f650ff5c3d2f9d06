"""What the model may answer: the schemas that are sent along, and the reading of replies, which may hold anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import from_json

from backbones.ingest.plan import QUANTITIES, Fact, Strict, TableMeaning
from backbones.store.text import printable
from backbones.store.vocabulary import CONVENTIONS, PRECISIONS, PROTOCOLS, TASKS

ALLOWED_TASKS: Final = (*TASKS, "speed", "skip")
ENUMS: Final[Mapping[str, tuple[str, ...]]] = {
    "task": ALLOWED_TASKS,
    "quantity": QUANTITIES,
    "protocol": ("", *PROTOCOLS),
    "precision": ("", *PRECISIONS),
    "convention": ("", *CONVENTIONS),
}
"""Keys of a plan that take only words of the vocabulary."""

MOST_ENTRIES: Final = 5000
"""Rows, columns or facts of one answer."""
MOST_PROBLEMS: Final = 8
"""Of one table, said to the model or to the user."""


class TablesReply(Strict):
    """What each of the tables means."""

    tables: list[TableMeaning]


class ProseReply(Strict):
    """Which family the paper proposes, and what its prose says of the settings."""

    family: str
    facts: list[Fact]


@dataclass(frozen=True, slots=True)
class Answers:
    """What could be read of a reply: the meaning of tables, by their id, and what is wrong with the others."""

    meanings: dict[str, TableMeaning] = field(default_factory=dict)
    problems: dict[str, list[str]] = field(default_factory=dict)


@cache
def tables_schema(with_enums: bool = True) -> dict[str, Any]:
    """The JSON schema of TablesReply; with enums the words of the vocabulary are part of it. Not to be changed."""
    schema: dict[str, Any] = _bare(TablesReply.model_json_schema(), with_enums)
    return schema


@cache
def prose_schema() -> dict[str, Any]:
    """The JSON schema of ProseReply."""
    schema: dict[str, Any] = _bare(ProseReply.model_json_schema(), False)
    return schema


def _bare(schema: Any, with_enums: bool) -> Any:
    """Without titles, which cost tokens and say what the keys say."""
    if isinstance(schema, list):
        return [_bare(part, with_enums) for part in schema]
    if not isinstance(schema, dict):
        return schema
    bare = {key: _bare(part, with_enums) for key, part in schema.items() if key != "title"}
    for name in ENUMS if with_enums else ():
        if name in (properties := bare.get("properties", {})):
            properties[name] = {"type": "string", "enum": list(ENUMS[name])}
    return bare


def read_tables(text: str, wanted: Iterable[str]) -> Answers:
    """The reply of a model that ended as it should. Tables that nobody asked for are left aside."""
    plain = _parsed(text)
    items = plain.get("tables") if isinstance(plain, dict) else None
    if not isinstance(items, list):
        return Answers({}, {table: ["the reply is no JSON of the form that was asked for"] for table in wanted})
    answers = Answers()
    by_id = _by_id(items)
    for table in wanted:
        if table not in by_id:
            answers.problems[table] = ["the reply lacks this table"]
            continue
        meaning, problems = _validated(by_id[table])
        if meaning is not None:
            answers.meanings[table] = meaning
        if problems:
            answers.problems[table] = problems
    return answers


def read_complete(text: str, wanted: Iterable[str]) -> dict[str, TableMeaning]:
    """Of a reply that broke off: the tables that stand in it in full and are faultless."""
    try:
        plain = from_json(text, allow_partial=True)
    except ValueError:
        return {}
    items = plain.get("tables") if isinstance(plain, dict) else None
    by_id = _by_id(items[:-1]) if isinstance(items, list) else {}  # the last one may lack rows
    found = {table: _validated(by_id[table]) for table in wanted if table in by_id}
    return {table: meaning for table, (meaning, problems) in found.items() if meaning is not None and not problems}


def read_prose(text: str) -> tuple[ProseReply | None, list[str]]:
    """The reply to the question about the prose, or what is wrong with it."""
    plain = _parsed(text)
    if problem := _too_long(plain, "facts"):
        return None, [problem]
    try:
        return ProseReply.model_validate(plain, strict=True), []
    except ValidationError as error:
        return None, _sentences(error)


def meaning_of(plain: object) -> TableMeaning | None:
    """A meaning that was kept; None where it is none."""
    return _validated(plain)[0]


def _parsed(text: str) -> Any:
    try:
        return from_json(text)
    except ValueError:
        return None


def _by_id(items: list[Any]) -> dict[str, Any]:
    """The first of each id."""
    found: dict[str, Any] = {}
    for item in items:
        if isinstance(item, dict) and isinstance(table := item.get("table"), str):
            found.setdefault(table, item)
    return found


def _validated(plain: object) -> tuple[TableMeaning | None, list[str]]:
    """A meaning with words outside the vocabulary is both read and complained about."""
    if problem := _too_long(plain, "rows", "columns"):
        return None, [problem]
    try:
        meaning = TableMeaning.model_validate(plain, strict=True)
    except ValidationError as error:
        return None, _sentences(error)
    return meaning, _foreign_words(meaning)


def _too_long(plain: object, *keys: str) -> str:
    """Of a list with a million mistakes each would be written down."""
    entries = {key: plain.get(key) for key in keys} if isinstance(plain, dict) else {}
    long = [key for key, value in entries.items() if isinstance(value, list) and len(value) > MOST_ENTRIES]
    return f"{long[0]}: more than {MOST_ENTRIES} entries" if long else ""


def _sentences(error: ValidationError) -> list[str]:
    said = [
        f"{printable('.'.join(str(part) for part in e['loc'])[:80]) or 'the reply'}: {e['msg'][:120]}"
        for e in error.errors(include_input=False, include_url=False, include_context=False)[:MOST_PROBLEMS]
    ]
    more = error.error_count() - len(said)
    return [*said, f"and {more} more"] if more else said


def _foreign_words(meaning: TableMeaning) -> list[str]:
    words = [(key, getattr(meaning, key), key) for key in ("task", "protocol", "precision", "convention")]
    for place, column in enumerate(meaning.columns):
        words += [(key, getattr(column, key), f"columns.{place}.{key}") for key in ("quantity", "precision")]
    foreign = [
        f"{place}: {printable(word[:40])!r} is not in the vocabulary"
        for key, word, place in words
        if word not in ENUMS[key]
    ]
    return foreign[:MOST_PROBLEMS]

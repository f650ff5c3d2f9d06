"""Choosing values in the text of a filter: a list of values to tick becomes a clause, and the clause the ticks.

The clause of an attribute stands at the top: `head = a`, `head in (a, b)`, or several of these joined by `or`. All that a
person typed besides stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from backbones.store.columns import column_of
from backbones.store.filters import Comparison, Every, Filter, Some, clauses, parse_filter
from backbones.store.references import Reference
from backbones.store.text import fold

DEVICE: Final = "device"
"""Stands for the devices whose throughput is asked to be there: `throughput@v100 > 0` chooses the V100."""

_BARE: Final = re.compile(r"[\w+./-]+")
_MISSING: Final = ("none", "missing", "null")
_RESERVED: Final = ("and", "or", "not", "in", "is", *_MISSING)


def quoted(value: str, always: bool = False) -> str:
    """A value as it has to be written to be read back, `always` in quotes or where it needs them.

    Of one with both kinds of quotes the double ones are left out: names are compared without punctuation.
    """
    if not always and _BARE.fullmatch(value) and value.lower() not in _RESERVED:
        return value
    return f"'{value}'" if '"' in value and "'" not in value else '"' + value.replace('"', "") + '"'


def chosen_values(filter_text: str, reference: str) -> tuple[str | None, ...]:
    """The values that a filter's clause on a reference chooses (None: those that say nothing); () without such a clause."""
    own = _own_clause(parse_filter(filter_text), reference)
    return () if own is None else tuple(dict.fromkeys(_choices(own, reference) or ()))


def other_clauses(tree: Filter | None, reference: str) -> tuple[Filter, ...]:
    """The clauses that all have to hold, without the one that chooses values of the reference."""
    own = _own_clause(tree, reference)
    return tuple(part for part in clauses(tree) if part is not own)


def with_value(filter_text: str, reference: str, value: str | None, on: bool) -> str:
    """The filter text with one value more, or less, in the clause that chooses values of the reference.

    All other clauses stay as they are typed. `reference` is an attribute, or `DEVICE`; a flag has the values yes and no.
    """
    chosen = chosen_values(filter_text, reference)
    is_there = any(_same(value, other) for other in chosen)
    if is_there == on:
        return filter_text
    kept = [*chosen, value] if on else [other for other in chosen if not _same(value, other)]
    return with_values(filter_text, reference, kept)


def with_values(filter_text: str, reference: str, values: Sequence[str | None]) -> str:
    """The filter text with exactly these values chosen; without values the clause goes."""
    tree = parse_filter(filter_text)
    own, written = _own_clause(tree, reference), _written(reference, values)
    if own is None and not written:
        return filter_text
    texts = [written if part is own else _standing(part) for part in clauses(tree)]
    if own is None:
        texts.append(written)
    return " and ".join(text for text in texts if text)


def _standing(part: Filter) -> str:
    """A clause as typed, as it may stand between two `and`."""
    return f"({part.text})" if isinstance(part, Some | Every) else part.text


def _own_clause(tree: Filter | None, reference: str) -> Filter | None:
    return next((part for part in clauses(tree) if _choices(part, reference)), None)


def _choices(tree: Filter, reference: str) -> tuple[str | None, ...] | None:
    """The values that a tree chooses of a reference; None where it does anything else."""
    if isinstance(tree, Some):
        found = [_choices(part, reference) for part in tree.parts]
        return None if None in found else tuple(value for values in found for value in values or ())
    if not isinstance(tree, Comparison):
        return None
    asked = tree.reference
    if reference == DEVICE:
        is_any = asked.name == "throughput" and not asked.keys and (tree.operator, tree.values) == (">", ("0",))
        return (asked.where,) if is_any else None
    if asked.name != reference or tree.operator not in ("=", "in"):
        return None
    return tuple(None if fold(value) in _MISSING and tree.operator == "=" else value for value in tree.values)


def _written(reference: str, values: Sequence[str | None]) -> str:
    """The clause that chooses these values, in parentheses where it has an `or`."""
    known = [value for value in values if value is not None]
    if reference == DEVICE:
        parts = [f"{Reference('throughput', value)} > 0" for value in known]
    elif len(known) == 1 or column_of(Reference(reference)).kind == "flag":
        parts = [f"{reference} = {quoted(value)}" for value in known]
    else:
        parts = [f"{reference} in ({', '.join(map(quoted, known))})"] if known else []
    if None in values and reference != DEVICE:
        parts.insert(0, f"{reference} = none")
    return parts[0] if len(parts) == 1 else f"({' or '.join(parts)})" if parts else ""


def _same(value: str | None, other: str | None) -> bool:
    return value is other if value is None or other is None else fold(value) == fold(other)

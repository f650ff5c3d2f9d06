"""The single suggestions: names of columns, operators, values with their rows, and how each is written."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from backbones.store.columns import column_of
from backbones.store.completing.holdings import Holdings
from backbones.store.errors import QueryError
from backbones.store.references import ATTRIBUTES, SPEEDS, Reference, read_reference
from backbones.store.rows import Column
from backbones.store.text import fold, slug
from backbones.store.vocabulary import METRICS

FIRST: Final = ("params_m", "gmacs", "family", "published", "pretraining_dataset", "licence_class", "checkpoint")
NUMBERS: Final = frozenset({"number", "date"})
FEW: Final = 60
"""So many values of a number are named; of more, only the range."""
_BARE_KEY: Final = re.compile(r"[^\s,:=()<>!~\"'@]+")
_BARE_VALUE: Final = re.compile(r"[^\s,()\"']+")
_WORDS: Final = ("and", "or", "none", "missing", "null")
_MEANINGS: Final = {
    ">": "above", ">=": "at least", "<": "below", "<=": "at most", "=": "is", "!=": "is not", "~": "contains",
    "!~": "does not contain", "in (": "one of", "not in (": "none of",
}  # fmt: skip
_OF_KIND: Final = {
    "number": (">", ">=", "<", "<=", "=", "!=", "in ("), "date": (">=", "<=", ">", "<", "=", "!="), "flag": ("=", "!="),
    "text": ("=", "!=", "in (", "not in (", "~", "!~"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Completion:
    """A suggestion: what it writes (nothing: it only tells), what a reader sees, and how many rows have it."""

    text: str
    label: str = ""
    count: int | None = None


def known_name(name: str) -> str | None:
    """The column's own name of a name, an alias among them; None if there is none."""
    for text in (f"{name}@x", name):
        try:
            reference, end = read_reference(text, 0)
        except QueryError:
            continue
        if end == len(text):
            return reference.name
    return None


def names(held: Holdings, anchor: Reference, kind: str) -> list[Completion]:
    """Every column's name with its rows, the most useful first."""

    def count() -> list[Completion]:
        attributes = held.attributes(anchor)
        found = [
            Completion(name, column_of(Reference(name)).label, attributes[name])
            for name in ATTRIBUTES
            if attributes[name] and _fits(column_of(Reference(name)).kind, kind)
        ]
        if kind != "group":
            task = METRICS[anchor.name].task
            metrics = [Completion(m, METRICS[m].label, n) for m, n in held.metrics()]
            metrics.sort(key=lambda each: (each.text != anchor.name, METRICS[each.text].task != task))
            speeds = [
                Completion(name, {"throughput": "img/s", "latency": "ms", "peak_memory": "MiB"}[name], rows)
                for name in SPEEDS
                if (rows := held.speeds(anchor).any(name))
            ]
            own = [m for m in metrics if METRICS[m.text].task == task]
            found += [*own, *speeds, *(m for m in metrics if m not in own)]
        place = {name: at for at, name in enumerate((*FIRST[:2], anchor.name, *FIRST[2:5], "throughput", *FIRST[5:]))}
        return sorted(found, key=lambda each: place.get(each.text, len(place)))

    return held.keep(("names", anchor, kind), count)


def _fits(column_kind: str, kind: str) -> bool:
    if kind == "axis":
        return column_kind in NUMBERS
    return kind != "group" or column_kind not in NUMBERS


def operators(column: Column, before: str) -> list[Completion]:
    """The comparisons that a column takes, the likeliest first, behind `before`."""
    signs = list(_OF_KIND[column.kind])
    if column.kind == "number" and column.higher_is_better is False:
        signs[:4] = ["<", "<=", ">", ">="]
    return [Completion(before + (sign if sign.endswith("(") else sign + " "), _MEANINGS[sign]) for sign in signs]


def values(
    held: Holdings, anchor: Reference, reference: Reference, column: Column, operator: str, taken: tuple[str, ...] = ()
) -> list[Completion]:
    """The values that a column can be compared with, with their rows; a hint without text where any number will do."""
    found: list[Completion] = []
    if column.kind == "flag":
        counts = dict(held.values(reference.name, anchor))
        found = [Completion(word, "", counts[value]) for value, word in ((1, "yes"), (0, "no")) if counts.get(value)]
    elif column.kind == "text":
        found = (
            _contained(held, anchor, reference.name)
            if operator in ("~", "!~")
            else _texts(held, anchor, reference.name)
        )
    else:
        found = _numbers(held, anchor, reference, column, operator)
    is_taken = {fold(value) for value in taken}
    if is_taken:
        found = [each for each in found if not each.text or fold(each.text) not in is_taken]
    if operator in ("=", "!=") and not (reference.is_metric or reference.is_speed):
        missing = dict(held.values(reference.name, anchor)).get(None, 0)
        found = [*found, Completion("none", "no value is known", missing)] if missing else found
    return found


def _texts(held: Holdings, anchor: Reference, name: str) -> list[Completion]:
    """Values that fold alike are one."""

    def count() -> list[Completion]:
        merged: dict[str, list[Any]] = {}
        for value, rows in held.values(name, anchor):
            if isinstance(value, str) and fold(value):
                merged.setdefault(fold(value), [value, 0])[1] += rows
        written = ((written_value(value), rows) for value, rows in merged.values())
        return sorted(
            (Completion(text, "", rows) for text, rows in written if text), key=lambda each: -(each.count or 0)
        )

    return held.keep(("texts", name, anchor), count)


def _contained(held: Holdings, anchor: Reference, name: str) -> list[Completion]:
    """The same, with the rows that contain each."""

    def count() -> list[Completion]:
        known = [(fold(value), rows) for value, rows in held.values(name, anchor) if isinstance(value, str)]
        texts = [each for each in _texts(held, anchor, name)[:FEW]]
        found = [
            Completion(each.text, "", sum(rows for form, rows in known if fold(each.text) in form)) for each in texts
        ]
        return sorted(found, key=lambda each: -(each.count or 0))

    return held.keep(("contained", name, anchor), count)


def _numbers(
    held: Holdings, anchor: Reference, reference: Reference, column: Column, operator: str
) -> list[Completion]:
    low, high, rows = held.extent(reference, anchor)
    if not rows:
        return []
    unit = {"percent": "%", "M": "M", "G": "G"}.get(column.unit, column.unit)
    hint = Completion("", f"{_short(low)} .. {_short(high)}{' ' + unit if unit else ''}", rows)
    if column.kind == "date":
        years: dict[str, int] = defaultdict(int)
        for value, count in held.values(reference.name, anchor):
            if value is not None:
                years[str(value)[:4]] += count
        return [hint, *(Completion(year, "", years[year]) for year in sorted(years, reverse=True))]
    if operator in ("=", "!=", "in", "not in") and not (reference.is_metric or reference.is_speed):
        known = [(value, count) for value, count in held.values(reference.name, anchor) if value is not None]
        if len(known) <= FEW:
            return [hint, *(Completion(f"{value:.12g}", "", count) for value, count in known)]
    return [hint]


def _short(value: Any) -> str:
    if isinstance(value, float) and abs(value) < 10_000:
        return f"{value:,.4g}"
    return f"{value:,.0f}" if isinstance(value, int | float) else str(value)


def written_value(value: str) -> str:
    """A value as a filter reads it, quoted where it has to be; "" where it cannot be written."""
    if fold(value) in _WORDS[2:]:
        return ""
    if _BARE_VALUE.fullmatch(value) and value.lower() not in _WORDS and value[0] not in "&|=<>~!":
        return value
    return f'"{value}"' if '"' not in value else f"'{value}'" if "'" not in value else ""


def typed_value(value: str) -> str:
    """A condition's value as a reference reads it, in lower case and without quotes where that means the same."""
    for spelling in (value.casefold(), slug(value)):
        if _BARE_KEY.fullmatch(spelling) and fold(spelling) == fold(value):
            return spelling
    return f'"{value}"' if '"' not in value else f"'{value}'" if "'" not in value else ""

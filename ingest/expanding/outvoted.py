"""Numbers that were read and are not in the draft, as another was kept in their place: none vanishes without a word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from backbones.ingest.expanding.row import Copied, CopiedRow
from backbones.ingest.paper import Table
from backbones.ingest.plan import ERRORS
from backbones.store.drafts.evidence import Evidence, Finding
from backbones.store.text import fold, printable

MOST_NAMED: Final = 6
"""Numbers that a sentence names; the others are counted."""


def outvoted(rows: Sequence[CopiedRow], kept: Sequence[Evidence], told: Sequence[str]) -> Iterator[Finding]:
    """A note for each table with such numbers; `rows` are those of the draft's families, `kept` its evidence, `told` what is said already."""
    places = {(e.table, e.row, e.column, e.quantity) for e in kept}
    held: dict[tuple[str, str], list[Evidence]] = defaultdict(list)
    for one in kept:
        held[fold(one.backbone), one.quantity].append(one)
    lost: dict[str, list[str]] = defaultdict(list)
    tables: dict[str, Table] = {}
    for row in rows:
        for number in row.numbers:
            e = number.leaf.evidence
            others = held[fold(e.backbone), e.quantity]
            if (e.table, e.row, e.column, e.quantity) in places or any(_is_same(number, other) for other in others):
                continue
            place = f"table {row.table.number}{row.table.part} on page {row.table.page}, {row.where}: the {e.quantity} "
            if any(text.startswith(printable(place)) for text in told):
                continue
            tables.setdefault(e.table, row.table)
            lost[e.table].append(_told(number, others))
    for name, texts in lost.items():
        table, unique = tables[name], list(dict.fromkeys(texts))
        more = f"; and {len(unique) - MOST_NAMED} more" if len(unique) > MOST_NAMED else ""
        text = (
            f"table {table.number}{table.part} on page {table.page}: read but not in the draft: "
            f"{'; '.join(unique[:MOST_NAMED])}{more}"
        )
        yield Finding("note", "missing", printable(text), page=table.page, table=name)


def _is_same(number: Copied, other: Evidence) -> bool:
    """Equal, or equal once the one with more digits is rounded to the other's."""
    one, two = number.leaf.value, other.value
    digits = min(_decimals(one), _decimals(two))
    return one == two or round(one, digits) == round(two, digits)


def _decimals(value: float) -> int:
    return len(f"{value:.10g}".partition(".")[2])


def _told(number: Copied, others: Sequence[Evidence]) -> str:
    e = number.leaf.evidence
    what = f"{ERRORS.get(e.quantity, e.quantity)} {e.printed!r} of {e.backbone}"
    if e.quantity == "params_m" and others:
        own = min(others, key=lambda other: other.path.count("."))
        return f"{what} ({own.printed!r} of table {own.number} is kept)"
    return what

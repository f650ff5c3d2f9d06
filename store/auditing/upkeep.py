"""Upkeep: dates that cannot be, corrections that correct nothing, suspects that point nowhere."""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
from collections.abc import Iterator
from typing import Final

from backbones.store import corrections as lay
from backbones.store.findings import FACT, Finding, number
from backbones.store.text import fold

_ARXIV: Final = re.compile(r"(?:arxiv[.:/]|arxiv\.org/(?:abs|pdf)/)(\d\d)(\d\d)\.\d{4,5}", re.IGNORECASE)
_ENTITY: Final = re.compile(r"(?:family|backbone|checkpoint|weights|dataset|head|device):(.+)")


def dates(connection: sqlite3.Connection) -> Iterator[Finding]:
    """A family that was published before the month in its paper's arXiv number, or after the newest retrieval of any source (sure)."""
    (newest,) = connection.execute("select max(retrieved) from source").fetchone()
    today = newest or dt.date.today().isoformat()
    rows = connection.execute(
        "select a.family, a.published, a.paper, (select r.collection from result r join subject s on s.id = r.mention "
        "where s.family_id = a.id group by 1 order by count(*) desc, 1 limit 1) from family a where a.published is not null order by 1"
    )
    for family, published, paper, collection in rows:
        fact = f"{collection or 'user'} family:{family}"
        month = found.expand(r"20\1-\2") if (found := _ARXIV.search(paper or "")) else None
        if month and published[: len(month)] < month[: len(published)]:
            yield Finding(
                "date",
                "sure",
                fact,
                family,
                f"published {published}, but its paper is of {month}",
                f"{published}, {month}",
            )
        if published > today:
            yield Finding(
                "date", "sure", fact, family, f"published {published}, after the newest source was read", published
            )


def corrections(connection: sqlite3.Connection) -> Iterator[Finding]:
    """A correction that matches no fact: its file has been mended, or it never fitted (sure)."""
    rows = connection.execute(
        'select collection, source_ref, "column", was, reason from correction where applied = 0 order by 1, 2, 3, 4'
    )
    for collection, reference, column, was, reason in rows:
        why = (
            "no fact has that value under that reference" if lay.is_known(column) else f"no column is called {column!r}"
        )
        yield Finding(
            "stale correction",
            "sure",
            f"{collection} {reference}",
            column,
            f"{column} {number(was)} is nowhere to correct: {why} ({reason})",
            number(was),
        )


def suspects(connection: sqlite3.Connection) -> Iterator[Finding]:
    """A suspect whose `fact` is none of the catalogue: no reference of a fact, and no family, backbone, checkpoint … of that name (sure)."""
    known = {
        fact
        for table in ("result", "speed", "cost")
        for (fact,) in connection.execute(f"select distinct {FACT.format(t='f')} from {table} f")
    }
    named = {name for (name,) in connection.execute("select folded from alias")}
    for fact, kind in connection.execute("select distinct fact, kind from suspect order by 1, 2"):
        entity = _ENTITY.fullmatch(fact.partition(" ")[2])
        if fact not in known and not (entity and fold(entity[1]) in named):
            yield Finding(
                "dangling suspect", "sure", fact, "", f"the suspect ({kind}) points at no fact of the catalogue"
            )

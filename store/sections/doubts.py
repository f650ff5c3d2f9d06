"""What is wrong or doubtful about the facts of one thing, and where its facts come from."""

from __future__ import annotations

import sqlite3
from collections import Counter
from typing import Any, Final

from backbones.store.findings import FACT, SEVERITIES
from backbones.store.page import Section
from backbones.store.sections.owner import Owner
from backbones.store.sections.tables import asked, section, table

FACTS: Final = ("result", "speed", "cost")


def doubts(connection: sqlite3.Connection, owner: Owner) -> list[Section]:
    """Suspects of its facts, those about its name, and the corrections that were applied."""
    return _suspects(connection, owner) + _corrections(connection, owner)


def _suspects(connection: sqlite3.Connection, owner: Owner) -> list[Section]:
    facts = " union ".join(
        f"select {FACT.format(t='x')} from {t} x where x.mention in {owner.subjects} "
        "and x.collection in (select substr(fact, 1, instr(fact, ' ') - 1) from suspect)"
        for t in FACTS
    )
    rows = connection.execute(
        f"select kind, coalesce(confidence, 'maybe') as confidence, text, fact from suspect where fact in ({facts}) "
        "or fact like ? escape '\\'",
        [owner.id] * len(FACTS) + [f"% {owner.kind}:{_escaped(owner.name)}"],
    ).fetchall()
    rows.sort(key=lambda row: (SEVERITIES.index(row[1]) if row[1] in SEVERITIES else len(SEVERITIES), row[0], row[3]))
    counts = Counter(row[1] for row in rows)
    note = ", ".join(f"{n} {how}" for how in SEVERITIES if (n := counts[how]))
    return table(
        "doubts", ("kind", "confidence", "text", "fact"), rows, note=f"What is suspected of its facts: {note}."
    )


def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _corrections(connection: sqlite3.Connection, owner: Owner) -> list[Section]:
    union = " union all ".join(
        f'select n.collection, n.source_ref, n."column", d.said, n.value, n.reason, n.source from corrected d join {t} x on x.id = d.fact '
        f"join correction n on n.id = d.correction where d.place like '{t}.%' and x.mention in {owner.subjects}"
        for t in FACTS
    )
    rows = asked(connection, f"select * from ({union}) order by 1, 2, 3", [owner.id] * len(FACTS))
    return section("corrections", rows, note="What a source says and what is used instead; no value: withdrawn.")


def sources(connection: sqlite3.Connection, where: str, parameters: list[Any]) -> list[Section]:
    """Sources of the facts for which a condition on a fact `x` holds, with how many facts each gives."""
    return sources_of(
        connection,
        {t: Counter(connection.execute(f"select x.source, x.collection from {t} x where {where}", parameters).fetchall()) for t in FACTS},
    )  # fmt: skip


def sources_of(connection: sqlite3.Connection, counts: dict[str, Counter[tuple[str, str]]]) -> list[Section]:
    """`counts`: table of facts -> how many facts each source gives through each collection."""
    about = {row[0]: row[1:] for row in connection.execute("select source, title, kind, retrieved, url from source")}
    lines = []
    for source, collection in {pair for counted in counts.values() for pair in counted}:
        title, kind, retrieved, url = about.get(source, (None,) * 4)
        numbers = tuple(counts[t][source, collection] for t in FACTS)
        lines.append((source, title, kind, collection, *numbers, retrieved, url))
    lines.sort(key=lambda line: (-sum(line[4:7]), str(line[0]), str(line[3])))
    return table(
        "sources", ("source", "title", "kind", "collection", "results", "speeds", "costs", "retrieved", "url"), lines
    )

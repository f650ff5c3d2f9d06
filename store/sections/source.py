"""The pages of a source and of a collection: what they are, what they say, and what is doubted about it."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

from backbones.store.page import Copyable, Page, Scope, Section
from backbones.store.sections.doubts import FACTS, sources_of
from backbones.store.sections.family import bibtex
from backbones.store.sections.owner import Metric, filter_for, main_metric
from backbones.store.sections.rankings import rankings_by
from backbones.store.sections.tables import Facts, asked, scoped, section, table
from backbones.store.vocabulary import METRICS


@dataclass(slots=True)
class Said:
    """What a source or collection says, counted in one reading of the facts: they have no index by source."""

    kinds: Counter[tuple[Any, ...]]
    """By table of facts, task, data set, metric or mode, and device."""
    metrics: Counter[Metric]
    mentions: dict[str, Counter[int]]
    """Table of facts -> mention -> facts."""
    sources: dict[str, Counter[tuple[str, str]]]
    """Table of facts -> source and collection -> facts."""

    def count(self, facts: str) -> int:
        """How many facts of a table there are."""
        return sum(self.mentions[facts].values())


_READ: Final = {"result": "metric, null, condition", "speed": "mode, device, null", "cost": "null, null, null"}


def _said(connection: sqlite3.Connection, column: str, name: str) -> Said:
    found = Said(Counter(), Counter(), {}, {})
    protocols = dict(connection.execute("select id, protocol from condition").fetchall())
    for t, own in _READ.items():
        rows = connection.execute(
            f"select mention, task, dataset, {own}, source, collection from {t} where {column} = ?", [name]
        ).fetchall()
        found.mentions[t] = Counter(map(itemgetter(0), rows))
        found.sources[t] = Counter()
        for (task, dataset, what, device, condition, *pair), n in Counter(
            map(itemgetter(1, 2, 3, 4, 5, 6, 7), rows)
        ).items():
            found.kinds[t, task, dataset, what, device] += n
            found.sources[t][pair[0], pair[1]] += n
            if t == "result":
                found.metrics[what, dataset, protocols[condition]] += n
    return found


_NAMES: Final = {"result": "results", "speed": "throughput", "cost": "costs"}


def source_page(connection: sqlite3.Connection, name: str) -> Page:
    """Everything about a source."""
    title, url, kind, licence, version, retrieved = connection.execute(
        "select title, url, kind, licence, version, retrieved from source where source = ?", [name]
    ).fetchone()
    said = _said(connection, "source", name)
    facts = (
        Facts().add("title", title).add("kind", kind).add("url", url).add("licence", licence).add("version", version)
    )
    facts.add("retrieved", retrieved)
    for family in _families_of_paper(connection, name):
        facts.add("the paper of", family, "family")
    collections: Counter[str] = Counter()
    for counted in said.sources.values():
        for (_, collection), n in counted.items():
            collections[collection] += n
    for collection, _ in collections.most_common():
        facts.add("through collection", collection, "collection")
    of_results = said.sources["result"].most_common(1)
    metric = main_metric(connection, said.metrics, of_results[0][0][1]) if of_results else ""
    copies = tuple([Copyable("url", url)] if url else []) + bibtex(connection, "source", name)
    subtitle = ", ".join(filter(None, (f"source: {kind}" if kind else "source", title)))
    sections = _sections(connection, facts, "source", name, said)
    return Page("source", name, subtitle, tuple(sections), copies, filter_for("source", name) if metric else "", metric)


def collection_page(connection: sqlite3.Connection, name: str) -> Page:
    """Everything about a collection."""
    title, preference = connection.execute(
        "select title, preference from collection where collection = ?", [name]
    ).fetchone()
    said = _said(connection, "collection", name)
    facts = Facts().add("title", title).add("preference", preference)
    metric = main_metric(connection, said.metrics, name)
    sections = _sections(connection, facts, "collection", name, said)
    sections[1:1] = sources_of(connection, said.sources)
    subtitle = ", ".join(filter(None, ("collection", title)))
    return Page(
        "collection", name, subtitle, tuple(sections), (), filter_for("collection", name) if metric else "", metric
    )


def _families_of_paper(connection: sqlite3.Connection, name: str) -> list[str]:
    if not name.startswith("arxiv:"):
        return []
    rows = connection.execute(
        "select family from family where instr(paper, ?) > 0 order by family", [name.removeprefix("arxiv:")]
    )
    return [family for (family,) in rows]


def _sections(connection: sqlite3.Connection, facts: Facts, column: str, name: str, said: Said) -> list[Section]:
    for t, label in _NAMES.items():
        facts.add(label, said.count(t) or None)
    return [
        facts.section(),
        *_by_kind(said),
        *_families(connection, said),
        *rankings_by(connection, column, name),
        *_suspects(connection, column, name, said),
        *_corrections(connection, column, name),
        *scoped("all results", Scope("results", column, name), said.count("result"), "Every value."),
        *scoped("all throughput", Scope("throughput", column, name), said.count("speed"), "Every speed."),
        *scoped("all costs", Scope("costs", column, name), said.count("cost"), "Every cost."),
    ]


def _by_kind(said: Said) -> list[Section]:
    """Counts by task, data set and metric, or by device."""
    ordered = sorted(said.kinds.items(), key=lambda item: (-item[1], [str(v) for v in item[0]]))
    lines = [
        (_NAMES[t], task, dataset, METRICS[what].label if what in METRICS else what, device, n)
        for (t, task, dataset, what, device), n in ordered
    ]
    return table("what it says", ("what", "task", "dataset", "metric", "device", "facts"), lines)


def _families(connection: sqlite3.Connection, said: Said) -> list[Section]:
    """Which families it speaks of."""
    subjects = {
        row[0]: row[1:]
        for row in connection.execute(
            "select s.id, a.family, s.backbone_id, s.checkpoint_id from subject s left join family a on a.id = s.family_id"
        )
    }
    families: dict[str | None, tuple[set[int], set[int], Counter[str]]] = {}
    for t, counted in said.mentions.items():
        for mention, n in counted.items():
            family, backbone, checkpoint = subjects.get(mention, (None, None, None))
            backbones, checkpoints, numbers = families.setdefault(family, (set(), set(), Counter()))
            backbones.update({backbone} - {None})
            checkpoints.update({checkpoint} - {None})
            numbers[t] += n
    ordered = sorted(families.items(), key=lambda item: (item[0] is None, -item[1][2].total(), str(item[0])))
    lines = [
        (family, len(backbones), len(checkpoints), numbers["result"], numbers["speed"], numbers["cost"])
        for family, (backbones, checkpoints, numbers) in ordered
    ]
    note = "The row without a name: what belongs to no known family." if None in families and len(families) > 1 else ""
    return table("families", ("family", "backbones", "checkpoints", "results", "speeds", "costs"), lines, note=note)


def _suspects(connection: sqlite3.Connection, column: str, name: str, said: Said) -> list[Section]:
    """Doubts about its facts; of a collection also those that name no fact."""
    collections = {collection for counted in said.sources.values() for _, collection in counted}
    rows = [
        row
        for row in connection.execute(
            "select kind, coalesce(confidence, 'maybe'), text, fact from suspect "
            "order by case confidence when 'sure' then 0 when 'likely' then 1 else 2 end, kind, fact"
        )
        if row[3].partition(" ")[0] in collections
    ]
    if column == "source" and rows:
        places = json.dumps([row[3].partition(" ")[2] for row in rows])
        union = " union ".join(
            f"select collection || ' ' || coalesce(source_ref, source) from {t} where source = ?1 "
            "and coalesce(source_ref, source) in (select value from json_each(?2))"
            for t in FACTS
        )
        own = {fact for (fact,) in connection.execute(union, [name, places])}
        rows = [row for row in rows if row[3] in own]
    return table("doubts", ("kind", "confidence", "text", "fact"), rows, note="What is suspected of its facts.")


def _corrections(connection: sqlite3.Connection, column: str, name: str) -> list[Section]:
    """What it says and what is used instead."""
    union = " union all ".join(
        f'select n.collection, n.source_ref, n."column", d.said, n.value, n.reason from corrected d join correction n on n.id = d.correction '
        f"join {t} x on x.id = d.fact where d.place like '{t}.%' and x.{column} = ?"
        for t in FACTS
    )
    rows = asked(connection, f"select * from ({union}) order by 1, 2, 3", [name] * len(FACTS))
    return section("corrections", rows, note="What it says and what is used instead; no value: withdrawn.")

"""The page of a family: what it is, its backbones, and all its numbers as tables."""

from __future__ import annotations

import sqlite3
from collections import Counter
from typing import Any

from backbones.store.page import Copyable, Page, Section
from backbones.store.sections.doubts import doubts, sources
from backbones.store.sections.downstream import downstream
from backbones.store.sections.owner import Owner, filter_for
from backbones.store.sections.reevaluated import reevaluated
from backbones.store.sections.results import (
    Placed,
    best,
    classification,
    frozen,
    metric_of,
    placed,
    robustness,
    zero_shot,
)
from backbones.store.sections.speeds import best_speeds
from backbones.store.sections.tables import Facts, one, table


def family_page(connection: sqlite3.Connection, owner: Owner) -> Page:
    """Everything about a family."""
    found = placed(connection, owner)
    sections = [
        _facts(connection, owner, found),
        *_backbones(connection, owner, found),
        *classification(found, "family"),
        *robustness(found, "family"),
        *zero_shot(found, "family"),
        *frozen(found, "family"),
        *downstream(connection, found, owner),
        *best_speeds(connection, owner),
        *reevaluated(connection, owner),
        *doubts(connection, owner),
        *sources(connection, f"x.mention in {owner.subjects}", [owner.id]),
    ]
    mixer, published, paper = connection.execute(
        "select token_mixer, published, paper from family where id = ?", [owner.id]
    ).fetchone()
    subtitle = ", ".join(filter(None, ("family", mixer, published)))
    return Page(
        "family", owner.name, subtitle, tuple(sections), citations(connection, owner.name, paper), filter_for("family", owner.name),
        metric_of(connection, owner, found),
    )  # fmt: skip


def citations(connection: sqlite3.Connection, family: str, paper: str | None) -> tuple[Copyable, ...]:
    """The paper's address and its BibTeX entry, where they are known."""
    copies = [Copyable("paper", paper)] if paper else []
    return tuple(copies) + bibtex(connection, "family", family)


def bibtex(connection: sqlite3.Connection, kind: str, name: str) -> tuple[Copyable, ...]:
    """The BibTeX entry of a thing, where one is known."""
    from backbones.store import citation  # only pages need it

    entry = citation.bibtex(connection, kind, name)
    return (Copyable("BibTeX", entry),) if entry else ()


def _facts(connection: sqlite3.Connection, owner: Owner, found: list[Placed]) -> Section:
    mixer, hierarchical, published, paper, code = connection.execute(
        "select token_mixer, hierarchical, published, paper, code from family where id = ?", [owner.id]
    ).fetchone()
    facts = Facts().add("token mixer", mixer).flag("hierarchical", hierarchical).add("published", published)
    facts.add("paper", paper).add("code", code)
    facts.add("other names", other_names(connection, "family", owner))
    count = "select count(*) from {} where {} in (select id from backbone where family_id = ?)"
    facts.add("backbones", one(connection, "select count(*) from backbone where family_id = ?", [owner.id]))
    facts.add("checkpoints", one(connection, count.format("checkpoint", "backbone_id"), [owner.id]))
    facts.add("weights", one(connection, count.format("released", "backbone_id"), [owner.id]))
    add_counts(connection, facts, owner)
    return add_best(facts, found, "family").section()


def other_names(connection: sqlite3.Connection, kind: str, owner: Owner, most: int = 12) -> str | None:
    """What else it is called, by the sources and libraries; spellings that differ in punctuation count once."""
    rows = connection.execute(
        "select min(name) from alias where kind = ? and entity_id = ? and name <> ? group by folded order by 1", [kind, owner.id, owner.name]
    ).fetchall()  # fmt: skip
    names = [name for (name,) in rows]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more or None


def add_counts(connection: sqlite3.Connection, facts: Facts, owner: Owner) -> None:
    """How many results and speeds there are."""
    for label, t in (("results", "result"), ("speeds", "speed")):
        facts.add(label, one(connection, f"select count(*) from {t} where mention in {owner.subjects}", [owner.id]))


def add_best(facts: Facts, found: list[Placed], level: str) -> Facts:
    """The best ImageNet-1k top-1 and what reaches it."""
    top: Placed | None = best(found)
    if top is None:
        return facts
    facts.add("best top-1 ImageNet-1k", top.value)
    if level in ("family", "backbone") and top.checkpoint:
        facts.add("reached by", top.checkpoint, "checkpoint")
    facts.add("at resolution", top.resolution)
    if top.weights and level != "weights":
        facts.add("with weights", top.weights, "weights")
    return facts


def _backbones(connection: sqlite3.Connection, owner: Owner, found: list[Placed]) -> list[Section]:
    """Its backbones, from the smallest to the largest."""
    rows = connection.execute(
        "select b.backbone, b.params_m, b.timm_name, b.architecture, (select count(*) from checkpoint c where c.backbone_id = b.id), b.id "
        "from backbone b where b.family_id = ? order by b.params_m is null, b.params_m, b.backbone",
        [owner.id],
    ).fetchall()
    files = Counter(n for (n,) in connection.execute("select backbone_id from released"))  # has no index by backbone
    cost = compute_of(connection, [row[3] for row in rows])
    tops: dict[str | None, Placed] = {}
    for p in found:
        is_top = (p.metric, p.dataset, p.protocol, p.head) == ("top_1", "ImageNet-1k", "supervised", None)
        if is_top and (p.backbone not in tops or p.value > tops[p.backbone].value):
            tops[p.backbone] = p
    lines: list[tuple[Any, ...]] = []
    for name, params, timm_name, architecture, checkpoints, number in rows:
        top = tops.get(name)
        resolution, gmacs = cost_at(cost.get(architecture, {}), top.resolution if top else None)
        lines.append((name, params, gmacs, resolution, top.value if top else None, top.resolution if top else None,
                      top.checkpoint if top else None, checkpoints, files[number], timm_name))  # fmt: skip
    names = ("backbone", "params_m", "gmacs", "gmacs_resolution", "best_top_1", "resolution", "checkpoint", "checkpoints", "weights_count",
             "timm_name")  # fmt: skip
    note = "Best supervised ImageNet-1k top-1, at which resolution and by which checkpoint."
    return table("backbones", names, lines, note=note, x="params_m", y="best_top_1")


def compute_of(connection: sqlite3.Connection, architectures: list[int]) -> dict[int, dict[int, float]]:
    """GMACs by resolution of architectures; of several sources that of the smallest preference."""
    import json

    rows = connection.execute(
        "select u.architecture, u.resolution, u.gmacs from compute u left join collection o on o.collection = u.collection "
        "where u.architecture in (select value from json_each(?)) order by coalesce(o.preference, 1000) desc",
        [json.dumps(architectures)],
    )
    found: dict[int, dict[int, float]] = {}
    for architecture, resolution, gmacs in rows:
        found.setdefault(architecture, {})[resolution] = gmacs
    return found


def cost_at(cost: dict[int, float], resolution: int | None) -> tuple[int | None, float | None]:
    """The GMACs at 224 px, else at the wanted resolution, else at the smallest one, and which it is."""
    for wanted in (224, resolution):
        if wanted in cost:
            return wanted, cost[wanted]
    return min(cost.items(), default=(None, None))

"""What the catalogue holds: choices for pickers, the facts about one row, a summary."""

from __future__ import annotations

import sqlite3
from typing import Any

from backbones.store.choices import choices
from backbones.store.columns import ATTRIBUTE_SQL, column_of
from backbones.store.compile import joined
from backbones.store.explorer import Fact
from backbones.store.measured_facts import measured_facts
from backbones.store.references import Reference
from backbones.store.spread import Spread
from backbones.store.text import fold
from backbones.store.transferring.ranks import why_own
from backbones.store.values import corrected
from backbones.store.vocabulary import METRICS

__all__ = ["choices", "facts", "matching", "summary"]


def summary(connection: sqlite3.Connection) -> str:
    """One line on what there is."""

    def one(sql: str) -> Any:
        return connection.execute(sql).fetchone()[0]

    facts = sum(one(f"select count(*) from {t}") for t in ("result", "speed", "cost", "ranking"))
    families = one("select count(*) from family where id in (select family_id from backbone)")
    newest = one("select max(published) from family")
    return (
        f"{families:,} families, {one('select count(*) from backbone'):,} backbones, {one('select count(*) from checkpoint'):,} "
        f"checkpoints, {one('select count(*) from released'):,} weights, {facts:,} facts; newest family {newest or 'unknown'}"
    )


def facts(connection: sqlite3.Connection, key: int) -> tuple[Fact, ...]:
    """All that is known of the setting that result `key` belongs to; () for a key of another catalogue."""
    row = connection.execute("select setting from placement where result = ?", [key]).fetchone()
    if row is None:
        return ()
    head = _head(connection, key)
    return (*_values(connection, row[0], key), *head, *_speed_facts(connection, row[0]))


def _head(connection: sqlite3.Connection, key: int) -> list[Fact]:
    names = ("family", "backbone", "checkpoint", "weights", "resolution", "params_m", "gmacs", "published", "pretraining_dataset",
             "pretraining_method", "pretraining_resolution", "pretraining_epochs", "intermediate_dataset", "fine_tuning_dataset",
             "fine_tuning_resolution", "fine_tuning_epochs", "head", "train_dataset", "train_epochs", "crop_size", "test_aug",
             "conditions", "token_mixer", "hierarchical", "library", "hub_id", "licence", "licence_class", "installable",
             "timm_name", "paper", "code")  # fmt: skip
    selected = ", ".join(f"{ATTRIBUTE_SQL[n]} as v_{n}" for n in names)
    row = connection.execute(f"select {selected} {joined(selected)} where p.result = ?", [key]).fetchone()
    doubts = _doubts(connection, [f"family:{row[0]}", f"checkpoint:{row[2]}"])
    found = []
    for name, value in zip(names, row, strict=True):
        if value is None:
            continue
        column = column_of(Reference(name))
        shown = ("yes" if value else "no") if column.kind == "flag" else _number(value)
        found.append(
            Fact(
                column.label,
                shown + (" " + column.unit if column.unit in ("px",) else ""),
                doubt=doubts if name == "family" else "",
            )
        )
    return found


def _number(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _values(connection: sqlite3.Connection, setting: int, key: int) -> list[Fact]:
    """Every value of the setting, all sources side by side; the row's own metric first, the chosen value before the others."""
    rows = connection.execute(
        "select r.metric, r.dataset, r.value, r.collection, r.source, r.source_ref, p.rank, p.n_sources, p.spread, r.printed, r.convention, "
        f"count(*) over (partition by r.dataset, r.metric, r.task), {corrected('result', 'r')}, r.file = 0 "
        "from placement p join result r on r.id = p.result where p.setting = ? "
        "order by max(r.id = ?) over (partition by r.dataset, r.metric, r.task) desc, r.dataset, r.metric, r.task, p.rank",
        [setting, key],
    ).fetchall()
    found = []
    for (
        metric,
        dataset,
        value,
        collection,
        source,
        ref,
        rank,
        sources,
        spread,
        printed,
        convention,
        count,
        correction,
        is_own,
    ) in rows:
        known = METRICS[metric]
        agreed = str(Spread(spread, sources)) if rank == 1 else f"not chosen: number {rank} of {count}"
        if is_own:
            agreed = "; ".join(filter(None, (why_own(rank, count), str(Spread(spread, 1)) if spread else "")))
        cost = f"printed {_number(printed)} G FLOPs" if convention == "flops" else ""
        note = "; ".join(n for n in (agreed, cost, correction) if n)
        where = f"{source}, {ref}" if ref else source
        found.append(
            Fact(
                f"{known.label} {dataset or ''}".strip(),
                f"{_number(value)} {known.unit}",
                f"{where} (via {collection})",
                note,
                _doubts(connection, [ref], collection),
            )
        )
    return found


def _doubts(connection: sqlite3.Connection, facts: list[str], collection: str = "heedless") -> str:
    """What is suspected of a fact, as sentences."""
    wanted = [f"{collection} {fact}" for fact in facts]
    rows = connection.execute(
        f"select confidence, kind, text from suspect where fact in ({','.join('?' * len(wanted))})", wanted
    ).fetchall()
    return "; ".join(f"{confidence or 'maybe'}: {kind}: {text}" for confidence, kind, text in rows)


def _speed_facts(connection: sqlite3.Connection, setting: int) -> list[Fact]:
    """The speeds of the setting's architecture at its resolution: the user's own, then those that are reported."""
    row = connection.execute("select architecture, resolution from setting where id = ?", [setting]).fetchone()
    rows = connection.execute(
        "select x.device, x.precision, x.framework, x.memory_format, x.compiled, x.mode, x.batch_size, "
        f"x.throughput_img_s, x.latency_ms, x.source, x.source_ref, x.collection, {corrected('speed', 'x')} "
        "from subject u join speed x on x.mention = u.id where u.architecture = ? and x.resolution = ? and x.head is null "
        "order by x.device, x.mode, x.throughput_img_s desc",
        row,
    ).fetchall()
    found = []
    for (
        device,
        precision,
        framework,
        memory_format,
        compiled,
        mode,
        batch,
        speed,
        latency,
        source,
        ref,
        collection,
        correction,
    ) in rows:
        conditions = [
            precision,
            framework,
            memory_format,
            "compiled" if compiled else None,
            f"batch {batch}" if batch else None,
            correction,
        ]
        value = (
            f"{speed:,.10g} img/s" if speed is not None else f"{latency:.10g} ms" if latency is not None else "unknown"
        )
        label = f"{device}{' training' if mode == 'training' else ''}"
        doubts = _doubts(connection, [ref], collection) if ref else ""
        found.append(
            Fact(
                label,
                value,
                f"{source}, {ref} (via {collection})",
                "; ".join(c for c in conditions if c),
                doubts,
            )
        )
    return measured_facts(connection, *row) + found


def matching(connection: sqlite3.Connection, name: str) -> list[tuple[str, str, int]]:
    """kind, name and id of every entity that a name stands for."""
    rows = connection.execute("select distinct kind, entity, entity_id from alias where folded = ?", [fold(name)])
    return [(kind, entity, number) for kind, entity, number in rows]

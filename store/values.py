"""All values of one fact side by side: who says what, which of them is chosen, and why."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from backbones.store.compile import Compiler
from backbones.store.errors import QueryError
from backbones.store.references import Reference, parse_reference
from backbones.store.rows import Column, Rows, Value
from backbones.store.text import fold

DOUBT: Final = (
    "(select group_concat(coalesce(q.confidence, 'maybe') || ': ' || q.text, '; ') from suspect q "
    "where q.fact = {fact}.collection || ' ' || {fact}.source_ref)"
)
"""What is doubted about a fact of alias `fact`, as one text."""

CORRECTED: Final = """(select group_concat(
      case when n.value is null and d.place = 'result.value' then 'withdrawn' when n.value is null then n.column || ' withdrawn, was ' || d.said
        when d.place like '%.params_m' or d.place like '%.printed' then n.column || ' corrected from ' || d.said
        else 'corrected from ' || d.said end || ': ' || n.reason || ' (' || n.source || ')', '; ')
    from corrected d join correction n on n.id = d.correction
    where d.fact = {fact}.id and substr(d.place, 1, {size}) = '{table}.')"""
"""What was put right about a fact of alias `fact`, a row of `table`, as one text."""


def corrected(table: str, fact: str) -> str:
    """The SQL expression that tells how a row of `table` was corrected."""
    return CORRECTED.format(table=table, fact=fact, size=len(table) + 1)


_OWNERS: Final = {
    "family": "s.family_id = ?", "backbone": "s.backbone_id = ?", "checkpoint": "s.checkpoint_id = ?",
    "weights": "(s.weights_id = ? or p.setting in (select id from setting where weights_id = ?))",
}  # fmt: skip
"""What belongs to a thing: its results; for weights also those that others report in its settings."""
UNKNOWN: Final = 1000
"""The preference of a collection that no sheet lists, as in placement."""

_COLUMNS: Final = (
    Column("checkpoint", "checkpoint"), Column("weights", "weights"), Column("protocol", "protocol"), Column("head", "head"),
    Column("resolution", "res", "number", "px", decimals=0), Column("crop_size", "crop", "number", "px", decimals=0),
    Column("train_epochs", "epochs", "number"), Column("fine_tuning_dataset", "fine-tuning"), Column("conditions", "conditions"),
    Column("setting", "setting"), Column("test_aug", "test aug"), Column("value", "value", "number"),
    Column("chosen", "chosen", "flag"), Column("why", "why"), Column("collection", "collection"), Column("source", "source"),
    Column("source_ref", "source ref"), Column("correction", "correction"), Column("doubt", "doubt"),
)  # fmt: skip


def values_of(connection: sqlite3.Connection, kind: str, number: int, metric: str) -> Rows:
    """Every value of a metric on a data set for one family, backbone, checkpoint or weights, setting by setting.

    `metric` is a reference as `top_1@imagenet-1k:resolution=224`. QueryError for one that is no metric, or a kind without
    results of its own.
    """
    reference = parse_reference(metric)
    if not reference.is_metric:
        raise QueryError(f"{reference.name} is no metric; name one as top_1@imagenet-1k", metric)
    if kind not in _OWNERS:
        raise QueryError(f"a {kind} has no results of its own; name a family, backbone, checkpoint or weights")
    where, parameters = _where(connection, reference)
    rows = connection.execute(
        f"""
        select c.checkpoint, w.weights, k.protocol, k.head, k.resolution, k.crop_size, k.train_epochs, k.fine_tuning_dataset,
          k.conditions, k.setting, r.test_aug, r.value, p.rank, coalesce(o.preference, {UNKNOWN}), r.collection, r.source, r.source_ref,
          {corrected("result", "r")}, {DOUBT.format(fact="r")}, p.setting
        from result r join subject s on s.id = r.mention join condition k on k.id = r.condition
          left join placement p on p.result = r.id
          left join checkpoint c on c.id = s.checkpoint_id left join released w on w.id = s.weights_id
          left join collection o on o.collection = r.collection
        where {_OWNERS[kind]} and {where}
        order by k.protocol, k.head, k.resolution, c.checkpoint, max(r.value) over (partition by p.setting) desc, p.setting, p.rank""",
        [number] * _OWNERS[kind].count("?") + parameters,
    ).fetchall()
    return Rows(_COLUMNS, tuple(_told(row, rows) for row in rows))


def _where(connection: sqlite3.Connection, reference: Reference) -> tuple[str, list[Any]]:
    """Metric, data set and the conditions that the reference names; QueryError for names that nothing has."""
    Compiler(connection, reference, measured=False).column(reference)
    (dataset,) = connection.execute(
        "select entity from alias where kind = 'dataset' and folded = ? limit 1", [fold(reference.where or "")]
    ).fetchone()
    conditions, parameters = ["r.metric = ?", "r.dataset = ?"], [reference.name, dataset]
    for key, value in reference.keys:
        table = "r" if key in ("collection", "task") else "k"
        is_number = key in ("resolution", "crop_size", "train_epochs")
        conditions.append(f"{table}.{key} = ?" if is_number else f"fold({table}.{key}) = ?")
        parameters.append(float(value) if is_number else fold(value))
    return " and ".join(conditions), parameters


def _told(row: tuple[Any, ...], rows: list[tuple[Any, ...]]) -> tuple[Value, ...]:
    """A row with the reason why its value is chosen or not."""
    *told, rank, preference, collection, source, reference, correction, doubt, setting = row
    if rank is None:
        return (*told, 0, "withdrawn", collection, source, reference, correction, doubt)
    rivals = [other for other in rows if other[-1] == setting]
    best = min(rivals, key=lambda other: other[12])
    if len(rivals) == 1:
        why = "the only value"
    elif rank == 1:
        others = sorted({other[13] for other in rivals if other is not row})
        equal = preference in others
        why = f"first of preference {preference}" if equal else f"preference {preference} before {others[0]}"
    elif preference == best[13]:
        why = f"after the first of preference {preference}"
    else:
        why = f"preference {preference} after {best[13]}"
    return (*told, int(rank == 1), why, collection, source, reference, correction, doubt)

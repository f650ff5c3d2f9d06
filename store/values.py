"""All values of one fact side by side: who says what, which of them is chosen, and why."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from backbones.store.compile import Compiler
from backbones.store.errors import QueryError
from backbones.store.findings import DOUBT
from backbones.store.references import Reference, parse_reference
from backbones.store.rows import Column, Rows, Value
from backbones.store.transferring.ranks import why_own
from backbones.store.vocabulary import UNKNOWN_PREFERENCE

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

    `metric` is a reference as `top_1@imagenet-1k:resolution=224`, or a speed as `throughput@v100`. QueryError for one that is no metric, or a kind without
    results of its own.
    """
    reference = parse_reference(metric)
    if reference.is_speed:
        from backbones.store.speed_values import speeds_of

        return speeds_of(connection, kind, number, reference)
    if not reference.is_metric:
        raise QueryError(f"{reference.name} is no metric; name one as top_1@imagenet-1k", metric)
    if kind not in _OWNERS:
        raise QueryError(f"a {kind} has no results of its own; name a family, backbone, checkpoint or weights")
    compiler = Compiler(connection, reference, measured=False)
    dataset = compiler.place("dataset", reference)
    asked, parameters = _asked(compiler, reference)
    rows = connection.execute(
        f"""
        select c.checkpoint, w.weights, k.protocol, k.head, k.resolution, k.crop_size, k.train_epochs, k.fine_tuning_dataset,
          k.conditions, k.setting, r.test_aug, r.value, p.rank, coalesce(o.preference, {UNKNOWN_PREFERENCE}), r.collection, r.source, r.source_ref,
          {corrected("result", "r")}, {DOUBT.format(t="r")}, r.file = 0, p.setting, {asked}
        from result r join subject s on s.id = r.mention join condition k on k.id = r.condition
          left join placement p on p.result = r.id
          left join checkpoint c on c.id = s.checkpoint_id left join released w on w.id = s.weights_id
          left join collection o on o.collection = r.collection
        where {_OWNERS[kind]} and r.metric = ? and r.dataset = ?
        order by k.protocol, k.head, k.resolution, c.checkpoint, max(r.value) over (partition by p.setting) desc, p.setting, p.rank""",
        [*parameters, *[number] * _OWNERS[kind].count("?"), reference.name, dataset],
    ).fetchall()  # with those that are not asked for: they are rivals, too
    every = [row[:-1] for row in rows]
    return Rows(_COLUMNS, tuple(_told(row, every) for row, (*_, is_asked) in zip(every, rows, strict=True) if is_asked))


def _asked(compiler: Compiler, reference: Reference) -> tuple[str, list[Any]]:
    """Whether a row is under the conditions that the reference names; QueryError for names that nothing has."""
    conditions, parameters = ["1"], []
    for key, value in reference.keys:
        column, test, given = compiler.compared(reference, key, value)
        conditions.append(test.format(f"{'r' if column in ('collection', 'task') else 'k'}.{column}"))
        parameters += given
    return " and ".join(conditions), parameters


def _told(row: tuple[Any, ...], rows: list[tuple[Any, ...]]) -> tuple[Value, ...]:
    """A row with the reason why its value is chosen or not."""
    *told, rank, preference, collection, source, reference, correction, doubt, is_own, setting = row
    if rank is None:
        return (*told, 0, "withdrawn", collection, source, reference, correction, doubt)
    rivals = [other for other in rows if other[-1] == setting]
    if is_own:
        reason = why_own(rank, len(rivals)) or "the only value"
        return (*told, int(rank == 1), reason, collection, source, reference, correction, doubt)
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

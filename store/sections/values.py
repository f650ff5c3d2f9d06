"""Every value of every source on a page: which is chosen, why the others are not, what was corrected and what is doubted."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from backbones.store.findings import DOUBT
from backbones.store.page import Section
from backbones.store.rows import Rows, Value
from backbones.store.sections.tables import columns_of, one, section
from backbones.store.transferring.ranks import why_own
from backbones.store.values import corrected
from backbones.store.vocabulary import UNKNOWN_PREFERENCE

_NAMES: Final = (
    "checkpoint", "weights", "task", "dataset", "protocol", "metric", "resolution", "crop_size", "head", "train_epochs",
    "fine_tuning_dataset", "conditions", "setting", "test_aug", "value", "chosen", "why", "n_sources", "spread", "params_m", "gmacs",
    "collection", "source", "source_ref", "correction", "doubt",
)  # fmt: skip

_SQL: Final = f"""
  select c.checkpoint, w.weights, r.task, r.dataset, k.protocol, r.metric, k.resolution, k.crop_size, k.head, k.train_epochs,
    k.fine_tuning_dataset, k.conditions, k.setting, r.test_aug, r.value, p.rank, p.setting, coalesce(o.preference, {UNKNOWN_PREFERENCE}), p.n_sources,
    p.spread, r.params_m, r.gmacs, r.collection, r.source, r.source_ref, {corrected("result", "r")}, {DOUBT.format(t="r")}, r.file = 0
  from result r cross join subject s on s.id = r.mention join condition k on k.id = r.condition left join placement p on p.result = r.id
    left join checkpoint c on c.id = s.checkpoint_id left join released w on w.id = s.weights_id
    left join collection o on o.collection = r.collection
  where {{where}}
  order by r.task <> 'classification', r.dataset <> 'ImageNet-1k', k.protocol <> 'supervised', r.metric <> 'top_1', r.dataset, r.metric,
    k.head, k.resolution, max(r.value) over (partition by p.setting, r.dataset, r.metric) desc, p.setting, p.rank limit ?"""


def every_value(
    connection: sqlite3.Connection, where: str, parameters: Sequence[Any], most: int, title: str = "results", leave_out: Sequence[str] = (),
    note: str = "Every value of every source.",
) -> list[Section]:  # fmt: skip
    """All values whose mention or row passes a condition on `result r`, the values of one fact one below the other.

    At most `most` (0: all); the note says how many there are.
    """
    total = one(connection, f"select count(*) from result r where {where}", parameters)
    found = connection.execute(_SQL.format(where=where), [*parameters, most or -1]).fetchall()
    rivals = _rivals(connection, [row[16] for row in found if row[15] not in (None, 1) or (row[18] or 0) > 1])
    rows = Rows(columns_of(_NAMES), tuple(_told(row, rivals) for row in found))
    first = f"The first {len(found):,} of {total:,}." if total > len(found) else ""
    return section(title, rows, note=f"{first} {note}".strip(), leave_out=leave_out, total=total if first else 0)


Fact = tuple[int, str | None, str, str | None]
"""Setting, data set, metric, task."""


def _rivals(connection: sqlite3.Connection, settings: Sequence[int | None]) -> dict[Fact, list[tuple[int, int]]]:
    """Rank and preference of all values of the facts in these settings."""
    import json

    rows = connection.execute(
        "select p.setting, p.dataset, p.metric, p.task, p.rank, "
        f"coalesce(o.preference, {UNKNOWN_PREFERENCE}) from placement p left join collection o on o.collection = p.collection "
        "where p.setting in (select value from json_each(?))",
        [json.dumps(sorted({s for s in settings if s is not None}))],
    )
    found: dict[Fact, list[tuple[int, int]]] = {}
    for *fact, rank, preference in rows:
        found.setdefault((fact[0], fact[1], fact[2], fact[3]), []).append((rank, preference))
    return found


def _told(row: tuple[Any, ...], rivals: dict[Fact, list[tuple[int, int]]]) -> tuple[Value, ...]:
    (*before, rank, setting, preference, n_sources, spread, params, gmacs, collection, source, ref, correction, doubt,
     is_own) = row  # fmt: skip
    fact = (setting, row[3], row[5], row[2])
    others = sorted(rivals.get(fact, [(1, preference)]))
    chosen = int(rank == 1) if rank is None or len(others) > 1 else None
    told = (n_sources, spread if (n_sources and n_sources > 1) or is_own else None) if rank == 1 else (None, None)
    return (
        *before,
        chosen,
        why_own(rank, len(others)) if is_own and rank is not None else why(rank, preference, others),
        *told,
        params,
        gmacs,
        collection,
        source,
        ref,
        correction,
        doubt,
    )


def why(rank: int | None, preference: int, rivals: list[tuple[int, int]]) -> str | None:
    """Why a value is chosen or not, of all ranks and preferences of its fact in order; None for the only value."""
    if rank is None:
        return "withdrawn"
    if len(rivals) < 2:
        return None
    best = rivals[0][1]
    if rank == 1:
        later = rivals[1][1]
        return f"first of preference {preference}" if later == preference else f"preference {preference} before {later}"
    return f"after the first of preference {best}" if preference == best else f"preference {preference} after {best}"

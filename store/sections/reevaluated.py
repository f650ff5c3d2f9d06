"""What papers say against what others re-measured: the same checkpoint, resolution and data set."""

from __future__ import annotations

import sqlite3
from statistics import median
from typing import Any, Final

from backbones.store.page import Section
from backbones.store.rows import Column, Rows, Value
from backbones.store.sections.owner import Owner
from backbones.store.sections.tables import columns_of, section
from backbones.store.vocabulary import METRICS

_METRICS: Final = ("top_1", "mce")

_SQL: Final = """
  select t.checkpoint_id, t.condition, p.dataset, p.metric, t.id, t.checkpoint, t.weights, p.resolution, k.fine_tuning_dataset, p.value, p.rank,
    p.collection, r.source, coalesce(s.kind = 'paper', 0), coalesce(o.preference, 1000)
  from setting t cross join placement p on p.setting = t.id join result r on r.id = p.result join condition k on k.id = t.condition
    left join source s on s.source = r.source left join collection o on o.collection = p.collection
  where {own} and t.checkpoint_id is not null and p.resolution is not null and k.head is null and p.metric in ('top_1', 'mce')
    and p.protocol = 'supervised' order by t.id, p.rank"""


def reevaluated(connection: sqlite3.Connection, owner: Owner) -> list[Section]:
    """One row for each released file (or checkpoint) of which a paper and somebody else say a number, the largest difference first.

    A paper's value that names no file stands beside every file of its checkpoint under the same condition.
    """
    groups: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for checkpoint, condition, dataset, metric, *row in connection.execute(
        _SQL.format(own=owner.settings), owner.parameters
    ):
        groups.setdefault((checkpoint, condition, dataset, metric), []).append(tuple(row))
    found = [line for (*_, dataset, metric), rows in groups.items() for line in _lines(dataset, metric, rows)]
    found.sort(
        key=lambda line: (-abs(line["difference"]), str(line["checkpoint"]), str(line["weights"]), str(line["dataset"]))
    )
    collections = sorted(
        {c for line in found for c in line["others"]}, key=lambda c: -sum(c in line["others"] for line in found)
    )
    names = ("checkpoint", "weights", "resolution", "fine_tuning_dataset", "dataset", "metric")
    columns = (
        *columns_of(names), Column("paper", "paper", "number", decimals=2), *(Column(c, c, "number", decimals=2) for c in collections),
        *columns_of(("difference", "source")),
    )  # fmt: skip
    lines: list[tuple[Value, ...]] = [
        (
            *(line[name] for name in names),
            line["paper"],
            *(line["others"].get(c) for c in collections),
            line["difference"],
            line["source"],
        )
        for line in found
    ]
    title = "what papers say against what others re-measured"
    links = {c: "" for c in collections}
    leave_out = ("checkpoint",) if owner.kind in ("checkpoint", "weights") else ()
    return section(
        title,
        Rows(columns, tuple(lines)),
        note=_note([line["difference"] for line in found]),
        links=links,
        leave_out=leave_out,
    )


def _lines(dataset: str, metric: str, rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """`rows`: setting, checkpoint, weights, resolution, fine-tuning, value, rank, collection, source, is a paper, preference."""
    papers = sorted((row for row in rows if row[9]), key=lambda row: (row[10], row[6]))
    found = []
    for setting in dict.fromkeys(row[0] for row in rows):
        here = [row for row in rows if row[0] == setting]
        own_paper = [row for row in papers if row[0] == setting] or [
            row for row in papers if row[2] is None or row[0] == setting
        ]
        others: dict[str, float] = {}
        for row in here:
            if not row[9]:
                others.setdefault(row[7], row[5])
        if not own_paper or not others:
            continue
        paper = own_paper[0]
        farthest = max(others.values(), key=lambda value: abs(value - paper[5]))
        found.append(
            {"checkpoint": here[0][1], "weights": here[0][2], "resolution": here[0][3], "fine_tuning_dataset": here[0][4], "dataset": dataset,
             "metric": METRICS[metric].label, "paper": paper[5], "others": others, "difference": round(farthest - paper[5], 6), "source": paper[8]}
        )  # fmt: skip
    return found


def _note(differences: list[float]) -> str:
    if not differences:
        return ""
    below = sum(d < 0 for d in differences)
    return (
        f"The difference is that of the farthest value to the paper's. Median {median(differences):+.2f} over {len(differences):,}; "
        f"{below:,} are below the paper's."
    )

"""Two hundred facts of each source, drawn at random from its own tables, are in the shipped catalogue as printed."""

from __future__ import annotations

import csv
import math
import sqlite3
from pathlib import Path

import pytest

from backbones.store.text import fold
from backbones.store.vocabulary import gmacs_of

FILES = sorted(Path(__file__).with_name("drawn").glob("*.csv"))
COLUMNS = {
    "results": "task, metric, dataset, conditions, value, params_m, gmacs",
    "throughput": "device, batch_size, throughput_img_s, latency_ms, params_m, gmacs",
    "costs": "params_m, gmacs, memory_mib, file_size_mib",
}
WHO = {
    "results": "weights, setting, checkpoint, backbone",
    "throughput": "weights, setting, checkpoint, backbone",
    "costs": "weights, checkpoint, backbone",
}


def _same(fact: dict[str, str], row: dict[str, object]) -> bool:
    """Whether a row of a view is the fact: what it is about, and the value in full precision."""
    for key in ("dataset", "metric", "conditions", "device", "batch_size"):
        if key in row and str(row[key] if row[key] is not None else "") != fact[key]:
            return False
    value = row[fact["column"]]
    return isinstance(value, int | float) and math.isclose(value, float(fact["value"]), rel_tol=1e-9, abs_tol=1e-9)


def test_every_source_is_drawn_from() -> None:
    assert len(FILES) >= 15


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_drawn_facts_are_found_again(catalog: sqlite3.Connection, file: Path) -> None:
    with open(file, encoding="utf-8", newline="") as handle:
        facts = list(csv.DictReader(handle))
    assert len(facts) == 200 or file.stem in ("dino", "swin_readme", "vissl")
    found: dict[tuple[str, str], list[dict[str, object]]] = {}
    for view, columns in COLUMNS.items():
        cursor = catalog.execute(
            f"select source_ref, {WHO[view]}, {columns} from {view} where collection = ?", [file.stem]
        )
        names = [d[0] for d in cursor.description]
        for row in cursor:
            record = dict(zip(names, row, strict=True))
            found.setdefault((view, str(record["source_ref"])), []).append(record)
    known: dict[str, set[str]] = {}
    for folded, entity in catalog.execute("select folded, entity from alias"):
        known.setdefault(folded, set()).add(entity)
    for fact in facts:
        rows = [
            row
            for row in found.get((fact["view"], fact["source_ref"]), [])
            if {fact["name"], *known.get(fold(fact["name"]), ())}
            & {str(row.get(who)) for who in ("weights", "setting", "checkpoint", "backbone")}
        ]
        assert [row for row in rows if _same(fact, row)], (fact, rows)


def test_latencies_and_costs_keep_their_unit(catalog: sqlite3.Connection) -> None:
    """1 MAC = 2 FLOPs in every row that prints a cost."""
    rows = catalog.execute("select printed, convention, gmacs from result where printed is not null").fetchall()
    rows += catalog.execute("select printed, convention, gmacs from cost where printed is not null").fetchall()
    assert len(rows) > 10_000
    assert all(math.isclose(gmacs, gmacs_of(printed, convention) or 0) for printed, convention, gmacs in rows)

"""Two hundred facts of each source, drawn at random, are in the shipped catalogue: under its names and in its units."""

from __future__ import annotations

import csv
import math
import sqlite3
from pathlib import Path

import pytest

from backbones.store.text import fold

FILES = sorted(Path(__file__).with_name("drawn").glob("*.csv"))
COLUMNS = {
    "results": "task, metric, dataset, conditions, value, params_m, gmacs",
    "throughput": "dataset, device, batch_size, throughput_img_s, latency_ms, params_m, gmacs",
    "costs": "dataset, params_m, gmacs, memory_mib, file_size_mib",
}
ABOUT = {
    "results": ("dataset", "metric", "conditions"),
    "throughput": ("dataset", "device", "batch_size"),
    "costs": ("dataset",),
}
WHO = {
    "results": "weights, setting, checkpoint, backbone",
    "throughput": "weights, setting, checkpoint, backbone",
    "costs": "weights, setting, checkpoint, backbone",
}


def _same(fact: dict[str, str], row: dict[str, object]) -> bool:
    """Whether a row of a view is the fact: all of what it is about that the view tells, and the value in full precision."""
    for key in ABOUT[fact["view"]]:
        if str(row[key] if row[key] is not None else "") != fact[key]:
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


@pytest.mark.parametrize("table", ["result", "speed", "cost"])
def test_costs_are_halved_only_where_the_print_counts_flops(catalog: sqlite3.Connection, table: str) -> None:
    """1 MAC = 2 FLOPs in every row that prints a cost."""
    sql = f"select printed, convention, gmacs from {table} where printed is not null"
    rows = catalog.execute(sql).fetchall()
    assert len(rows) > 500
    assert all(
        math.isclose(gmacs * (2 if convention == "flops" else 1), printed) for printed, convention, gmacs in rows
    )


def test_costs_count_flops_and_macs(catalog: sqlite3.Connection) -> None:
    conventions = catalog.execute("select distinct convention from result where printed is not null").fetchall()
    assert {"flops", "macs"} <= {convention for (convention,) in conventions}


def test_latencies_are_milliseconds(catalog: sqlite3.Connection) -> None:
    """Seconds or microseconds would be a thousand times off what any model takes."""
    rows = catalog.execute(
        "select collection, mode, min(latency_ms), max(latency_ms) from speed where latency_ms is not null group by 1, 2"
    ).fetchall()
    assert len(rows) >= 5
    assert all(0.1 < least < 100 < 200 < most < 5000 for _, mode, least, most in rows if mode == "inference")
    assert all(least > 100 and most < 5000 for _, mode, least, most in rows if mode == "training")

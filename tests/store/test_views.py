"""The public views are a contract: names, columns, one preferred row per setting."""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from typing import Any

import pytest

VIEWS = {
    "families": "family token_mixer hierarchical published paper code",
    "backbones": "backbone family params_m timm_name aliases",
    "checkpoints": "checkpoint backbone family params_m pretraining_dataset pretraining_method pretraining_resolution pretraining_epochs",
    "weights": "weights checkpoint backbone family training library loader hub_id licence licence_class installable why_not size_mib",
    "datasets": "dataset tasks domain classes train_images test_images website",
    "heads": "head tasks paper code",
    "sources": "source title url kind licence version retrieved",
    "devices": "device kind vendor memory_gib",
    "aliases": "name entity kind source",
    "matches": "name entity kind source verdict rule evidence",
    "suspects": "fact kind confidence text",
    "corrections": "collection source_ref column was value reason source applied",
    "costs": "family backbone checkpoint weights head task dataset resolution params_m gmacs printed convention activations_m memory_mib "
    "file_size_mib origin collection source source_ref setting",
    "feature_maps": "family backbone stage channels stride origin collection source",
    "rankings": "list rank name checkpoint task dataset collection source",
    "results": "family backbone checkpoint weights task dataset protocol metric value unit higher_is_better head resolution crop_size "
    "fine_tuning_dataset fine_tuning_epochs fine_tuning_resolution intermediate_dataset train_dataset train_epochs test_aug conditions "
    "setting gmacs params_m pretraining_dataset pretraining_method origin collection source source_ref published",
    "throughput": "family backbone checkpoint weights task dataset head resolution crop_size setting device precision framework "
    "memory_format compiled mode batch_size throughput_img_s latency_ms peak_memory_mib gmacs params_m origin collection source source_ref",
}
VIEWS["best_results"] = VIEWS["results"] + " n_sources spread"


def test_the_public_views_are_all_there_and_no_others(catalog: sqlite3.Connection) -> None:
    assert {name for (name,) in catalog.execute("select name from sqlite_master where type = 'view'")} == set(VIEWS)


@pytest.mark.parametrize("view", VIEWS)
def test_a_public_view_has_exactly_its_columns(catalog: sqlite3.Connection, view: str) -> None:
    assert [row[1] for row in catalog.execute(f"pragma table_info({view})")] == VIEWS[view].split()


@pytest.mark.parametrize("view", VIEWS)
def test_a_public_view_has_rows(catalog: sqlite3.Connection, view: str) -> None:
    assert catalog.execute(f"select count(*) from {view}").fetchone()[0] > 0


def test_words_of_the_vocabulary_only(catalog: sqlite3.Connection) -> None:
    from backbones.store import vocabulary as v

    for view, column, known in (
        ("results", "task", v.TASKS), ("results", "protocol", v.PROTOCOLS), ("results", "metric", v.METRICS), ("results", "origin", v.ORIGINS),
        ("throughput", "precision", v.PRECISIONS), ("throughput", "mode", v.MODES), ("throughput", "memory_format", v.MEMORY_FORMATS),
        ("weights", "licence_class", v.LICENCE_CLASSES),
    ):  # fmt: skip
        found = {value for (value,) in catalog.execute(f"select distinct {column} from {view}")} - {None}
        assert found <= set(known), (view, column, found - set(known))


KEY = [
    "family",
    "backbone",
    "checkpoint",
    "task",
    "dataset",
    "metric",
    "protocol",
    "head",
    "resolution",
    "crop_size",
    "fine_tuning_dataset",
    "intermediate_dataset",
    "train_dataset",
    "train_epochs",
    "conditions",
    "setting",
]


def _rows(catalog: sqlite3.Connection, view: str) -> list[dict[str, Any]]:
    cursor = catalog.execute(f"select * from {view}")
    names = [d[0] for d in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


@pytest.fixture(scope="module")
def facts_by_setting(catalog: sqlite3.Connection) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    """Results of each setting as the documentation defines it; several files of one checkpoint are settings of their own."""
    grouped: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    files: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    withdrawn = set(
        catalog.execute(
            """select collection, source_ref, "column", was from corrections where value is null and applied"""
        )
    )
    rows = [
        row
        for row in _rows(catalog, "results")
        if (row["collection"], row["source_ref"], row["metric"], row["value"]) not in withdrawn
    ]
    condition = [k for k in KEY if k not in ("task", "dataset", "metric")]
    without = [
        k for k in condition if k not in ("checkpoint", "backbone", "intermediate_dataset", "fine_tuning_dataset")
    ]
    stages = {
        weights: (between, tuned)
        for weights, between, tuned in catalog.execute(
            "select w.weights, o.intermediate_dataset, o.fine_tuning_dataset from released w "
            "join released o on o.id = coalesce(w.copy_of, w.id) where o.fine_tuning_dataset is not null"
        )
    }
    chains = {(*(row[k] for k in without), row["intermediate_dataset"], row["fine_tuning_dataset"]) for row in rows}
    for row in rows:  # a file's own stages, where some source reports a number under them
        own = stages.get(row["weights"])
        if (
            own
            and not row["fine_tuning_dataset"]
            and not row["intermediate_dataset"]
            and (*(row[k] for k in without), *own) in chains
        ):
            row["intermediate_dataset"], row["fine_tuning_dataset"] = own
    for row in rows:  # more of the same training is no fine-tuning stage of its own
        if row["intermediate_dataset"] is None and row["fine_tuning_dataset"] == row["pretraining_dataset"]:
            row["fine_tuning_dataset"] = None
    originals = dict(
        catalog.execute("select w.weights, o.weights from released w join released o on o.id = w.copy_of").fetchall()
    )
    for row in rows:  # copies of one file are that file
        row["weights"] = originals.get(row["weights"], row["weights"])
        if row["weights"]:
            files[tuple(row[k] for k in condition)].add(row["weights"])
    for row in rows:
        several = len(files[tuple(row[k] for k in condition)]) > 1
        grouped[(*(row[k] for k in KEY), row["weights"] if several else None)].append(row)
    return grouped


def test_best_results_have_one_row_per_setting_and_metric(
    catalog: sqlite3.Connection, facts_by_setting: dict[tuple[Any, ...], list[dict[str, Any]]]
) -> None:
    assert catalog.execute("select count(*) from best_results").fetchone()[0] == len(facts_by_setting)


def test_the_preferred_collection_is_chosen_and_the_spread_is_that_of_all(
    catalog: sqlite3.Connection, facts_by_setting: dict[tuple[Any, ...], list[dict[str, Any]]]
) -> None:
    preference = dict(catalog.execute("select collection, coalesce(preference, 1000) from collection"))
    best = {
        (r["collection"], r["source_ref"], r["metric"], r["dataset"], r["conditions"], r["value"]): r
        for r in _rows(catalog, "best_results")
    }
    several = 0
    for rows in facts_by_setting.values():
        first = min(preference[r["collection"]] for r in rows)
        chosen = [
            b for r in rows if preference[r["collection"]] == first
            and (b := best.get((r["collection"], r["source_ref"], r["metric"], r["dataset"], r["conditions"], r["value"])))
        ]  # fmt: skip
        assert chosen, rows
        values, sources = [r["value"] for r in rows], {r["source"] for r in rows}
        assert chosen[0]["n_sources"] == len(sources), rows
        assert abs(chosen[0]["spread"] - (max(values) - min(values))) < 1e-6, rows
        several += len(rows) > 1
    assert several > 100


def test_heedless_is_preferred_to_timm_and_timm_to_cuqs(catalog: sqlite3.Connection) -> None:
    preference = dict(catalog.execute("select collection, preference from collection").fetchall())
    assert preference["user"] < preference["heedless"] < preference["timm"] < preference["cuqs"] < preference["clash"]
    convnext = catalog.execute(
        "select collection, value, n_sources from best_results where checkpoint = 'ConvNeXt-T IN-1k' and dataset = 'ImageNet-1k' "
        "and metric = 'top_1' and resolution = 224"
    ).fetchall()
    assert convnext == [("heedless", 82.1, 3)]


def test_training_on_at_a_higher_resolution_is_one_setting_however_a_source_lists_it(
    catalog: sqlite3.Connection,
) -> None:
    rows = catalog.execute(
        "select collection, value, n_sources, fine_tuning_dataset from best_results where checkpoint = 'CAFormer-S18 IN-1k' "
        "and dataset = 'ImageNet-1k' and metric = 'top_1' and resolution = 384"
    ).fetchall()
    assert rows == [("heedless", 85.0, 2, "ImageNet-1k")]


def test_a_duplicate_of_a_source_is_kept_as_a_row(catalog: sqlite3.Connection) -> None:
    rows = catalog.execute(
        "select value from results where source_ref in ('instanceresult:107', 'instanceresult:109') and metric = 'mask_ap' order by 1"
    ).fetchall()
    assert rows == [(41.3,), (42.6,)]


def test_every_foreign_key_is_kept(catalog: sqlite3.Connection) -> None:
    assert catalog.execute("pragma foreign_key_check").fetchall() == []
    assert catalog.execute("pragma integrity_check").fetchall() == [("ok",)]


def test_no_view_hides_a_fact(catalog: sqlite3.Connection) -> None:
    for view, table in (
        ("results", "result"),
        ("throughput", "speed"),
        ("costs", "cost"),
        ("rankings", "ranking"),
        ("suspects", "suspect"),
    ):
        assert (
            catalog.execute(f"select count(*) from {view}").fetchone()
            == catalog.execute(f"select count(*) from {table}").fetchone()
        )


def test_names_in_the_views_are_printable(catalog: sqlite3.Connection) -> None:
    unprintable = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e]")
    for view in VIEWS:
        texts = {value for row in catalog.execute(f"select * from {view}") for value in row if isinstance(value, str)}
        assert [text for text in texts if unprintable.search(text)] == []

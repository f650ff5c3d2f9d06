"""The shipped catalogue holds what its sources print: all of it, and nothing else."""

from __future__ import annotations

import csv
import math
import sqlite3
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from backbones.store.text import fold

with open(Path(__file__).with_name("drawn_facts.csv"), encoding="utf-8", newline="") as _file:
    DRAWN = list(csv.DictReader(_file))
"""Facts drawn at random from the sources' own tables before they became YAML."""

Counts = dict[str, int]


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (
            "results",
            {
                "heedless": 2657,
                "timm": 24896,
                "cuqs": 243,
                "vision_toolbox": 53,
                "clash": 11,
                "ranking_claims": 2,
                "torchvision": 327,
                "mmpretrain": 859,
                "mmdet": 818,
                "mmseg": 1201,
                "mmpose": 1885,
                "open_clip": 7260 + 12177,
                "clip_benchmark": 1417,
                "clip_probes": 3978 + 528,
                "robustbench": 747,
                "paddleclas": 514,
                "detectron2": 199 + 10,
                "swin_readme": 121,
                "vissl": 81,
                "dino": 130,
                "advx": 200,
            },  # detectron2: 10 qualities of panoptic segmentation and proposals that its tables have beside
        ),
        (
            "throughput",
            {
                "heedless": 243,
                "timm": 28766 + 1672,
                "detectron2": 86 + 82,
                "mmdet": 207,
                "mmseg": 384,
                "paddleclas": 628,
                "swin_readme": 27,
            },
        ),
        (
            "costs",
            {
                "timm": 2,
                "open_clip": 255,
                "torchvision": 166,
                "mmpretrain": 523,
                "mmdet": 431,
                "mmseg": 434,
                "detectron2": 75,
                "counted": 1371 + 106,
            },  # counted: in train form, and fused where that differs
        ),
        ("rankings", {"ranking_claims": 47}),
    ],
)
def test_every_row_of_a_source_is_one_row(catalog: sqlite3.Connection, view: str, expected: Counts) -> None:
    found = dict(catalog.execute(f"select collection, count(*) from {view} group by 1").fetchall())
    assert found == expected


def test_training_and_inference_speeds_are_told_apart(catalog: sqlite3.Connection) -> None:
    found = dict(catalog.execute("select mode, count(*) from throughput group by 1").fetchall())
    assert found == {"inference": 28766 + 243 + 86 + 207 + 384 + 628 + 27, "training": 1672 + 82}


def test_results_of_each_metric_are_as_many_as_printed(catalog: sqlite3.Connection) -> None:
    found = dict(
        catalog.execute("select metric, count(*) from results where collection = 'heedless' group by 1").fetchall()
    )
    assert found == {
        "top_1": 671, "top_5": 13, "mce": 54, "ce": 5, "box_ap": 287, "box_ap_50": 240, "box_ap_75": 240, "box_ap_s": 57, "box_ap_m": 57,
        "box_ap_l": 57, "mask_ap": 229, "mask_ap_50": 196, "mask_ap_75": 196, "mask_ap_s": 18, "mask_ap_m": 18, "mask_ap_l": 18,
        **{m: n for m, n in found.items() if m.startswith(("miou", "macc", "pixel"))},
    }  # fmt: skip
    assert sum(n for m, n in found.items() if m.startswith("miou")) == 284 + 8 + 1
    assert sum(n for m, n in found.items() if m.startswith(("macc", "pixel"))) == 8


@pytest.mark.parametrize(
    ("sql", "count"),
    [
        ("select count(distinct family) from results where collection = 'heedless'", 54),
        ("select count(distinct checkpoint) from results where collection = 'heedless'", 293),
        ("select count(*) from heads where head in (select head from results where collection = 'heedless')", 11),
        ("select count(*) from costs where collection = 'torchvision' and file_size_mib is not null", 166),
        ("select count(*) from weights where library = 'open_clip'", 196 + 22),
        (
            "select count(*) from datasets where dataset in (select dataset from results where collection = 'open_clip' "
            "and protocol = 'zero-shot' and task = 'classification')",
            37,
        ),
        ("select count(*) from suspects where fact like 'heedless %'", 169),
        (
            "select count(*) from suspects where fact like 'cuqs %' "
            "and kind not in ('conflict', 'impossible value', 'outlier', 'placeholder', 'date')",  # what the audit adds
            35,
        ),
        ("select count(*) from datasets where domain is not null and train_images is not null", 19),
        ("select count(*) from weights where library = 'timm'", 1826),
    ],
)
def test_things_are_as_many_as_the_sources_list(catalog: sqlite3.Connection, sql: str, count: int) -> None:
    assert catalog.execute(sql).fetchone()[0] == count


def test_every_family_of_heedless_has_a_paper_and_a_date(catalog: sqlite3.Connection) -> None:
    sql = (
        "select count(*) from families where paper is not null and published is not null "
        "and family in (select family from results where collection = 'heedless')"
    )
    assert catalog.execute(sql).fetchone()[0] == 54


Rows = dict[tuple[str, str, str], list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def stored(catalog: sqlite3.Connection) -> Rows:
    """What the views have under the references of the drawn facts: view, collection, source_ref -> rows. Read once."""
    found: Rows = defaultdict(list)
    for view, what in (
        ("results", "value, dataset, metric, resolution, head, backbone, checkpoint, weights, gmacs"),
        (
            "throughput",
            "throughput_img_s, '', '', resolution, head, backbone, checkpoint, weights, gmacs, device, batch_size",
        ),
    ):
        refs = sorted({f["source_ref"] for f in DRAWN if f["view"] == view})
        sql = f"select collection, source_ref, {what} from {view} where source_ref in ({', '.join('?' * len(refs))})"
        for collection, ref, *row in catalog.execute(sql, refs):
            found[view, collection, ref].append(tuple(row))
    return found


@pytest.mark.parametrize("fact", DRAWN, ids=lambda f: f"{f['collection']}-{f['source_ref']}-{f['metric']}")
def test_a_drawn_fact_is_found_again(catalog: sqlite3.Connection, stored: Rows, fact: dict[str, str]) -> None:
    rows = [row[:9] for row in stored[fact["view"], fact["collection"], fact["source_ref"]]]
    known = {e for (e,) in catalog.execute("select entity from alias where folded = ?", [fold(fact["name"])])}
    named = [r for r in rows if known & set(r[5:8]) or fold(r[5]).startswith(fold(fact["name"]))]
    rows = [r for r in named if r[1:3] == (fact["dataset"], fact["metric"])]
    assert len(rows) == 1
    value, _, _, resolution, head, _, _, _, gmacs = rows[0]
    assert math.isclose(value, float(fact["value"]), abs_tol=1e-9)
    assert str(resolution or "") == fact["resolution"]
    assert (head or "") == fact["head"]
    corrected = catalog.execute(
        "select was from corrections where collection = ? and source_ref = ? and \"column\" = 'printed' and applied",
        [fact["collection"], fact["source_ref"]],
    ).fetchone()
    if corrected:
        assert corrected[0] == float(fact["printed"])
    elif fact["printed"]:
        factor = 2 if fact["collection"] == "vision_toolbox" else 1
        assert math.isclose(gmacs, float(fact["printed"]) / factor, rel_tol=1e-9)


@pytest.mark.parametrize(
    "fact", [f for f in DRAWN if f["view"] == "throughput"], ids=lambda f: f"{f['collection']}-{f['source_ref']}"
)
def test_a_drawn_speed_keeps_device_and_batch_size(stored: Rows, fact: dict[str, str]) -> None:
    *_, device, batch_size = stored["throughput", fact["collection"], fact["source_ref"]][0]
    assert device == fact["device"]
    assert str(batch_size or "") == fact["batch_size"]


def test_corruption_errors_are_never_stored_as_accuracy(catalog: sqlite3.Connection) -> None:
    rows = dict(
        catalog.execute(
            "select metric, count(*) from results where dataset in ('ImageNet-C', 'ImageNet-C-bar') and collection = 'heedless' group by 1"
        ).fetchall()
    )
    assert rows == {"mce": 54, "ce": 5}
    both = "select metric, count(*) from results where dataset = 'ImageNet-C' and collection = 'robustbench' group by 1"
    assert dict(catalog.execute(both).fetchall()) == {"mce": 12, "top_1": 12 + 2}
    assert catalog.execute(
        "select distinct higher_is_better from results where metric in ('mce', 'ce')"
    ).fetchall() == [(0,)]
    assert catalog.execute("select distinct higher_is_better from results where metric = 'top_1'").fetchall() == [(1,)]


def test_what_is_printed_as_flops_is_halved(catalog: sqlite3.Connection) -> None:
    rows = catalog.execute(
        "select printed, convention, gmacs from result where collection = 'vision_toolbox' and printed is not null"
    ).fetchall()
    assert len(rows) >= 50
    assert all(convention == "flops" and math.isclose(gmacs * 2, printed) for printed, convention, gmacs in rows)


def test_no_value_is_a_fraction_or_out_of_range(catalog: sqlite3.Connection) -> None:
    assert catalog.execute(
        "select min(value), max(value) from results where unit = 'percent' and metric not in ('mce', 'ce')"
    ).fetchone() <= (100, 100)
    assert (
        catalog.execute(
            "select count(*) from results where metric = 'top_1' and (value < 0 or value > 100)"
        ).fetchone()[0]
        == 0
    )
    biggest = catalog.execute(
        "select collection, metric, max(value) from results where unit = 'percent' group by 1, 2 having count(*) > 5"
    ).fetchall()
    assert len(biggest) > 60
    assert [row for row in biggest if row[2] <= 2] == []  # a source that prints fractions would stay below 1


def test_every_number_names_its_source_and_place(catalog: sqlite3.Connection) -> None:
    for view in ("results", "throughput", "costs"):
        assert (
            catalog.execute(f"select count(*) from {view} where source is null or source_ref is null").fetchone()[0]
            == 0
        )
        unknown = catalog.execute(
            f"select distinct source from {view} where source not in (select source from sources)"
        ).fetchall()
        assert unknown == []


def test_every_suspect_points_at_a_row_that_exists(catalog: sqlite3.Connection) -> None:
    rows = catalog.execute("select fact from suspects").fetchall()
    refs = {
        f"{c} {r}"
        for view in ("results", "throughput", "costs")
        for c, r in catalog.execute(f"select distinct collection, source_ref from {view}")
    }
    lost = [
        fact
        for (fact,) in rows
        if fact not in refs and not fact.split(" ", 1)[1].startswith(("family:", "checkpoint:", "backbone:"))
    ]
    assert lost == ["heedless readme"]

"""Pages: every number is one of the public views, every name leads somewhere, every page can be shown on the first screen."""

from __future__ import annotations

import os
import random
import sqlite3
from statistics import median
from typing import Any

import pytest

from backbones.store.errors import UnknownName
from backbones.store.page import Page, Scope, Section
from backbones.store.pages import KINDS, MOST, find, page_of
from backbones.store.query import CatalogExplorer
from backbones.store.rows import Column, Rows
from backbones.store.sections.scope import rows_of
from backbones.store.view import View
from backbones.store.vocabulary import METRICS

_TABLES = {"weights": "released"}
LARGE = {
    "family": ["ResNet", "CLIP", "ConvNeXt", "ViT"], "checkpoint": ["ConvNeXt-T IN-22k"], "weights": ["convnext_tiny.fb_in1k"],
    "backbone": ["ConvNeXt-T", "ResNet-50"], "dataset": ["ImageNet-1k", "ImageNet-22k", "COCO val", "WebLI"], "head": ["UPerNet"],
    "device": ["NVIDIA V100"], "source": ["arxiv:2201.03545"], "collection": ["timm", "heedless"],
}  # fmt: skip
SAMPLE = int(os.environ.get("BACKBONES_TEST_PAGES", "5"))
"""Pages of each kind beside the largest. `BACKBONES_TEST_PAGES=1000000` looks at all of them."""
TOP_1 = "metric = 'top_1' and dataset = 'ImageNet-1k' and protocol = 'supervised'"


def names(connection: sqlite3.Connection, kind: str, count: int) -> list[str]:
    """Some names of a kind, always the same, and the largest."""
    known = [n for (n,) in connection.execute(f"select {kind} from {_TABLES.get(kind, kind)} order by 1")]
    return LARGE[kind] + random.Random(kind).sample(known, min(count, len(known)))


def section(page: Page, title: str) -> Section:
    """The section of that title."""
    return next(s for s in page.sections if s.title == title)


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_is_sound_its_links_lead_somewhere_and_its_filter_is_answered(
    catalog: sqlite3.Connection, explorer: CatalogExplorer, kind: str
) -> None:
    known: set[tuple[str, str]] = set()
    for name in names(catalog, kind, SAMPLE):
        page = page_of(catalog, name, kind)
        assert (page.kind, page.name) == (kind, name)
        assert len({s.title for s in page.sections}) == len(page.sections)
        for part in page.sections:
            _is_sound(catalog, part)
            links = {
                link for i in range(len(part.rows)) for j in range(len(part.rows.columns)) if (link := part.link(i, j))
            }
            for link in links:
                if (link.kind, link.name) not in known:
                    assert find(catalog, link.name, link.kind)[0] == link.kind
                    known.add((link.kind, link.name))
        if page.filter or page.metric:
            answer = explorer.answer(
                View(filter=page.filter, columns=("checkpoint",), y=page.metric or "top_1@imagenet-1k")
            )
            assert answer.total > 0, (name, page.filter, page.metric)


def _is_sound(connection: sqlite3.Connection, part: Section) -> None:
    columns = [c.name for c in part.rows.columns]
    assert len(set(columns)) == len(columns)
    assert all(len(row) == len(columns) for row in part.rows)
    assert {part.x, part.y, part.group} - {""} <= set(columns)
    assert all(part.rows.columns[columns.index(axis)].kind == "number" for axis in (part.x, part.y) if axis)
    if part.scope:
        assert not part.rows.rows
        assert 0 < len(rows_of(connection, part.scope, 3)) <= part.total
    else:
        assert 0 < len(part.rows) <= MOST
        if part.total:
            assert len(part.rows) == MOST < part.total
            assert f"The first {MOST} of {part.total:,}." in part.note


@pytest.mark.parametrize("name", ["ConvNeXt", "Swin", "ResNet", "DeiT III"])
def test_the_tables_of_a_family_hold_best_results(catalog: sqlite3.Connection, name: str) -> None:
    page = page_of(catalog, name, "family", most=0)
    best: dict[tuple[Any, ...], set[float]] = {}
    for row in catalog.execute(
        "select metric, dataset, checkpoint, head, value from best_results where family = ?", [name]
    ):
        best.setdefault(tuple(row[:4]), set()).add(row[4])
    seen = 0
    for title in ("classification", "robustness", "detection", "instance segmentation", "semantic segmentation"):
        for part in (s for s in page.sections if s.title == title):
            for record in part.rows.records():
                for column, value in record.items():
                    metric, _, dataset = column.partition("@")
                    if metric in METRICS and value is not None:
                        key = (metric, dataset or record["dataset"], record.get("checkpoint"), record.get("head"))
                        assert value in best[key], (title, key, value)
                        seen += 1
    assert seen > 40


def test_the_facts_of_a_family_are_counts_of_the_views(catalog: sqlite3.Connection) -> None:
    told = dict(section(page_of(catalog, "Swin", "family"), "facts").rows.rows)
    for label, view in (
        ("backbones", "backbones"),
        ("checkpoints", "checkpoints"),
        ("weights", "weights"),
        ("results", "results"),
        ("speeds", "throughput"),
    ):
        assert told[label] == catalog.execute(f"select count(*) from {view} where family = 'Swin'").fetchone()[0]
    sql = f"select max(value) from best_results where family = 'Swin' and {TOP_1} and head is null"
    assert told["best top-1 ImageNet-1k"] == catalog.execute(sql).fetchone()[0]


def test_a_checkpoint_shows_every_value_and_chooses_one_of_each_fact(catalog: sqlite3.Connection) -> None:
    for name in ("ConvNeXt-T IN-22k", "Swin-T IN-1k"):
        rows = section(page_of(catalog, name, "checkpoint", most=0), "results").rows.records()
        told = sorted((r["metric"], r["dataset"], r["source_ref"], r["value"]) for r in rows)
        sql = "select metric, dataset, source_ref, value from results where checkpoint = ?"
        assert told == sorted(catalog.execute(sql, [name]).fetchall())
        best = catalog.execute("select count(*) from best_results where checkpoint = ?", [name]).fetchone()[0]
        assert sum(r["chosen"] in (1, None) for r in rows) == best
        assert all(r["why"] for r in rows if r["chosen"] is not None)


def test_a_checkpoint_tells_its_stages_and_how_its_files_are_loaded(catalog: sqlite3.Connection) -> None:
    page = page_of(catalog, "ConvNeXt-T IN-22k", "checkpoint")
    stages = section(page, "training stages").rows.records()
    assert (stages[0]["stage"], stages[0]["dataset"], stages[0]["epochs"], stages[0]["resolution"]) == (
        1,
        "ImageNet-22k",
        90,
        224,
    )
    assert {(s["dataset"], s["epochs"], s["resolution"]) for s in stages[1:]} >= {
        ("ImageNet-1k", 30, 224),
        ("ImageNet-1k", 30, 384),
    }
    files = {r["weights"]: r for r in section(page, "released files").rows.records()}
    assert (
        files["convnext_tiny.fb_in22k_ft_in1k"]["load"]
        == 'timm.create_model("convnext_tiny.fb_in22k_ft_in1k", pretrained=True)'
    )
    assert files["convnext_tiny.fb_in22k_ft_in1k"]["hub"] == "hf-hub:timm/convnext_tiny.fb_in22k_ft_in1k"
    calls = {copy.text for copy in page.copies}
    assert {r["load"] for r in files.values()} <= calls
    facts = dict(section(page, "facts").rows.rows)
    assert str(facts["on this machine"]).startswith("nothing of it was measured: backbones probe ")


def test_a_difference_is_that_of_the_farthest_value_to_the_papers(catalog: sqlite3.Connection) -> None:
    part = section(page_of(catalog, "ConvNeXt", "family", most=0), "what papers say against what others re-measured")
    names_ = [c.name for c in part.rows.columns]
    others = names_[names_.index("paper") + 1 : names_.index("difference")]
    records = part.rows.records()
    assert {"timm", "cuqs"} <= set(others)
    for record in records:
        values = [record[name] for name in others if record[name] is not None]
        assert record["difference"] == pytest.approx(max((v - record["paper"] for v in values), key=abs))
        where = [record[k] for k in ("checkpoint", "resolution", "dataset", "source", "paper")]
        assert catalog.execute(
            "select count(*) from results where checkpoint = ? and resolution = ? and dataset = ? and source = ? and value = ?",
            where,
        ).fetchone()[0]
    assert f"over {len(records)};" in part.note


def test_the_fastest_at_an_accuracy_is_found_by_trying_all(catalog: sqlite3.Connection) -> None:
    rows = section(page_of(catalog, "NVIDIA RTX 3090", "device"), "fastest at an accuracy").rows.records()
    accurate = catalog.execute(
        "select distinct t.backbone, t.resolution, t.throughput_img_s, b.value from throughput t join best_results b "
        f"on b.backbone = t.backbone and b.resolution = t.resolution where {TOP_1.replace('metric', 'b.metric').replace('dataset', 'b.dataset')} "
        "and t.device = 'NVIDIA RTX 3090' and t.head is null and t.mode = 'inference' and t.precision = 'amp_fp16'"
    ).fetchall()
    for record in rows:
        speeds = [speed for *_, speed, value in accurate if value >= record["at_least"] and speed is not None]
        assert record["throughput_img_s"] == max(speeds)
        assert record["top_1@ImageNet-1k"] >= record["at_least"]
    assert len(rows) > 10


def test_devices_are_compared_over_what_both_timed(catalog: sqlite3.Connection) -> None:
    best: dict[str, dict[Any, float]] = {}
    for device in ("NVIDIA RTX 4090", "NVIDIA RTX 3090"):
        best[device] = {
            (row[0], row[1]): row[2]
            for row in catalog.execute(
                "select architecture, x.resolution, max(throughput_img_s) from speed x join subject s on s.id = x.mention where device = ? "
                "and head is null and mode = 'inference' and precision = 'amp_fp16' and x.resolution is not null group by 1, 2",
                [device],
            )
        }
    one, other = best.values()
    ratios = [speed / other[key] for key, speed in one.items() if key in other]
    rows = section(page_of(catalog, "RTX 4090"), "compared with other devices").rows.records()
    found = next(r for r in rows if (r["device"], r["precision"]) == ("NVIDIA RTX 3090", "amp_fp16"))
    assert (found["shared"], found["ratio"]) == (len(ratios), pytest.approx(median(ratios)))
    assert found["quartile_1"] < found["ratio"] < found["quartile_3"]


def test_pretraining_is_compared_on_the_same_backbone_and_resolution(catalog: sqlite3.Connection) -> None:
    rows = section(
        page_of(catalog, "ImageNet-22k", most=0), "the same backbones after other pretraining"
    ).rows.records()
    for record in (r for r in rows if r["backbone"] == "ConvNeXt-B"):
        for dataset in ("ImageNet-1k", "ImageNet-22k"):
            sql = f"select max(value) from best_results where backbone = 'ConvNeXt-B' and {TOP_1} and resolution = ? and pretraining_dataset = ?"
            assert (
                record[f"pretraining={dataset}"] == catalog.execute(sql, [record["resolution"], dataset]).fetchone()[0]
            )
        assert record["difference"] == pytest.approx(
            record["pretraining=ImageNet-22k"] - record["pretraining=ImageNet-1k"]
        )
    assert {r["resolution"] for r in rows if r["backbone"] == "ConvNeXt-B"} >= {224, 384}


def test_heads_are_compared_on_the_same_backbone(catalog: sqlite3.Connection) -> None:
    part = section(page_of(catalog, "UPerNet", most=0), "mIoU (single scale) on ADE20K val with other heads")
    record = next(
        r for r in part.rows.records() if (r["backbone"], r["checkpoint"], r["schedule"]) == ("Swin-S", None, "160k")
    )
    assert (record["head=UPerNet"], record["head=Mask2Former"]) == (47.72, 51.24)
    assert record["difference"] == pytest.approx(47.72 - 51.24)


@pytest.mark.parametrize("dataset", ["LAION-2B", "WIT-400M (OpenAI CLIP)", "ImageNet-22k", "ImageNet-1k"])
def test_what_saw_another_data_set_in_between_says_nothing_of_the_pretraining(
    catalog: sqlite3.Connection, dataset: str
) -> None:
    found = [s for s in page_of(catalog, dataset, most=0).sections if s.title.startswith("the same backbones after")]
    for part in found:
        assert "between pretraining and fine-tuning are left out" in part.note
        names = [c.name for c in part.rows.columns if c.name.startswith("pretraining=")]
        for record in part.rows.records():
            for name in (n for n in names if record[n] is not None):
                sql = f"""select count(*) from best_results where backbone = ? and {TOP_1} and resolution = ? and value = ?
                  and pretraining_dataset in (?, replace(?, '22k', '21k')) and coalesce(intermediate_dataset, pretraining_dataset) = pretraining_dataset"""
                own = name.partition("=")[2]
                given = [record["backbone"], record["resolution"], record[name], own, own]
                assert catalog.execute(sql, given).fetchone()[0], (record, name)
    assert found


@pytest.mark.parametrize("head", ["Keypoint R-CNN", "Mask R-CNN", "UPerNet", "Faster R-CNN"])
def test_heads_are_compared_by_the_plain_test_only(catalog: sqlite3.Connection, head: str) -> None:
    parts = [part for part in page_of(catalog, head, most=0).sections if part.title.endswith("with other heads")]
    titles = {part.title for part in parts}
    assert bool(titles) == (head != "Keypoint R-CNN")  # whose box AP is that of persons
    metrics = {"box AP on COCO val with other heads": "box_ap", "mask AP on COCO val with other heads": "mask_ap"}
    for part in parts:
        if part.title not in metrics:
            continue
        for record in part.rows.records():
            sql = """select count(*) from best_results where dataset = 'COCO val' and metric = ? and head = ? and backbone = ?
              and value = ? and coalesce(conditions, '') not like '%subset=%' and coalesce(conditions, '') not like '%annotations=%'"""
            given = [metrics[part.title], head, record["backbone"], record[f"head={head}"]]
            assert catalog.execute(sql, given).fetchone()[0]
        unnamed = sum(record.get("checkpoint") is None for record in part.rows.records())
        assert (f"{unnamed:,} of them name no checkpoint" in part.note) == bool(unnamed)


def test_heads_after_other_training_data_stand_in_lines_of_their_own(catalog: sqlite3.Connection) -> None:
    for head in ("Heatmap", "RTMPose"):
        for part in page_of(catalog, head, most=0).sections:
            if part.title != "keypoint AP on COCO val with other heads":
                continue
            for record in part.rows.records():
                trained = (
                    str(record.get("conditions") or "").partition("trained on ")[2].partition(", ")[0] or "COCO train"
                )
                sql = """select count(*) from best_results where dataset = 'COCO val' and metric = 'keypoint_ap' and head = ?
                  and value = ? and backbone = ? and coalesce(train_dataset, 'COCO train') = ?"""
                given = [head, record[f"head={head}"], record["backbone"], trained]
                assert catalog.execute(sql, given).fetchone()[0]


def test_a_data_set_that_only_trainings_name_has_a_page(catalog: sqlite3.Connection) -> None:
    page = page_of(catalog, "webli")
    count = catalog.execute("select count(*) from checkpoints where pretraining_dataset = 'WebLI'").fetchone()[0]
    assert dict(section(page, "facts").rows.rows)["pretrained on it"] == count > 50
    assert page.filter == 'pretraining_dataset = "WebLI"'
    with pytest.raises(UnknownName):
        page_of(catalog, "no such thing at all")


def test_other_spellings_of_a_data_set_count_as_pretraining_on_it(catalog: sqlite3.Connection) -> None:
    told = dict(section(page_of(catalog, "ImageNet-22k"), "facts").rows.rows)
    sql = "select count(*) from checkpoints where pretraining_dataset in ('ImageNet-22k', 'ImageNet-21k')"
    assert told["pretrained on it"] == catalog.execute(sql).fetchone()[0]


def test_a_scope_of_a_list_or_column_that_there_is_not_is_refused(catalog: sqlite3.Connection) -> None:
    for scope in (Scope("aliases"), Scope("results", "no_column", "x")):
        with pytest.raises(ValueError, match="no"):
            rows_of(catalog, scope, 1)


def test_a_cut_section_says_how_many_rows_there_are() -> None:
    whole = Section("t", Rows((Column("a", "a"),), tuple((i,) for i in range(5))), note="A note.")
    assert whole.cut(0) is whole.cut(5) is whole
    assert (len(whole.cut(2).rows), whole.cut(2).total, whole.cut(2).note) == (2, 5, "The first 2 of 5. A note.")


def test_a_thing_tells_the_rankings_in_which_it_stands(catalog: sqlite3.Connection) -> None:
    count = catalog.execute("select count(*) from rankings where name = 'CoCa'").fetchone()[0]
    assert len(section(page_of(catalog, "CoCa", "weights"), "rankings").rows) == count > 0
    made = catalog.execute("select count(*) from rankings where source = 'arxiv:2310.19909'").fetchone()[0]
    assert len(section(page_of(catalog, "arxiv:2310.19909"), "rankings").rows) == made > 0

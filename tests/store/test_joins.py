"""What stands beside the anchor in an answer: speeds of its setting, other metrics, other collections; against the public views."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from backbones.store.query import CatalogExplorer
from backbones.store.references import parse_reference
from backbones.store.rows import Answer
from backbones.store.view import View

if TYPE_CHECKING:
    from tests.store.conftest import World

TOP_1 = "top_1@imagenet-1k"
V100, R3090 = "throughput@v100", "throughput@rtx3090:precision=amp"


def ask(explorer: CatalogExplorer, text: str = "", columns: tuple[str, ...] = (TOP_1,), **more: Any) -> Answer:
    return explorer.answer(View(filter=text, columns=columns, **({"x": "", "y": "", "group": "", "sort": ()} | more)))


# ---- speeds


@pytest.fixture(scope="module")
def lenders(catalog: sqlite3.Connection) -> dict[str, set[str]]:
    """Whose speeds a backbone has: its own, and those of the one whose architecture it shares."""
    rows = catalog.execute("select b.backbone, o.backbone from backbone b join backbone o on o.id = b.architecture")
    return {own: {own, other} for own, other in rows}


@pytest.mark.parametrize(
    ("reference", "device", "also"),
    [
        (V100, "NVIDIA V100", "1"), (R3090, "NVIDIA RTX 3090", "precision in ('amp', 'amp_fp16', 'amp_bf16')"), ("throughput@a100", "NVIDIA A100", "1"),
        ("throughput@rtx4090:layout=nhwc,compile=no", "NVIDIA RTX 4090", "memory_format = 'channels_last' and compiled = 0"),
        ("throughput@5090:batch=1024", "NVIDIA RTX 5090", "batch_size = 1024"),
        ("throughput@rtx3090:collection=timm,precision=amp_fp16", "NVIDIA RTX 3090", "collection = 'timm' and precision = 'amp_fp16'"),
    ],
)  # fmt: skip
def test_a_speed_joins_on_backbone_and_resolution(
    catalog: sqlite3.Connection,
    explorer: CatalogExplorer,
    lenders: dict[str, set[str]],
    reference: str,
    device: str,
    also: str,
) -> None:
    fastest: dict[tuple[str, int], float] = {}
    sql = (
        "select backbone, resolution, throughput_img_s from throughput where device = ? and mode = 'inference' "
        f"and head is null and throughput_img_s is not null and {also}"
    )
    for backbone, resolution, speed in catalog.execute(sql, [device]):
        key = (backbone, resolution)
        fastest[key] = max(speed, fastest.get(key, 0))
    rows = ask(explorer, columns=("backbone", "resolution", reference, TOP_1)).rows
    for backbone, resolution, speed, _ in rows:
        known = [v for lender in lenders[str(backbone)] if (v := fastest.get((lender, resolution)))]  # type: ignore[arg-type]
        assert speed == max(known, default=None), (backbone, resolution)
    assert any(row[2] for row in rows)


def test_training_speeds_answer_only_when_asked_for(catalog: sqlite3.Connection, explorer: CatalogExplorer) -> None:
    rows = ask(
        explorer,
        "backbone = resnet50",
        columns=("resolution", "throughput@rtx3090:mode=training", "throughput@rtx3090", TOP_1),
    ).rows
    sql = (
        "select max(throughput_img_s) from throughput where resolution = ? and mode = ? and device like '%3090' "
        "and backbone = (select entity from alias where folded = 'resnet50' and kind = 'backbone')"
    )
    for resolution, training, inference, _ in rows:
        assert training == catalog.execute(sql, [resolution, "training"]).fetchone()[0]
        assert inference == catalog.execute(sql, [resolution, "inference"]).fetchone()[0]
    assert any(row[1] for row in rows)


@pytest.mark.parametrize(
    ("metric", "dataset"),
    [("box_ap", "COCO val"), ("mask_ap", "COCO val"), ("miou_ss", "ADE20K val"), ("miou_ms", "ADE20K val")],
)
@pytest.mark.parametrize("device", ["NVIDIA V100", "NVIDIA A100"])
def test_a_downstream_speed_is_of_its_own_head_and_collection(
    catalog: sqlite3.Connection, explorer: CatalogExplorer, metric: str, dataset: str, device: str
) -> None:
    speeds = catalog.execute(
        "select backbone, checkpoint, head, collection, setting, source_ref, throughput_img_s from throughput "
        "where device = ? and mode = 'inference' and head is not null and throughput_img_s is not null", [device],
    ).fetchall()  # fmt: skip
    reference = f"{metric}@'{dataset}'"
    columns = (
        "backbone",
        "checkpoint",
        "head",
        "collection",
        "setting",
        "source_ref",
        f"throughput@'{device}'",
        reference,
    )
    rows = ask(explorer, columns=columns).rows
    assert len(rows) > 50
    for backbone, checkpoint, head, collection, setting, source_ref, found, _ in rows:
        fitting = [
            s[6] for s in speeds
            if s[0] == backbone and s[1] in (None, checkpoint) and s[2] == head and s[3] == collection and (s[4] == setting or s[5] == source_ref)
        ]  # fmt: skip
        assert found == max(fitting, default=None)


def test_a_downstream_row_never_shows_the_speed_of_the_bare_backbone(
    catalog: sqlite3.Connection, explorer: CatalogExplorer
) -> None:
    sql = "select backbone, throughput_img_s from throughput where head is null and throughput_img_s is not null"
    bare = set(catalog.execute(sql).fetchall())
    rows = ask(explorer, columns=("backbone", "head", "throughput@v100", "box_ap@'COCO val'")).rows
    assert sum(row[2] is not None for row in rows) > 5
    assert not {(row[0], row[2]) for row in rows if row[1]} & bare


SPEEDS = "sheet: mine\nkind: throughput\ncollection: user\ncolumns: [backbone, device, head, resolution, throughput_img_s, source]\nrows:\n"


def speed_of(world: World, metric: str) -> object:
    explorer = world.explorer()
    answer = ask(explorer, "checkpoint = 'ToyNet-S IN-1k'", columns=(V100, metric))
    explorer.close()
    return answer.rows.rows[0][0]


def test_a_downstream_speed_of_another_collection_does_not_join(world: World) -> None:
    world.write("mine.yaml", SPEEDS + "- [ToyNet-S, NVIDIA V100, Mask R-CNN, null, 999, own]\n")
    assert speed_of(world, "box_ap@coco-val") == 20


def test_a_speed_with_a_head_does_not_join_a_classification_row(world: World) -> None:
    world.write("mine.yaml", SPEEDS + "- [ToyNet-S, NVIDIA V100, UPerNet, 224, 99999, own]\n")
    assert speed_of(world, TOP_1) == 1500


# ---- other metrics


@pytest.mark.parametrize(
    "reference",
    ["top_1@imagenet-a", "top_1@imagenet-v2", "top_1@imagenet-sketch", "mce@imagenet-c", "top_1@imagenet-real"],
)
def test_another_data_set_joins_on_the_checkpoint(
    catalog: sqlite3.Connection, explorer: CatalogExplorer, reference: str
) -> None:
    parsed = parse_reference(reference)
    found: dict[str, list[tuple[int, float]]] = defaultdict(list)
    sql = (
        "select checkpoint, resolution, value from best_results where lower(dataset) = ? and metric = ? "
        "and protocol = 'supervised' and checkpoint is not null"
    )
    for checkpoint, resolution, value in catalog.execute(sql, [parsed.where, parsed.name]):
        found[checkpoint].append((resolution, value))
    best: Callable[[list[float]], float] = min if parsed.name == "mce" else max
    rows = ask(explorer, columns=(TOP_1, "checkpoint", "resolution", "weights", reference)).rows
    filled = 0
    for _, checkpoint, resolution, _, value in rows:
        same = [v for res, v in found[str(checkpoint)] if res == resolution]
        anywhere = [v for _, v in found[str(checkpoint)]]
        if not anywhere:
            assert value is None
        elif same:
            assert value in same
        else:
            assert value == best(anywhere)
        filled += value is not None
    assert filled > 30


def test_another_metric_of_the_same_data_set_is_of_the_same_setting(
    catalog: sqlite3.Connection, explorer: CatalogExplorer
) -> None:
    sql = "select source_ref, value from results where collection = 'timm' and metric = 'top_5'"
    printed: dict[str, set[float]] = defaultdict(set)
    for ref, value in catalog.execute(sql):
        printed[ref].add(value)
    columns = (TOP_1, "top_5@imagenet-1k", "collection", "source_ref")
    rows = [row for row in ask(explorer, columns=columns).rows if row[2] == "timm"]
    assert len(rows) > 500
    for _, top_5, _, ref in rows:
        assert {top_5} == printed[str(ref)], ref


def test_a_collection_that_is_named_is_the_one_that_answers(
    catalog: sqlite3.Connection, explorer: CatalogExplorer
) -> None:
    for collection in ("heedless", "timm", "cuqs"):
        rows = ask(explorer, columns=("source_ref", "collection", f"top_1@imagenet-1k:collection={collection}")).rows
        expected = dict(
            catalog.execute(
                "select source_ref, value from results where collection = ? and metric = 'top_1' and dataset = 'ImageNet-1k'",
                [collection],
            )
        )
        assert {row[1] for row in rows} == {collection}
        assert {row[0]: row[2] for row in rows}.items() <= expected.items()
        assert len(rows) > len(expected) * 0.9


def test_two_collections_side_by_side_speak_of_one_setting(explorer: CatalogExplorer) -> None:
    rows = ask(
        explorer,
        "checkpoint = 'ConvNeXt-T IN-1k' and resolution = 224",
        columns=("top_1@imagenet-1k:collection=heedless", "top_1@imagenet-1k:collection=timm"),
    ).rows
    assert rows.rows == ((82.1, 82.066),)

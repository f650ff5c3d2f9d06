"""Search: what a person types, with mistakes, beginnings and other words, brings what a person means."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbones.store.catalog import connect
from backbones.store.naming import words
from backbones.store.places import Places
from backbones.store.search import ENOUGH, KINDS, search


def first(catalog: sqlite3.Connection, text: str) -> tuple[str, str]:
    """Kind and name of the best hit."""
    hits = search(catalog, text)
    assert hits, text
    return hits[0].kind, hits[0].name


MEANT = {
    "convnxt tiny 22k": ("checkpoint", "ConvNeXt-T IN-22k"),
    "swin base 384": ("backbone", "Swin-B"),
    "resnet 50": ("backbone", "ResNet-50"),
    "convnext_tiny": ("backbone", "ConvNeXt-T"),
    "conv next tiny": ("backbone", "ConvNeXt-T"),
    "effnet b0": ("backbone", "EfficientNet-B0"),
    "deit small": ("backbone", "DeiT-S"),
    "Swin-T": ("backbone", "Swin-T"),
    "tiny swin": ("backbone", "Swin-T"),
    "imagenet real": ("dataset", "ImageNet-ReaL"),
    "imagenet": ("dataset", "ImageNet-1k"),
    "mask rcnn": ("head", "Mask R-CNN"),
    "v100": ("device", "NVIDIA V100"),
    "mobilenet v3 large": ("backbone", "MobileNetV3-Large"),
    "efficentnet b4": ("backbone", "EfficientNet-B4"),
    "convnex": ("family", "ConvNeXt"),
    "deeplabv3plus": ("head", "DeepLabV3+"),
    "deeplab v3 plus": ("head", "DeepLabV3+"),
    "deeplab v3+": ("head", "DeepLabV3+"),
    "deeplabv3": ("head", "DeepLabV3"),
    "R50": ("backbone", "ResNet-50"),
    "R-50": ("backbone", "ResNet-50"),
    "r50": ("backbone", "ResNet-50"),
    "rn50": ("backbone", "ResNet-50"),
    "r101": ("backbone", "ResNet-101"),
    "wrn": ("family", "Wide ResNet"),
    "wrn-28-10": ("backbone", "WideResNet-28-10"),
    "inet1k": ("dataset", "ImageNet-1k"),
    "in1k": ("dataset", "ImageNet-1k"),
    "imagenet 1k": ("dataset", "ImageNet-1k"),
    "hrnet keypoint": ("family", "HRNet"),
    "swin transformer": ("family", "Swin"),
    "keypoint rcnn": ("head", "Keypoint R-CNN"),
    "phone": ("device", "Qualcomm Snapdragon 855"),
    "robustbench": ("collection", "robustbench"),
    "robustbnch": ("collection", "robustbench"),
    "autoattack": ("collection", "robustbench"),
    "arxiv:2103.14030": ("source", "arxiv:2103.14030"),
    "dino": ("head", "DINO"),
    "effnetv2 s": ("backbone", "efficientnetv2_s"),
    "mbv3 large": ("backbone", "MobileNetV3-Large"),
    "regnety 16gf": ("backbone", "RegNetY-16GF"),
    "vit-b/32 clip openai": ("checkpoint", "vit_base_patch32_clip_224.openai"),
}


@pytest.mark.parametrize("text", MEANT)
def test_what_is_typed_brings_what_is_meant(catalog: sqlite3.Connection, text: str) -> None:
    assert first(catalog, text) == MEANT[text]


@pytest.mark.parametrize(
    ("text", "kind", "all_of"),
    [
        ("vit b16 clip laion2b", None, "vit b16 clip laion2b"),
        ("dinov2 small", None, "vit small dinov2"),
        ("cascade", "head", "cascade"),
        ("beit large 22k 512", None, "beit large in21k 512"),
        ("swin base 384", "weights", "swin base 384"),
        ("swimv2 base 256", None, "swinv2 base 256"),
        ("swinv2 base 256", None, "swinv2 base 256"),
        ("wrn-28-10 cifar-10", "weights", "wide resnet 28 10 cifar"),
        ("standard resnet 50", "weights", "standard r50"),
    ],
)
def test_the_first_hit_has_all_that_was_asked_for(
    catalog: sqlite3.Connection, text: str, kind: str | None, all_of: str
) -> None:
    best = search(catalog, text, kind)[0]
    assert set(words(all_of)) <= set(words(best.matched)), best
    assert kind in (None, best.kind)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ConvNeXt-T IN-22k", "convnext_tiny.in21k"),
        ("ViT-B/16", "vit_base_patch16"),
        ("vit b16", "ViT base 16"),
        ("ResNet-50", "rn50"),
        ("Swin V2 Tiny", "swinv2_t"),
        ("ViT-B (DeiT III)", "vit_base_deit3"),
        ("ImageNet-22k", "in21k"),
        ("convnext_tiny_in22ft1k", "convnext_tiny.in22k_ft_in1k"),
        ("DeepLabV3+", "deeplabv3plus"),
        ("ViT-S+/16", "vit small plus 16"),
        ("R-50", "resnet50"),
        ("WRN_34_10", "WideResNet-34-10"),
        ("wrn50_2", "wide_resnet50_2"),
        ("inet22k", "ImageNet-21k"),
        ("swinv2_base_window12to16_192to256", "swinv2 base w16 256"),
    ],
)
def test_spellings_of_one_name_have_the_same_words(one: str, other: str) -> None:
    assert words(one) == words(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("EfficientNet-B1", "EfficientNet-L1"), ("Swin-T", "Swin-S"), ("resnet50", "resnet101"), ("in1k", "in12k"), ("b0", "base 0"),
     ("DeepLabV3+", "DeepLabV3"), ("DAT-T++", "DAT-T+"), ("r224", "resnet224"), ("ImageNet-R 50", "imagenet resnet 50"), ("NFNet-F6+SAM", "NFNet-F6 plus SAM")],
)  # fmt: skip
def test_other_names_have_other_words(one: str, other: str) -> None:
    assert words(one) != words(other)


def test_exact_names_come_before_beginnings_before_mistakes(catalog: sqlite3.Connection) -> None:
    exact, begun, mistaken = (search(catalog, text)[0] for text in ("convnext", "convnex", "convnxt"))
    assert {exact.name, begun.name, mistaken.name} == {"ConvNeXt"}
    assert 100 == exact.score > begun.score > mistaken.score


def test_of_hits_as_good_larger_things_and_better_known_ones_come_first(catalog: sqlite3.Connection) -> None:
    hits = search(catalog, "convnext", limit=40)
    keys = [(-hit.score, KINDS.index(hit.kind), -hit.facts) for hit in hits]
    assert keys == sorted(keys)
    assert len({hit.kind for hit in hits}) > 1


def test_each_thing_is_found_once(catalog: sqlite3.Connection) -> None:
    hits = search(catalog, "swin tiny", limit=200)
    assert len({(hit.kind, hit.id) for hit in hits}) == len(hits) > 5


def test_facts_are_counted(catalog: sqlite3.Connection) -> None:
    hit = search(catalog, "v100")[0]
    (speeds,) = catalog.execute("select count(*) from throughput where device = 'NVIDIA V100'").fetchone()
    assert hit.facts == speeds > 0


def test_families_that_begin_with_a_word_come_soon_after_what_is_called_so(catalog: sqlite3.Connection) -> None:
    assert {("family", "DINOv2"), ("family", "DINOv3")} <= {(hit.kind, hit.name) for hit in search(catalog, "dino")[:5]}


@pytest.mark.parametrize(
    ("kind", "name"), [("collection", "robustbench"), ("source", "github:RobustBench/robustbench")]
)
def test_collections_and_sources_are_found_by_name_with_their_facts(
    catalog: sqlite3.Connection, kind: str, name: str
) -> None:
    hit = search(catalog, "robustbench", kind)[0]
    (facts,) = catalog.execute(
        f"select sum(n) from (select count(*) as n from result where {kind} = ?1 union all "
        f"select count(*) from speed where {kind} = ?1 union all select count(*) from cost where {kind} = ?1)",
        [name],
    ).fetchone()
    assert (hit.kind, hit.name, hit.matched) == (kind, name, name)
    assert hit.facts == facts > 0


def test_facts_of_every_collection_are_counted(catalog: sqlite3.Connection) -> None:
    counts: dict[str, int] = {}
    for fact in ("result", "speed", "cost"):
        for collection, count in catalog.execute(f"select collection, count(*) from {fact} group by 1"):
            counts[collection] = counts.get(collection, 0) + count
    for collection, count in counts.items():
        assert search(catalog, collection, "collection")[0].facts == count, collection


@pytest.mark.parametrize(
    ("text", "kind", "name", "about"),
    [
        ("corruption robustness", "collection", "robustbench", "RobustBench: adversarial and corruption robustness"),
        ("autoattack", "collection", "robustbench", "attack=autoattack"),
        ("pose estimation toolbox", "source", "github:open-mmlab/mmpose", "OpenMMLab pose estimation toolbox: model zoo"),
        ("gpu", "device", "NVIDIA V100", "gpu"),
    ],
)  # fmt: skip
def test_titles_kinds_and_conditions_are_found_but_are_no_names(
    catalog: sqlite3.Connection, text: str, kind: str, name: str, about: str
) -> None:
    hit = next(hit for hit in search(catalog, text, kind) if hit.name == name)
    assert (hit.matched, hit.about) == (name, about)
    assert hit.score < 100


@pytest.mark.parametrize("extra", ["keypoint", "segmentation", "qqqqzzzz"])
def test_a_task_or_an_unknown_word_is_left_out_but_lowers_the_score(catalog: sqlite3.Connection, extra: str) -> None:
    alone, more = search(catalog, "hrnet")[0], search(catalog, f"hrnet {extra}")[0]
    assert more.name == alone.name == "HRNet"
    assert ENOUGH < more.score < alone.score


def test_two_known_words_are_both_asked_for(catalog: sqlite3.Connection) -> None:
    assert ("family", "Swin") not in {(hit.kind, hit.name) for hit in search(catalog, "swin cascade")}


@pytest.mark.parametrize("text", ["qqqqzzzz", "", "   ", "---", "'\"(*) OR NEAR"])
def test_nonsense_finds_nothing(catalog: sqlite3.Connection, text: str) -> None:
    assert search(catalog, text) == []


@given(st.text(max_size=40))
def test_no_text_is_an_error(text: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("create table alias (id integer primary key, name, folded, entity, entity_id, kind, source)")
    connection.execute("create virtual table alias_fts using fts5(name, content='alias', content_rowid='id')")
    connection.execute("create table collection (id integer primary key, collection, title)")
    connection.execute("create table source (id integer primary key, source, title)")
    connection.execute("create table device (id integer primary key, device, kind)")
    connection.execute("create table condition (id integer primary key, conditions)")
    assert search(connection, text) == []
    connection.close()


@pytest.fixture(scope="module")
def large(shipped: Places) -> Iterator[sqlite3.Connection]:
    """The shipped names among many others: far more than 10,000."""
    source, connection = connect(shipped), sqlite3.connect(":memory:")
    source.backup(connection)
    source.close()
    for copy in range(1, 3):
        connection.execute(
            "insert into alias (name, folded, entity, entity_id, kind, source) "
            "select name || '_v' || ?1 || 'x', folded || 'v' || ?1 || 'x', entity || '_v' || ?1 || 'x', 1000000 * ?1 + entity_id, kind, source "
            "from alias where entity_id < 1000000",
            [copy],
        )
    connection.execute("insert into alias_fts(alias_fts) values ('rebuild')")
    yield connection
    connection.close()


@pytest.mark.parametrize("text", MEANT)
def test_many_names_hide_nothing(large: sqlite3.Connection, text: str) -> None:
    assert large.execute("select count(*) from alias").fetchone()[0] > 10_000
    assert first(large, text) == MEANT[text]


def test_the_way_of_a_query_imports_no_rapidfuzz() -> None:
    code = "import sys, backbones.store.query, backbones.store.search; print('rapidfuzz' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "False"

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
from backbones.store.search import KINDS, search


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
        ("swinv2_base_window12to16_192to256", "swinv2 base w16 256"),
    ],
)
def test_spellings_of_one_name_have_the_same_words(one: str, other: str) -> None:
    assert words(one) == words(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("EfficientNet-B1", "EfficientNet-L1"), ("Swin-T", "Swin-S"), ("resnet50", "resnet101"), ("in1k", "in12k"), ("b0", "base 0")],
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


@pytest.mark.parametrize("text", ["qqqqzzzz", "", "   ", "---", "'\"(*) OR NEAR"])
def test_nonsense_finds_nothing(catalog: sqlite3.Connection, text: str) -> None:
    assert search(catalog, text) == []


@given(st.text(max_size=40))
def test_no_text_is_an_error(text: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("create table alias (id integer primary key, name, folded, entity, entity_id, kind, source)")
    connection.execute("create virtual table alias_fts using fts5(name, content='alias', content_rowid='id')")
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

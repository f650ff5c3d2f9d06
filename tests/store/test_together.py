"""Words that name a model and, beside it, a head, a data set or a device."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from backbones.store.catalog import connect
from backbones.store.places import Places
from backbones.store.query import CatalogExplorer
from backbones.store.search import search
from backbones.store.together import together


@pytest.fixture(scope="module")
def catalogue(shipped: Places) -> Iterator[sqlite3.Connection]:
    connection = connect(shipped)
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("text", "label", "filter", "y"),
    [
        ("mask rcnn swin", "Swin with Mask R-CNN", 'family = "Swin" and head = "Mask R-CNN"', "box_ap@coco-val"),
        ("swin with Mask R-CNN", "Swin with Mask R-CNN", 'family = "Swin" and head = "Mask R-CNN"', "box_ap@coco-val"),
        ("swin coco", "Swin on COCO val", 'family = "Swin"', "box_ap@coco-val"),
        (
            "upernet beit ade20k",
            "BEiT with UPerNet on ADE20K val",
            'family = "BEiT" and head = "UPerNet"',
            "miou_ms@ade20k-val",
        ),
    ],
)
def test_the_words_are_parted_and_the_view_shows_the_rows(
    catalogue: sqlite3.Connection, text: str, label: str, filter: str, y: str
) -> None:
    found = together(catalogue, text)
    assert found is not None
    assert (found.label, found.view.filter, found.view.y) == (label, filter, y)
    answer = CatalogExplorer(lambda: catalogue).answer(found.view)
    assert 0 < len(answer.rows) <= found.rows
    head = found.view.columns.index("head")
    assert {row[head] for row in answer.rows} == {"Mask R-CNN"} or "head" not in filter or "UPerNet" in filter
    assert all(hit.facts for hit in found.hits)


def test_a_device_gives_its_speeds_as_an_axis(catalogue: sqlite3.Connection) -> None:
    found = together(catalogue, "convnext a100")
    assert found is not None and found.view.x == "throughput@a100"
    assert len(CatalogExplorer(lambda: catalogue).answer(found.view).rows) > 0


@pytest.mark.parametrize(
    "text", ["", "swin", "mask rcnn", "convnext tiny", "qqqq zzzz", "vit[/] x", '"', "a " * 30, "coco ade20k"]
)
def test_other_words_mean_nothing_together(catalogue: sqlite3.Connection, text: str) -> None:
    assert together(catalogue, text) is None


@pytest.mark.parametrize(
    ("text", "family"),
    [("vision transformer", "ViT"), ("data efficient image transformer", "DeiT"), ("neighbourhood attention", "NAT")],
)
def test_families_are_found_by_what_their_names_stand_for(
    catalogue: sqlite3.Connection, text: str, family: str
) -> None:
    assert (search(catalogue, text)[0].kind, search(catalogue, text)[0].name) == ("family", family)

"""Names on the command line and the size of images: a model's own size is one task, however it is said."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from backbones.cli.probe_names import Connect, named
from backbones.store.catalog import connect
from backbones.store.errors import UnknownName
from backbones.store.places import Places

KNOWN = ("resnet18", "resnet50", "convnext_tiny", "convnext_base", "test_vit")


@pytest.fixture(scope="module")
def catalogue(shipped: Places) -> Iterator[Connect]:
    connection = connect(shipped)
    yield lambda: connection
    connection.close()


def never() -> sqlite3.Connection:
    raise AssertionError("the catalogue is not needed")


@pytest.mark.parametrize(
    ("names", "resolution"),
    [
        (["resnet18"], 0), (["resnet18"], 288), (["resnet18@288"], 0), (["resnet18@288"], 64), (["resnet18.a1_in1k"], 288),
        (["resnet18", "resnet18@288"], 0), (["resnet18", "resnet18@288", "resnet1?"], 288), (["ResNet-18"], 288),
    ],
)  # fmt: skip
def test_the_own_size_of_a_model_is_one_task_however_it_is_said(
    catalogue: Connect, names: list[str], resolution: int
) -> None:
    assert named(names, KNOWN, catalogue, resolution).wanted == (("resnet18", 0),)


def test_another_size_is_another_task(catalogue: Connect) -> None:
    assert named(["resnet18", "resnet18@160"], KNOWN, catalogue, 224).wanted == (("resnet18", 224), ("resnet18", 160))
    assert named(["*"], KNOWN, catalogue, 288).wanted == (
        ("resnet18", 0), ("resnet50", 0), ("convnext_tiny", 0), ("convnext_base", 0), ("test_vit", 288),
    )  # fmt: skip


def test_without_a_size_names_of_timm_need_no_catalogue() -> None:
    assert named(["resnet18", "convnext_*"], KNOWN, never).wanted == (
        ("resnet18", 0), ("convnext_tiny", 0), ("convnext_base", 0),
    )  # fmt: skip


def test_names_that_are_left_out_are_told(catalogue: Connect) -> None:
    found = named(["resnet18", "nothing", "nothing@288"], KNOWN, catalogue, 288, skips_unknown=True)
    assert found.wanted == (("resnet18", 0),) and found.unknown == ("nothing", "nothing@288")
    with pytest.raises(UnknownName):
        named(["nothing"], KNOWN, catalogue, 288)

"""The user's images against what the catalogue knows of a data set."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("PIL", reason="reads images by Pillow")

from backbones.probe.transfer.images import Image, ImageData
from backbones.probe.transfer.known import compare_with_known
from backbones.store.catalog import open_catalog
from backbones.store.errors import UnknownName
from backbones.store.places import Places


@pytest.fixture(scope="module")
def connection(shipped: Places) -> Iterator[sqlite3.Connection]:
    opened = open_catalog(shipped)
    yield opened
    opened.close()


def images(
    train: int, test: int, val: int = 0, classes: int = 10, is_given: bool = True, left_out: int = 0
) -> ImageData:
    one = Image(Path("x.png"), 0, "0" * 16, 64, 64)
    return ImageData(
        "mine", tuple(f"c{i}" for i in range(classes)), (one,) * train, (one,) * val, (one,) * test, "0" * 16, (), left_out, is_given
    )  # fmt: skip


def test_nothing_is_said_where_all_agrees(connection: sqlite3.Connection) -> None:
    assert compare_with_known(connection, "eurosat", images(18900, 8100)) == []
    assert compare_with_known(connection, "EuroSAT", images(17000, 8100, 1900)) == []


def test_classes_and_images_that_are_missing_are_counted(connection: sqlite3.Connection) -> None:
    said = compare_with_known(connection, "eurosat", images(17280, 4320, classes=9, is_given=False, left_out=3))
    assert said == [
        "9 of 10 classes of EuroSAT are here: c0, c1, c2, c3, c4, c5, c6, c7, c8",
        "21,600 images are here, EuroSAT has 27,000 (80 %): 18,900 for training and 8,100 for testing (3 more were left out)",
    ]


def test_another_split_of_the_same_images_is_said(connection: sqlite3.Connection) -> None:
    (said,) = compare_with_known(connection, "eurosat", images(21600, 5400, is_given=False))
    assert "all 27,000 images of EuroSAT are here, split into 21,600 and 5,400; published results use 18,900" in said


def test_training_images_alone_are_recognised(connection: sqlite3.Connection) -> None:
    (said,) = compare_with_known(connection, "cifar10", images(40000, 10000, is_given=False))
    assert said.startswith("50,000 images are as many as CIFAR-10 has for training alone")


def test_given_splits_are_compared_one_by_one(connection: sqlite3.Connection) -> None:
    said = compare_with_known(connection, "cifar 10", images(49000, 10000, val=500, classes=11))
    assert said[0].startswith("CIFAR-10 has 10 classes, here are 11")
    assert said[2:] == ["for training 49,500 instead of 50,000, 500 of them to choose on"]


def test_a_data_set_of_which_nothing_is_known_says_so(connection: sqlite3.Connection) -> None:
    (said,) = compare_with_known(connection, "imagenet-1k", images(1, 1))
    assert "neither its number of classes nor of images" in said
    with pytest.raises(UnknownName, match="EuroSAT"):
        compare_with_known(connection, "eurosad", images(1, 1))
    with pytest.raises(UnknownName):
        compare_with_known(connection, "convnext-t", images(1, 1))

"""What the catalogue knows of a data set, against the images that the user has."""

from __future__ import annotations

import sqlite3

from backbones.probe.transfer.images import ImageData
from backbones.store.pages import find
from backbones.store.text import printable
from backbones.store.transferring.own_names import catalog_dataset


def compare_with_known(connection: sqlite3.Connection, name: str, data: ImageData) -> list[str]:
    """Sentences on what differs in classes and images from the data set of that name; none where all agrees.

    `name` in any spelling that the catalogue knows; UnknownName with suggestions else. A split of the user's own differs
    from the published one even where the images are the same, which is said.
    """
    dataset = find(connection, name, "dataset")[1]
    row = connection.execute(
        "select classes, train_images, test_images from datasets where dataset = ?", [dataset]
    ).fetchone()
    classes, train, test = row or (None, None, None)
    if classes is None and train is None and test is None:
        return [f"the catalogue knows {dataset}, but neither its number of classes nor of images: nothing to compare"]
    sentences = []
    if classes is not None and classes != len(data.classes):
        shown = ", ".join(map(printable, data.classes[:12])) + (" …" if len(data.classes) > 12 else "")
        sentences.append(f"{len(data.classes):,} of {classes:,} classes of {dataset} are here: {shown}" if len(data.classes) < classes
                         else f"{dataset} has {classes:,} classes, here are {len(data.classes):,}: {shown}")  # fmt: skip
    return sentences + _images(dataset, train, test, data)


def known_as(connection: sqlite3.Connection, name: str, data: ImageData) -> str:
    """The data set of the catalogue's that these images are; empty where that cannot be told.

    They have to come in a split of their own, with as many classes, training and test images as are published.
    """
    dataset = catalog_dataset(connection, find(connection, name, "dataset")[1])
    if dataset is None or not data.is_given or compare_with_known(connection, dataset, data):
        return ""
    classes, test = connection.execute(
        "select classes, test_images from datasets where dataset = ?", [dataset]
    ).fetchone()
    return dataset if classes is not None and test == len(data.test) else ""


def _images(dataset: str, train: int | None, test: int | None, data: ImageData) -> list[str]:
    here = len(data.train) + len(data.val) + len(data.test)
    trained, tested = len(data.train) + len(data.val), len(data.test)
    aside = f" ({data.left_out:,} more were left out)" if data.left_out else ""
    if train is None or test is None:
        known, part = (train, "training") if train is not None else (test, "test")
        if known is None or here == known:
            return []
        return [f"{dataset} has {known:,} {part} images; here are {here:,} images in all{aside}"]
    whole = train + test
    published = f"{train:,} for training and {test:,} for testing"
    if here == whole and (trained, tested) == (train, test):
        return []
    if here == whole:
        return [
            f"all {whole:,} images of {dataset} are here, split into {trained:,} and {tested:,}; published results use "
            f"{published}: other test images, so compare with care"
        ]
    if here in (train, test) and not data.is_given:
        part, other = ("training", "test") if here == train else ("test", "training")
        return [
            f"{here:,} images are as many as {dataset} has for {part} alone; its {other} images are not here{aside}"
        ]
    share = 100 * here / whole
    sentences = [f"{here:,} images are here, {dataset} has {whole:,} ({share:.3g} %): {published}{aside}"]
    if data.is_given:
        if trained != train:
            sentences.append(
                f"for training {trained:,} instead of {train:,}"
                + (f", {len(data.val):,} of them to choose on" if data.val else "")
            )
        if tested != test:
            sentences.append(f"for testing {tested:,} instead of {test:,}")
    return sentences

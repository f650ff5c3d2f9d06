"""The user's data sets as they were asked for: which images and split they are, and which data set of the catalogue, if any.

The table `own_data` of measurements.db. An outcome knows its images by the hash over their split alone; whether another hash is
another split of the same images, which one was asked for last, and what `--dataset` found stand here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from backbones.store.measurements import knows_own_data, knows_own_splits
from backbones.store.text import fold
from backbones.store.transferring.keeping import reading, writing

COLUMNS: Final = ("data", "data_hash", "images_hash", "dataset", "asked", "train_images", "val_images", "split")
_BEFORE_SPLITS: Final = COLUMNS[:5]


class OwnData(NamedTuple):
    """One set of images in one split, under one name."""

    data: str
    data_hash: str
    images_hash: str
    """First 16 hex digits of the SHA-256 over all (class, content), whatever the split; empty: unknown."""
    dataset: str
    """The data set of the catalogue's that these images were found to be; empty for the user's own."""
    asked: str
    """When it was asked for last, UTC, ISO 8601."""
    train_images: int | None = None
    val_images: int | None = None
    """To choose on."""
    split: str | None = None
    """Where it comes from: `given`, `20 % drawn to test on, seed 0`. This and the numbers are None of what was asked for before they were noted."""

    @property
    def is_ours(self) -> bool:
        """Whether all of it is as it is written here."""
        texts, told = self[:5], (self.train_images, self.val_images)
        return all(isinstance(one, str) for one in (*texts, self.split or "")) and all(
            isinstance(one or 0, int) for one in told
        )


def note_asked(
    path: Path, data: str, data_hash: str, images_hash: str, dataset: str = "", train_images: int | None = None,
    val_images: int | None = None, split: str | None = None,
) -> None:  # fmt: skip
    """Note that these images are evaluated now. A data set that they were found to be once stays.

    Nothing is written where nothing is new. BackbonesError where the file cannot be written.
    """
    known = asked_in(path)
    before = next((one for one in known if (one.data, one.data_hash) == (data, data_hash)), None)
    dataset = dataset or (before.dataset if before else "")
    newest = max((one for one in known if _same_name(one.data, data)), key=lambda one: one.asked, default=None)
    if before is not None:
        train_images = before.train_images if train_images is None else train_images
        val_images = before.val_images if val_images is None else val_images
        split = before.split if split is None else split
    told = (train_images, val_images, split)
    if before is not None and before == newest and before[2:4] == (images_hash, dataset) and before[5:] == told:
        return
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    with writing(path) as connection:
        add_own_data(connection, [OwnData(data, data_hash, images_hash, dataset, now, *told)])


def asked_in(path: Path) -> list[OwnData]:
    """All that was asked for; none in an older file."""
    with reading(path) as connection:
        return [] if connection is None else rows_of(connection)


def rows_of(connection: sqlite3.Connection, schema: str = "main") -> list[OwnData]:
    """The rows of that file."""
    if not knows_own_data(connection, schema):
        return []
    columns = COLUMNS if knows_own_splits(connection, schema) else _BEFORE_SPLITS
    return [OwnData(*row) for row in connection.execute(f"select {', '.join(columns)} from {schema}.own_data")]


def add_own_data(connection: sqlite3.Connection, rows: Iterable[OwnData]) -> None:
    """Add rows; of the same images under the same name the latest time counts, and what is known is not forgotten."""
    connection.executemany(
        f"insert into own_data ({', '.join(COLUMNS)}) values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (data, data_hash) do update set "
        "images_hash = coalesce(nullif(excluded.images_hash, ''), images_hash), "
        "dataset = coalesce(nullif(excluded.dataset, ''), dataset), asked = max(asked, excluded.asked), "
        "train_images = coalesce(excluded.train_images, train_images), val_images = coalesce(excluded.val_images, val_images), "
        "split = coalesce(excluded.split, split)",
        rows,
    )


def forget_unused(connection: sqlite3.Connection) -> None:
    """Take away what no outcome is about any more."""
    connection.execute(
        "delete from own_data where not exists "
        "(select 1 from outcome o where o.data = own_data.data and o.data_hash = own_data.data_hash)"
    )


def _same_name(one: str, other: str) -> bool:
    return (fold(one) or one) == (fold(other) or other)

"""Where the cells of an answer lead: the things that a row is about."""

from __future__ import annotations

import sqlite3
from typing import Final

from backbones.store.page import Link

_KINDS: Final = {
    "checkpoint": "checkpoint",
    "weights": "weights",
    "backbone": "backbone",
    "family": "family",
    "pretraining_dataset": "dataset",
    "intermediate_dataset": "dataset",
    "fine_tuning_dataset": "dataset",
    "train_dataset": "dataset",
    "head": "head",
    "source": "source",
    "collection": "collection",
}
"""What the values of a column name."""

_ROW: Final = ("checkpoint", "weights", "backbone", "family")
"""The most telling page of a row first."""


def link_of(column: str, value: object) -> Link | None:
    """Where a cell leads: None for a number, or where nothing is said."""
    kind = _KINDS.get(column)
    return Link(kind, str(value)) if kind and value is not None else None


def link_of_row(connection: sqlite3.Connection, key: int) -> Link | None:
    """The page of the row with that key: its checkpoint's, else what else it names that has a page.

    A file of the user's own has none. None for a key of another catalogue.
    """
    row = connection.execute(
        "select t.checkpoint, case when t.weights_id is not null then t.weights end, "
        "case when t.backbone_id is not null then t.backbone end, t.family "
        "from placement p join setting t on t.id = p.setting where p.result = ?",
        [key],
    ).fetchone()
    named = zip(_ROW, row or (), strict=False)
    return next((Link(kind, name) for kind, name in named if name is not None), None)

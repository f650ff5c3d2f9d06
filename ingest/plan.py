"""The plan: what rows and columns of a paper's tables mean, in the catalogue's words. It holds no number of any table.

Flat, and every key required (`""` and 0 say "nothing" or "as the table says"): grammars of structured output refuse schemas
with many optional keys. A row's word goes before a column's, a column's before the table's.
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from backbones.store.vocabulary import METRICS

MEASURES: Final = (
    "params_m", "compute", "throughput_img_s", "latency_ms", "peak_memory_mib",
)  # fmt: skip
"""Quantities that are no results: parameters, multiply-accumulates as printed, speeds, memory."""

ERRORS: Final = {"top_1_error": "top_1", "top_5_error": "top_5"}
"""Printed errors -> the accuracy that 100 less them is."""

SETTINGS: Final = ("resolution", "train_epochs", "pretraining_epochs", "batch_size")
"""Columns whose cells say in what setting the other numbers of their row stand."""

QUANTITIES: Final = ("label", "ignore", *MEASURES, *SETTINGS, *ERRORS, *METRICS)
"""Everything that a column can hold; `label` names models."""


class Strict(BaseModel):
    """Nothing unknown is taken."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnMeaning(Strict):
    """One quantity of a column; a column of `a/b` cells has two meanings, with part 1 and 2."""

    column: int
    quantity: str
    """One of QUANTITIES."""
    part: int
    """0: the whole cell; 1, 2 …: that part of a cell such as `81.3/95.5`."""
    dataset: str
    head: str
    pretraining_dataset: str
    resolution: int
    device: str
    precision: str


class RowMeaning(Strict):
    """What a row is about. A row with two models side by side has two meanings, each with its own label column."""

    row: int
    label_column: int
    """The column that names the model; the numbers to its right, up to the next label column of the row, are its own."""
    family: str
    backbone: str
    pretraining_dataset: str
    pretraining_method: str
    intermediate_dataset: str
    head: str
    resolution: int


class TableMeaning(Strict):
    """What a table is about. A table without numbers for the catalogue has task `skip` and no rows."""

    table: str
    """Its id, `p7.t2`."""
    task: str
    """One of the vocabulary's tasks, `speed`, or `skip`."""
    dataset: str
    protocol: str
    head: str
    pretraining_dataset: str
    pretraining_method: str
    resolution: int
    device: str
    precision: str
    batch_size: int
    convention: str
    """How compute is printed: `macs` (most papers call them FLOPs), `flops` (twice as much), or empty."""
    columns: list[ColumnMeaning]
    rows: list[RowMeaning]


class Fact(Strict):
    """Something that the prose says; the quote must stand on its page and hold the value."""

    subject: str
    """A backbone, a family, or a table's id."""
    kind: Literal[
        "train_epochs", "pretraining_epochs", "device", "precision", "batch_size", "pretraining_dataset", "head"
    ]
    value: str
    quote: str
    page: int


class Plan(Strict):
    """What the tables of a paper mean."""

    family: str
    """The family that the paper proposes."""
    tables: list[TableMeaning]
    facts: list[Fact] = Field(default_factory=list)

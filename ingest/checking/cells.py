"""The numeric cells of a paper, each with the models that its row names and the quantities that its header says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backbones.ingest.meaning.context import Context
from backbones.ingest.meaning.heading import read_heading
from backbones.ingest.meaning.label import is_model_like, read_label
from backbones.ingest.meaning.numbers import numbers_of, side_of
from backbones.ingest.meaning.rows import ReadRow
from backbones.ingest.meaning.table import ReadTable, read_table
from backbones.ingest.meaning.units import convert, is_fraction
from backbones.ingest.paper import Paper, Table
from backbones.ingest.plan import ERRORS, SETTINGS
from backbones.store.text import fold


@dataclass(frozen=True, slots=True)
class PaperCell:
    """A number of a paper as the rules read it."""

    table: Table
    row: int
    column: int
    printed: str
    value: float
    """In the unit of its quantity."""
    decimals: int
    quantity: str
    """Empty: the header says none that is known."""
    is_open: bool
    """The header itself leaves open which of several quantities it is; the table's words decided."""
    names: frozenset[str]
    """Of the models in its row, folded."""
    label: str
    dataset: str
    head: str
    resolution: int
    pretraining: tuple[str, ...]
    task: str

    @property
    def place(self) -> str:
        """For a sentence."""
        header = self.table.columns[self.column].header
        return f"table {self.table.number}{self.table.part} on page {self.table.page}, row {self.row + 1} ({self.label}), column {header!r}"


def cells_of(paper: Paper, context: Context) -> tuple[PaperCell, ...]:
    """All numbers of all tables."""
    return tuple(cell for table in paper.tables for cell in _cells(table, context))


def _cells(table: Table, context: Context) -> Iterator[PaperCell]:
    read = read_table(table, context)
    by_row: dict[int, list[ReadRow]] = {}
    for named in read.rows:
        by_row.setdefault(named.row, []).append(named)
    fractions = {c for c in range(len(table.columns)) if is_fraction(table, c)}
    open_columns = {n: read_heading(c.headers).is_open for n, c in enumerate(table.columns)}
    for r, c, cell in table.cells():
        column = read.columns[c]
        if column.quantities == ("label",):
            continue
        rows = [row for row in by_row.get(r, []) if row.label_column <= c] or by_row.get(r, [])[:1]
        row = rows[-1] if rows else None
        names, label = _names(table, read, r, c, row)
        side = _side(table, read, r, row)
        for part, number in enumerate(numbers_of(cell.text)):
            quantity = column.quantities[min(part, len(column.quantities) - 1)] if column.quantities else ""
            known = quantity not in ("", "ignore", "label")
            converted = convert(number, quantity, table.columns[c].header, c in fractions) if known else None
            yield PaperCell(
                table, r, c, cell.text, converted.value if converted else number.value, number.decimals,
                ERRORS.get(quantity, quantity) if converted else "", open_columns[c], names, label, column.dataset or read.dataset,
                (row.head if row else "") or column.head, (row.resolution if row else 0) or side or column.resolution or read.resolution,
                tuple(d for d in (_pretraining(row, column.pretraining_dataset), row.intermediate_dataset if row else "") if d), read.task,
            )  # fmt: skip


def _pretraining(row: ReadRow | None, column: str) -> str:
    return (row.pretraining_dataset if row else "") or column


def _names(table: Table, read: ReadTable, r: int, c: int, row: ReadRow | None) -> tuple[frozenset[str], str]:
    """The row's model where the rules know it, else whatever its words may name."""
    if row is not None:
        return frozenset((fold(row.backbone), fold(row.label.name))), row.label.name
    words = [
        cell.text
        for k, cell in enumerate(table.rows[r].cells)
        if cell is not None and k <= max(c, 3) and is_model_like(cell.text)
    ]
    labels = [read_label(text) for text in words[:3]]
    return frozenset(fold(label.name) for label in labels if label.name and not label.notes), labels[
        0
    ].name if labels else ""


def _side(table: Table, read: ReadTable, r: int, row: ReadRow | None) -> int:
    for column in read.columns:
        if column.quantities == ("resolution",) and column.quantities[0] in SETTINGS:
            cell = table.rows[r].cells[column.column]
            if cell is not None:
                return side_of(cell.text) or (int(cell.text) if cell.text.strip().isdecimal() else 0)
    return 0

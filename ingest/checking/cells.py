"""The numeric cells of a paper, each with the models that its row names and the quantities that its header says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backbones.ingest.meaning import lexicon
from backbones.ingest.meaning.bounded import bounded
from backbones.ingest.meaning.context import Context
from backbones.ingest.meaning.heading import read_heading
from backbones.ingest.meaning.label import is_model_like, read_label
from backbones.ingest.meaning.numbers import numbers_of, side_of
from backbones.ingest.meaning.rows import ReadRow
from backbones.ingest.meaning.table import ReadTable, read_table
from backbones.ingest.meaning.units import convert, is_fraction
from backbones.ingest.meaning.views import says_other
from backbones.ingest.paper import Paper, Row, Table
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
    """Empty: the header says none that is known; `ignore`: something else that is known."""
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
    header: str
    near: frozenset[str] = frozenset()
    """Of models that the row's other cells, its section, its header, or a table without models name in its caption."""
    about: frozenset[str] = frozenset()
    """Of those, the ones that only the caption names."""
    is_sure: bool = True
    """The layout is understood: one model in a row, a header above every column of numbers, no word left over."""

    @property
    def place(self) -> str:
        """For a sentence."""
        return f"table {self.table.number}{self.table.part} on page {self.table.page}, row {self.row + 1} ({self.label}), column {self.header!r}"


def cells_of(paper: Paper, context: Context) -> tuple[PaperCell, ...]:
    """All numbers of all tables."""
    return tuple(cell for table in bounded(paper).tables for cell in _cells(table, context))


def _cells(table: Table, context: Context) -> Iterator[PaperCell]:
    read = read_table(table, context)
    printed, table = table, read.table
    by_row: dict[int, list[ReadRow]] = {}
    for named in read.rows:
        by_row.setdefault(named.row, []).append(named)
    fractions = {c for c in range(len(table.columns)) if is_fraction(table, c)}
    open_columns = {n: read_heading(c.headers).is_open for n, c in enumerate(table.columns)}
    about = _about(table, read)
    in_row = [_in_row(row) for row in table.rows]
    in_header = [_in_header(table, c) for c in range(len(table.columns))]
    in_column = [_in_column(table, c) | names for c, names in enumerate(in_header)]
    is_sure = _is_understood(table, read)
    for r, c, cell in table.cells():
        column = read.columns[c]
        if column.quantities == ("label",):
            continue
        other = "ignore" if column.quantities == ("ignore",) and not in_header[c] else ""
        place = read.view.place(r, c)
        rows = [row for row in by_row.get(r, []) if row.label_column <= c] or by_row.get(r, [])[:1]
        row = rows[-1] if rows else None
        names, label = _names(table, read, r, c, row)
        side = _side(table, read, r, row)
        beside = in_row[r] | in_column[c]
        near = beside | about
        for part, number in enumerate(numbers_of(cell.text)):
            quantity = column.quantities[min(part, len(column.quantities) - 1)] if column.quantities else ""
            known = quantity not in ("", "ignore", "label")
            converted = convert(number, quantity, table.columns[c].header, c in fractions) if known else None
            yield PaperCell(
                printed, *place, cell.text, converted.value if converted else number.value, number.decimals,
                ERRORS.get(quantity, quantity) if converted else other, open_columns[c], names, label, column.dataset or read.dataset,
                (row.head if row else "") or column.head, (row.resolution if row else 0) or side or column.resolution or read.resolution,
                tuple(d for d in (_pretraining(row, column.pretraining_dataset), row.intermediate_dataset if row else "") if d), read.task,
                table.columns[c].header, near - names, about - beside - names, is_sure,
            )  # fmt: skip


def _is_understood(table: Table, read: ReadTable) -> bool:
    """Headers above all columns of numbers, no word without a place, and no row with two models."""
    unnamed = any(not c.header.strip() and _holds_numbers(table, n) for n, c in enumerate(table.columns))
    return not unnamed and not table.left_over and len({row.row for row in read.rows}) == len(read.rows)


def _holds_numbers(table: Table, column: int) -> bool:
    texts = [cell.text for row in table.rows if (cell := row.cells[column]) is not None]
    return 2 * sum(bool(numbers_of(text)) for text in texts) > len(texts)


def _named_in(text: str) -> Iterator[str]:
    """The model that a text names, at a size."""
    if is_model_like(text) and not says_other(text):
        label = read_label(text)
        if label.size and len(label.stem) > 1:
            yield from _plain(label.name)


_SETTING = re.compile(r"[\s,]+(?:\d+\s*[×x]\s*\d+|\d+\s*(?:ep(?:ochs?)?|px))$")


def _plain(name: str) -> set[str]:
    """A name, folded, with and without the setting behind it: `Arvo-S 16×4`."""
    return {fold(name), fold(_SETTING.sub("", name))}


def _in_row(row: Row) -> frozenset[str]:
    texts = [cell.text for cell in row.cells if cell is not None]
    return frozenset(name for text in (*texts, row.section) for name in _named_in(text))


def _in_header(table: Table, c: int) -> frozenset[str]:
    return frozenset(name for text in table.columns[c].headers for name in _named_in(text))


def _in_column(table: Table, c: int) -> frozenset[str]:
    """The models that cells among a column's numbers name: a row of the table holds the names."""
    texts = [cell.text for row in table.rows if (cell := row.cells[c]) is not None]
    named = [name for text in texts for name in _named_in(text)]
    return frozenset(named) if 0 < len({*named}) <= 2 else frozenset()


_WORD = re.compile(r"[\w./+-]+(?:\s[vV]\d)?(?:[-\s](?:[TSBLHM]|XL)\b)?")


def _about(table: Table, read: ReadTable) -> frozenset[str]:
    """The models that title and caption name, of a table whose rows name none: parts of one model."""
    if read.rows:
        return frozenset()
    words = _WORD.findall(lexicon.clean(f"{table.title} {table.caption}"))
    return frozenset(name for word in words for name in _named_in(word.strip(".")))


def _pretraining(row: ReadRow | None, column: str) -> str:
    return (row.pretraining_dataset if row else "") or column


def _names(table: Table, read: ReadTable, r: int, c: int, row: ReadRow | None) -> tuple[frozenset[str], str]:
    """The row's model where the rules know it, else whatever its words may name."""
    if row is not None:
        return frozenset({fold(row.backbone)} | _plain(row.label.name)), row.label.name
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

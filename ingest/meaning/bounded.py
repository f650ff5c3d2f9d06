"""A paper whose texts are short enough for rules: what no paper prints in a cell is not looked at.

Rules look words up by patterns whose time may grow with the square of a text; a file from outside may hold any text.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from backbones.ingest.meaning.numbers import LONGEST
from backbones.ingest.paper import Cell, Column, Paper, Row, Table

LONGEST_CAPTION: Final = 3_000


def bounded(paper: Paper) -> Paper:
    """The paper with cells of more than LONGEST letters empty, and longer headers, sections, titles and captions cut.

    Addresses stay; the very paper where nothing is too long.
    """
    tables = tuple(_bounded(table) for table in paper.tables)
    return paper if all(a is b for a, b in zip(tables, paper.tables, strict=True)) else replace(paper, tables=tables)


def too_long(table: Table) -> int:
    """How many cells of a table are too long to be read."""
    return sum(len(cell.text) > LONGEST for _, _, cell in table.cells())


def _bounded(table: Table) -> Table:
    texts = [
        table.title,
        *table.left_over,
        *(h for c in table.columns for h in c.headers),
        *(r.section for r in table.rows),
    ]
    is_short = len(table.caption) <= LONGEST_CAPTION and all(len(text) <= LONGEST for text in texts)
    if is_short and not too_long(table):
        return table
    return replace(
        table,
        caption=table.caption[:LONGEST_CAPTION],
        title=table.title[:LONGEST],
        columns=tuple(Column(tuple(header[:LONGEST] for header in column.headers)) for column in table.columns),
        rows=tuple(Row(row.section[:LONGEST], tuple(_short(cell) for cell in row.cells)) for row in table.rows),
        left_over=tuple(words[:LONGEST] for words in table.left_over),
    )


def _short(cell: Cell | None) -> Cell | None:
    return None if cell is None or len(cell.text) > LONGEST else cell

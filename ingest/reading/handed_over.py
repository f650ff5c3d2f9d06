"""What a reading may hand over: whoever works with a paper afterwards is not kept busy, or out of memory, by a hostile one.

Papers stay far below: of those at hand none has more than 800 cells in all, and none a cell of more than 84 characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from backbones.ingest.paper import Cell, Column, MissingTable, Paper, Row, Table

MOST_CELLS = 12_000
"""Of all tables; the tables beyond are listed as not taken."""
MOST_CELLS_OF_A_TABLE = 5_000
"""Empty ones included."""
MOST_TABLES = 400
MOST_MISSING = 400
MOST_TEXT = 300
"""Characters of a cell, a header, a section, a title."""
MOST_CAPTION = 2_000
MOST_HEADERS = 8
"""Above one column."""
MOST_LINE = 1_000
"""A longer line of prose becomes several."""
MOST_LEFT_OVER = 1_000
"""Words of one table that reached no cell."""


def handed_over(paper: Paper) -> Paper:
    """The paper within the limits. What is cut off a cell or a header is left over, a table beyond them is missing."""
    tables: list[Table] = []
    missing = list(paper.missing)
    cells = 0
    for table in paper.tables:
        size = len(table.rows) * len(table.columns)
        why = ""
        if size > MOST_CELLS_OF_A_TABLE:
            why = f"it has {size:,} cells, and tables of up to {MOST_CELLS_OF_A_TABLE:,} are taken"
        elif cells + size > MOST_CELLS:
            why = f"it is beyond the {MOST_CELLS:,} cells that are taken of one paper"
        elif len(tables) == MOST_TABLES:
            why = f"it is beyond the {MOST_TABLES} tables that are taken of one paper"
        if why:
            missing.append(MissingTable(table.page, table.number, table.caption, why))
        else:
            cells += size
            tables.append(_table(table))
    missing.sort(key=lambda one: one.page)
    return replace(
        paper,
        title=paper.title[:MOST_TEXT],
        tables=tuple(tables),
        missing=tuple(replace(m, number=m.number[:20], text=m.text[:MOST_CAPTION]) for m in missing[:MOST_MISSING]),
        prose=tuple(tuple(_pieces(lines)) for lines in paper.prose),
    )


def _table(table: Table) -> Table:
    rest: list[str] = list(table.left_over)

    def cut(text: str) -> str:
        if len(text) > MOST_TEXT:
            rest.extend(text[MOST_TEXT:].split())
            return text[:MOST_TEXT]
        return text

    def cut_cell(cell: Cell | None) -> Cell | None:
        return cell if cell is None or len(cell.text) <= MOST_TEXT else replace(cell, text=cut(cell.text))

    columns = tuple(_column(column, cut, rest) for column in table.columns)
    sections: dict[str, str] = {}  # one stands above many rows
    rows = []
    for row in table.rows:
        if row.section not in sections:
            sections[row.section] = cut(row.section)
        rows.append(Row(sections[row.section], tuple(map(cut_cell, row.cells))))
    title = cut(table.title)
    return replace(
        table,
        number=table.number[:20],
        caption=table.caption[:MOST_CAPTION],
        title=title,
        columns=columns,
        rows=tuple(rows),
        left_over=tuple(word[:MOST_TEXT] for word in rest[:MOST_LEFT_OVER]),
    )


def _column(column: Column, cut: Callable[[str], str], rest: list[str]) -> Column:
    """With its innermost headers, which say what it holds."""
    for header in column.headers[:-MOST_HEADERS]:
        rest.extend(header.split())
    return Column(tuple(cut(header) for header in column.headers[-MOST_HEADERS:]))


def _pieces(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        for start in range(0, len(line), MOST_LINE):
            yield line[start : start + MOST_LINE]

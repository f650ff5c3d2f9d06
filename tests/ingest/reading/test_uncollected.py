"""Rows that look like running text are taken into the table, or listed as left over: never dropped in silence."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from backbones.ingest.paper import Table
from backbones.ingest.reader import read_paper

LONG = "the models that we have trained on all of these images"
"""A row's label that reads like a line of a paragraph."""


def read(path: Path, rows: list[tuple[str, str]], parted: set[int], below: str = "") -> tuple[Table, ...]:
    """A page with a captioned table of two columns; a rule below the header, before each row of `parted`, and at the end."""
    canvas = Canvas(str(path), pagesize=(612, 792), pageCompression=0)

    def text(x: float, y: float, words: str, size: float = 8) -> None:
        canvas.setFont("Times-Roman", size)
        canvas.drawString(x, 792 - y, words)

    def rule(y: float) -> None:
        canvas.line(58, 792 - y, 320, 792 - y)

    text(60, 60, "Tern: a family that is made up", 16)
    text(60, 100, "Table 1. Results on ImageNet-1K.", 9)
    rule(106)
    text(62, 115, "Model")
    text(280, 115, "top-1")
    rule(119)
    y = 119.0
    for number, (name, value) in enumerate(rows):
        if number in parted:
            rule(y + 4)
            y += 4
        y += 10
        text(62, y, name)
        text(280, y, value)
    rule(y + 4)
    if below:
        text(60, y + 30, below, 9)
        text(60, y + 42, below, 9)
    canvas.save()
    return read_paper(path, None, lambda *_: None).tables


def words_of(table: Table) -> set[str]:
    cells = [cell.text for row in table.rows for cell in row.cells if cell is not None]
    return {word for text in (*cells, *table.left_over, *(row.section for row in table.rows)) for word in text.split()}


@pytest.mark.parametrize("parted", [set(), {3}, {3, 7}])
def test_no_number_of_a_row_that_reads_like_prose_is_lost(tmp_path: Path, parted: set[int]) -> None:
    rows = [(f"Tern-{n}", f"8{n}.1") for n in range(3)] + [(LONG, f"7{n}.5") for n in range(4)]
    rows += [(f"Tern-{n}", f"6{n}.2") for n in range(3)]
    tables = read(tmp_path / "a.pdf", rows, parted)
    assert {value for _, value in rows} <= {word for table in tables for word in words_of(table)}


def test_what_stands_behind_the_table_is_not_its(tmp_path: Path) -> None:
    rows = [(f"Tern-{n}", f"8{n}.1") for n in range(4)]
    (table,) = read(
        tmp_path / "a.pdf", rows, set(), "We have trained 17 of these models on all of the images that we have."
    )
    assert table.left_over == () and len(table.rows) == 4

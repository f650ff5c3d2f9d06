"""What real papers do, one difficulty a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from reportlab.lib.pagesizes import letter

from backbones.ingest.paper import Paper, Table
from backbones.ingest.reading.document import read_document

HEADERS = (("", "Model"), ("", "size"), ("", "top-1"))
ROWS = (("", ("Swin-T", "224^2", "81.3")), ("", ("Swin-B‡", "384^2", "86.4")), ("", ("ViT-B/16 [12]", "384^2", "-")))


def texts(table: Table) -> list[list[str | None]]:
    """The cells' texts."""
    return [[cell.text if cell else None for cell in row.cells] for row in table.rows]


def headers(table: Table) -> list[str]:
    """The columns' headers in one line each."""
    return [column.header for column in table.columns]


@pytest.fixture
def read(tmp_path: Path) -> Callable[[Any], Paper]:
    """Saves a page and reads it."""
    return lambda page: read_document(page.save(tmp_path / "paper.pdf"), "hash")


def test_a_superscript_does_not_become_a_digit_and_a_mark_stays(table_page: Any, drawing: Any, tmp_path: Path) -> None:
    (table,) = read_document(table_page(tmp_path / "a.pdf", drawing(HEADERS, ROWS)), "").tables
    assert texts(table) == [["Swin-T", "224^2", "81.3"], ["Swin-B‡", "384^2", "86.4"], ["ViT-B/16 [12]", "384^2", "-"]]


def test_a_small_mark_before_a_name_goes_to_its_end(painter: Any, drawing: Any, read: Any) -> None:
    page = painter()
    page.text(44, 124.5, "‡", 6)
    page.table(48, 100, drawing(HEADERS, (("", ("Swin-T", "224", "81.3")), ("", ("Swin-S", "224", "83.0")))))
    page.caption(48, 160, 237, "Table 1. A mark that leads.")
    (table,) = read(page).tables
    assert texts(table)[0] == ["Swin-T‡", "224", "81.3"]


def test_each_cell_knows_its_place_on_the_page(table_page: Any, drawing: Any, tmp_path: Path) -> None:
    paper = read_document(table_page(tmp_path / "a.pdf", drawing(HEADERS, ROWS)), "")
    cell = paper.cell("p1.t1.r1.c2")
    above = paper.cell("p1.t1.r0.c2")
    assert cell is not None and above is not None and cell.text == "86.4"
    assert above.box.bottom < cell.box.bottom and above.box.x0 == pytest.approx(cell.box.x0, abs=3)
    assert 50 < cell.box.x0 < cell.box.x1 < 287


@pytest.mark.parametrize("above", [True, False])
def test_two_tables_one_over_the_other_keep_their_captions(painter: Any, drawing: Any, read: Any, above: bool) -> None:
    page, y = painter(), 80.0
    for number, value in ((1, "81.3"), (2, "50.5")):
        rows = (("", ("Swin-T", "224", value)), ("", ("Swin-S", "224", value)))
        if above:
            y = page.caption(50, y, 237, f"Table {number}. What the models reach.") - 4
        _, y = page.table(50, y, drawing(HEADERS, rows))
        y += 14
        if not above:
            y = page.caption(50, y, 237, f"Table {number}. What the models reach.")
        y += 18
    found = {table.number: texts(table)[0][2] for table in read(page).tables}
    assert found == {"1": "81.3", "2": "50.5"}


def test_two_tables_side_by_side_in_one_column_width(painter: Any, drawing: Any, read: Any) -> None:
    page = painter()
    for number, x in ((4, 50.0), (5, 310.0)):
        page.caption(x, 100, 230, f"Table {number}. What the models of kind {number} reach.")
        page.table(x, 112, drawing(HEADERS, (("", (f"Net-{number}", "224", "81.3")), ("", ("Swin-S", "224", "83.0")))))
    page.prose(50, 240, 237, 20)
    page.prose(309, 240, 237, 20)
    assert {table.number: texts(table)[0][0] for table in read(page).tables} == {"4": "Net-4", "5": "Net-5"}


def test_sub_tables_of_one_caption_are_parts_with_their_own_columns(painter: Any, drawing: Any, read: Any) -> None:
    page = painter()
    one = drawing((("", "blocks"), ("", "ft")), (("", ("1", "83.7")), ("", ("2", "83.5"))))
    two = drawing(
        (("", "case"), ("", "ft"), ("", "lin")), (("", ("none", "82.1", "70.2")), ("", ("L2", "83.9", "71.0")))
    )
    page.table(80, 80, one)
    page.caption(60, 145, 120, "(a) Depth of the decoder.")
    page.table(240, 80, two)
    page.caption(230, 145, 120, "(b) Normalization.")
    page.caption(50, 175, 490, "Table 1. Ablations with the smallest model. Each part changes one thing.")
    tables = read(page).tables
    assert [(t.number, t.part, headers(t)) for t in tables] == [
        ("1", "a", ["blocks", "ft"]),
        ("1", "b", ["case", "ft", "lin"]),
    ]
    assert tables[1].title == "(b) Normalization."


def test_a_header_after_data_starts_a_sub_table(painter: Any, drawing: Any, read: Any) -> None:
    page, blank = painter(), painter()
    other: dict[str, Any] = {
        "headers": (("", "Backbone"), ("", "AP^b"), ("", "AP^m")),
        "rows": (("", ("R-50", "46.3", "40.1")), ("", ("Swin-T", "50.5", "43.7"))),
        "title": "(b) On COCO",
    }
    wide, y = page.table(50, 80, drawing(HEADERS, ROWS, title="(a) On ImageNet"))
    narrow, _ = blank.table(50, y, drawing(**other, gap=9.0))
    _, y = page.table(50, y, drawing(**other, gap=9.0 + (wide - narrow) / 2))  # one frame around both
    page.caption(50, y + 14, 237, "Table 2. Two tasks in one table.")
    tables = read(page).tables
    assert [(t.part, t.title) for t in tables] == [("a", "(a) On ImageNet"), ("b", "(b) On COCO")]
    assert headers(tables[0]) == ["Model", "size", "top-1"]
    assert headers(tables[1]) == ["Backbone", "AP^b", "AP^m"]


def test_rotated_headers_are_read_upwards(table_page: Any, drawing: Any, tmp_path: Path) -> None:
    turned = drawing(
        (("", "Model"), ("", "ImageNet"), ("", "Flowers")),
        (("", ("A-1", "84.3", "98.8")), ("", ("B-2", "73.4", "85.4"))),
        rotated=True,
    )
    (table,) = read_document(table_page(tmp_path / "a.pdf", turned), "").tables
    assert headers(table) == ["Model", "ImageNet", "Flowers"]


def test_a_dash_drawn_as_a_line_is_a_dash(painter: Any, drawing: Any, read: Any) -> None:
    page = painter()
    rows = (("", ("Swin-T", "224", "81.3")), ("", ("Swin-S", "224", None)), ("", ("Swin-B", "384", "84.5")))
    wide, _ = page.table(50, 80, drawing(HEADERS, rows))
    page.rule(50 + wide - 14, 50 + wide - 10, 80 + 10 + 3 + 20 - 2)
    page.caption(50, 150, 237, "Table 1. A dash without a glyph.")
    (table,) = read(page).tables
    assert texts(table)[1] == ["Swin-S", "224", "–"]


def test_a_table_without_rules_is_found_beside_its_caption(painter: Any, read: Any) -> None:
    page = painter()
    y = page.prose(50, 72, 237, 6) + 14
    y = page.caption(50, y, 237, "Table 1. Nothing is ruled here.") + 4
    for cells in (
        ("model", "top-1", "top-5"),
        ("Net-18", "72.1", "90.3"),
        ("Net-34", "74.9", "92.0"),
        ("Net-50", "77.2", "93.1"),
    ):
        for x, text in zip((60, 140, 200), cells):
            page.text(x, y, text)
        y += 11
    page.prose(50, y + 20, 237, 20)
    (table,) = read(page).tables
    assert headers(table) == ["model", "top-1", "top-5"]
    assert texts(table)[0] == ["Net-18", "72.1", "90.3"]


@pytest.mark.parametrize(
    ("caption", "number"),
    [
        ("TABLE 4", "4"),
        ("TABLE IV", "IV"),
        ("Table A2: Variants.", "A2"),
        ("Tab. 7. Variants.", "7"),
        ("Table S1 | Variants.", "S1"),
    ],
)
def test_captions_as_journals_write_them(painter: Any, drawing: Any, read: Any, caption: str, number: str) -> None:
    page = painter()
    page.caption(50, 90, 237, caption)
    page.table(50, 102, drawing(HEADERS, ROWS))
    page.prose(50, 200, 237, 20)
    assert [table.number for table in read(page).tables] == [number]


def test_a_sentence_that_mentions_a_table_is_no_caption(table_page: Any, painter: Any, drawing: Any, read: Any) -> None:
    page = painter()
    y = page.prose(50, 72, 237, 8)
    page.text(50, y, "Table 3. This is where a sentence ends that began above.", 10)
    page.prose(50, y + 12, 237, 8)
    page.caption(309, 90, 237, "Table 3. The models.")
    page.table(309, 100, drawing(HEADERS, ROWS))
    paper = read(page)
    assert [(t.number, t.caption) for t in paper.tables] == [("3", "Table 3. The models.")]
    assert paper.missing == ()


def test_a_caption_without_a_table_is_listed(painter: Any, read: Any) -> None:
    page = painter()
    page.caption(50, 90, 237, "Table 6. The table itself is an image.")
    page.prose(50, 300, 237, 20)
    paper = read(page)
    assert paper.tables == ()
    assert [(m.page, m.number, m.text) for m in paper.missing] == [(1, "6", "Table 6. The table itself is an image.")]


def test_a_rule_under_the_page_header_is_not_the_tables(painter: Any, drawing: Any, read: Any) -> None:
    page = painter()
    page.text(200, 40, "Training image models 2021", 9)
    page.rule(50, 547, 46)
    page.caption(50, 70, 237, "Table 1. The models.")
    page.table(50, 80, drawing(HEADERS, ROWS))
    page.prose(309, 70, 237, 30)
    (table,) = read(page).tables
    assert headers(table) == ["Model", "size", "top-1"]


def test_a_landscape_page_is_turned_before_it_is_read(painter: Any, drawing: Any, read: Any) -> None:
    page = painter()
    page.canvas.translate(page.width, 0)
    page.canvas.rotate(90)
    page.height = letter[0]
    page.caption(60, 90, 400, "Table 1. Printed sideways.")
    page.table(60, 100, drawing(HEADERS, ROWS))
    page.prose(60, 220, 400, 10)
    (table,) = read(page).tables
    assert texts(table)[0] == ["Swin-T", "224^2", "81.3"]
    assert 80 < table.box.x0 < table.box.x1 < 200, "boxes lie on the page as it is shown"


def test_prose_keeps_its_lines_and_the_arxiv_number(painter: Any, read: Any) -> None:
    page = painter()
    page.text(100, 60, "A Net for Everything", 18)
    page.prose(50, 120, 237, 5)
    page.text(50, 700, "arXiv:2103.14030v2 [cs.CV] 17 Aug 2021", 12)
    paper = read(page)
    assert paper.title == "A Net for Everything"
    assert paper.arxiv == "2103.14030"
    assert any("design of the network" in line for line in paper.prose[0])

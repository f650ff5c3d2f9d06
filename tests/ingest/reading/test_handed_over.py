"""What a reading hands over stays within limits, and what is beyond them is told."""

from __future__ import annotations

from dataclasses import replace

from backbones.ingest.paper import Box, Cell, Column, MissingTable, Paper, Row, Table
from backbones.ingest.reading import handed_over as limits
from backbones.ingest.reading.handed_over import handed_over

BOX = Box(0, 0, 1, 1)


def table(name: str, rows: int, columns: int = 3) -> Table:
    cells = tuple(Row("", tuple(Cell(f"{r}.{c}", BOX) for c in range(columns))) for r in range(rows))
    headers = tuple(Column((f"h{c}",)) for c in range(columns))
    return Table(f"p{name}.t1", int(name), name, "", f"Table {name}. Results.", "", headers, cells, BOX)


def paper(*tables: Table, prose: tuple[tuple[str, ...], ...] = (("A line.",),)) -> Paper:
    return Paper("0" * 64, "a.pdf", len(tables), "A title", "", tables, (), prose)


def test_a_paper_of_usual_size_is_handed_over_as_it_is() -> None:
    usual = paper(table("1", 60, 15), table("2", 30))
    assert handed_over(usual) == usual


def test_a_table_of_too_many_cells_is_missing_and_says_why() -> None:
    held = handed_over(paper(table("1", 1300, 8), table("2", 3)))
    assert [t.number for t in held.tables] == ["2"]
    (missing,) = held.missing
    assert (missing.page, missing.number, missing.text) == (1, "1", "Table 1. Results.")
    assert missing.why == "it has 10,400 cells, and tables of up to 5,000 are taken"


def test_tables_beyond_the_cells_of_a_paper_are_missing_and_smaller_ones_after_them_are_not() -> None:
    held = handed_over(paper(*(table(str(n), 400, 10) for n in range(1, 8)), table("8", 1, 1)))
    assert [t.number for t in held.tables] == ["1", "2", "3"]
    assert [m.number for m in held.missing] == ["4", "5", "6", "7", "8"]
    assert all("beyond the 12,000 cells" in m.why for m in held.missing)
    assert sum(len(t.rows) * len(t.columns) for t in held.tables) == limits.MOST_CELLS


def test_tables_are_counted_too() -> None:
    held = handed_over(paper(*(table(str(n), 1, 1) for n in range(1, limits.MOST_TABLES + 2))))
    assert len(held.tables) == limits.MOST_TABLES and "400 tables" in held.missing[0].why


def test_missing_tables_stand_in_the_order_of_the_pages() -> None:
    whole = replace(paper(table("3", 1300, 8)), missing=(MissingTable(2, "2", "x"), MissingTable(9, "9", "y")))
    assert [m.page for m in handed_over(whole).missing] == [2, 3, 9]


def test_the_rest_of_a_long_text_is_left_over() -> None:
    long = "Image " * 2000
    one = table("1", 2, 2)
    first = Row(long, (Cell(long, BOX), Cell("81.3", BOX)))
    one = replace(one, title="t" * 301, columns=(Column((long, "a")), one.columns[1]), rows=(first, first, one.rows[1]))
    (held,) = handed_over(paper(one)).tables
    cell = held.rows[0].cells[0]
    assert cell is not None and cell.text == long[:300] and held.rows[0].cells[1] == Cell("81.3", BOX)
    assert held.columns[0].headers == (long[:300], "a") and held.rows[0].section == long[:300]
    assert len(held.left_over) == limits.MOST_LEFT_OVER and "Image" in held.left_over
    assert handed_over(paper(replace(one, rows=(), columns=()))).tables[0].left_over == ("t",)


def test_a_word_without_end_is_cut_where_it_is_left_over() -> None:
    one = replace(table("1", 1, 1), rows=(Row("", (Cell("a" * 12_000, BOX),)),))
    (held,) = handed_over(paper(one)).tables
    assert [len(word) for word in held.left_over] == [300]


def test_many_headers_above_a_column_leave_the_innermost() -> None:
    one = replace(table("1", 1, 1), columns=(Column(tuple(f"h{n}" for n in range(50))),))
    (held,) = handed_over(paper(one)).tables
    assert held.columns[0].headers == tuple(f"h{n}" for n in range(42, 50)) and held.left_over[0] == "h0"


def test_no_word_of_a_long_line_of_prose_is_lost() -> None:
    held = handed_over(paper(prose=(("x" * 2500, "short"), ())))
    assert [len(line) for line in held.prose[0]] == [1000, 1000, 500, 5] and held.prose[1] == ()


def test_it_survives_json() -> None:
    held = handed_over(paper(table("1", 1300, 8)))
    assert Paper.from_json(held.to_json()) == held

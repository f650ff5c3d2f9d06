"""Texts that no paper prints: any length, any letters, answered at once."""

from __future__ import annotations

import time

import pytest

from backbones.ingest.checking import Checker
from backbones.ingest.expand import expand
from backbones.ingest.meaning.bounded import LONGEST_CAPTION, bounded
from backbones.ingest.meaning.known import NOTHING
from backbones.ingest.meaning.label import read_label
from backbones.ingest.meaning.numbers import LONGEST, numbers_of
from backbones.ingest.offline import plan_offline
from backbones.ingest.paper import Box, Cell, Column, Paper, Row, Table

_BOX = Box(0, 0, 1, 1)
LENGTH = 20_000
PIECES = (
    "a",
    "IN-",
    "Tern ",
    "(+1 ",
    "^",
    "(",
    "(a ",
    "1x",
    "(cid:1",
    "Mask R-CNN ",
    "V100 on a ",
    "pre- train ",
    "[1, ",
    "300 epochs ",
)


def paper_with(where: str, text: str) -> Paper:
    """Two rows of models and, at one place, a text."""
    cells = [["Tern-0", "20M", "80.1"], ["Tern-1", "21M", "80.2"]]
    headers = ["Model", "#param.", "top-1 acc."]
    if where == "label":
        cells[0][0] = text
    if where == "cell":
        cells[0][2] = text
    if where == "header":
        headers[2] = f"top-1 {text}"
    caption = "Table 1. Results on ImageNet-1K at 224 px. " + (text if where == "caption" else "")
    rows = tuple(Row(text if where == "section" else "", tuple(Cell(cell, _BOX) for cell in row)) for row in cells)
    table = Table("p1.t1", 1, "1", "", caption, "", tuple(Column((h,)) for h in headers), rows, _BOX)
    prose = "We propose Tern. " + (text if where == "prose" else "")
    return Paper("0" * 64, "x.pdf", 1, "Tern: a backbone", "", (table,), (), ((prose,),))


@pytest.mark.parametrize("where", ["label", "cell", "header", "section", "caption", "prose"])
def test_no_text_of_any_length_keeps_the_rules_busy(where: str) -> None:
    for piece in PIECES:
        paper = paper_with(where, (piece * LENGTH)[:LENGTH])
        start = time.process_time()
        made = expand(paper, plan_offline(paper, NOTHING))
        checker = Checker(paper, NOTHING)
        for family in made.families:
            checker.draft(family.family, family.evidence)
        assert time.process_time() - start < 8, (where, piece)
        assert any(b.backbone == "Tern-1" for m in made.families for b in m.family.backbones) or where in (
            "section",
            "header",
        )


def test_a_cell_that_is_too_long_is_empty_and_addresses_stay() -> None:
    paper = bounded(paper_with("label", "x" * (LONGEST + 1)))
    assert paper.cell("p1.t1.r0.c0") is None
    assert paper.cell("p1.t1.r1.c0") is not None
    assert len(bounded(paper_with("caption", "y" * LENGTH)).tables[0].caption) == LONGEST_CAPTION
    short = paper_with("label", "x" * 90)
    assert bounded(short) is short


def test_numbers_and_names_of_endless_texts_are_none() -> None:
    assert numbers_of("1" * 4 + " " * LONGEST) == ()
    start = time.process_time()
    for piece in PIECES:
        read_label((piece * LENGTH)[:LENGTH])
    assert time.process_time() - start < 2


def test_a_wide_column_is_looked_at_once_for_fractions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of 400 rows and one of 100 take time in proportion to their rows."""
    from backbones.ingest.meaning import units

    asked = [0]
    real = units.is_fraction

    def counted(table: Table, column: int) -> bool:
        asked[0] += 1
        return real(table, column)

    monkeypatch.setattr(units, "is_fraction", counted)
    rows = tuple(
        Row("", (Cell(f"Tern-{n}", _BOX), Cell(f"{n}M", _BOX), Cell(f"{60 + n / 20:.2f}", _BOX))) for n in range(400)
    )
    columns = (Column(("Model",)), Column(("#param.",)), Column(("top-1 acc.",)))
    table = Table("p1.t1", 1, "1", "", "Table 1. ImageNet-1K.", "", columns, rows, _BOX)
    paper = Paper("0" * 64, "x.pdf", 1, "Tern: a backbone", "", (table,), (), (("We propose Tern.",),))
    expand(paper, plan_offline(paper, NOTHING))
    assert asked[0] <= 6

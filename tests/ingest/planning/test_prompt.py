"""What the model is shown of a paper: grids of text that no text of the paper can break out of."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from backbones.ingest.paper import Box, Cell, Column, Row
from backbones.ingest.planning.delimited import line
from backbones.ingest.planning.prompt import prose_text, table_text, tables_question, tables_system
from backbones.ingest.planning.vocabulary import Vocabulary

_BOX = Box(0, 0, 1, 1)
_TEXT = st.text(st.sampled_from(list("<>/table pagr\"'|=\n\r\t\x1b\x00\u2028\u202e#0189‹")), max_size=40)


def cells(*texts: str | None) -> tuple[Cell | None, ...]:
    return tuple(None if text is None else Cell(text, _BOX) for text in texts)


def test_a_table_is_a_grid_with_its_ids(kit: Any) -> None:
    table = kit.table(
        "p7.t2",
        columns=(Column(("Method",)), Column(("ImageNet", "top-1")), Column(("a|b",))),
        rows=(
            Row("Pre-trained on 22K", cells("Swin-B‡", "85.2", None)),
            Row("Pre-trained on 22K", cells("x|y", "224^2", "-")),
        ),
        title="(a) Classification",
    )
    assert table_text(table).splitlines() == [
        '<table id="p7.t2" page="7" rows="2" columns="3">',
        "caption: Table 1. Results on ImageNet-1K at 224 pixels.",
        "title: (a) Classification",
        "c0: Method",
        "c1: ImageNet top-1",
        "c2: a¦b",
        "section: Pre-trained on 22K",
        "r0 | Swin-B‡ | 85.2 | ",
        "r1 | x¦y | 224^2 | -",
        "</table>",
    ]


def test_numbers_are_shown_three_times_a_section_and_words_always(kit: Any) -> None:
    rows = tuple(
        Row("a" if r < 6 else "b", cells(f"Net-{r}", f"8{r}.5", "1,024", "29M", "81.3/95.5", "50")) for r in range(8)
    )
    text = table_text(kit.table("p1.t1", rows=rows, columns=(Column(("x",)),) * 6))
    assert (
        "r2 | Net-2 | 82.5 | 1,024 | 29M | 81.3/95.5 | 50" in text and "r3 | Net-3 | # | # | # | 81.3/95.5 | #" in text
    )
    assert "section: b\nr6 | Net-6 | 86.5" in text


@given(_TEXT, _TEXT, _TEXT, _TEXT)
def test_no_text_of_a_paper_opens_or_closes_a_delimiter(
    kit: Any, caption: str, header: str, section: str, cell: str
) -> None:
    columns, rows = (Column((header, header)),), (Row(section, cells(cell)), Row(cell, cells("1")))
    table = kit.table("p1.t1", caption=caption, title=cell, columns=columns, rows=rows)
    paper = kit.paper(table, title=cell, prose=((caption, header), (f"300 epochs {cell}", section)))
    shown = tables_question(paper.title, [table_text(table)])
    assert re.findall(r"[<>]", shown) == list("<><>" + "<><>")
    assert [text for text in shown.splitlines() if re.match(r"</?\w", text)] == [
        text for text in shown.splitlines() if re.fullmatch(r'<paper>.*</paper>|<table id="p1\.t1" .*>|</table>', text)
    ]
    prose = prose_text(paper)
    assert prose.count("<page ") == prose.count("</page>") and len(re.findall("<", prose)) == 2 * prose.count("</")
    assert not re.search(r"[\x00\x1b\u202e\u2028\r\t]", shown + prose)


def test_a_line_is_cut(kit: Any) -> None:
    assert line("a" * 100, 10) == "a" * 9 + "…" and line(" a\n\n b ", 10) == "a b" and line("x" * 10**7, 5) == "xxxx…"


def test_prose_has_the_first_lines_and_those_with_settings_but_no_references(kit: Any) -> None:
    filler = [f"Filler {n}." for n in range(30)]
    pages = (
        ("Tern", "We propose Tern, a new family."),
        (
            *filler,
            "Before.",
            "We train for 300 epochs",
            "on V100 GPUs.",
            *filler,
            "References",
            "[1] BERT: Pre-training of deep",
            *filler,
        ),
        ("[9] A pre-trained thing.", "Appendix", "Throughput is measured on an A100."),
    )
    text = prose_text(kit.paper(prose=pages))
    assert "We propose Tern" in text and "Before.\nWe train for 300 epochs\non V100 GPUs.\nFiller 0." in text
    assert "Filler 7." not in text and "BERT" not in text and "[9]" not in text and "measured on an A100" in text
    assert '<page number="3">' in text and "p1.t1, p2.t1, p2.t2: Table 1. Results" in text


def test_settings_go_before_other_lines_where_there_is_little_room(kit: Any) -> None:
    talk = tuple(f"Line {n} talks about pre-training at some length and says nothing else." for n in range(500))
    text = prose_text(kit.paper(prose=(talk, ("Trained for 90 epochs.",))))
    assert "Trained for 90 epochs." in text and "Line 60 " in text and "Line 499 " not in text


def test_long_prose_is_cut(kit: Any) -> None:
    assert len(prose_text(kit.paper(prose=(("300 epochs " * 20,) * 5000,)))) < 16_000


def test_the_system_text_has_the_words_of_the_catalogue() -> None:
    text = tables_system(Vocabulary(("Set <1>",), ("UPerNet",), ("NVIDIA V100",), ("MAE",)))
    for word in (
        "mask_ap_75",
        "semantic segmentation",
        "amp_fp16",
        "zero-shot",
        "top_1_error",
        "UPerNet",
        "NVIDIA V100",
        "MAE",
    ):
        assert word in text
    assert "Set ‹1›" in text and "Known heads" not in tables_system(Vocabulary())

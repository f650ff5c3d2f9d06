"""Rows as text: nothing in the data breaks the format, and nothing of the data is lost where a format keeps all."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from backbones.cli.session import format_option
from backbones.store.formats import FORMATS, pieces, render
from backbones.store.latex import escaped
from backbones.store.rows import Column, Rows

COLUMNS = (Column("checkpoint", "check|point"), Column("v", "top-1 %", "number", decimals=2), Column("f", "f", "flag"))
ANGRY = Rows(
    COLUMNS,
    (
        ("[x[/]y[a1]", -1.5, 1),
        ("vit[bold red]_x &\x1b[31m 5%$#^~\\|", None, 0),
        ("=cmd()|x\x9bA\u202e", 12345.678, None),
        ("*a* _b_ c_d <b> [t](u) `c`", 0.001, 1),
        ("-5", 1.0, None),
        (None, 80.376, 1),
    ),
)
values = st.tuples(
    st.none() | st.text(max_size=8),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0, 1, None]),
)


@pytest.mark.parametrize("form", FORMATS)
def test_no_format_writes_what_a_terminal_would_obey(form: str) -> None:
    text = render(ANGRY, form)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    assert text == "".join(pieces(ANGRY, form))
    assert render(Rows(COLUMNS, ()), form) == "" or form != "jsonl"


@given(st.lists(values, max_size=4))
def test_json_and_json_lines_lose_nothing(rows: list[tuple[str | None, float | None, int | None]]) -> None:
    answer = Rows(COLUMNS, tuple(rows))
    found = json.loads(render(answer, "json"))
    assert [(r["checkpoint"], r["v"]) for r in found] == [row[:2] for row in rows]
    lines = render(answer, "jsonl")
    lines.encode()
    assert [json.loads(line) for line in lines.splitlines()] == found


def test_yaml_loses_nothing() -> None:
    assert [r["checkpoint"] for r in yaml.safe_load(render(ANGRY, "yaml"))] == [row[0] for row in ANGRY]


def test_a_csv_cell_is_no_formula_and_a_negative_number_stays_one() -> None:
    rows = list(csv.reader(io.StringIO(render(ANGRY, "csv"))))
    assert rows[3][0] == "'=cmd()|xA"
    assert rows[1] == ["[x[/]y[a1]", "-1.5", "True"] and rows[5][0] == "-5"
    assert all(len(row) == 3 for row in rows)
    for start in "=+-@":
        cell = render(Rows(COLUMNS[:1], ((f"{start}SUM(A1)",),)), "csv").splitlines()[1]
        assert cell == f"'{start}SUM(A1)"


def test_a_markdown_table_keeps_its_columns_and_shows_the_text() -> None:
    lines = render(ANGRY, "markdown").splitlines()
    assert lines[0] == r"| check\|point | top-1 % | f |"
    assert lines[1] == "|---|--:|---|"
    assert all(len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) == 4 for line in lines)
    assert lines[5] == r"| \*a\* \_b\_ c_d \<b> [t\](u) \`c\` | 0.001 | yes |"


def test_a_latex_table_escapes_aligns_and_shows_decimals() -> None:
    text = render(ANGRY, "latex")
    assert text.startswith("% needs \\usepackage{booktabs}\n\\begin{tabular}{lrl}\n\\toprule\n")
    assert text.endswith("\\bottomrule\n\\end{tabular}\n")
    rows = text.split("\\midrule\n")[1].splitlines()[:-2]
    assert len(rows) == 6 and all(row.endswith(r" \\") and len(re.findall(r"(?<!\\)&", row)) == 2 for row in rows)
    assert rows[0] == r"{[}x[/]y[a1] & $-$1.50 & yes \\"  # a bracket after \\ would be its argument
    assert r"\&[31m 5\%\$\#\textasciicircum{}\textasciitilde{}\textbackslash{}\textbar{}" in rows[1]
    assert rows[5] == r" & 80.38 & yes \\"


@given(st.text())
def test_escaped_text_has_no_command_of_its_own(text: str) -> None:
    bare = re.sub(
        r"\\(?:[&%$#_{}]|(?:text[a-z]+|char34|dots)\{\})|\$\\(?:times|to|le|ge|pm|mu)\$|\$-\$", "", escaped(text)
    )
    assert not set(bare) & set("\\{}$&#^_%~")


def test_the_command_line_offers_every_format() -> None:
    def command() -> None: ...

    (option,) = format_option(command).__click_params__
    assert list(option.type.choices) == list(FORMATS)

"""Near values as dots: where they stand, what the scale says."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbones.plot.bars import BarMetric, as_text
from backbones.plot.cells import cells
from backbones.plot.dots import dots
from backbones.plot.palette import Look

PLAIN, ASCII = Look(0, plain=True), Look(0, plain=True, ascii=True)
NAMES = ("ConvNeXt-T", "x[/]y[a1]", "名前")


def test_dots_stand_in_proportion_on_a_scale_that_says_where_it_starts() -> None:
    metric = BarMetric("top-1", (81.0, 82.0, 83.0), True, 2, "%")
    heading, *rows, scale = as_text(dots(NAMES, metric, 70, PLAIN), PLAIN).split("\n")
    places = [row.rindex(glyph) for row, glyph in zip(rows, "●▲■", strict=True)]
    assert places[1] - places[0] == pytest.approx(places[2] - places[1], abs=2)
    assert heading == "top-1  more is better" and rows[2].endswith("83.00*")
    assert re.search(r"81(\.0)?%", scale) and re.search(r"83(\.0)?%", scale)


def test_what_is_not_reported_has_no_dot_and_ascii_stays_ascii() -> None:
    text = as_text(dots(("a", "b"), BarMetric("mCE", (50.0, None), False), 60, ASCII), ASCII)
    assert text.isascii() and "not reported" in text and "less is better" in text


@given(
    st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=9),
    st.integers(24, 120),
    st.sampled_from([PLAIN, ASCII]),
)
def test_rows_have_the_width_asked_for(values: list[float | None], width: int, look: Look) -> None:
    rows = dots([f"name {i}" for i in range(len(values))], BarMetric("m", values, True, 2, "%"), width, look)
    assert len(rows) == len(values) + 2
    assert all(sum(len(cells(text)) for text, _ in row) == width for row in rows)

from __future__ import annotations

import math
import re

import pytest

from backbones.plot.palette import Look
from backbones.plot.side_charts import bars, histogram

pytest.importorskip("plotext")
PLAIN = Look(0, plain=True)


def lengths(chart: str) -> dict[str, int]:
    """Label -> number of blocks behind it."""
    rows = re.findall(r"^\s*(\S+) \S*?┤(█*)", chart, re.MULTILINE)
    return {label: len(blocks) for label, blocks in rows}


def test_bars_are_as_long_as_their_values_and_in_order() -> None:
    found = lengths(bars(["a", "b", "c", "none"], [10, 5, 2.5, 0], 80, 12, PLAIN))
    assert list(found) == ["a", "b", "c", "none"]
    assert found["b"] == pytest.approx(found["a"] / 2, abs=1) and found["c"] == pytest.approx(found["a"] / 4, abs=1)
    assert found["none"] == 0


def test_bars_name_each_value() -> None:
    chart = bars(["ConvNeXt-T", "Swin-T"], [82.1, 81.3], 60, 10, PLAIN)
    assert "ConvNeXt-T 82.1┤" in chart and "Swin-T 81.3┤" in chart


def test_bars_that_do_not_fit_are_counted() -> None:
    chart = bars([f"m{i}" for i in range(20)], [float(i + 1) for i in range(20)], 40, 10, PLAIN)
    assert chart.endswith("+14 more") and len(chart.split("\n")) == 10


def test_missing_and_infinite_values_are_left_out() -> None:
    chart = bars(["a", "b", "c", "d"], [1, None, math.inf, math.nan], 40, 10, PLAIN)
    assert list(lengths(chart)) == ["a"]
    assert histogram([None, math.inf, math.nan], 40, 10, PLAIN) == "no values"


def test_a_histogram_counts_each_value_once() -> None:
    chart = histogram([1.0] * 8 + [2.0] * 4 + [3.0] * 2 + [4.0], 60, 20, PLAIN, bins=3)
    columns = list(zip(*(row.ljust(60) for row in chart.split("\n")), strict=True))
    heights = [sum(c == "█" for c in columns[x]) for x in (12, 30, 50)]
    assert heights == pytest.approx([heights[0], heights[0] * 4 / 8, heights[0] * 3 / 8], abs=1)
    assert "8┤" in chart


@pytest.mark.parametrize("values", [[3.0], [3.0, 3.0], [1e-12, 5.0], [-4.0, -2.0], [1e15, 1e15 + 1]])
def test_narrow_and_negative_values_are_drawn(values: list[float]) -> None:
    for chart in (bars(["x"] * len(values), values, 50, 10, PLAIN), histogram(values, 50, 10, PLAIN)):
        assert "█" in chart and max(map(len, chart.split("\n"))) <= 50


def test_a_chart_is_larger_than_the_terminal_when_it_is_asked_to() -> None:
    chart = histogram([1, 2, 3], 150, 50, PLAIN)
    assert max(map(len, chart.split("\n"))) >= 145 and len(chart.split("\n")) == 50


def test_ascii_charts_are_ascii_and_plain_charts_have_no_escapes() -> None:
    assert bars(["größe"], [1], 40, 8, Look(0, ascii=True)).isascii()
    assert "\x1b" not in histogram([1, 2], 40, 8, PLAIN)


def test_colour_is_only_on_the_bars() -> None:
    chart = bars(["a"], [1], 40, 8, Look(8))
    assert re.findall(r"\x1b\[38;5;\d+m(.*?)\x1b\[0m", chart) and not re.search(r"\x1b\[38[^m]*m[^█]", chart)


def test_what_is_too_small_says_so() -> None:
    assert bars(["a"], [1], 12, 8, PLAIN) == "too small to" and bars([], [], 40, 8, PLAIN) == "no values"

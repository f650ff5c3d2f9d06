from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbones.plot.bars import BarMetric, BarRow, as_text, bars
from backbones.plot.cells import cells
from backbones.plot.palette import Look

pytest.importorskip("plotext")
PLAIN = Look(0, plain=True)
NAMES = ("ConvNeXt-T", "x[/]y[a1]", "Swin-T")
TOP_1 = BarMetric("top-1", (80.0, 40.0, None), True, 1, "%")
PARAMS = BarMetric("params", (20.0, 10.0, 5.0), False, None, "M")


def lengths(text: str) -> list[int]:
    return [len(blocks) for blocks in re.findall(r"█+", text)]


def width_of(row: BarRow) -> int:
    return sum(len(cells(text)) for text, _ in row)


def test_bars_are_as_long_as_their_values_from_zero() -> None:
    first, second = lengths(as_text(bars(NAMES, [TOP_1], 80, 24, PLAIN), PLAIN))
    assert second == pytest.approx(first / 2, abs=1)


def test_the_heading_says_the_direction_and_the_best_is_starred_and_bold() -> None:
    rows = bars(NAMES, [TOP_1, PARAMS], 80, 24, Look())
    text = as_text(rows, PLAIN)
    assert "top-1 [%]  more is better" in text and "params [M]  less is better" in text
    assert "80.0*" in text and "40.0*" not in text and re.search(r"█ 5\*", text) and "20*" not in text
    assert [ink.bold for row in rows for part, ink in row if "80.0*" in part] == [True]


def test_a_missing_value_is_said_and_names_are_no_markup() -> None:
    text = as_text(bars(NAMES, [TOP_1], 80, 24, PLAIN), PLAIN)
    assert re.search(r"■ Swin-T +not reported", text) and "x[/]y[a1]" in text


def test_panels_stand_side_by_side_where_there_is_room() -> None:
    assert len(bars(NAMES, [TOP_1, PARAMS], 120, None, PLAIN)) == 4
    assert len(bars(NAMES, [TOP_1, PARAMS], 80, None, PLAIN)) == 9


def test_metrics_that_do_not_fit_are_counted() -> None:
    rows = bars(NAMES, [TOP_1, PARAMS, PARAMS], 60, 9, PLAIN)
    assert len(rows) <= 9 and as_text(rows, PLAIN).endswith("+2 more metrics")
    rows = bars(NAMES, [TOP_1, PARAMS], 60, 4, PLAIN)
    assert len(rows) == 4 and as_text(rows, PLAIN).endswith("+1 more, +1 more metrics")


def test_near_values_differ_where_bars_need_not_start_at_zero() -> None:
    near = BarMetric("top-1", (81.0, 82.0, 83.0))
    alike = lengths(as_text(bars(NAMES, [near], 80, None, PLAIN), PLAIN))
    assert max(alike) - min(alike) <= 2
    text = as_text(bars(NAMES, [near], 80, None, PLAIN, from_zero=False), PLAIN)
    assert (
        len(set(lengths(text))) == 3
        and min(lengths(text)) < max(lengths(text)) / 2
        and "from 80, more is better" in text
    )


def test_bars_of_negative_values_run_to_the_left_of_zero() -> None:
    text = as_text(bars(("a", "b"), [BarMetric("gain", (-2.0, 2.0), None)], 60, None, PLAIN), PLAIN)
    left, right = (re.search(r"█+", line).span() for line in text.split("\n")[1:])  # type: ignore[union-attr]
    assert left[1] <= right[0] + 1


def test_more_things_than_shapes_are_told_by_letters() -> None:
    names = [f"m{i}" for i in range(9)]
    text = as_text(bars(names, [BarMetric("top-1", tuple(range(1, 10)))], 60, None, PLAIN), PLAIN)
    assert "A m0" in text and "I m8" in text


def test_plotext_is_left_as_it_was() -> None:
    import plotext  # type: ignore[import-untyped,unused-ignore]

    plotext.terminal.limit(True, False)
    size = plotext.figure.size()
    bars(NAMES, [TOP_1, PARAMS], 300, None, PLAIN)
    assert plotext.terminal._limit == [True, False] and tuple(plotext.figure.size()) == tuple(size)
    plotext.terminal.limit()


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    bars(NAMES, [TOP_1], 80, 24, Look())
    assert capfd.readouterr() == ("", "")


def test_ascii_bars_are_ascii() -> None:
    assert as_text(
        bars(("größe", "b"), [BarMetric("m", (1.0, 2.0))], 40, 8, Look(0, True, plain=True)), PLAIN
    ).isascii()


def test_another_number_of_values_than_names_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="2 values for 3 names"):
        bars(NAMES, [BarMetric("m", (1.0, 2.0))], 80)


@given(
    values=st.lists(st.lists(st.none() | st.floats(width=32), min_size=3, max_size=3), max_size=6),
    width=st.integers(0, 130),
    height=st.none() | st.integers(0, 40),
    from_zero=st.booleans(),
)
def test_any_chart_keeps_its_size(
    values: Sequence[Sequence[float | None]], width: int, height: int | None, from_zero: bool
) -> None:
    rows = bars(("a[/]", "日本語", "c" * 60), [BarMetric(f"m{i}", v) for i, v in enumerate(values)], width, height, PLAIN, from_zero=from_zero)  # fmt: skip
    assert height is None or len(rows) <= height
    assert {width_of(row) for row in rows} <= {width}

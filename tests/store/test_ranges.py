from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbones.store.errors import QueryError
from backbones.store.ranges import joined_range, parse_range, split_range


def day(*date: int) -> float:
    return float((dt.date(*date) - dt.date(1970, 1, 1)).days)


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("5..100", (5, 100)),
        (" 5 .. 100 ", (5, 100)),
        ("..30", (None, 30)),
        ("0.5..", (0.5, None)),
        (".5..75", (0.5, 75)),
        ("-3..-1", (-3, -1)),
        ("1e2..1E3", (100, 1000)),
        ("1,000..12k", (1000, 12_000)),
        ("1.5M..2G", (1.5e6, 2e9)),
        ("", (None, None)),
        ("..", (None, None)),
    ],
)
def test_limits_of_numbers(text: str, limits: tuple[float | None, float | None]) -> None:
    assert parse_range(text) == limits


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("2021-06..", (day(2021, 6, 1), None)),
        ("..2021-02", (None, day(2021, 2, 28))),
        ("..2024-2", (None, day(2024, 2, 29))),
        ("2020..2020", (day(2020, 1, 1), day(2020, 12, 31))),
        ("2021-06-05..2021-06-30", (day(2021, 6, 5), day(2021, 6, 30))),
    ],
)
def test_limits_of_dates_hold_the_whole_of_their_ends(text: str, limits: tuple[float | None, float | None]) -> None:
    assert parse_range(text, is_date=True) == limits


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("5", {}, "LOW..HIGH"),
        ("5:10", {}, "LOW..HIGH"),
        ("1..2..3", {}, "LOW..HIGH"),
        ("x..3", {}, "'x' is no number"),
        ("nan..3", {}, "'nan' is no number"),
        ("..inf", {}, "'inf' is no number"),
        ("1e400..", {}, "too large"),
        ("+..", {}, "'\\+' is no number"),
        ("9..3", {}, "below the upper"),
        ("3..3", {}, "below the upper"),
        ("0..3", {"log": True}, "logarithmic"),
        ("..-1", {"log": True}, "logarithmic"),
        ("5..100", {"is_date": True}, "'5' is no date"),
        ("2021-13..", {"is_date": True}, "'2021-13' is no date"),
        ("..2021-02-30", {"is_date": True}, "'2021-02-30' is no date"),
        ("0000..", {"is_date": True}, "'0000' is no date"),
        ("2021..2020", {"is_date": True}, "below the upper"),
    ],
)
def test_mistakes_are_said_with_the_axis(text: str, options: dict[str, bool], said: str) -> None:
    with pytest.raises(QueryError, match=f"x axis: .*{said}"):
        parse_range(text, what="x axis", **options)


@given(st.text("0123456789.,-+ekMGx ", max_size=12))
def test_any_text_is_limits_or_a_mistake(text: str) -> None:
    try:
        low, high = parse_range(text)
    except QueryError:
        return
    assert low is None or high is None or low < high


@given(st.sampled_from(["", "5", "2021-06", "1k"]), st.sampled_from(["", "7", "2022"]))
def test_the_ends_are_taken_apart_and_joined(low: str, high: str) -> None:
    assert split_range(joined_range(low, high)) == (low, high)

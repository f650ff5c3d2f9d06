from __future__ import annotations

import datetime as dt
import math

import pytest

from backbones.plot.spec import Axis
from backbones.plot.ticks import number, ticks


def day(text: str) -> float:
    return float((dt.date.fromisoformat(text) - dt.date(1970, 1, 1)).days)


@pytest.mark.parametrize(
    ("scale", "lo", "hi", "most", "labels"),
    [
        ("linear", 70, 90, 5, "70 75 80 85 90"),
        ("linear", 81.03, 81.62, 4, "81.2 81.4 81.6"),
        ("linear", -3, 3, 4, "-2 0 2"),
        ("linear", 0, 21000, 5, "0 5k 10k 15k 20k"),
        ("linear", 0, 2500, 6, "0 500 1k 1.5k 2k 2.5k"),
        ("log", -1, 2, 9, "0.1 0.3 1 3 10 30 100"),
        ("log", -1, 2, 10, "0.1 0.2 0.5 1 2 5 10 20 50 100"),
        ("log", -1, 5, 7, "0.1 1 10 100 1k 10k 100k"),
        ("log", 1, math.log10(14), 5, "10 11 12 13 14"),
        ("date", day("2014-06-01"), day("2026-02-01"), 12, " ".join(map(str, range(2015, 2027)))),
        ("date", day("2014-06-01"), day("2026-02-01"), 6, "2016 2018 2020 2022 2024 2026"),
        ("date", day("2023-01-01"), day("2024-01-15"), 5, "2023 Q1|2023 Q2|2023 Q3|2023 Q4|2024 Q1"),
        ("date", day("2023-01-15"), day("2023-05-15"), 6, "2023-02 2023-03 2023-04 2023-05"),
        ("date", day("2023-01-03"), day("2023-01-06"), 6, "2023-01-03 2023-01-04 2023-01-05 2023-01-06"),
    ],
)
def test_ticks_are_round_and_named(scale: str, lo: float, hi: float, most: int, labels: str) -> None:
    found = ticks(Axis("x", scale), lo, hi, most)  # type: ignore[arg-type]
    assert [text for _, text in found] == labels.split("|" if "|" in labels else " ")
    assert all(lo <= at <= hi for at, _ in found)


def test_a_log_tick_stands_at_the_logarithm_of_its_value() -> None:
    at = {text: position for position, text in ticks(Axis("x", "log"), -2, 4, 8)}
    assert at["0.1"] == pytest.approx(-1) and at["1k"] == pytest.approx(3)


def test_a_quarter_starts_on_its_first_day() -> None:
    at = {text: position for position, text in ticks(Axis("x", "date"), day("2023-01-01"), day("2024-01-15"), 5)}
    assert at["2023 Q2"] == day("2023-04-01")


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [(1500, 0, "1.5k"), (2e6, 0, "2M"), (3e9, 0, "3G"), (0.03, 0, "0.03"), (82.5, 0.5, "82.5"), (1234, 1, "1234")],
)
def test_numbers_are_short_and_lose_nothing(value: float, step: float, text: str) -> None:
    assert number(value, step) == text


@pytest.mark.parametrize("scale", ["linear", "log", "date"])
@pytest.mark.parametrize(("lo", "hi"), [(5, 5), (5, 4), (0, math.inf), (1e17, 1e17 + 32), (-1e300, 1e300), (250, 299)])
def test_odd_ranges_give_few_ticks_and_no_error(scale: str, lo: float, hi: float) -> None:
    assert len(ticks(Axis("x", scale), lo, hi, 6)) <= 12  # type: ignore[arg-type]

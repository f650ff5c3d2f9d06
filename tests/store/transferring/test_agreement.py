"""Rank correlations are those of scipy, their intervals hold them, and the sentence says what they mean."""

from __future__ import annotations

import random

import pytest

from backbones.store.transferring.agreement import agreement, kendall, spearman


def drawn(count: int, seed: int, noise: float, digits: int) -> tuple[list[float], list[float]]:
    drawing = random.Random(seed)
    xs = [round(drawing.uniform(60, 90), digits) for _ in range(count)]
    return xs, [round(x + drawing.gauss(0, noise), digits) for x in xs]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("count", "noise", "digits"), [(5, 3.0, 3), (24, 5.0, 2), (40, 20.0, 0), (200, 100.0, -1)])
def test_both_are_those_of_scipy(seed: int, count: int, noise: float, digits: int) -> None:
    stats = pytest.importorskip("scipy.stats", reason="scipy is not installed")
    xs, ys = drawn(count, seed, noise, digits)  # few digits: many ties
    assert spearman(xs, ys) == pytest.approx(stats.spearmanr(xs, ys).statistic, abs=1e-12)
    assert kendall(xs, ys) == pytest.approx(stats.kendalltau(xs, ys).statistic, abs=1e-12)


def test_they_are_known_for_small_lists() -> None:
    xs = [1.0, 2.0, 3.0, 4.0, 5.0]
    assert spearman(xs, [2.0, 4.0, 6.0, 8.0, 10.0]) == kendall(xs, [2.0, 4.0, 6.0, 8.0, 10.0]) == pytest.approx(1.0)
    assert spearman(xs, xs[::-1]) == kendall(xs, xs[::-1]) == pytest.approx(-1.0)
    assert spearman(xs, [1.0, 2.0, 3.0, 5.0, 4.0]) == pytest.approx(0.9) and kendall(
        xs, [1.0, 2.0, 3.0, 5.0, 4.0]
    ) == pytest.approx(0.8)
    assert spearman(xs, [1.0] * 5) is None and kendall(xs, [1.0] * 5) is None


def test_the_interval_holds_the_value_and_narrows_with_more_models() -> None:
    few, many = (agreement(*drawn(count, 3, 4.0, 3)).spearman for count in (12, 120))
    assert few is not None and many is not None
    for found in (few, many):
        assert -1 <= found.low <= found.value <= found.high <= 1
    assert many.high - many.low < (few.high - few.low) / 2


def test_the_same_numbers_give_the_same_interval() -> None:
    xs, ys = drawn(20, 1, 5.0, 2)
    assert agreement(xs, ys) == agreement(xs, ys) != agreement(xs, ys, seed=1)


def test_the_sentence_says_what_the_numbers_mean() -> None:
    def said(xs: list[float], ys: list[float]) -> str:
        return agreement(xs, ys).sentence("ImageNet-1k top-1", "yours")

    xs, close = drawn(24, 0, 1.0, 2)
    assert said(xs, close).startswith("ImageNet-1k top-1 predicts yours: Spearman's rho 0.9") and said(
        xs, close
    ).endswith("24 models.")
    assert "predicts yours loosely" in said(*drawn(24, 5, 12.0, 2))
    assert "does not tell which model is better by yours" in said(*drawn(24, 2, 1000.0, 2))
    assert "runs against yours" in said(xs, [-y for y in close])
    assert (
        said(xs[:4], close[:4])
        == "4 models with both numbers: too few to say whether ImageNet-1k top-1 predicts yours."
    )
    assert said(xs[:1], close[:1]).startswith("1 model with")
    assert "is the same of all 24 models" in said(xs, [5.0] * 24)


def test_lists_of_different_lengths_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="cannot be paired"):
        agreement([1.0], [])

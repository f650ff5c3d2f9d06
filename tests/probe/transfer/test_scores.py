"""Scores against scikit-learn's own, and the interval."""

from __future__ import annotations

import pytest

pytest.importorskip("numpy", reason="numpy is not installed (extra `transfer`)")
pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed (extra `transfer`)")

import numpy as np
from sklearn import metrics

from backbones.probe.transfer.scores import interval, score

NAMES = [f"class {n}" for n in range(7)]


def drawn(images: int = 400) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(3)
    labels = draw.choice(7, images, p=[0.4, 0.2, 0.1, 0.1, 0.1, 0.06, 0.04])
    answers = np.where(draw.random(images) < 0.7, labels, draw.integers(0, 7, images))
    return labels, answers


def test_shares_are_those_of_scikit_learn() -> None:
    labels, answers = drawn()
    found = score(labels, answers, NAMES, seed=0)
    assert found.top_1 == pytest.approx(100 * metrics.accuracy_score(labels, answers), abs=1e-3)
    assert found.balanced_accuracy == pytest.approx(100 * metrics.balanced_accuracy_score(labels, answers), abs=1e-3)
    assert found.macro_f1 == pytest.approx(100 * metrics.f1_score(labels, answers, average="macro"), abs=1e-3)
    report = metrics.classification_report(labels, answers, target_names=NAMES, output_dict=True)
    for one in found.classes:
        assert one.recall == pytest.approx(100 * report[one.name]["recall"], abs=1e-3)
        assert one.precision == pytest.approx(100 * report[one.name]["precision"], abs=1e-3)
        assert one.images == report[one.name]["support"]


def test_the_most_frequent_mistakes_come_first() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1, 2])
    answers = np.array([0, 1, 1, 2, 0, 1, 2])
    assert score(labels, answers, NAMES, seed=0).confusions == (
        ("class 0", "class 1", 2),
        ("class 0", "class 2", 1),
        ("class 1", "class 0", 1),
    )


def test_a_class_without_test_images_counts_in_no_mean_and_is_named() -> None:
    found = score(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 0]), NAMES[:3], seed=0)
    assert found.balanced_accuracy == 75
    assert [(one.name, one.images) for one in found.classes] == [("class 0", 2), ("class 1", 2), ("class 2", 0)]


def test_the_interval_is_that_of_resampled_images() -> None:
    labels, answers = drawn(300)
    right = labels == answers
    draw = np.random.default_rng(1)
    resampled = [100 * right[draw.integers(0, 300, 300)].mean() for _ in range(4000)]
    found = score(labels, answers, NAMES, seed=0)
    low, high = np.percentile(resampled, [2.5, 97.5])
    assert found.top_1_low == pytest.approx(low, abs=0.7)
    assert found.top_1_high == pytest.approx(high, abs=0.7)
    assert found.top_1_low < found.top_1 < found.top_1_high
    assert interval(7, 10, 5) == interval(7, 10, 5)


@pytest.mark.parametrize("images", [1, 12, 300])
def test_all_right_is_not_sure_to_be_always_right(images: int) -> None:
    """By the binomial: at the bound, all of the images are right in 2.5 % of the cases."""
    low, high = interval(images, images, 0)
    assert high == 100 and (low / 100) ** images == pytest.approx(0.025, abs=1e-4)
    none_low, none_high = interval(0, images, 0)
    assert none_low == 0 and none_high == pytest.approx(100 - low)


def test_top_5_needs_six_classes() -> None:
    labels = np.array([0, 1, 2, 3])
    ranked = np.array([[0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [6, 5, 4, 3, 2], [6, 5, 4, 2, 1]])
    assert score(labels, ranked[:, 0], NAMES, 0, ranked).top_5 == 75
    assert score(labels, ranked[:, 0], [*NAMES[:5], "x", "y"], 0, None).top_5 is None
    assert score(labels[:3], labels[:3], NAMES[:5], 0, ranked[:3]).top_5 is None


def test_no_test_images_are_an_error() -> None:
    with pytest.raises(ValueError, match="no test images"):
        score([], [], NAMES, 0)

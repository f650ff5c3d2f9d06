"""Linear probing against a direct computation with scikit-learn on the same features."""

from __future__ import annotations

import warnings

import pytest

pytest.importorskip("numpy", reason="numpy is not installed (extra `transfer`)")
pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra `transfer`)")

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_info, threadpool_limits

from backbones.probe.transfer import linear
from backbones.probe.transfer.linear import GRID, fit, held_out


def clouds(count: int, seed: int, classes: int = 5, spread: float = 2.5) -> tuple[np.ndarray, np.ndarray]:
    """Features of classes that overlap, of very different scale."""
    centres = np.random.default_rng(0).normal(size=(classes, 32))
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, classes, count)
    scale = 10.0 ** np.linspace(-2, 2, 32)
    return ((centres[labels] + spread * draw.normal(size=(count, 32))) * scale).astype(np.float32), labels


def direct(c: float) -> object:
    return make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=5000, tol=1e-6))


@pytest.mark.parametrize("classes", [2, 5])
def test_top_1_is_that_of_scikit_learn(classes: int) -> None:
    train, labels = clouds(500, 1, classes)
    test, test_labels = clouds(1000, 2, classes)
    found = fit(train, labels, train[:0], labels[:0], test, classes, seed=0)
    inner, outer = held_out(labels, 0)
    wide = train.astype(np.float64)
    by_c = {c: direct(c).fit(wide[inner], labels[inner]).score(wide[outer], labels[outer]) for c in GRID}
    assert by_c[found.choice.c] == pytest.approx(max(by_c.values()), abs=0.0101)  # one of a hundred images
    theirs = direct(found.choice.c).fit(wide, labels).score(test.astype(np.float64), test_labels)
    ours = (found.likelihoods.argmax(axis=1) == test_labels).mean()
    assert abs(ours - theirs) <= 0.001
    assert found.is_converged
    assert 0.5 < theirs < 0.99, "an easy or a hopeless set would prove nothing"


@pytest.mark.parametrize("at_once", [linear.AT_ONCE, 3e7])
def test_a_weakly_regularised_fit_reaches_the_optimum(monkeypatch: pytest.MonkeyPatch, at_once: float) -> None:
    monkeypatch.setattr(linear, "GRID", (9.9, 10.0))
    monkeypatch.setattr(linear, "AT_ONCE", at_once)  # the smaller: L-BFGS begins anew every hundred iterations
    train, labels = clouds(500, 1)
    test, _ = clouds(2000, 2)
    found = fit(train, labels, train[:0], labels[:0], test, 5, seed=0)
    exact = LogisticRegression(C=found.choice.c, solver="newton-cholesky", tol=1e-8)
    scaler = StandardScaler().fit(train.astype(np.float64))
    exact.fit(scaler.transform(train), labels)
    theirs = exact.decision_function(scaler.transform(test))
    assert found.is_converged
    assert (found.likelihoods.argmax(axis=1) != theirs.argmax(axis=1)).mean() <= 0.0005
    assert np.allclose(found.likelihoods, theirs, atol=0.02 * theirs.std())


def test_small_fits_take_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []

    def note() -> None:
        threads.append(max(pool["num_threads"] for pool in threadpool_info()))

    train, labels = clouds(100, 1)
    with threadpool_limits(2):
        fit(train, labels, train[:0], labels[:0], train[:10], 5, seed=0, goes_on=note)
        assert set(threads) == {1}
        threads.clear()
        monkeypatch.setattr(linear, "SMALL", 0)
        fit(train, labels, train[:0], labels[:0], train[:10], 5, seed=0, goes_on=note)
        assert set(threads) == {2}


def test_validation_images_choose_and_are_not_trained_on() -> None:
    train, labels = clouds(300, 1)
    val, val_labels = clouds(300, 2)
    test, test_labels = clouds(1000, 3)
    found = fit(train, labels, val, val_labels, test, 5, seed=0)
    wide = train.astype(np.float64)
    by_c = {c: direct(c).fit(wide, labels).score(val.astype(np.float64), val_labels) for c in GRID}
    assert by_c[found.choice.c] == pytest.approx(max(by_c.values()), abs=0.004)
    assert found.choice.accuracy == pytest.approx(100 * by_c[found.choice.c], abs=0.4)
    theirs = direct(found.choice.c).fit(wide, labels).score(test.astype(np.float64), test_labels)
    assert abs((found.likelihoods.argmax(axis=1) == test_labels).mean() - theirs) <= 0.001


def test_large_features_stay_float32_and_come_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    train, labels = clouds(400, 1)
    test, test_labels = clouds(1000, 2)
    wide = fit(train, labels, train[:0], labels[:0], test, 5, seed=0)
    monkeypatch.setattr(linear, "LARGE", 1)
    narrow = fit(train, labels, train[:0], labels[:0], test, 5, seed=0)
    difference = (narrow.likelihoods.argmax(axis=1) == test_labels).mean() - (
        wide.likelihoods.argmax(axis=1) == test_labels
    ).mean()
    assert abs(difference) <= 0.001


def test_held_out_images_are_of_every_class_and_the_same_with_the_same_seed() -> None:
    labels = np.array([0] * 10 + [1] * 3 + [2] * 2 + [3])
    inner, outer = held_out(labels, 7)
    assert sorted([*inner, *outer]) == list(range(16))
    assert np.bincount(labels[outer], minlength=4).tolist() == [2, 1, 1, 0]
    assert np.array_equal(held_out(labels, 7)[1], outer)
    assert not np.array_equal(held_out(labels, 8)[1], outer)


def test_copies_of_an_image_stay_together() -> None:
    labels = np.repeat([0, 1, 2, 0, 1], [9, 6, 4, 1, 1])
    contents = np.concatenate([np.repeat([0, 1, 2], 3), np.repeat([3, 4, 5], 2), [6, 6, 6, 6], [7, 7]])
    for seed in range(20):
        inner, outer = held_out(labels, seed, contents)
        assert sorted([*inner, *outer]) == list(range(21))
        assert not set(contents[inner]) & set(contents[outer])
        assert set(labels[outer]) == {0, 1}, "the third class has copies of one image only"
        assert set(labels[inner]) == {0, 1, 2}
        assert 7 not in contents[outer], "two classes have it"


def test_one_image_of_a_class_leaves_nothing_to_choose_by() -> None:
    train, labels = clouds(200, 1)
    first = [int(np.flatnonzero(labels == label)[0]) for label in range(5)]
    found = fit(train[first], labels[first], train[:0], labels[:0], train, 5, seed=0)
    assert (found.choice.c, found.choice.accuracy) == (1.0, None)
    assert found.likelihoods.shape == (200, 5)


def test_a_class_without_training_images_is_never_the_answer() -> None:
    train, labels = clouds(200, 1)
    known = labels != 2
    found = fit(train[known], labels[known], train[:0], labels[:0], train, 6, seed=0)
    assert not {2, 5} & set(found.likelihoods.argmax(axis=1).tolist())


def test_time_that_is_over_gives_what_there_is_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    train, labels = clouds(500, 1)
    monkeypatch.setattr(linear, "AT_ONCE", 1.0)
    found = fit(train, labels, train[:0], labels[:0], train, 5, seed=0, limit_s=0.0)
    assert not found.is_converged
    assert found.choice.c == GRID[0]
    assert np.isfinite(found.likelihoods).all()


def test_somebody_who_wants_to_end_is_heard() -> None:
    train, labels = clouds(500, 1)

    class Enough(Exception):
        pass

    def stop() -> None:
        raise Enough

    with pytest.raises(Enough):
        fit(train, labels, train[:0], labels[:0], train[:10], 5, seed=0, goes_on=stop)


def test_no_warning_reaches_the_user() -> None:
    train, labels = clouds(300, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(train, labels, train[:0], labels[:0], train[:10], 5, seed=0)

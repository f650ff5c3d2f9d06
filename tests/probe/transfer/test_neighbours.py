"""k-NN against scikit-learn's own on the same features."""

from __future__ import annotations

import pytest

pytest.importorskip("numpy", reason="numpy is not installed (extra `transfer`)")
pytest.importorskip("sklearn.neighbors", reason="scikit-learn is not installed (extra `transfer`)")

import numpy as np
from sklearn import neighbors as sklearn_neighbors

from backbones.probe.transfer import neighbours
from backbones.probe.transfer.neighbours import GRID, TEMPERATURE, choose, nearest, normalised, votes, with_all_classes

CLASSES = 6


def clouds(count: int, seed: int, spread: float = 3.5) -> tuple[np.ndarray, np.ndarray]:
    """Features of classes that overlap."""
    centres = np.random.default_rng(0).normal(size=(CLASSES, 24))
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, CLASSES, count)
    return (centres[labels] + spread * draw.normal(size=(count, 24))).astype(np.float32), labels


TRAIN, LABELS = clouds(600, 1)
TEST, TEST_LABELS = clouds(1000, 2)


@pytest.mark.parametrize("k", [1, 5, 20, 100])
@pytest.mark.parametrize("vote", ["weighted", "plain"])
def test_answers_are_those_of_scikit_learn(k: int, vote: str) -> None:
    weights = (lambda distance: np.exp(-distance / TEMPERATURE)) if vote == "weighted" else "uniform"
    theirs = sklearn_neighbors.KNeighborsClassifier(k, metric="cosine", algorithm="brute", weights=weights)
    expected = theirs.fit(TRAIN, LABELS).predict(TEST)
    found = nearest(normalised(TEST), normalised(TRAIN), LABELS, k)
    answers = votes(found, k, vote, CLASSES).argmax(axis=1)
    assert (answers == expected).mean() >= 0.999
    accuracy, theirs_accuracy = (answers == TEST_LABELS).mean(), (expected == TEST_LABELS).mean()
    assert abs(accuracy - theirs_accuracy) <= 0.001
    assert 0.3 < accuracy < 0.99, "an easy or a hopeless set would prove nothing"


def test_k_is_chosen_on_the_validation_images() -> None:
    val, val_labels = clouds(400, 3)
    found = choose(normalised(TRAIN), LABELS, normalised(val), val_labels, CLASSES, seed=0)
    near = nearest(normalised(val), normalised(TRAIN), LABELS, max(GRID))
    by_hand = {
        (k, vote): 100 * (votes(near, k, vote, CLASSES).argmax(axis=1) == val_labels).mean()
        for k in GRID
        for vote in ("weighted", "plain")
    }
    assert found.accuracy == pytest.approx(max(by_hand.values()))
    assert by_hand[found.k, found.vote] == max(by_hand.values())
    assert found.k > 1


def test_without_validation_images_each_training_image_is_left_out_once() -> None:
    train, labels = TRAIN[:60], LABELS[:60]
    near = normalised(train)
    found = choose(near, labels, near[:0], labels[:0], CLASSES, seed=0)
    right = 0
    for place in range(60):
        others = np.arange(60) != place
        one = nearest(near[place : place + 1], near[others], labels[others], found.k)
        right += votes(one, found.k, found.vote, CLASSES).argmax(axis=1)[0] == labels[place]
    assert found.accuracy == pytest.approx(100 * right / 60)


def test_one_image_of_a_class_leaves_nothing_to_choose_by() -> None:
    labels = np.arange(CLASSES)
    found = choose(normalised(TRAIN[:CLASSES]), labels, TRAIN[:0], labels[:0], CLASSES, seed=0)
    assert (found.k, found.accuracy) == (1, None)


def test_a_class_with_one_image_does_not_keep_the_others_from_choosing() -> None:
    train = np.concatenate([TRAIN[:60], -TRAIN[:1]])
    labels = np.append(LABELS[:60], CLASSES)
    near = normalised(train)
    found = choose(near, labels, near[:0], labels[:0], CLASSES + 1, seed=0)
    right = 0
    for place in range(60):  # the single image of its class is a neighbour, but is not left out
        others = np.arange(61) != place
        one = nearest(near[place : place + 1], near[others], labels[others], found.k)
        right += votes(one, found.k, found.vote, CLASSES + 1).argmax(axis=1)[0] == labels[place]
    assert found.accuracy == pytest.approx(100 * right / 60)


def test_copies_of_an_image_do_not_answer_for_it() -> None:
    draw = np.random.default_rng(4)
    once, labels = normalised(draw.normal(size=(80, 24))), draw.integers(0, 2, 80)  # nothing can be learnt from them
    thrice, thrice_labels, contents = np.repeat(once, 3, axis=0), np.repeat(labels, 3), np.repeat(np.arange(80), 3)
    leaked = choose(thrice, thrice_labels, once[:0], labels[:0], 2, seed=0)
    found = choose(thrice, thrice_labels, once[:0], labels[:0], 2, seed=0, contents=contents)
    assert leaked.accuracy == 100
    assert found.accuracy is not None and found.accuracy < 75
    right = 0
    for place in range(240):
        others = contents != contents[place]
        one = nearest(thrice[place : place + 1], thrice[others], thrice_labels[others], found.k)
        right += votes(one, found.k, found.vote, 2).argmax(axis=1)[0] == thrice_labels[place]
    assert found.accuracy == pytest.approx(100 * right / 240)


def test_a_class_of_copies_alone_leaves_nothing_to_choose_by() -> None:
    train, labels = np.repeat(normalised(TRAIN[:2]), 4, axis=0), np.repeat([0, 1], 4)
    found = choose(train, labels, train[:0], labels[:0], 2, seed=0, contents=np.repeat([0, 1], 4))
    assert (found.k, found.accuracy) == (1, None)


def test_where_few_classes_have_votes_the_most_similar_ones_follow() -> None:
    near, outer = normalised(TRAIN), normalised(TEST)
    said = votes(nearest(outer, near, LABELS, 1), 1, "weighted", CLASSES + 1)
    whole = with_all_classes(said, outer, near, LABELS)
    assert np.array_equal(whole.argmax(axis=1), said.argmax(axis=1))
    assert np.isneginf(whole[:, CLASSES]).all(), "no training image of it"
    best = np.stack([(outer @ near[c == LABELS].T).max(axis=1) for c in range(CLASSES)], axis=1)
    assert np.array_equal(np.argsort(-whole, axis=1)[:, :CLASSES], np.argsort(-best, axis=1)), (
        "k = 1 is the nearest class"
    )


def test_somebody_who_wants_to_end_is_heard_before_every_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "BLOCK", 600 * 100)
    heard: list[int] = []
    nearest(normalised(TEST), normalised(TRAIN), LABELS, 10, goes_on=lambda: heard.append(1))
    assert len(heard) == 10

    class Enough(Exception):
        pass

    def stop() -> None:
        raise Enough

    with pytest.raises(Enough):
        nearest(normalised(TEST), normalised(TRAIN), LABELS, 10, goes_on=stop)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = nearest(normalised(TEST), normalised(TRAIN), LABELS, 10)
    monkeypatch.setattr(neighbours, "BLOCK", 600 * 7)
    parts = nearest(normalised(TEST), normalised(TRAIN), LABELS, 10)
    assert np.array_equal(whole.labels, parts.labels)
    assert np.allclose(whole.similarities, parts.similarities, atol=1e-6)


def test_features_of_zeros_do_no_harm() -> None:
    empty = np.zeros((3, 24), np.float32)
    found = nearest(normalised(empty), normalised(TRAIN), LABELS, 5)
    assert np.isfinite(votes(found, 5, "weighted", CLASSES)).all()

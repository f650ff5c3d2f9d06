"""Frozen features of timm's test models on painted images: right, repeatable, and what answers they give."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed (extra `transfer`)")
pytest.importorskip("timm", reason="timm is not installed (extra `transfer`)")
pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra `transfer`)")
import numpy as np
import timm
import torch
from frozen_orders import MODEL, PREPARED, evaluate, order
from painted import paint

from backbones.probe.transfer import features
from backbones.probe.transfer.cache import Space, Store
from backbones.probe.transfer.decoding import decoded
from backbones.probe.transfer.frozen import _by_neighbours, _ranked, images_of
from backbones.probe.transfer.images import ImageData, load_data
from backbones.probe.transfer.installed import installed_version
from backbones.store.transferring.outcome import Protocol


@pytest.mark.parametrize("protocol", ["k-NN", "linear probing"])
def test_colours_are_told_apart_and_shuffled_labels_are_not(
    protocol: Protocol, tmp_path: Path, data: ImageData
) -> None:
    assert evaluate(data, tmp_path / "cache", order(data, protocol)).scores.top_1 == 100
    chance = load_data(paint(tmp_path / "shuffled", count=30, shuffled=True))
    found = evaluate(chance, tmp_path / "cache", order(chance, protocol)).scores
    assert found.images == 24
    assert found.top_1 < 60


def test_the_same_seed_gives_the_same_numbers(tmp_path: Path, data: ImageData) -> None:
    ones, others = (
        evaluate(data, tmp_path / name, order(data, "linear probing", shots=3, seed=5)) for name in ("a", "b")
    )
    assert (ones.scores, ones.chosen, ones.accuracy) == (others.scores, others.chosen, others.accuracy)


def test_features_are_those_of_timm(tmp_path: Path, data: ImageData) -> None:
    evaluate(data, tmp_path, order(data, batch_size=7))
    store = Store.open(tmp_path, Space(MODEL, "random", PREPARED, "fp32", installed_version("timm")))
    torch.manual_seed(0)
    model = timm.create_model(MODEL, num_classes=0).eval()
    transform = timm.data.create_transform(
        input_size=(3, 64, 64), interpolation="bicubic", crop_pct=0.95, mean=PREPARED.mean, std=PREPARED.std
    )
    for image in data.test[:6]:
        with torch.no_grad():
            expected = model(transform(decoded(image.path))[None])[0].numpy()
        assert np.allclose(store.values([image.content])[0], expected, atol=1e-4)


def test_no_test_image_is_trained_on(data: ImageData) -> None:
    for shots in (0, 1, 5):
        chosen = images_of(data, shots, seed=3)
        assert not {image.content for image in chosen.train} & {image.content for image in chosen.test}
    assert {image.content for image in images_of(data, 1, 3).train} < {
        image.content for image in images_of(data, 5, 3).train
    }


def test_no_class_without_training_images_is_among_the_five() -> None:
    likelihoods = np.array([[0.1, 0.9, -np.inf, 0.2, -np.inf, -np.inf], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]])
    assert _ranked(likelihoods).tolist() == [[1, 3, 0, -1, -1], [5, 4, 3, 2, 1]]


def test_five_answers_of_the_nearest_neighbour_are_the_nearest_classes() -> None:
    draw = np.random.default_rng(0)
    centres = draw.normal(size=(8, 32)).astype(np.float32)
    labels = np.repeat(np.arange(8), 5)
    test = (centres[labels] + 1.5 * draw.normal(size=(40, 32))).astype(np.float32)
    train = features.Features(centres, np.arange(8), np.arange(8))
    none = features.Features(centres[:0], labels[:0], labels[:0])
    said = _by_neighbours(train, none, features.Features(test, labels, labels), 8, 0, lambda: None, 60.0)
    assert said.chosen == "k=1,vote=weighted"
    unit = [values / np.linalg.norm(values, axis=1, keepdims=True) for values in (test, centres)]
    assert np.array_equal(_ranked(said.likelihoods), np.argsort(-(unit[0] @ unit[1].T), axis=1)[:, :5])


def test_a_file_of_weights_gives_other_features_than_random_ones(tmp_path: Path, data: ImageData) -> None:
    torch.manual_seed(9)
    torch.save(timm.create_model(MODEL).state_dict(), tmp_path / "own.pth")
    asked = order(data, file=str(tmp_path / "own.pth"))
    asked = replace(asked, evaluation=replace(asked.evaluation, weights="0123456789abcdef"))
    assert evaluate(data, tmp_path / "cache", asked).scores.top_1 == 100
    evaluate(data, tmp_path / "cache", order(data))
    assert len(list((tmp_path / "cache").iterdir())) == 2

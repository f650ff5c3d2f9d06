"""Features are extracted once: for all draws, through an interrupt, and without torch the second time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed (extra `transfer`)")
pytest.importorskip("timm", reason="timm is not installed (extra `transfer`)")
pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra `transfer`)")
from frozen_orders import MODEL, PREPARED, evaluate, order, run_apart, silent

from backbones.probe.speed.protocol import Stopped
from backbones.probe.transfer import features
from backbones.probe.transfer.cache import Space, Store
from backbones.probe.transfer.features import OutOfTime
from backbones.probe.transfer.frozen import FrozenEvaluator, images_of
from backbones.probe.transfer.images import ImageData
from backbones.probe.transfer.installed import installed_version
from backbones.probe.transfer.messages import read_images, write_images


def test_a_second_run_needs_neither_images_nor_torch(tmp_path: Path, data: ImageData) -> None:
    evaluate(data, tmp_path / "cache", order(data))
    write_images(data, tmp_path / "images.jsonl")
    assert read_images(tmp_path / "images.jsonl") == replace(data, findings=())
    for image in data.train + data.test:
        image.path.unlink()
    assert run_apart(tmp_path, data, order(data, "linear probing")) == ["100.0", "0.0", "True", "True", "False", ""]


def test_more_images_need_only_the_new_ones(tmp_path: Path, data: ImageData) -> None:
    evaluator = FrozenEvaluator(data, tmp_path, "cpu")
    planned: list[int] = []

    def note(phase: str, done: int, of: int) -> None:
        if phase == "create":
            planned.append(of)

    few = evaluator.evaluate(order(data, most_images=2), note, lambda: False)
    evaluator.evaluate(order(data), note, lambda: False)
    evaluator.evaluate(order(data, "linear probing"), note, lambda: False)
    whole = len(data.train) + len(data.test)
    assert planned == [16, whole - 16]
    assert few.scores.images == 8


def test_an_interrupt_keeps_what_was_extracted(
    tmp_path: Path, data: ImageData, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluator = FrozenEvaluator(data, tmp_path, "cpu")
    told: list[int] = []
    with pytest.raises(Stopped):
        evaluator.evaluate(order(data, batch_size=4), silent, lambda: bool(told.append(1)) or len(told) == 3)
    space = Space(MODEL, "random", PREPARED, "fp32", installed_version("timm"))
    contents = [image.content for image in data.train + data.test]
    assert len(Store.open(tmp_path, space).missing(contents)) == len(contents) - 12
    with pytest.raises(OutOfTime) as over:
        evaluator.evaluate(order(data, batch_size=4, limit_s=1e-9), silent, lambda: False)
    assert over.value.img_s and over.value.img_s > 0
    assert len(Store.open(tmp_path, space).missing(contents)) == len(contents) - 16


def test_a_tail_after_an_interrupt_does_not_tell_for_the_whole(tmp_path: Path, data: ImageData) -> None:
    contents = {image.content for image in data.train + data.test}
    rounds = iter([False] * (len(contents) // 4 - 2) + [True])
    with pytest.raises(Stopped):
        evaluate(data, tmp_path, order(data, batch_size=4), lambda: next(rounds))
    left = len(opened(tmp_path).missing(contents))
    assert 0 < left < 12
    cost = evaluate(data, tmp_path, order(data, batch_size=4)).cost
    found = opened(tmp_path).origin(len(contents), "", data.images_hash)
    assert found.images == len(contents), "both parts"
    assert cost.extraction_img_s == found.img_s and cost.features_s == round(found.seconds, 3)


def test_how_fast_it_went_is_known_of_a_program_that_was_killed(
    tmp_path: Path, data: ImageData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "FLUSH_S", 0.0)
    noted: list[int] = []

    def look() -> bool:
        noted.append(opened(tmp_path).origin(4 * len(noted), "", data.images_hash).images)
        return False

    evaluate(data, tmp_path, order(data, batch_size=4), look)
    assert noted[:4] == [4, 8, 12, 16]


def opened(folder: Path) -> Store:
    """The features of random weights."""
    return Store.open(folder, Space(MODEL, "random", PREPARED, "fp32", installed_version("timm")))


def test_the_first_evaluation_extracts_for_all_draws(tmp_path: Path, data: ImageData) -> None:
    planned: list[int] = []

    def note(phase: str, done: int, of: int) -> None:
        if phase == "create":
            planned.append(of)

    evaluator = FrozenEvaluator(data, tmp_path / "a", "cpu")
    asked = [(shots, seed) for shots in (1, 2) for seed in (0, 1, 2)]
    for shots, seed in asked:
        evaluator.evaluate(order(data, shots=shots, seed=seed, draws=tuple(asked)), note, lambda: False)
    drawn = {image.content for shots, seed in asked for image in images_of(data, shots, seed).all}
    assert planned == [len(drawn)]
    assert len(drawn) < len(data.train) + len(data.test), "what no draw has is not extracted"
    limited = order(data, shots=1, draws=tuple(asked), limit_s=60.0)
    FrozenEvaluator(data, tmp_path / "b", "cpu").evaluate(limited, note, lambda: False)
    assert planned[1:] == [4 + len(data.test)], "under a budget only what is needed now"

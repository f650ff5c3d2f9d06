"""Frozen features of timm's test models on painted images: right, repeatable, kept."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed (extra `transfer`)")
pytest.importorskip("timm", reason="timm is not installed (extra `transfer`)")
pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra `transfer`)")

import numpy as np
import timm
import torch
from painted import paint

from backbones.probe.speed.protocol import Stopped
from backbones.probe.transfer import features, pixels
from backbones.probe.transfer.cache import Space, Store
from backbones.probe.transfer.decoding import decoded
from backbones.probe.transfer.features import OutOfTime
from backbones.probe.transfer.frozen import FrozenEvaluator, _by_neighbours, _ranked, images_of
from backbones.probe.transfer.images import ImageData, load_data
from backbones.probe.transfer.installed import installed_version
from backbones.probe.transfer.messages import Evaluated, Order, read_images, write_images
from backbones.probe.transfer.pixels import Pixels
from backbones.probe.transfer.preparation import Preparation
from backbones.store.transferring.outcome import Evaluation, Protocol

PREPARED = Preparation(64, "bicubic", 0.95, "center", (0.5, 0.5, 0.5), (0.25, 0.3, 0.35))
MODEL = "test_resnet"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKBONES_HOME", str(tmp_path / "home"))


@pytest.fixture
def data(tmp_path: Path) -> ImageData:
    return load_data(paint(tmp_path / "painted"))


def order(data: ImageData, protocol: Protocol = "k-NN", **settings: object) -> Order:
    asked = Evaluation(MODEL, "random", data.name, data.data_hash, protocol, 64, "fp32")
    asked = replace(
        asked, **{key: value for key, value in settings.items() if key in ("shots", "seed", "model", "precision")}
    )  # type: ignore[arg-type]
    given = {
        key: value
        for key, value in settings.items()
        if key in ("batch_size", "limit_s", "most_images", "file", "draws")
    }
    return Order(asked, PREPARED, **given)  # type: ignore[arg-type]


def silent(phase: str, done: int, planned: int) -> None:
    pass


def evaluate(data: ImageData, cache: Path, asked: Order, is_stopped: Callable[[], bool] = lambda: False) -> Evaluated:
    return FrozenEvaluator(data, cache, "cpu").evaluate(asked, silent, is_stopped)


def run_apart(folder: Path, data: ImageData, asked: Order) -> list[str]:
    """In a process of its own, with the features under `cache`: top-1, seconds and whether there are img/s of extraction, whether
    the device is known, whether torch was imported, and the caution of images."""
    write_images(data, folder / "images.jsonl")
    script = f"""
import sys, json
from pathlib import Path
from backbones.probe.transfer.frozen import FrozenEvaluator
from backbones.probe.transfer.messages import order_from, read_images
order = order_from(json.loads(sys.stdin.readline()))
found = FrozenEvaluator(read_images(Path({str(folder / "images.jsonl")!r})), Path({str(folder / "cache")!r}), "cpu").evaluate(
    order, lambda *a: None, lambda: False)
print(found.scores.top_1, found.cost.extraction_s, found.cost.extraction_img_s > 0, found.device != "", "torch" in sys.modules,
    "images_left_out" if "images_left_out" in found.cautions else "", sep=",")
"""
    done = subprocess.run([sys.executable, "-c", script], input=asked.line(), capture_output=True, check=True)
    return done.stdout.decode().strip().split(",")


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


def test_an_image_that_was_damaged_meanwhile_is_left_out_and_said(tmp_path: Path, data: ImageData) -> None:
    data.train[0].path.write_bytes(b"\x89PNG no longer")
    found = evaluate(data, tmp_path / "cache", order(data))
    assert found.scores.top_1 == 100
    assert "images_left_out" in found.cautions


def test_an_image_that_was_replaced_meanwhile_is_left_out_and_spoils_nothing(tmp_path: Path, data: ImageData) -> None:
    one, other = data.train[0], data.train[-1]
    before = one.path.read_bytes()
    one.path.write_bytes(other.path.read_bytes())
    found = evaluate(data, tmp_path / "cache", order(data))
    assert "images_left_out" in found.cautions
    store = Store.open(tmp_path / "cache", Space(MODEL, "random", PREPARED, "fp32", installed_version("timm")))
    assert store.missing(image.content for image in data.train) == [one.content]
    del store
    one.path.write_bytes(before)
    assert "images_left_out" not in evaluate(data, tmp_path / "cache", order(data)).cautions


def test_a_changed_image_does_not_make_the_model_again_for_every_protocol(
    tmp_path: Path, data: ImageData, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    real = features.Frozen.__init__

    def note(self: features.Frozen, *given: object) -> None:
        made.append("model")
        real(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(features.Frozen, "__init__", note)
    data.train[0].path.write_bytes(b"\x89PNG no longer")
    evaluator = FrozenEvaluator(data, tmp_path / "cache", "cpu")
    first = evaluator.evaluate(order(data), silent, lambda: False)
    second = evaluator.evaluate(order(data, "linear probing"), silent, lambda: False)
    assert made == ["model"]
    assert second.cost.extraction_s == 0 and second.cost.extraction_img_s == first.cost.extraction_img_s
    third = evaluate(
        data, tmp_path / "cache", order(data, "linear probing")
    )  # the next run tries the file, not the model
    assert made == ["model"]
    assert third.cost.extraction_img_s == first.cost.extraction_img_s


def test_a_content_that_cannot_be_decoded_costs_later_runs_nothing(tmp_path: Path, data: ImageData) -> None:
    torn = data.train[0].path.read_bytes()[:-200]
    data.train[0].path.write_bytes(torn)
    broken = replace(data.train[0], content=hashlib.sha256(torn).hexdigest()[:16])
    data = replace(data, train=(broken, *data.train[1:]))
    assert "images_left_out" in evaluate(data, tmp_path / "cache", order(data)).cautions
    assert run_apart(tmp_path, data, order(data, "linear probing"))[4:] == ["False", "images_left_out"]


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


def test_the_model_alone_is_faster_than_with_decoding(
    tmp_path: Path, data: ImageData, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(found: bytes) -> object:
        time.sleep(0.03)
        return decoded(found)

    monkeypatch.setattr(pixels, "decoded", slowly)
    monkeypatch.setattr(pixels.load, "cpus", lambda: 1)
    cost = evaluate(data, tmp_path / "cache", order(data, batch_size=8)).cost
    assert cost.extraction_img_s is not None and cost.extraction_img_s < 34
    assert cost.model_img_s is not None and cost.model_img_s > 2 * cost.extraction_img_s


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


def test_batches_shrink_where_memory_does_not_suffice(
    tmp_path: Path, data: ImageData, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, sizes = features.Frozen.features, []

    def narrow(self: features.Frozen, images: torch.Tensor) -> torch.Tensor:
        sizes.append(len(images))
        if len(images) > 5:
            raise MemoryError("cannot allocate memory")
        return real(self, images)

    monkeypatch.setattr(features.Frozen, "features", narrow)
    evaluator = FrozenEvaluator(data, tmp_path, "cpu")
    found = evaluator.evaluate(order(data, batch_size=16), silent, lambda: False)
    assert found.scores.top_1 == 100
    assert sizes[:3] == [16, 8, 4] and max(sizes[3:]) <= 4
    assert found.notes == ("memory does not suffice for a batch of 16: features of 4 images at a time are extracted",)
    again = evaluator.evaluate(order(data, "linear probing", batch_size=16), silent, lambda: False)
    assert again.notes == (), "nothing was extracted for it"


def test_decoded_images_serve_models_that_want_the_same(data: ImageData, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[bytes] = []
    monkeypatch.setattr(pixels, "decoded", lambda found: opened.append(found) or decoded(found))
    pictures = [(image.content, image.path) for image in data.train]
    held = Pixels(most_bytes=10**9)
    first = {
        c: image
        for contents, images in held.batches(pictures, PREPARED, 8)
        for c, image in zip(contents, images, strict=True)
    }
    other = replace(PREPARED, mean=(0.1, 0.2, 0.3))
    second = {
        c: image
        for contents, images in held.batches(pictures, other, 5)
        for c, image in zip(contents, images, strict=True)
    }
    assert len(opened) == len(pictures)
    assert all(torch.equal(first[content], second[content]) for content, _ in pictures)
    list(held.batches(pictures, PREPARED.at(32), 8))
    assert len(opened) == 2 * len(pictures)
    list(Pixels(most_bytes=0).batches(pictures, PREPARED, 8))
    assert len(opened) == 3 * len(pictures)


def test_processes_that_decode_ahead_give_the_same_images(data: ImageData) -> None:
    pictures = [(image.content, image.path) for image in data.train]
    one, two = (
        {
            c: image
            for contents, images in Pixels(processes, 0).batches(pictures, PREPARED, 8)
            for c, image in zip(contents, images, strict=True)
        }
        for processes in (0, 2)
    )
    assert list(one) == list(two)
    assert all(torch.equal(one[content], two[content]) for content in one)


def test_a_file_of_weights_gives_other_features_than_random_ones(tmp_path: Path, data: ImageData) -> None:
    torch.manual_seed(9)
    torch.save(timm.create_model(MODEL).state_dict(), tmp_path / "own.pth")
    asked = order(data, file=str(tmp_path / "own.pth"))
    asked = replace(asked, evaluation=replace(asked.evaluation, weights="0123456789abcdef"))
    assert evaluate(data, tmp_path / "cache", asked).scores.top_1 == 100
    evaluate(data, tmp_path / "cache", order(data))
    assert len(list((tmp_path / "cache").iterdir())) == 2

"""Images on their way through a model: decoded ahead and kept, in batches that memory suffices for."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed (extra `transfer`)")
pytest.importorskip("timm", reason="timm is not installed (extra `transfer`)")
pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra `transfer`)")
import torch
from frozen_orders import PREPARED, evaluate, order, silent

from backbones.probe.transfer import features, pixels
from backbones.probe.transfer.decoding import decoded
from backbones.probe.transfer.frozen import FrozenEvaluator
from backbones.probe.transfer.images import ImageData
from backbones.probe.transfer.pixels import Pixels


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

"""Images that changed or were damaged since they were looked through are left out, which costs other images nothing."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed (extra `transfer`)")
pytest.importorskip("timm", reason="timm is not installed (extra `transfer`)")
pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra `transfer`)")
from frozen_orders import MODEL, PREPARED, evaluate, order, run_apart, silent

from backbones.probe.transfer import features
from backbones.probe.transfer.cache import Space, Store
from backbones.probe.transfer.frozen import FrozenEvaluator, images_of
from backbones.probe.transfer.images import ImageData
from backbones.probe.transfer.installed import installed_version


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
    contents = {image.content for image in images_of(data, 0, 0).all}
    readable, costs = len(contents) - 1, (first.cost, second.cost, third.cost)
    assert first.cost.extraction_img_s is not None
    assert [cost.features_s for cost in costs] == [pytest.approx(readable / first.cost.extraction_img_s, abs=1e-3)] * 3
    few = evaluate(data, tmp_path / "cache", order(data, "linear probing", shots=1))
    assert few.cost.features_s is not None and first.cost.features_s is not None
    assert few.cost.features_s < first.cost.features_s, "it rests on fewer images"


def test_a_content_that_cannot_be_decoded_costs_later_runs_nothing(tmp_path: Path, data: ImageData) -> None:
    torn = data.train[0].path.read_bytes()[:-200]
    data.train[0].path.write_bytes(torn)
    broken = replace(data.train[0], content=hashlib.sha256(torn).hexdigest()[:16])
    data = replace(data, train=(broken, *data.train[1:]))
    assert "images_left_out" in evaluate(data, tmp_path / "cache", order(data)).cautions
    assert run_apart(tmp_path, data, order(data, "linear probing"))[4:] == ["False", "images_left_out"]

"""What fine-tuning trains on where images to choose epochs on are taken from the training images, or cannot be decoded."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed (extra `transfer`)")
pytest.importorskip("timm", reason="timm is not installed (extra `transfer`)")
pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra `transfer`)")

import numpy as np
import timm
import torch
from PIL import Image as Picture
from timm.data.transforms_factory import transforms_imagenet_eval
from tuning import CLASSES, RECIPE, SIDE, Data, One, evaluation, run

from backbones.probe.speed.protocol import Stopped
from backbones.probe.speed.subject import Unsupported
from backbones.probe.transfer import checkpoints
from backbones.probe.transfer.fitted import Epoch
from backbones.probe.transfer.held_out import epochs_to_best, with_validation
from backbones.probe.transfer.images import Image, ImageData
from backbones.probe.transfer.kept_weights import beside
from backbones.probe.transfer.messages import Order
from backbones.probe.transfer.preparation import Preparation
from backbones.probe.transfer.stepping import Steps
from backbones.probe.transfer.tuned import TunedEvaluator, file_of
from backbones.store.errors import BackbonesError

SHORT = RECIPE.replace("epochs: 6", "epochs: 2")
PREPARED = Preparation(SIDE, "bicubic", 0.95, "center", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The images of each step of training."""
    seen: list[int] = []
    train = Steps.train
    monkeypatch.setattr(
        Steps, "train", lambda self, images, *rest: (seen.append(len(images)), train(self, images, *rest))[1]
    )
    return seen


def test_few_shots_are_all_trained_on_once_the_epochs_are_chosen(
    data: Data, tmp_path: Path, trained: list[int]
) -> None:
    five = Data(CLASSES, data.train[:15], (), data.test)
    fitted = run(five, tmp_path, SHORT, evaluation(shots=5), save=tmp_path / "w.pth")
    assert trained == [12, 12] + [15] * fitted.best_epoch  # a fifth held out, then none
    assert fitted.training_images == 15 and "trained_on=15" in fitted.chosen
    assert fitted.val_top_1 is not None and len(fitted.epochs) == 2 and fitted.cautions == ("no_validation",)
    assert fitted.weights is not None and fitted.outputs.shape == (24, 3)
    trained.clear()
    again = run(five, tmp_path, SHORT, evaluation(shots=5))
    assert trained == [] and np.array_equal(again.outputs, fitted.outputs)  # both trainings are on disk


def test_an_interrupt_while_all_images_are_trained_on_changes_nothing(
    data: Data, tmp_path: Path, trained: list[int]
) -> None:
    five = Data(CLASSES, data.train[:15], (), data.test)
    whole = run(five, tmp_path / "whole", SHORT, evaluation(shots=5))
    trained.clear()
    with pytest.raises(Stopped):
        run(five, tmp_path / "parts", SHORT, evaluation(shots=5), is_stopped=lambda: 15 in trained)
    parts = run(five, tmp_path / "parts", SHORT, evaluation(shots=5))
    assert np.array_equal(parts.outputs, whole.outputs) and parts.epochs == whole.epochs


def test_of_all_images_the_number_that_was_trained_on_is_said(data: Data, tmp_path: Path, trained: list[int]) -> None:
    fitted = run(Data(CLASSES, data.train, (), data.test), tmp_path, SHORT)
    held_out = 24 - fitted.training_images
    assert (
        held_out >= 3
        and set(trained) <= {*range(8, 17), fitted.training_images}
        and sum(trained) == 2 * fitted.training_images
    )
    assert f"trained_on={fitted.training_images}" in fitted.chosen


def test_copies_are_held_out_together_and_a_class_of_one_image_is_trained_on(data: Data) -> None:
    copies = [replace(data.train[0], path=Path(f"copy-{n}.png")) for n in range(3)]  # of class 0
    others = [image for image in data.train if image.label == 1][:4]
    alone = next(image for image in data.train if image.label == 2)
    reds = [image for image in data.train if image.label == 0][1:4]
    for seed in range(20):
        parts, is_held_out = with_validation(Data(CLASSES, (*copies, *reds, *others, alone), (), data.test), seed)
        assert is_held_out and not {i.content for i in parts.train} & {i.content for i in parts.val}
        assert Counter(i.label for i in parts.train)[2] == 1 and {i.label for i in parts.val} == {0, 1}


def told(stage: int, epoch: int, top_1: float, loss: float = 1.0) -> Epoch:
    return Epoch(stage, epoch, 1.0, top_1, loss, 0.1)


@pytest.mark.parametrize(
    ("history", "epochs"),
    [
        ([told(0, 0, 50), told(0, 1, 70), told(0, 2, 60), told(1, 0, 65), told(1, 1, 80)], (2, 2)),
        ([told(0, 0, 50), told(0, 1, 70), told(1, 0, 65), told(1, 1, 70)], (2, 0)),
        ([told(0, 0, 70, 1.0), told(0, 1, 70, 0.5), told(1, 0, 70, 0.4)], (2, 1)),
    ],
)
def test_each_stage_goes_as_far_as_its_best_epoch(history: list[Epoch], epochs: tuple[int, int]) -> None:
    assert epochs_to_best(history, 2) == epochs


def image_data(data: Data, **gone: Any) -> ImageData:
    train, val, test = (
        tuple(Image(one.path, one.label, one.content, SIDE, SIDE) for one in part)
        for part in (data.train, data.val, data.test)
    )
    return ImageData("my images", CLASSES, train, val, test, "0" * 16, **gone)


def order(tmp_path: Path, recipe: str = SHORT, **more: Any) -> Order:
    file = tmp_path / "short.yaml"
    file.write_text(recipe)
    return Order(
        replace(evaluation(), data="my images"), PREPARED, recipe=str(file), folder=str(tmp_path / "runs"), **more
    )


def damaged(image: One, file: Path) -> One:
    """With its header in order and its pixels cut off in the middle, as it looks whole to who does not decode it."""
    file.write_bytes(image.path.read_bytes()[:-200])
    return replace(image, path=file)


def evaluate(data: ImageData, asked: Order, evaluator: TunedEvaluator | None = None) -> Any:
    evaluator = evaluator or TunedEvaluator(data, "cpu")
    return evaluator.evaluate(asked, lambda *_: None, lambda: False)


def test_images_that_cannot_be_decoded_are_left_out_of_fine_tuning(
    data: Data, tmp_path: Path, trained: list[int]
) -> None:
    import hashlib

    bad = []
    for number, image in enumerate((data.train[0], data.val[0], data.test[0])):
        made = damaged(image, tmp_path / f"{number}.png")
        bad.append(replace(made, content=hashlib.sha256(made.path.read_bytes()).hexdigest()[:16]))
    some = Data(CLASSES, (bad[0], *data.train[1:]), (bad[1], *data.val[1:]), (bad[2], *data.test[1:]))
    said = evaluate(image_data(some), order(tmp_path))
    assert said.scores.images == 23 and sum(trained) == 2 * 23
    assert "images_left_out" in said.cautions
    copies = image_data(data, left_out=3)  # of test images: they can be read
    assert "images_left_out" not in evaluate(copies, order(tmp_path)).cautions


def test_what_was_looked_at_is_not_decoded_again_for_the_next_model(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backbones.probe.transfer import whole

    looked: list[Path] = []
    problem = whole._problem
    monkeypatch.setattr(whole, "_problem", lambda image: looked.append(image.path) or problem(image))
    images = image_data(data)
    evaluator = TunedEvaluator(images, "cpu")
    for seed in (0, 1):
        asked = order(tmp_path, SHORT.replace("epochs: 2", "epochs: 1"))
        evaluate(images, replace(asked, evaluation=replace(asked.evaluation, seed=seed)), evaluator)
    assert len(looked) == 60


def test_where_nothing_can_be_decoded_there_is_a_sentence(data: Data, tmp_path: Path) -> None:
    gone = tuple(replace(one, path=tmp_path / "gone.png") for one in data.test)
    with pytest.raises(Unsupported, match="no test image can be decoded"):
        evaluate(image_data(Data(CLASSES, data.train, data.val, gone)), order(tmp_path))
    of_one = tuple(replace(one, path=tmp_path / "gone.png") if one.label else one for one in data.train)
    with pytest.raises(Unsupported, match="fewer than two have training images"):
        evaluate(image_data(Data(CLASSES, of_one, data.val, data.test)), order(tmp_path))


def test_an_image_that_changes_while_it_is_trained_on_ends_the_training(data: Data, tmp_path: Path) -> None:
    """What the result says of the images would be wrong."""
    other = tmp_path / "other.png"
    other.write_bytes(data.train[1].path.read_bytes())
    changed = Data(CLASSES, (replace(data.train[0], path=other), *data.train[1:]), data.val, data.test)
    with pytest.raises(BackbonesError, match=r"other.png has changed .* run the same command again"):
        run(changed, tmp_path, SHORT)


def test_few_training_images_are_said_and_weights_are_kept_where_they_are_asked_for(data: Data, tmp_path: Path) -> None:
    few = image_data(Data(CLASSES, data.train[:9], data.val, data.test), left_out=1, unreadable=1)
    asked = order(tmp_path, save=str(tmp_path / "kept"))
    said = evaluate(few, asked)
    assert set(said.cautions) == {"few_training_images", "images_left_out"}
    assert said.notes == ("short asks for batches of 16; there are 9 images, so its batch has 9",)
    file = file_of(tmp_path / "kept", asked.evaluation)
    assert file.name == f"test_byobnet-my_images-{asked.evaluation.key}.pth"
    assert {one.name for one in (tmp_path / "kept").iterdir()} == {file.name, beside(file).name}
    (tmp_path / "file").write_text("")
    said = evaluate(few, order(tmp_path, save=str(tmp_path / "file")))
    assert "weights_not_saved" in said.cautions and said.scores.images == 24


def test_what_stands_beside_the_weights_is_all_that_their_use_needs(data: Data, tmp_path: Path) -> None:
    text = RECIPE.replace("batch_size", "evaluation: {resolution: 24, resize: 40}\nbatch_size").replace(
        "epochs: 6", "epochs: 3"
    )
    asked = order(tmp_path, text, save=str(tmp_path / "kept"))
    asked = replace(asked, evaluation=replace(asked.evaluation, resolution=24, recipe="short@" + "a" * 12))
    found = evaluate(image_data(data), asked)
    file = file_of(tmp_path / "kept", asked.evaluation)
    said = json.loads(beside(file).read_text())
    assert (said["model"], said["recipe"], said["data"], said["data_hash"]) == (
        "test_byobnet", "short@" + "a" * 12, "my images", "0" * 16,
    )  # fmt: skip
    assert (said["top_1"], said["test_images"], said["weights"]) == (found.scores.top_1, 24, file.name)
    assert found.scores.top_1 > 40 and len(said["classes"]) == len(CLASSES)

    how = said["preparation"]
    assert how["crop_pct"] == pytest.approx(24 / 40, rel=0.02), "the recipe's, not the model's own"
    model = timm.create_model(said["model"], num_classes=len(said["classes"])).eval()
    model.load_state_dict(torch.load(file.with_name(said["weights"]), weights_only=True))
    look = transforms_imagenet_eval(
        how["resolution"], how["crop_pct"], how["crop_mode"], interpolation=how["interpolation"],
        mean=how["mean"], std=how["std"],
    )  # fmt: skip
    with torch.no_grad():
        answers = model(torch.stack([look(Picture.open(one.path)) for one in data.test])).argmax(1).tolist()
    right = [said["classes"][answer] == CLASSES[one.label] for answer, one in zip(answers, data.test, strict=True)]
    assert 100 * sum(right) / len(right) == pytest.approx(said["top_1"])


def test_weights_that_nothing_can_be_said_beside_are_told(data: Data, tmp_path: Path) -> None:
    asked = order(tmp_path, RECIPE.replace("epochs: 6", "epochs: 1"), save=str(tmp_path / "kept"))
    beside(file_of(tmp_path / "kept", asked.evaluation)).mkdir(parents=True)
    assert "weights_not_saved" in evaluate(image_data(data), asked).cautions


def test_few_shots_are_chosen_on_as_few_images_unless_the_split_is_given(data: Data, tmp_path: Path) -> None:
    asked = order(tmp_path, RECIPE.replace("epochs: 6", "epochs: 1"))
    asked = replace(asked, evaluation=replace(asked.evaluation, shots=3))
    own = evaluate(image_data(data, is_val_given=True), asked)
    assert "settings were chosen on 12 validation images" in own.notes[-1]
    drawn = evaluate(image_data(data), replace(asked, evaluation=replace(asked.evaluation, details="validation=few")))
    assert not [note for note in drawn.notes if "chosen on" in note]
    assert drawn.accuracy is not None and drawn.accuracy * 9 / 100 == pytest.approx(round(drawn.accuracy * 9 / 100))


def test_trainings_that_nobody_went_on_with_are_forgotten(tmp_path: Path) -> None:
    for name, days in (("old", 31), ("new", 29)):
        (tmp_path / name / "all-images").mkdir(parents=True)
        for file in (tmp_path / name / checkpoints.FILE, tmp_path / name / "all-images" / checkpoints.FILE):
            file.write_bytes(b"")
            os.utime(file, (1_000_000_000 - days * 86400,) * 2)
    checkpoints.prune(tmp_path, now=1_000_000_000)
    assert [one.name for one in tmp_path.iterdir()] == ["new"]
    checkpoints.prune(tmp_path / "nothing")

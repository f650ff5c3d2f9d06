"""Fine-tuning small models of timm's: what recipes say is done, and comes to the same again."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed (extra `transfer`)")
pytest.importorskip("timm", reason="timm is not installed (extra `transfer`)")
import numpy as np
import timm
import torch
from tuning import CLASSES, RECIPE, Data, evaluation, run, top_1

from backbones.probe.transfer.fitted import Progress
from backbones.probe.transfer.recipe_files import Found, find_recipe, parse_recipe
from backbones.probe.transfer.stepping import Steps


def test_classes_that_differ_are_told_apart_in_a_few_epochs(data: Data, tmp_path: Path) -> None:
    told: list[Progress] = []
    fitted = run(data, tmp_path, says=told.append, save=tmp_path / "kept" / "w.pth")
    assert top_1(fitted) > 85 and fitted.val_top_1 is not None and fitted.val_top_1 > 85  # by chance 33
    assert fitted.outputs.shape == (24, 3) and list(fitted.labels) == [image.label for image in data.test]
    assert [(p.epoch, p.epochs, p.step, p.steps) for p in told if p.top_1 is not None] == [
        (n, 6, 2, 2) for n in range(1, 7)
    ]
    assert all(p.images_s > 0 and p.loss > 0 for p in told) and fitted.training_s > 0
    assert fitted.chosen == f"epochs={fitted.best_epoch},trained_on=24,validation={fitted.val_top_1:.2f}"
    assert fitted.cautions == () and fitted.weights == tmp_path / "kept" / "w.pth"
    weights = torch.load(fitted.weights, weights_only=True)
    model = timm.create_model("test_byobnet", num_classes=3)
    model.load_state_dict(weights)


def test_the_same_seed_gives_the_same_numbers_however_many_processes_read(data: Data, tmp_path: Path) -> None:
    mixed = RECIPE.replace("scale", "augment: trivial, random_erasing: 0.5, mixup: 0.2, cutmix: 1.0, scale")
    many = Data(CLASSES, data.train * 3, data.val, data.test)
    short = mixed.replace("epochs: 6", "epochs: 2")
    first, second = (run(many, tmp_path / str(w), short, workers=w) for w in (0, 2))
    assert np.array_equal(first.outputs, second.outputs) and first.epochs == second.epochs
    other = run(many, tmp_path / "other", short, evaluation(seed=1))
    assert not np.array_equal(first.outputs, other.outputs)


def test_training_ends_when_validation_no_longer_improves_and_the_next_optimiser_takes_over(
    data: Data, tmp_path: Path
) -> None:
    text = (
        RECIPE.replace("epochs: 6", "epochs: 60, patience: 2")
        + "  - {optimiser: sgd, learning_rate: 0.001, epochs: 50, patience: 1}\n"
    )
    fitted = run(data, tmp_path, text)
    stages = [one.stage for one in fitted.epochs]
    assert stages == sorted(stages) and set(stages) == {0, 1} and len(stages) < 60
    assert "stopped_early" in fitted.cautions
    best = fitted.epochs[fitted.best_epoch - 1].top_1
    assert best == max(one.top_1 or 0 for one in fitted.epochs) == fitted.val_top_1


def test_clash_itself_runs(data: Data, tmp_path: Path) -> None:
    found = find_recipe("clash")
    small = Found(
        parse_recipe(found.text.replace("epochs: 200, patience: 10", "epochs: 2, patience: 1")).recipe, "", ""
    )
    fitted = run(data, tmp_path, small)
    assert {one.stage for one in fitted.epochs} == {0, 1}
    assert fitted.notes == ("clash asks for batches of 64; there are 24 images, so its batch has 24",)


def test_rsb_100_itself_runs_and_trains_at_a_smaller_size(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = find_recipe("rsb-100")
    small = Found(
        parse_recipe(
            found.text.replace("epochs: 100", "epochs: 2").replace("warmup_epochs: 5", "warmup_epochs: 1")
        ).recipe,
        "",
        "",
    )
    seen = set()
    train = Steps.train
    monkeypatch.setattr(
        Steps, "train", lambda self, images, *rest: (seen.add(tuple(images.shape[1:])), train(self, images, *rest))[1]
    )
    fitted = run(data, tmp_path, small, evaluation(resolution=64))
    assert seen == {(3, 48, 48)} and len(fitted.epochs) == 2
    rates = [one.learning_rate for one in fitted.epochs]
    assert 0 < rates[0] < rates[1] < 0.5 * 24 / 1024 + 1e-9


def test_without_validation_images_a_part_of_the_training_images_is_held_out(data: Data, tmp_path: Path) -> None:
    fitted = run(Data(CLASSES, data.train, (), data.test), tmp_path, RECIPE.replace("epochs: 6", "epochs: 2"))
    assert fitted.cautions == ("no_validation",) and fitted.val_top_1 is not None
    one_shot = Data(CLASSES, data.train[:3], (), data.test)
    fitted = run(one_shot, tmp_path / "one", RECIPE.replace("epochs: 6", "epochs: 3, patience: 1"))
    assert (fitted.val_top_1, fitted.best_epoch, len(fitted.epochs)) == (None, 3, 3)


def test_bf16_on_a_cpu_and_layers_that_learn_at_different_rates(data: Data, tmp_path: Path) -> None:
    fitted = run(
        data, tmp_path, RECIPE.replace("epochs: 6", "epochs: 2, layer_decay: 0.7"), evaluation(precision="amp_bf16")
    )
    assert np.isfinite(fitted.outputs).all()

"""A training that was ended goes on from its last epoch; how far it is is told, and its end is heard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed (extra `transfer`)")
pytest.importorskip("timm", reason="timm is not installed (extra `transfer`)")
import numpy as np
import torch
from tuning import RECIPE, Data, builder, run

from backbones.probe.speed.protocol import Stopped
from backbones.probe.transfer import checkpoints, trained, training
from backbones.probe.transfer.fitted import Progress
from backbones.probe.transfer.stepping import Steps


@pytest.mark.parametrize("extra", ["", "average: 0.9\nclip_gradient: 1.0\ndrop_path: 0.1\n"])
def test_an_interrupted_run_ends_as_one_that_was_not(data: Data, tmp_path: Path, extra: str) -> None:
    text = (
        RECIPE.replace("scale", "augment: trivial, mixup: 0.2, scale").replace("epochs: 6", "epochs: 3, patience: 3")
        + extra
    )
    text += "  - {optimiser: sgd, learning_rate: 0.01, epochs: 2}\n" if not extra else ""
    text = text if extra else text.replace("batch_size: 16\n", "batch_size: 16\nlabel_smoothing: 0.1\n")
    whole = run(data, tmp_path / "whole", text)
    steps = 0

    def is_stopped() -> bool:
        nonlocal steps
        steps += 1
        return steps % 7 == 0  # a few steps in one go: the end comes within epochs and within validation

    for _ in range(40):
        try:
            fitted = run(data, tmp_path / "parts", text, is_stopped=is_stopped)
            break
        except Stopped:
            continue
    else:
        pytest.fail("it never ended")
    assert steps > 10 and fitted.epochs == whole.epochs and fitted.best_epoch == whole.best_epoch
    assert np.array_equal(fitted.outputs, whole.outputs)


def test_a_training_that_goes_on_tells_from_where(data: Data, tmp_path: Path) -> None:
    told: list[Progress] = []
    text = RECIPE.replace("epochs: 6", "epochs: 4")
    whole = run(data, tmp_path / "whole", text, says=told.append)
    epochs = [(one.trained, one.planned) for one in told if one.event == "epoch"]
    assert epochs == [(1, 4), (2, 4), (3, 4), (4, 4)] and "going on" not in {one.event for one in told}
    over = 0

    def says(progress: Progress) -> None:
        nonlocal over
        over += progress.event == "epoch"

    folder = tmp_path / "parts"
    with pytest.raises(Stopped):
        run(data, folder, text, says=says, is_stopped=lambda: over >= 3)
    kept = trained.left(folder).first.done
    assert kept  # not each of such short epochs is written
    told.clear()
    assert np.array_equal(run(data, folder, text, says=told.append).outputs, whole.outputs)
    assert [(one.trained, one.planned) for one in told if one.event == "going on"] == [(kept, 4)]
    assert [one.trained for one in told if one.event == "epoch"] == list(range(kept + 1, 5))


def test_nothing_is_trained_again_when_all_epochs_are_done(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(data, tmp_path)
    monkeypatch.setattr(Steps, "train", lambda *_: pytest.fail("trained again"))
    assert np.array_equal(run(data, tmp_path).outputs, first.outputs)
    assert {file.name for file in tmp_path.iterdir()} == {
        checkpoints.FILE,
        trained.FILE,
    }  # weights only where asked for
    checkpoints.forget(tmp_path)
    assert not tmp_path.exists()


def test_a_checkpoint_of_another_recipe_or_a_broken_one_is_not_gone_on_from(data: Data, tmp_path: Path) -> None:
    text = RECIPE.replace("epochs: 6", "epochs: 1")
    whole = run(data, tmp_path / "new", text)
    run(data, tmp_path, RECIPE.replace("0.003", "0.001").replace("epochs: 6", "epochs: 2"))
    assert np.array_equal(run(data, tmp_path, text).outputs, whole.outputs)
    (tmp_path / checkpoints.FILE).write_bytes(b"PK\x03\x04 cut off")
    assert np.array_equal(run(data, tmp_path, text).outputs, whole.outputs)


def test_training_goes_on_where_nothing_can_be_written(data: Data, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    fitted = run(data, tmp_path / "file", RECIPE.replace("epochs: 6", "epochs: 2"))
    assert fitted.weights is None and len(fitted.epochs) == 2
    assert [note.partition(":")[0] for note in fitted.notes] == [f"no checkpoint can be written to {tmp_path / 'file'}"]


def test_the_end_is_heard_within_a_step(data: Data, tmp_path: Path) -> None:
    steps: list[int] = []
    heard: list[int] = []

    class Counting(torch.nn.Module):
        """Notes the images of each step."""

        def __init__(self, model: Any) -> None:
            super().__init__()
            self.model, self.pretrained_cfg, self.default_cfg = model, model.pretrained_cfg, model.default_cfg

        def forward(self, images: Any) -> Any:
            steps.append(len(images))
            return self.model(images)

    def is_stopped() -> bool:
        heard.append(len(steps))
        return len(heard) == 5

    with pytest.raises(Stopped):
        run(
            data,
            tmp_path,
            RECIPE.replace("epochs: 6", "epochs: 1000"),
            build=builder("test_byobnet", Counting),
            is_stopped=is_stopped,
        )
    assert len(heard) == 5 and heard[-1] == len(steps)  # asked before each step, and none after the answer


def test_progress_is_told_within_long_epochs(data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "TELL_EVERY_S", 0.0)
    told: list[Progress] = []
    run(
        data,
        tmp_path,
        RECIPE.replace("batch_size: 16", "batch_size: 4").replace("epochs: 6", "epochs: 1"),
        says=told.append,
    )
    assert [p.step for p in told[:5]] == [1, 2, 3, 4, 5] and {p.step for p in told[5:]} == {6}
    assert sum(p.top_1 is not None for p in told) == 1 and {(p.stage, p.epoch) for p in told} == {(1, 1)}

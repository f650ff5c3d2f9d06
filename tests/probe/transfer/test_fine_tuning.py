"""Fine-tuning small models of timm's on images whose classes differ in colour and texture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed (extra `transfer`)")
pytest.importorskip("timm", reason="timm is not installed (extra `transfer`)")

import numpy as np
import timm
import torch
from tuning import CLASSES, RECIPE, SIDE, Data, builder, drawn, evaluation, run

from backbones.probe.speed.protocol import Stopped
from backbones.probe.speed.subject import Unsupported
from backbones.probe.speed.taking import NotFinite
from backbones.probe.transfer import checkpoints, trained, training
from backbones.probe.transfer.fitted import Fitted, Progress
from backbones.probe.transfer.plan import RecipeProblem
from backbones.probe.transfer.recipe_files import Found, find_recipe, parse_recipe
from backbones.probe.transfer.stepping import Steps


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """24 images to train on, 12 to choose on, 24 to test on."""
    return drawn(tmp_path_factory.mktemp("images"))


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """The same sums in the same order, and no fight over cores."""
    torch.set_num_threads(1)


def top_1(fitted: Fitted) -> float:
    return 100 * float((fitted.outputs.argmax(1) == fitted.labels).mean())


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
    kept = 4 - round(4 * trained.share_left(folder))
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


class Fixed(torch.nn.Module):
    """Takes images of 32 px."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        self.pretrained_cfg, self.default_cfg = model.pretrained_cfg, model.default_cfg

    def forward(self, images: Any) -> Any:
        assert images.shape[-1] == SIDE, f"Input height ({images.shape[-1]}) doesn't match model ({SIDE})."
        return self.model(images)


def test_a_model_of_one_size_is_trained_at_that(data: Data, tmp_path: Path) -> None:
    text = RECIPE.replace("training: {", "evaluation: {resolution: 32}\ntraining: {resolution: 16, ").replace(
        "epochs: 6", "epochs: 1"
    )
    fitted = run(data, tmp_path, text, build=builder("test_byobnet", Fixed))
    assert fitted.notes == (
        "test_byobnet takes images of 32 px only and is trained at these, not at the 16 px of short",
    )
    assert run(data, tmp_path / "any", text).notes == ()


def test_a_model_that_does_not_take_the_size_is_refused(data: Data, tmp_path: Path) -> None:
    said = r"test_byobnet takes no images of 64 px: Input height \(64\) doesn't match model \(32\).*; name another --resolution"
    with pytest.raises(Unsupported, match=said):
        run(data, tmp_path, about=evaluation(resolution=64), build=builder("test_byobnet", Fixed))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("adamw", "adamww"), "timm has no optimiser 'adamww'; did you mean 'adamw'"),
        (("fp32", "amp_fp16"), "a CPU trains in fp32 or amp_bf16, not in amp_fp16"),
        (("fp32", "bf16"), "nothing is trained in bf16 here; ask for fp32, tf32, amp_bf16 or amp_fp16"),
    ],
)
def test_what_cannot_be_followed_is_a_sentence(data: Data, tmp_path: Path, change: tuple[str, str], said: str) -> None:
    with pytest.raises(RecipeProblem, match=said):
        run(data, tmp_path, RECIPE.replace(*change), evaluation(precision="fp32".replace(*change)))


def test_a_model_without_stochastic_depth_is_told_so(data: Data, tmp_path: Path) -> None:
    def build(**settings: Any) -> Any:
        raise TypeError("VGG.__init__() got an unexpected keyword argument 'drop_path_rate'")

    with pytest.raises(RecipeProblem, match="test_byobnet has no stochastic depth; leave drop_path away"):
        run(data, tmp_path, RECIPE + "drop_path: 0.1\n", build=build)


def test_without_validation_images_a_part_of_the_training_images_is_held_out(data: Data, tmp_path: Path) -> None:
    fitted = run(Data(CLASSES, data.train, (), data.test), tmp_path, RECIPE.replace("epochs: 6", "epochs: 2"))
    assert fitted.cautions == ("no_validation",) and fitted.val_top_1 is not None
    one_shot = Data(CLASSES, data.train[:3], (), data.test)
    fitted = run(one_shot, tmp_path / "one", RECIPE.replace("epochs: 6", "epochs: 3, patience: 1"))
    assert (fitted.val_top_1, fitted.best_epoch, len(fitted.epochs)) == (None, 3, 3)


def test_a_loss_that_runs_away_ends_in_a_sentence(data: Data, tmp_path: Path) -> None:
    with pytest.raises(
        NotFinite, match=r"short lost its way with test_byobnet: the loss is (nan|inf).* lower learning_rate"
    ):
        run(data, tmp_path, RECIPE.replace("adamw, learning_rate: 0.003", "sgd, learning_rate: 1.0e+30"))


class Narrow(torch.nn.Module):
    """Has memory for so many images."""

    def __init__(self, model: Any, most: int) -> None:
        super().__init__()
        self.model, self.most, self.seen = model, most, []  # type: ignore[var-annotated]
        self.pretrained_cfg, self.default_cfg = model.pretrained_cfg, model.default_cfg

    def forward(self, images: Any) -> Any:
        if self.training:
            self.seen.append(len(images))
            if len(images) > self.most:
                raise RuntimeError(
                    "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"
                )
        return self.model(images)


def test_where_memory_is_short_gradients_are_added_up(data: Data, tmp_path: Path) -> None:
    made: list[Narrow] = []

    def narrow(model: Any) -> Any:
        made.append(Narrow(model, 5))
        return made[-1]

    fitted = run(data, tmp_path, RECIPE.replace("epochs: 6", "epochs: 4"), build=builder("test_byobnet", narrow))
    assert fitted.notes == ("memory does not suffice for a batch of 12: gradients of 3 images at a time are added up",)
    assert made[0].seen[:7] == [12, 6, 3, 3, 3, 3, 3] and top_1(fitted) > 60
    with pytest.raises(RuntimeError, match="can't allocate memory"):
        run(data, tmp_path / "none", build=builder("test_byobnet", lambda model: Narrow(model, 1)))


def test_parts_give_the_gradient_of_the_batch(data: Data, tmp_path: Path) -> None:
    """Layer normalisation looks at one image at a time, so that parts change nothing but rounding."""
    text = RECIPE.replace("epochs: 6", "epochs: 1")
    whole = run(data, tmp_path / "whole", text, evaluation("test_vit"))
    parts = run(
        data, tmp_path / "parts", text, evaluation("test_vit"), builder("test_vit", lambda model: Narrow(model, 3))
    )
    assert whole.epochs[0].loss == pytest.approx(parts.epochs[0].loss, rel=1e-4)
    assert np.allclose(whole.outputs, parts.outputs, atol=2e-3)


def test_bf16_on_a_cpu_and_layers_that_learn_at_different_rates(data: Data, tmp_path: Path) -> None:
    fitted = run(
        data, tmp_path, RECIPE.replace("epochs: 6", "epochs: 2, layer_decay: 0.7"), evaluation(precision="amp_bf16")
    )
    assert np.isfinite(fitted.outputs).all()


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

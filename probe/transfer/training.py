"""One training of a model by a recipe: its epochs with early stop, what is kept to go on from, and the answers of its best weights."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from backbones.probe.speed.devices import open_device
from backbones.probe.speed.protocol import Device
from backbones.probe.speed.subject import allow_tf32
from backbones.probe.speed.taking import NotFinite
from backbones.probe.transfer import checkpoints, trained
from backbones.probe.transfer.fitted import Build, Epoch, Fitted, Progress
from backbones.probe.transfer.held_out import Parts
from backbones.probe.transfer.loading import (
    Images,
    Kept,
    Order,
    draw,
    evaluation_transform,
    loader,
    prepared,
    seed_all,
    training_transform,
)
from backbones.probe.transfer.plan import Plan, RecipeProblem, plan
from backbones.probe.transfer.recipe import Recipe
from backbones.probe.transfer.recipe_files import Found
from backbones.probe.transfer.sizes import fitting
from backbones.probe.transfer.stepping import Steps, optimiser_of, schedule_of
from backbones.store.transferring.outcome import Evaluation

TELL_EVERY_S: Final = 0.5
AT_ONCE: Final = 64
"""Images of a batch in validation and test; their answers do not depend on it."""
MIB: Final = 1 << 20


@dataclass(slots=True)
class _Standing:
    """Where training is; with the states of model and optimiser it is what a checkpoint holds."""

    stage: int = 0
    epoch: int = 0
    """The next one of the stage."""
    waited: int = 0
    """Epochs since top-1 rose."""
    best_top_1: float = -1.0
    best_loss: float = math.inf
    best_epoch: int = 0
    training_s: float = 0.0
    images: int = 0
    part: int = 0
    is_over: bool = False
    notes: list[str] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)


class Training:
    """Of one evaluation."""

    def __init__(
        self, evaluation: Evaluation, data: Parts, found: Found, build: Build, device: str, says: Callable[[Progress], None],
        is_stopped: Callable[[], bool], folder: Path, workers: int, epochs: tuple[int, ...] = (),
    ) -> None:  # fmt: skip
        """`epochs`: of each stage; none: the recipe's."""
        import torch
        from timm.data import resolve_model_data_config

        self._torch, self._evaluation, self._says = torch, evaluation, says
        self._recipe: Recipe = found.recipe
        train, val = data.train, data.val
        self._epochs = epochs or tuple(stage.epochs for stage in self._recipe.stages)
        self._images = len(train)
        self._plan: Plan = plan(self._recipe, evaluation.resolution, len(train))
        self._device: Device = open_device(device)
        self._device.begin()
        self._device.reset_peak()
        allow_tf32(evaluation.precision == "tf32")
        seed_all(draw(evaluation.seed, "model"))
        settings = {} if self._recipe.drop_path is None else {"drop_path_rate": self._recipe.drop_path}
        try:
            model = build(
                num_classes=len(data.classes), resolution=evaluation.resolution, device=device, seed=evaluation.seed, **settings
            )  # fmt: skip
        except TypeError as error:
            if "drop_path" not in str(error):
                raise
            raise RecipeProblem(f"{evaluation.model} has no stochastic depth; leave drop_path away") from None
        wants = resolve_model_data_config(model, use_test_size=True)
        self._plan = fitting(self._plan, model, evaluation.model, self._recipe.recipe, wants["input_size"][0], device)
        self._steps = Steps(
            model, self._recipe, len(data.classes), self._device, device, evaluation.precision, is_stopped
        )
        channels, is_pinned = wants["input_size"][0], device.startswith("cuda")
        self._order = Order(len(train), self._plan.batches)
        self._train = loader(
            Images(train, training_transform(self._recipe, self._plan, wants), channels),
            self._order,
            workers,
            is_pinned,
        )
        looks = evaluation_transform(self._recipe, self._plan, wants)
        self._prepared = prepared(self._recipe, self._plan, wants)
        self._val = Kept(Images(val, looks, channels), AT_ONCE, workers, is_pinned) if val else None
        self._test = Kept(Images(data.test, looks, channels), AT_ONCE, workers, is_pinned)
        self._at = _Standing()
        self._best: dict[str, Any] = {}
        self._told, self._loss = time.perf_counter(), 0.0
        self._folder = folder
        self._checkpoints = checkpoints.Checkpoints(
            folder, f"{evaluation.key} {found.key} {torch.__version__} {len(train)}"
        )

    def train(self) -> None:
        """Train, or go on."""
        kept = self._checkpoints.read()
        if kept:
            self._at, self._best = _Standing(**kept["standing"]), kept["best"]
            self._steps.part, self._steps.notes = self._at.part, self._at.notes
            if not self._at.is_over:
                self._tell(0, self._loss, self._at.images / max(self._at.training_s, 1e-9), event="going on")
        while not self._at.is_over:
            self._stage(kept)
            kept = None

    def test(self) -> tuple[Any, Any]:
        """The best weights' outputs for the test images, and the labels."""
        self._steps.model.load_state_dict(self._best)
        outputs, labels = self._steps.evaluate(self._steps.model, self._test, self._beat)
        self._refuse_nonsense(outputs)
        return outputs.numpy(), labels.numpy()

    def saved(self, file: Path) -> bool:
        """Write the best weights; False where the disk does not take them."""
        try:
            checkpoints.replace(file, self._best)
        except (OSError, RuntimeError):  # torch raises RuntimeError for a full disk
            return False
        return True

    def fitted(self, cautions: set[str]) -> Fitted:
        """What came of the training; nothing is tested yet."""
        peak = self._device.peak_memory()
        at, notes = self._at, [*self._plan.notes, *self._steps.told(max(self._plan.batches))]
        if self._checkpoints.problem:
            notes.append(self._checkpoints.problem)
        if len(at.history) < sum(self._epochs):
            cautions.add("stopped_early")
        return Fitted(
            None, None, tuple(Epoch(**one) for one in at.history), at.best_epoch,
            at.best_top_1 if at.best_top_1 >= 0 else None, at.training_s, at.images / max(at.training_s, 1e-9),
            None if peak is None else peak / MIB, None, self._images, tuple(notes), tuple(sorted(cautions)), self._prepared,
        )  # fmt: skip

    def _stage(self, kept: dict[str, Any] | None) -> None:
        """The epochs of one optimiser, from the best weights so far, or from where a checkpoint stands."""
        at, recipe = self._at, self._recipe
        stage, steps = recipe.stages[at.stage], len(self._plan.batches)
        model = self._steps.model
        if self._best and not kept:
            model.load_state_dict(self._best)
        rate = self._plan.learning_rates[at.stage]
        optimiser = optimiser_of(model, stage, rate)
        average = self._average(model)
        schedule = schedule_of(optimiser, stage, rate, steps)
        if kept:
            model.load_state_dict(kept["model"])
            optimiser.load_state_dict(kept["optimiser"])
            self._steps.scaler.load_state_dict(kept["scaler"])
            if average is not None:
                average.module.load_state_dict(kept["average"])
        while at.epoch < self._epochs[at.stage] and not (stage.patience and at.waited >= stage.patience):
            loss = self._epoch(optimiser, schedule, average)
            self._judge(loss, optimiser, average)
            at.epoch, at.part, at.notes = at.epoch + 1, self._steps.part, self._steps.notes
            self._keep(optimiser, average)
        at.stage, at.epoch, at.waited = at.stage + 1, 0, 0
        at.is_over = at.stage == len(recipe.stages)
        if at.is_over:
            self._checkpoints.write({"standing": asdict(at), "best": self._best}, is_due=True)
            trained.note(self._folder, len(at.history), len(at.history), at.best_epoch)

    def _average(self, model: Any) -> Any:
        if self._recipe.average is None:
            return None
        from timm.utils import ModelEmaV3

        return ModelEmaV3(model, decay=self._recipe.average, use_warmup=True)

    def _epoch(self, optimiser: Any, schedule: Any, average: Any) -> float:
        """One pass over the training images; the mean loss."""
        at, steps = self._at, len(self._plan.batches)
        seed = draw(self._evaluation.seed, at.stage, at.epoch)
        seed_all(seed)
        self._order.begin(seed)
        self._steps.model.train()
        total = self._torch.zeros((), device=next(self._steps.model.parameters()).device)
        began = self._told = time.perf_counter()
        images = 0
        for step, (batch, labels) in enumerate(self._train, 1):
            schedule.step_update(at.epoch * steps + step - 1)
            total += self._steps.train(batch, labels, optimiser)
            images += len(batch)
            if average is not None:
                average.update(self._steps.model, step=at.epoch * steps + step)
            now = time.perf_counter()
            if now - self._told > TELL_EVERY_S and step < steps:
                self._tell(step, self._mean(total, step, optimiser), images / (now - began))
        loss = self._mean(total, steps, optimiser)
        at.training_s += time.perf_counter() - began
        at.images += images
        return loss

    def _mean(self, total: Any, step: int, optimiser: Any) -> float:
        """The mean loss so far, which waits for the device. NotFinite where numbers have run away."""
        loss = float(total) / step
        if not math.isfinite(loss):
            rate = max(group["lr"] for group in optimiser.param_groups)
            raise NotFinite(
                f"{self._recipe.recipe} lost its way with {self._evaluation.model}: the loss is {loss} in epoch {self._at.epoch + 1} of "
                f"stage {self._at.stage + 1}, at a learning rate of {rate:.3g}; lower learning_rate, add clip_gradient or train in fp32"
            )
        return loss

    def _judge(self, loss: float, optimiser: Any, average: Any) -> None:
        """Validate, and remember the weights where they are the best so far; without validation images the last are."""
        at = self._at
        model = average.module if average is not None else self._steps.model
        top_1 = val_loss = None
        if self._val is not None:
            outputs, labels = self._steps.evaluate(model, self._val, self._beat)
            top_1 = 100 * int((outputs.argmax(dim=1) == labels).sum()) / len(labels)
            val_loss = float(self._torch.nn.functional.cross_entropy(outputs, labels))
        at.history.append(
            asdict(
                Epoch(at.stage, at.epoch, loss, top_1, val_loss, max(group["lr"] for group in optimiser.param_groups))
            )
        )
        is_higher = top_1 is None or top_1 > at.best_top_1
        at.waited = 0 if is_higher else at.waited + 1
        if is_higher or (top_1 == at.best_top_1 and val_loss is not None and val_loss < at.best_loss):
            at.best_epoch = len(at.history)
            if top_1 is not None and val_loss is not None:
                at.best_top_1, at.best_loss = top_1, val_loss
            self._best = {key: value.detach().cpu().clone() for key, value in model.state_dict().items()}
        steps = len(self._plan.batches)
        self._tell(
            steps,
            loss,
            at.images / max(at.training_s, 1e-9),
            top_1,
            at.best_top_1 if top_1 is not None else None,
            "epoch",
        )

    def _beat(self) -> None:
        """Validation and test are no steps, but say that they go on."""
        if time.perf_counter() - self._told > TELL_EVERY_S:
            self._tell(len(self._plan.batches), self._loss, self._at.images / max(self._at.training_s, 1e-9))

    def _tell(
        self, step: int, loss: float, images_s: float, top_1: float | None = None, best: float | None = None,
        event: Literal["train", "epoch", "going on"] = "train",
    ) -> None:  # fmt: skip
        at, stages = self._at, self._recipe.stages
        stage = min(at.stage, len(stages) - 1)
        epochs = self._epochs[stage]
        self._told, self._loss = time.perf_counter(), loss
        self._says(
            Progress(
                stage + 1, len(stages), min(at.epoch + 1, epochs) if stage == at.stage else epochs, epochs, step,
                len(self._plan.batches), loss, images_s, top_1, best, event, len(at.history), sum(self._epochs),
            )
        )  # fmt: skip

    def _keep(self, optimiser: Any, average: Any) -> None:
        state = {
            "standing": asdict(self._at),
            "best": self._best,
            "model": self._steps.model.state_dict(),
            "optimiser": optimiser.state_dict(),
            "scaler": self._steps.scaler.state_dict(),
        }
        if average is not None:
            state["average"] = average.module.state_dict()
        if self._checkpoints.write(state):
            trained.note(self._folder, len(self._at.history), sum(self._epochs))

    def _refuse_nonsense(self, outputs: Any) -> None:
        if not bool(self._torch.isfinite(outputs).all()):
            raise NotFinite(
                f"{self._evaluation.model} gives NaN or infinity after {self._recipe.recipe}; train in fp32"
            )

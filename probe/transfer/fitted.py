"""What fine-tuning is given, tells on its way, and gives. No torch here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from backbones.probe.transfer.loading import LabelledImage
from backbones.probe.transfer.preparation import Preparation


class Splits(Protocol):
    """What is trained on, chosen on and tested on: `ImageData`, or a part of it drawn by `few`."""

    @property
    def classes(self) -> tuple[str, ...]: ...

    @property
    def train(self) -> Sequence[LabelledImage]: ...

    @property
    def val(self) -> Sequence[LabelledImage]: ...

    @property
    def test(self) -> Sequence[LabelledImage]: ...


class Build(Protocol):
    """Makes the model with its weights: `weights.build` of a model. It may raise Unsupported or NoWeights."""

    def __call__(self, *, num_classes: int, resolution: int, device: str, seed: int, **settings: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far training is."""

    stage: int
    """From 1 on."""
    stages: int
    epoch: int
    """Of the stage, from 1 on."""
    epochs: int
    """Of the stage, at most."""
    step: int
    steps: int
    """Of the epoch."""
    loss: float
    """Mean of the epoch so far."""
    images_s: float
    """Trained on in a second."""
    top_1: float | None = None
    """On the validation images, in percent; told when the epoch is over."""
    best: float | None = None
    event: Literal["train", "epoch", "going on"] = "train"
    """`epoch`: one is over; `going on`: training begins where an earlier run was ended."""
    trained: int = 0
    """Epochs that are over, of all stages."""
    planned: int = 0
    """Epochs of all stages, at most."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """What came of an epoch."""

    stage: int
    epoch: int
    loss: float
    top_1: float | None
    val_loss: float | None
    learning_rate: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """What came of fine-tuning."""

    outputs: Any
    """float32 (test images, classes), before softmax."""
    labels: Any
    """int (test images,)."""
    epochs: tuple[Epoch, ...]
    best_epoch: int
    """From 1 on, over all stages."""
    val_top_1: float | None
    """Percent, of that epoch."""
    training_s: float
    """Of the epochs of training, without validation."""
    images_s: float
    peak_memory_mib: float | None
    weights: Path | None
    """A state dictionary with the best weights; None where nobody wants it, or it could not be written."""
    training_images: int = 0
    """That the final weights were trained on: without validation images of its own, and with all images, a part of those given."""
    notes: tuple[str, ...] = ()
    """Sentences: where the recipe was bent."""
    cautions: tuple[str, ...] = ()
    """Names of `store.transferring.cautions.CAUTIONS`."""
    preparation: Preparation | None = None
    """Of the images in evaluation."""

    @property
    def chosen(self) -> str:
        """As `Outcome.chosen` has it."""
        said = f"epochs={self.best_epoch},trained_on={self.training_images}"
        return said if self.val_top_1 is None else f"{said},validation={self.val_top_1:.2f}"

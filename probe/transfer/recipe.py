"""What a recipe for fine-tuning may say: the YAML file as pydantic reads it. No torch here."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from backbones.store.fields import Name, Record, Text

MOST_EPOCHS: Final = 10_000

_SCIENTIFIC: Final = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+")


def _read_scientific(value: object) -> object:
    """YAML 1.1 reads 2e-5 as text; people mean the number."""
    return float(value) if isinstance(value, str) and _SCIENTIFIC.fullmatch(value) else value


Resolution = Annotated[int, Field(strict=True, ge=8, le=4096)]
"""Side of a square input in pixels."""
Number = Annotated[float, BeforeValidator(_read_scientific), Field(strict=True, allow_inf_nan=False)]
Share = Annotated[Number, Field(ge=0, le=1)]
Positive = Annotated[Number, Field(gt=0)]
NotNegative = Annotated[Number, Field(ge=0)]
Optimiser = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
"""A name of `timm.optim.list_optimizers()`."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]*")


def _check_name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError(f"{value!r} is no name of a recipe: small letters, digits and hyphens")
    return value


def _check_scale(value: tuple[float, float]) -> tuple[float, float]:
    if not 0 < value[0] <= value[1] <= 1:
        raise ValueError(f"{list(value)} is no range of shares of the area, as [0.08, 1.0]")
    return value


Scale = Annotated[tuple[float, float], AfterValidator(_check_scale)]


class EvaluationImages(Record):
    """How images are made for validation and test, and what the resolution of the result is."""

    resolution: Resolution | None = None
    """None: the model's own, with its own resize."""
    resize: Resolution | None = None
    """The shorter side before the crop to `resolution`; with `stretch` both sides. None: the model's own share."""
    stretch: bool = False
    """Both sides are brought to the resolution, whatever the shape of the image; nothing is cut off."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.resize and not self.resolution:
            raise ValueError("resize says nothing without a resolution")
        if self.resize and self.resolution and self.resize < self.resolution:
            raise ValueError(f"resize {self.resize} is smaller than resolution {self.resolution}")
        return self


class TrainingImages(Record):
    """How images are made for training, and mixed."""

    resolution: Resolution | None = None
    """None: that of evaluation."""
    crop: Literal["random", "none"] = "random"
    """`random`: a part of random size and shape; `none`: as for evaluation."""
    scale: Scale = (0.08, 1.0)
    """Share of the area that a random crop may have."""
    flip: Share = 0.5
    """Probability that left and right change places."""
    augment: Literal["trivial", "none"] = "none"
    """`trivial`: torchvision's TrivialAugmentWide, bilinear."""
    random_erasing: Share = 0.0
    """Probability that a rectangle is filled with noise."""
    mixup: NotNegative = 0.0
    """Alpha; 0: no MixUp."""
    cutmix: NotNegative = 0.0
    """Alpha; 0: no CutMix. With MixUp and CutMix each batch gets one of them by chance."""
    mix_probability: Share = 1.0
    """How many of the batches are mixed at all."""

    @property
    def is_mixed(self) -> bool:
        """Whether labels are shares of two classes."""
        return (self.mixup > 0 or self.cutmix > 0) and self.mix_probability > 0


class Stage(Record):
    """A run of one optimiser; the next stage starts from the best weights so far."""

    optimiser: Optimiser
    learning_rate: Positive
    for_batch_size: Annotated[int, Field(strict=True, ge=1)] | None = None
    """The batch size that the learning rate is meant for: it is scaled with the batch, linearly. None: as it stands."""
    momentum: Share = 0.9
    nesterov: bool = False
    """Of `sgd`."""
    weight_decay: NotNegative = 0.0
    decay_norms: bool = False
    """Whether weight decay is for biases and normalisation too."""
    layer_decay: Annotated[Number, Field(gt=0, le=1)] | None = None
    """Factor of the learning rate from one layer to the one below it."""
    epochs: Annotated[int, Field(strict=True, ge=1, le=MOST_EPOCHS)]
    """At most."""
    patience: Annotated[int, Field(strict=True, ge=1)] | None = None
    """Epochs without a better top-1 on the validation images after which the stage ends. None: all epochs."""
    schedule: Literal["cosine", "constant"] = "constant"
    warmup_epochs: Annotated[int, Field(strict=True, ge=0)] = 0
    """Linear, step by step, and part of the epochs."""
    warmup_from: Share = 0.01
    """Share of the learning rate at which warm-up begins."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.warmup_epochs >= self.epochs and self.warmup_epochs:
            raise ValueError(f"warmup_epochs {self.warmup_epochs} leaves nothing of {self.epochs} epochs")
        return self


def _check_stages(value: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """Not by `min_length`, which pydantic speaks of wherever the only stage has a mistake."""
    if not value:
        raise ValueError("names no stage; a recipe has at least one")
    return value


class Recipe(Record):
    """A way of fine-tuning."""

    recipe: Annotated[Name, AfterValidator(_check_name)]
    """Its name; that of the file."""
    about: Text
    """A sentence for the list of recipes."""
    evaluation: EvaluationImages = EvaluationImages()
    training: TrainingImages = TrainingImages()
    batch_size: Annotated[int, Field(strict=True, ge=2, le=65536)]
    """Images a step of the optimiser; where memory is short they are computed in parts."""
    label_smoothing: Annotated[Number, Field(ge=0, lt=1)] = 0.0
    mixed_precision: bool = True
    """On a GPU; on a CPU only where it is asked for."""
    clip_gradient: Positive | None = None
    """Largest norm of the gradient."""
    drop_path: Annotated[Number, Field(ge=0, lt=1)] | None = None
    """Rate of stochastic depth; None: the model's own."""
    average: Annotated[Number, Field(gt=0, lt=1)] | None = None
    """Decay of the moving average of weights that is evaluated; None: none."""
    stages: Annotated[tuple[Stage, ...], AfterValidator(_check_stages)]

    @property
    def epochs(self) -> int:
        """At most, of all stages."""
        return sum(stage.epochs for stage in self.stages)

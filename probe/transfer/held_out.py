"""What fine-tuning chooses its epochs on where there are no validation images, and how many epochs that comes to. No torch here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from backbones.probe.transfer.fitted import Epoch, Splits
from backbones.probe.transfer.loading import LabelledImage
from backbones.probe.transfer.splitting import assigned, share_of

HELD_OUT: Final = 0.2
"""Share of the training images that epochs are chosen on, where there are no validation images."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What one training has."""

    classes: tuple[str, ...]
    train: Sequence[LabelledImage]
    val: Sequence[LabelledImage]
    test: Sequence[LabelledImage]


def with_validation(data: Splits, seed: int) -> tuple[Parts, bool]:
    """The images with some to choose on, and whether these are taken from the training images.

    A class of which there is one image, or copies of one, is only trained on.
    """
    if data.val:
        return Parts(data.classes, data.train, data.val, data.test), False
    splits = assigned(
        [image.label for image in data.train], [image.content for image in data.train], val=HELD_OUT, test=0.0, seed=seed
    )  # fmt: skip
    of = {split: [i for i, s in zip(data.train, splits, strict=True) if s == split] for split in ("train", "val")}
    return Parts(data.classes, of["train"], of["val"], data.test), bool(of["val"])


def held_out_of(images: int) -> int:
    """How many of so many training images of a class, no two of them alike."""
    return share_of(images, HELD_OUT, images - 1)


def epochs_to_best(history: Sequence[Epoch], stages: int) -> tuple[int, ...]:
    """How many epochs of each stage lead to the best weights: each stage starts from the best so far."""
    best: Epoch | None = None
    found = []
    for stage in range(stages):
        for one in history:
            if one.stage == stage and (best is None or _is_better(one, best)):
                best = one
        found.append(best.epoch + 1 if best is not None and best.stage == stage else 0)
    return tuple(found)


def _is_better(one: Epoch, other: Epoch) -> bool:
    """By top-1; of equal ones by the loss."""
    if one.top_1 is None or other.top_1 is None:
        return True
    if one.top_1 != other.top_1 or one.val_loss is None or other.val_loss is None:
        return one.top_1 > other.top_1
    return one.val_loss < other.val_loss

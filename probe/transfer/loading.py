"""Images on their way into training and evaluation: timm's and torchvision's transforms, and batches that a seed decides."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from backbones.probe.transfer.decoding import UnreadableImage, decoded, unchanged
from backbones.probe.transfer.plan import Plan
from backbones.probe.transfer.preparation import Preparation
from backbones.probe.transfer.recipe import Recipe
from backbones.store.errors import BackbonesError

KEPT_BYTES: Final = 1 << 30
"""Evaluation images up to so many bytes stay in memory from the first pass on."""
FEW: Final = 64
"""Images below which no process is started to read them: that takes longer than reading."""


class LabelledImage(Protocol):
    """A file, the position of its class, and what the file held when the images were looked through."""

    @property
    def path(self) -> Path: ...

    @property
    def label(self) -> int: ...

    @property
    def content(self) -> str: ...


def draw(*parts: object) -> int:
    """A seed of 32 bits that these parts decide."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:4], "big")


def seed_all(seed: int) -> None:
    """All generators of this process."""
    import numpy as np
    import torch

    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def training_transform(recipe: Recipe, plan: Plan, wants: dict[str, Any]) -> Any:
    """As the recipe says, for a model that wants `wants` (timm's `resolve_model_data_config`)."""
    from timm.data.random_erasing import RandomErasing
    from timm.data.transforms import str_to_interp_mode
    from torchvision.transforms import v2

    asked, side = recipe.training, plan.training_resolution
    augment = [v2.TrivialAugmentWide(interpolation=v2.InterpolationMode.BILINEAR)] if asked.augment == "trivial" else []
    flip = [v2.RandomHorizontalFlip(asked.flip)] if asked.flip else []
    if asked.crop == "random":
        how = str_to_interp_mode(wants["interpolation"])
        steps = [v2.RandomResizedCrop(side, scale=asked.scale, interpolation=how), *flip, *augment]
    else:
        steps = [*augment, *flip, *_geometry(recipe, plan, wants, side)]
    erase = [RandomErasing(asked.random_erasing, mode="pixel", device="cpu")] if asked.random_erasing else []
    return v2.Compose([*steps, *_numbers(wants), *erase])


def evaluation_transform(recipe: Recipe, plan: Plan, wants: dict[str, Any]) -> Any:
    """timm's transform of evaluation with the recipe's resize."""
    from torchvision.transforms import v2

    return v2.Compose([*_geometry(recipe, plan, wants, plan.resolution), *_numbers(wants)])


def prepared(recipe: Recipe, plan: Plan, wants: dict[str, Any]) -> Preparation:
    """What `evaluation_transform` does, in timm's words."""
    return Preparation(
        plan.resolution, wants["interpolation"], plan.crop_pct or wants["crop_pct"],
        "squash" if recipe.evaluation.stretch else wants["crop_mode"], tuple(wants["mean"]), tuple(wants["std"]),
    )  # fmt: skip


def _geometry(recipe: Recipe, plan: Plan, wants: dict[str, Any], side: int) -> list[Any]:
    """timm's resize and crop to a side, without its last steps, which make numbers of pixels."""
    from timm.data.transforms_factory import transforms_imagenet_eval

    how = prepared(recipe, plan, wants)
    made = transforms_imagenet_eval(
        img_size=side,
        crop_pct=how.crop_pct,
        crop_mode=how.crop_mode,
        interpolation=how.interpolation,
        mean=how.mean,
        std=how.std,
        normalize=False,
    )
    return list(made.transforms[:-1])


def _numbers(wants: dict[str, Any]) -> list[Any]:
    from timm.data.transforms import MaybeToTensor
    from torchvision.transforms import v2

    return [MaybeToTensor(), v2.Normalize(mean=list(wants["mean"]), std=list(wants["std"]))]


class Images:
    """Files as a data set of torch's. An item is asked for by (position, seed): the seed alone decides what is drawn for it.

    So an epoch is the same however many processes read it, and whichever epoch a run begins with.
    """

    def __init__(self, images: Sequence[LabelledImage], transform: Any, channels: int = 3) -> None:
        self._paths = [str(image.path) for image in images]
        self._labels = [image.label for image in images]
        self._contents = [image.content for image in images]
        self._transform, self._channels = transform, channels

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, wanted: tuple[int, int]) -> tuple[Any, int]:
        import torch

        position, seed = wanted
        try:
            image = decoded(unchanged(Path(self._paths[position]), self._contents[position]))
        except UnreadableImage as error:  # all were decoded before training began
            raise BackbonesError(
                f"{self._paths[position]} {error}; it was in order when training began: run the same command again"
            ) from None
        if self._channels == 1:
            image = image.convert("L")
        torchs, pythons = torch.get_rng_state(), random.getstate()
        torch.default_generator.manual_seed(seed)  # `torch.manual_seed` would seed the GPU too
        random.seed(seed)
        try:
            return self._transform(image), self._labels[position]
        finally:
            torch.set_rng_state(torchs)
            random.setstate(pythons)


class Order:
    """The batches of each epoch, as a batch sampler of torch's: `begin` draws those of the next one."""

    def __init__(self, images: int, batches: Sequence[int]) -> None:
        self._images, self._batches = images, tuple(batches)
        self._positions: list[int] = list(range(images))
        self._seed = 0

    def begin(self, seed: int) -> None:
        """Shuffle."""
        self._seed = seed
        self._positions = list(range(self._images))
        random.Random(seed).shuffle(self._positions)

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        at = 0
        for size in self._batches:
            yield [(position, draw(self._seed, position)) for position in self._positions[at : at + size]]
            at += size


def loader(images: Images, order: Order, workers: int, is_pinned: bool) -> Any:
    """torch's loader over batches in that order."""
    from torch.utils.data import DataLoader

    workers = workers if len(images) >= FEW else 0
    return DataLoader(
        images,  # type: ignore[arg-type, unused-ignore]
        batch_sampler=order,
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=is_pinned,
    )


class Kept:
    """Batches for evaluation, in order; from the second pass on out of memory where they have room in it."""

    def __init__(self, images: Images, batch: int, workers: int, is_pinned: bool) -> None:
        sizes = [min(batch, len(images) - at) for at in range(0, len(images), batch)]
        self._loader = loader(images, Order(len(images), sizes), workers, is_pinned)
        self._batches: list[Any] = []
        self._is_whole = False

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        if self._is_whole:
            yield from self._batches
            return
        kept: list[Any] | None = []
        room = KEPT_BYTES
        for batch in self._loader:
            room -= batch[0].numel() * batch[0].element_size()
            if room < 0:
                kept = None
            elif kept is not None:
                kept.append(batch)
            yield batch
        if kept is not None:
            self._batches, self._is_whole = kept, True

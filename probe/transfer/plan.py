"""What a recipe comes to for so many images: batches, learning rates, resolutions; and why it cannot be followed. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from backbones.probe.transfer.recipe import Recipe, Stage
from backbones.store.errors import BackbonesError

LEAST_IMAGES = 2
"""Batch normalisation takes its numbers from more than one image."""


class RecipeProblem(BackbonesError):
    """A recipe that cannot be followed with these images or this model; the sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A recipe for one set of training images and one resolution of evaluation."""

    resolution: int
    """Of evaluation."""
    training_resolution: int
    crop_pct: float | None
    """Share of the resized side that is looked at in evaluation; None: the model's own."""
    batches: tuple[int, ...]
    """How many images each step of an epoch has: as equal as can be, and all images but an odd one."""
    learning_rates: tuple[float, ...]
    """Of each stage."""
    notes: tuple[str, ...]
    """Sentences: where the recipe was bent to the images."""


def resolution_of(recipe: Recipe, own: int, asked: int = 0) -> int:
    """The side of the input in evaluation: asked for, else the recipe's, else the model's own."""
    return asked or recipe.evaluation.resolution or own


def plan(recipe: Recipe, resolution: int, images: int) -> Plan:
    """What to do with so many training images. RecipeProblem where there are too few."""
    name = recipe.recipe
    if images < LEAST_IMAGES:
        raise RecipeProblem(
            f"{name} cannot be followed with {images} training image{'s' * (images != 1)}: fine-tuning needs at least "
            f"{LEAST_IMAGES}; give more images a class, or use linear probing or k-NN"
        )
    notes = []
    batches = dealt(images, recipe.batch_size, is_even=recipe.training.is_mixed)
    batch = max(batches)
    if recipe.batch_size > images:
        scaled = " and its learning rate with it" if any(stage.for_batch_size for stage in recipe.stages) else ""
        notes.append(
            f"{name} asks for batches of {recipe.batch_size}; there are {images} images, so its batch has {batch}{scaled}"
        )
    return Plan(
        resolution, _training_resolution(recipe, resolution), _crop_pct(recipe), batches,
        tuple(_learning_rate(stage, batch) for stage in recipe.stages), tuple(notes),
    )  # fmt: skip


def dealt(images: int, most: int, is_even: bool = False) -> tuple[int, ...]:
    """So many images in portions of about `most`: never one alone, sizes that differ by one, or by two where all are even.

    With an odd number and `is_even` one image is left out (another one in each epoch).
    """
    unit = 2 if is_even else 1
    units, room = images // unit, max(1, most // unit)
    portions = max(1, min(-(-units // room), images // 2))
    small, larger = divmod(units, portions)
    return tuple(unit * (small + (at < larger)) for at in range(portions))


def _learning_rate(stage: Stage, batch: int) -> float:
    return stage.learning_rate * (batch / stage.for_batch_size if stage.for_batch_size else 1)


def _training_resolution(recipe: Recipe, resolution: int) -> int:
    """The recipe's; where another resolution of evaluation was asked for, as much smaller or larger."""
    own = recipe.training.resolution
    meant = recipe.evaluation.resolution
    if own is None or resolution == meant or meant is None:
        return own or resolution
    return max(8, round(own * resolution / meant / 8) * 8)


def _crop_pct(recipe: Recipe) -> float | None:
    asked = recipe.evaluation
    if asked.stretch and not asked.resize:
        return 1.0
    if not (asked.resolution and asked.resize):
        return None
    return asked.resolution / (asked.resize + 0.5)  # timm divides by it and rounds down

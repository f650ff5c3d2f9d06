"""How long fine-tuning will take: epochs until patience ends them or the last one, validation, and what is left of an earlier run."""

from __future__ import annotations

from collections import Counter
from typing import Final

from backbones.probe.transfer.held_out import held_out_of
from backbones.probe.transfer.images import ImageData
from backbones.probe.transfer.plan import RecipeProblem, plan
from backbones.probe.transfer.recipe import Recipe
from backbones.probe.transfer.span import Span
from backbones.probe.transfer.speeds import Speeds
from backbones.probe.transfer.trained import Left, Trained
from backbones.store.transferring.outcome import Evaluation

KEEPING: Final = Span(1.0, 1.15)
"""So many times as long as the epochs alone take with what is written to go on from."""
STEP_S: Final = Span(0.002, 0.012)
"""Of the optimiser, a step, beside the time that the images take."""


def expected(
    asked: Evaluation, left: Left, recipe: Recipe, data: ImageData, speeds: Speeds, side: int, create: Span
) -> Span:
    """Of one evaluation by fine-tuning. `side`: the resolution that the speeds are of; `create`: seconds to make the model."""
    sizes = Counter(image.label for image in data.train)
    drawn = [min(asked.shots or size, size) for size in sizes.values()]
    held = 0 if data.val else sum(held_out_of(size) for size in drawn)
    is_validated, is_again = bool(data.val or held), bool(asked.shots and held)
    first, again = epochs_left(recipe, left, is_validated, is_again)
    forward = speeds.forward_span(asked.model) * (asked.resolution / side) ** 2
    validation = forward * (len(data.val) or held)
    found = Span.of(0.0)
    for epochs, images, looks in ((first, sum(drawn) - held, validation), (again, sum(drawn), Span.of(0.0))):
        if epochs is not None:
            try:
                found += create + epochs * KEEPING * (_epoch(asked, recipe, images, speeds, side) + looks)
            except RecipeProblem:  # too few images: it says so and ends
                return found
    return found + (forward + Span.of(speeds.decoding_s)) * (len(data.test) + (len(data.val) or held))


def epochs_left(recipe: Recipe, left: Left, is_validated: bool, is_again: bool) -> tuple[Span, Span | None]:
    """Epochs of the training that chooses their number, and of the one on all images that follows where there is one."""
    least, most = least_epochs(recipe) if is_validated else recipe.epochs, recipe.epochs
    first = _rest(left.first, least, most)
    if not is_again:
        return first, None
    if left.again.planned:
        return first, _rest(left.again, left.again.planned, left.again.planned)
    if left.first.is_over and left.first.best:
        return first, Span.of(left.first.best)
    return first, Span(1, most)


def least_epochs(recipe: Recipe) -> int:
    """After so many the patience of each stage may be over: the first epoch is always better than none."""
    ends = [min(stage.epochs, stage.patience or stage.epochs) for stage in recipe.stages]
    first = recipe.stages[0]
    return sum(ends) + (0 < (first.patience or 0) < first.epochs)


def _rest(training: Trained, least: int, most: int) -> Span:
    if training.is_over:
        return Span.of(0)
    return Span(max(1, least - training.done), max(1, most - training.done))


def _epoch(asked: Evaluation, recipe: Recipe, images: int, speeds: Speeds, side: int) -> Span:
    """Of training alone."""
    steps = plan(recipe, asked.resolution, images)
    found = speeds.training_span(asked.model, (steps.training_resolution / side) ** 2) * images
    return found if asked.model in speeds.trained else found + STEP_S * len(steps.batches)

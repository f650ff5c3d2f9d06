"""How long a run will take, before it is begun: from the images that are drawn and from what is known of the models' speeds."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Final

from backbones.probe.transfer import expecting_training
from backbones.probe.transfer.images import ImageData
from backbones.probe.transfer.request import Request
from backbones.probe.transfer.running import Wish
from backbones.probe.transfer.span import Span
from backbones.probe.transfer.speeds import Speeds
from backbones.probe.transfer.trained import Left
from backbones.store.transferring.outcome import Evaluation

IMPORT_S: Final = 8.0
"""The first model waits for torch."""
CREATE_S: Final = 1.5
"""Making a model, before one has been made."""
STARTING: Final = Span(0.5, 1.0)
"""So much of these two it takes, where the files were read lately and where they were not."""
CLASSIFYING: Final = Span(1e-5, 1e-4)
"""Seconds of a classifier on frozen features, for each training image and class."""
SCORING_S: Final = 0.2
"""Of any evaluation."""
Draws = Sequence[tuple[int, int]]
"""Shots (0: all) and seeds."""


def whole(asked: Evaluation) -> Left:
    """All of it is left to do."""
    return Left()


def expected(
    request: Request, wishes: Sequence[Wish], data: ImageData, speeds: Speeds, left: Callable[[Evaluation], Left] = whole
) -> Span:  # fmt: skip
    """How long these evaluations take: from the least to the most. `left`: what there is of each from earlier runs."""
    every = [(one.order.evaluation, left(one.order.evaluation)) for one in wishes]
    to_do = [asked for asked, known in every if not known.is_done]
    if not to_do:
        return Span.of(0.0)
    sizes = list(Counter(image.label for image in data.train).values())
    found = STARTING * IMPORT_S + SCORING_S * len(to_do)
    by_model: dict[tuple[str, str], list[tuple[Evaluation, Left]]] = defaultdict(list)
    for asked, known in every:
        by_model[asked.model, asked.weights].append((asked, known))
    sides = {model.name: request.resolution_of(model, "k-NN") for model in request.models}
    for (model, _), evaluations in by_model.items():
        frozen = [(asked, known) for asked, known in evaluations if asked.protocol != "fine-tuning"]
        found += _frozen_s(frozen, sizes, data, speeds.extraction_span(model))
        if request.recipe is not None:
            for asked, known in evaluations:
                if asked.protocol == "fine-tuning" and not known.is_done:
                    found += expecting_training.expected(
                        asked, known, request.recipe.recipe, data, speeds, sides[model], STARTING * CREATE_S
                    )
    return found


def _frozen_s(
    evaluations: Sequence[tuple[Evaluation, Left]], sizes: Sequence[int], data: ImageData, each: Span
) -> Span:
    """Of one model: what was evaluated left its features on disk."""
    drawn = {(asked.shots, asked.seed): None for asked, _ in evaluations}
    done = {(asked.shots, asked.seed): None for asked, known in evaluations if known.is_done}
    to_do = {(asked.shots, asked.seed): None for asked, known in evaluations if not known.is_done}
    if not to_do:
        return Span.of(0.0)
    images = drawn_of(sizes, list(drawn)) - drawn_of(sizes, list(done))
    images += 0 if done else len(data.val) + len(data.test)
    trained = sum(sum(drawn_from(sizes, shots)) for shots, _ in to_do)
    return STARTING * (CREATE_S * bool(images)) + each * images + CLASSIFYING * (trained * len(data.classes))


def drawn_of(sizes: Sequence[int], drawn: Draws) -> float:
    """How many training images are in any of the draws, of classes of these sizes, as far as chance tells.

    With one seed fewer shots are among more; two seeds have some images in common.
    """
    most: dict[int, int] = defaultdict(int)
    for shots, seed in drawn:
        if not shots:
            return sum(sizes)
        most[seed] = max(most[seed], shots)
    return sum(size * (1 - math.prod(1 - min(shots, size) / size for shots in most.values())) for size in sizes)


def drawn_from(sizes: Sequence[int], shots: int) -> list[int]:
    """How many images of each class are trained on."""
    return [min(shots or size, size) for size in sizes]

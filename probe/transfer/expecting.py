"""How long a run will take, before it is begun: from the images that are drawn and from what is known of the models' speeds."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Final

from backbones.probe.transfer.images import ImageData
from backbones.probe.transfer.request import Request
from backbones.probe.transfer.running import Wish
from backbones.probe.transfer.speeds import Speeds
from backbones.store.transferring.outcome import Evaluation

IMPORT_S: Final = 8.0
"""The first model waits for torch."""
CREATE_S: Final = 1.5
"""Making a model, before one has been made."""
PASSES: Final = 3
"""An epoch of fine-tuning takes so many times as long as extraction of the same images."""
CLASSIFYING_S: Final = 3e-5
"""Of a classifier on frozen features, for each training image and class."""
Draws = Sequence[tuple[int, int]]
"""Shots (0: all) and seeds."""


def whole(asked: Evaluation) -> float:
    """All of it is left to do."""
    return 1.0


def expected_s(
    request: Request, wishes: Sequence[Wish], data: ImageData, speeds: Speeds, left: Callable[[Evaluation], float] = whole
) -> float:  # fmt: skip
    """About how long these evaluations take. `left`: which share of one is left to do, 0 where it is done."""
    shares = [(one.order.evaluation, left(one.order.evaluation)) for one in wishes]
    if not any(share for _, share in shares):
        return 0.0
    sizes = list(Counter(image.label for image in data.train).values())
    found = IMPORT_S
    by_model: dict[tuple[str, str], list[tuple[Evaluation, float]]] = defaultdict(list)
    for asked, share in shares:
        by_model[asked.model, asked.weights].append((asked, share))
    for (model, _), evaluations in by_model.items():
        each = speeds.image_s(model)
        frozen = [(asked, share) for asked, share in evaluations if asked.protocol != "fine-tuning"]
        found += _frozen_s(frozen, sizes, data, each)
        if request.recipe is not None:
            epochs = PASSES * request.recipe.recipe.epochs
            for asked, share in evaluations:
                if asked.protocol == "fine-tuning":
                    found += share * epochs * trainings(asked.shots, data) * _trained(sizes, asked.shots) * each
    return found


def trainings(shots: int, data: ImageData) -> int:
    """Few shots are trained on anew, for the epochs that were found."""
    return 2 if shots and not data.val else 1


def _frozen_s(
    evaluations: Sequence[tuple[Evaluation, float]], sizes: Sequence[int], data: ImageData, each: float
) -> float:
    """Of one model: what was evaluated left its features on disk."""
    drawn = {(asked.shots, asked.seed): None for asked, _ in evaluations}
    done = {(asked.shots, asked.seed): None for asked, share in evaluations if not share}
    to_do = {(asked.shots, asked.seed): None for asked, share in evaluations if share}
    if not to_do:
        return 0.0
    images = drawn_of(sizes, list(drawn)) - drawn_of(sizes, list(done))
    images += 0 if done else len(data.val) + len(data.test)
    trained = sum(_trained(sizes, shots) for shots, _ in to_do)
    return CREATE_S * bool(images) + images * each + trained * len(data.classes) * CLASSIFYING_S


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


def _trained(sizes: Sequence[int], shots: int) -> int:
    return sum(min(shots or size, size) for size in sizes)

"""How long a run will take, before it is begun: from the images that are drawn and from what is known of the models' speeds."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from backbones.probe.transfer.images import ImageData
from backbones.probe.transfer.request import Request, draws
from backbones.probe.transfer.speeds import Speeds

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


def expected_s(request: Request, data: ImageData, speeds: Speeds) -> float:
    """About how long all takes, from nothing."""
    sizes = list(Counter(image.label for image in data.train).values())
    per_image = [speeds.image_s(model.name) for model in request.models]
    found = IMPORT_S
    if any(protocol != "fine-tuning" for protocol in request.protocols):
        drawn = draws(request, data)
        images = drawn_of(sizes, drawn) + len(data.val) + len(data.test)
        trained = sum(_trained(sizes, shots) for shots, _ in drawn)
        classifying = trained * len(data.classes) * CLASSIFYING_S
        found += sum(CREATE_S + images * each + classifying for each in per_image)
    if request.recipe is not None:
        trained = 0
        for shots, _ in draws(request, data, is_tuned=True):
            again = 2 if shots and not data.val else 1  # few shots are trained on anew, for the epochs that were found
            trained += again * _trained(sizes, shots)
        found += sum(PASSES * request.recipe.recipe.epochs * trained * each for each in per_image)
    return found


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

"""What is to be said against an outcome: a closed set of sentences that end in advice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from backbones.store.transferring.outcome import Evaluation, Scores

CAUTIONS: Final[dict[str, str]] = {
    "random_weights": "The weights were random: the numbers try the machinery, not the backbone; bring the real weights by --weights FILE or HF_HOME.",
    "few_test_images": "Fewer than 100 test images: models within the interval of each other are equal; add test images before you choose between them.",
    "empty_test_class": "A class has no test image, so nothing is known of it; add some.",
    "unbalanced": "The largest class has more than ten times the test images of the smallest; compare balanced accuracy and macro-F1, not top-1.",
    "few_training_images": "A class has fewer than 5 training images; add some, or repeat with other seeds to see how far the numbers move.",
    "near_duplicates": "Training and test hold images that are nearly the same, so the numbers are too good; split again with `backbones split`.",
    "maybe_seen": "The pretraining data may hold these very images; do not take the numbers for those of new images.",
    "no_validation": "There was no validation split: settings were chosen on a part of the training images; give --val for one of its own.",
    "edge_of_grid": "The best setting is the first or the last that was tried; widen the grid before you trust small differences.",
    "not_converged": "The classifier was stopped before it had converged; give it more iterations.",
    "stopped_early": "Training ended before the recipe's last epoch, because validation no longer improved; name a longer patience to be sure.",
    "budget_left_images_out": "The time budget left training images out; repeat the best models without --budget.",
    "other_resolution": "The model saw another resolution than it was pretrained for; evaluate it at its own before you drop it.",
    "images_left_out": "Images could not be read and were left out; mend or remove them.",
}  # fmt: skip
"""Name -> sentence."""

FEW_TEST_IMAGES: Final = 100
UNBALANCED: Final = 10


def cautions_of(evaluation: Evaluation, scores: Scores | None, seen: Iterable[str] = ()) -> tuple[str, ...]:
    """Names of the cautions that an outcome deserves, in the order of `CAUTIONS`: those `seen` and those its scores tell."""
    found = set(seen)
    if evaluation.weights == "random":
        found.add("random_weights")
    if scores is not None:
        sizes = [one.images for one in scores.classes]
        if scores.images < FEW_TEST_IMAGES:
            found.add("few_test_images")
        if sizes and min(sizes) == 0:
            found.add("empty_test_class")
        if sizes and max(sizes) > UNBALANCED * max(1, min(sizes)):
            found.add("unbalanced")
    if unknown := found - CAUTIONS.keys():
        raise ValueError(f"no caution is called {', '.join(sorted(unknown))}")
    return tuple(name for name in CAUTIONS if name in found)

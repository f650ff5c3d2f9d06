"""What is to be said against an outcome: a closed set of sentences that end in advice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from backbones.store.transferring.outcome import Evaluation, Scores

CAUTIONS: Final[dict[str, str]] = {
    "random_weights": "The weights were random: the numbers try the machinery, not the backbone; bring the real weights by HF_HOME or --weights FILE.",
    "weights_from_file": "The weights are from a file, which nobody compared with those of the tag; fetch them by HF_HOME before you publish the numbers.",
    "few_test_images": "Fewer than 100 test images: models within the interval of each other are equal; add test images before you choose between them.",
    "empty_test_class": "A class has no test image, so nothing is known of it; add some.",
    "unbalanced": "The largest class has more than ten times the test images of the smallest; compare balanced accuracy and macro-F1, not top-1.",
    "few_training_images": "A class has fewer than 5 training images; add some, or repeat with other seeds to see how far the numbers move.",
    "no_validation": "There was no validation split: settings were chosen on a part of the training images; give --val for one of its own.",
    "edge_of_grid": "The best setting is the first or the last that was tried, so a better one may lie beyond; take small differences for none.",
    "not_converged": "The classifier was stopped before it had converged, so the model may be better; leave --budget away, or go by k-NN.",
    "stopped_early": "Training ended before the recipe's last epoch, because validation no longer improved; name a longer patience to be sure.",
    "budget_left_images_out": "The time budget left training images out; repeat the best models without --budget.",
    "budget_left_test_images_out": "The time budget left test images out: top-1 cannot be compared with that of models tested on more; give a larger --budget.",
    "other_resolution": "The model saw another resolution than it was pretrained for; evaluate it at its own before you drop it.",
    "weights_not_saved": "The weights could not be written to the folder of --save-weights; make room there and run again.",
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
    elif evaluation.weights != "pretrained" and "." in evaluation.model:
        found.add("weights_from_file")
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

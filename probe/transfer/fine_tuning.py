"""Fine-tuning a model by a recipe: epochs, early stop on the validation images, resume, and one look at the test images.

On one device: a model is not shared among several, and a run has one (`backbones transfer` says so and refuses more).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from backbones.probe.transfer.fitted import Build, Fitted, Progress, Splits
from backbones.probe.transfer.held_out import Parts, epochs_to_best, with_validation
from backbones.probe.transfer.recipe_files import Found
from backbones.probe.transfer.trained import AGAIN
from backbones.probe.transfer.training import Training
from backbones.store.transferring.outcome import Evaluation


def fine_tune(
    evaluation: Evaluation,
    data: Splits,
    found: Found,
    build: Build,
    device: str,
    says: Callable[[Progress], None],
    is_stopped: Callable[[], bool],
    folder: Path,
    *,
    workers: int = 0,
    save: Path | None = None,
) -> Fitted:
    """Train on `data.train` (already drawn to the evaluation's shots), choose on `data.val`, test once.

    Without validation images epochs are chosen on a part of the training images. Few shots are then trained on again, all of
    them and for as many epochs, as so few images do without none; of all images the rest is enough.

    `folder` is this evaluation's own: an interrupted run goes on from the last epoch in it. `workers`: processes that read
    images. `save`: a file for the weights. Stopped where the user ends it; RecipeProblem, Unsupported and NotFinite with a
    sentence.
    """
    parts, is_held_out = with_validation(data, evaluation.seed)
    cautions = {"no_validation"} if not data.val else set()

    def run_of(parts: Parts, folder: Path, epochs: tuple[int, ...] = ()) -> Training:
        run = Training(evaluation, parts, found, build, device, says, is_stopped, folder, workers, epochs)
        run.train()
        return run

    run = run_of(parts, folder)
    fitted = run.fitted(cautions)
    if is_held_out and evaluation.shots:
        epochs = epochs_to_best(fitted.epochs, len(found.recipe.stages))
        del run  # before another model takes its memory
        run = run_of(Parts(data.classes, data.train, (), data.test), folder / AGAIN, epochs)
        fitted = _both(fitted, run.fitted(set()))
    outputs, labels = run.test()
    if save is not None and not run.saved(save):
        fitted = replace(fitted, cautions=tuple(sorted({*fitted.cautions, "weights_not_saved"})))
    return replace(fitted, outputs=outputs, labels=labels, weights=save if save and save.exists() else None)


def _both(chosen: Fitted, again: Fitted) -> Fitted:
    """Epochs and what was chosen are of the first training, the model is of the second; time is of both."""
    seconds = chosen.training_s + again.training_s
    peaks = [one.peak_memory_mib for one in (chosen, again) if one.peak_memory_mib is not None]
    images = chosen.images_s * chosen.training_s + again.images_s * again.training_s
    return replace(
        chosen, training_s=seconds, images_s=images / max(seconds, 1e-9), peak_memory_mib=max(peaks, default=None),
        training_images=again.training_images, notes=tuple(dict.fromkeys((*chosen.notes, *again.notes))),
    )  # fmt: skip

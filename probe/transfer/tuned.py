"""Fine-tuning of one model in the worker: its images, its recipe, and the scores of what came of it."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from backbones.probe.speed.protocol import Stopped
from backbones.probe.speed.subject import Unsupported
from backbones.probe.transfer.features import OutOfTime
from backbones.probe.transfer.frozen import FEW, Chosen, Says, about_validation, images_of
from backbones.probe.transfer.held_out import Parts
from backbones.probe.transfer.images import Image, ImageData
from backbones.probe.transfer.kept_weights import describe
from backbones.probe.transfer.messages import Evaluated, Order
from backbones.probe.transfer.pixels import processes_for
from backbones.probe.transfer.scores import score
from backbones.probe.transfer.whole import Whole
from backbones.store.errors import BackbonesError
from backbones.store.transferring.outcome import Cost, Evaluation


class TunedEvaluator:
    """Fine-tunes; what it has found of the images holds for all models."""

    def __init__(self, data: ImageData, device: str) -> None:
        self._data, self._device = data, device
        self._whole = Whole()

    def evaluate(self, order: Order, says: Says, is_stopped: Callable[[], bool]) -> Evaluated:
        """Scores of a model after fine-tuning. Unsupported where too few images are left; Stopped or OutOfTime after the present
        step, where a checkpoint keeps the last epoch."""
        says("import", 0, 0)
        import timm
        import torch

        from backbones.probe.speed.conditions import conditions_here
        from backbones.probe.transfer.fine_tuning import fine_tune
        from backbones.probe.transfer.fitted import Progress
        from backbones.probe.transfer.recipe_files import find_recipe
        from backbones.probe.transfer.weights import build

        asked, data = order.evaluation, self._data
        until = time.monotonic() + order.limit_s if order.limit_s else float("inf")
        chosen = images_of(data, asked.shots, asked.seed, order.most_images, order.tests_all)
        parts = self._whole_ones(chosen, says, is_stopped, until)
        file = Path(order.file) if order.file else None

        def tell(progress: Progress) -> None:
            if progress.event != "train":
                says(progress.event, progress.trained, progress.planned)
                return
            says("train", (progress.epoch - 1) * progress.steps + progress.step, progress.epochs * progress.steps)

        says("create", 0, 0)
        try:
            fitted = fine_tune(
                asked, parts, find_recipe(order.recipe), partial(build, asked.model, asked.weights, file=file), self._device, tell,
                lambda: is_stopped() or time.monotonic() > until, Path(order.folder) / asked.key,
                workers=processes_for(self._device), save=file_of(Path(order.save), asked) if order.save else None,
            )  # fmt: skip
        except Stopped:
            if is_stopped():
                raise
            raise OutOfTime from None
        ranked = (-fitted.outputs).argsort(axis=1, kind="stable")[:, :5]
        scores = score(fitted.labels, ranked[:, 0], data.classes, asked.seed, ranked)
        cautions = {*fitted.cautions, *_cautions(data, chosen, parts)}
        if fitted.weights is not None and fitted.preparation is not None:
            try:
                describe(fitted.weights, asked, fitted.preparation, data.classes, scores)
            except BackbonesError:
                cautions.add("weights_not_saved")
        return Evaluated(
            scores, Cost(
                None, 0.0, round(fitted.training_s, 3), fitted.peak_memory_mib, training_img_s=round(fitted.images_s, 3)
            ), fitted.chosen, fitted.val_top_1,
            tuple(sorted(cautions)), conditions_here(self._device).device, torch.__version__,
            timm.__version__, notes=(*fitted.notes, *about_validation(chosen, asked.shots)),
        )  # fmt: skip

    def _whole_ones(self, chosen: Chosen, says: Says, is_stopped: Callable[[], bool], until: float) -> Parts:
        """Of the images those that can be decoded."""

        def beat(done: int, planned: int) -> None:
            says("decoding images", done, planned)
            if is_stopped():
                raise Stopped
            if time.monotonic() > until:
                raise OutOfTime

        self._whole.look(chosen.all, beat)
        train, val, test = (self._whole.of(part) for part in (chosen.train, chosen.val, chosen.test))
        _refuse_too_few(train, test, len(self._data.classes))
        return Parts(self._data.classes, train, val, test)


def file_of(folder: Path, evaluation: Evaluation) -> Path:
    """Where `--save-weights FOLDER` puts the weights of an evaluation: a file for each, that `--weights` can name."""
    said = re.sub(r"[^\w.-]+", "_", f"{evaluation.model}-{evaluation.data}")[:120]
    return folder / f"{said}-{evaluation.key}.pth"


def _refuse_too_few(train: Sequence[Image], test: Sequence[Image], classes: int) -> None:
    if len({image.label for image in train}) < 2:
        raise Unsupported(
            f"of {classes} classes fewer than two have training images that can be decoded; mend the files"
        )
    if not test:
        raise Unsupported("no test image can be decoded; mend the files")


def _cautions(data: ImageData, chosen: Chosen, parts: Parts) -> list[str]:
    found = []
    if min(Counter(image.label for image in chosen.train).values(), default=0) < FEW:
        found.append("few_training_images")
    if data.unreadable or len(parts.train) + len(parts.val) + len(parts.test) < len(chosen.all):
        found.append("images_left_out")
    return found

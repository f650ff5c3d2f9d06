"""Fine-tuning of one model in the worker: its images, its recipe, and the scores of what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from backbones.probe.speed.protocol import Stopped
from backbones.probe.transfer.features import OutOfTime
from backbones.probe.transfer.frozen import Says, images_of
from backbones.probe.transfer.images import Image, ImageData
from backbones.probe.transfer.messages import Evaluated, Order
from backbones.probe.transfer.pixels import processes_for
from backbones.probe.transfer.scores import score
from backbones.store.transferring.outcome import Cost


@dataclass(frozen=True, slots=True)
class _Splits:
    classes: tuple[str, ...]
    train: Sequence[Image]
    val: Sequence[Image]
    test: Sequence[Image]


def evaluate_tuned(data: ImageData, order: Order, device: str, says: Says, is_stopped: Callable[[], bool]) -> Evaluated:
    """Scores of a model after fine-tuning. Stopped or OutOfTime after the present step, where a checkpoint keeps the last epoch."""
    says("import", 0, 0)
    import timm
    import torch

    from backbones.probe.speed.conditions import conditions_here
    from backbones.probe.transfer.fine_tuning import fine_tune
    from backbones.probe.transfer.fitted import Progress
    from backbones.probe.transfer.recipe_files import find_recipe
    from backbones.probe.transfer.weights import build

    asked = order.evaluation
    until = time.monotonic() + order.limit_s if order.limit_s else float("inf")
    chosen = images_of(data, asked.shots, asked.seed, order.most_images)
    file = Path(order.file) if order.file else None

    def tell(progress: Progress) -> None:
        says("train", (progress.epoch - 1) * progress.steps + progress.step, progress.epochs * progress.steps)

    folder = Path(order.folder) / asked.key
    says("create", 0, 0)
    try:
        fitted = fine_tune(
            asked, _Splits(data.classes, chosen.train, chosen.val, chosen.test), find_recipe(order.recipe),
            partial(build, asked.model, asked.weights, file=file), device, tell, lambda: is_stopped() or time.monotonic() > until,
            folder, workers=processes_for(device),
        )  # fmt: skip
    except Stopped:
        if is_stopped():
            raise
        raise OutOfTime from None
    ranked = (-fitted.outputs).argsort(axis=1, kind="stable")[:, :5]
    scores = score(fitted.labels, ranked[:, 0], data.classes, asked.seed, ranked)
    left_out = ("images_left_out",) if data.left_out else ()
    return Evaluated(
        scores, Cost(None, 0.0, round(fitted.training_s, 3), fitted.peak_memory_mib), fitted.chosen, fitted.val_top_1,
        (*fitted.cautions, *left_out), conditions_here(device).device, torch.__version__, timm.__version__,
    )  # fmt: skip

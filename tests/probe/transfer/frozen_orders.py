"""Orders of k-NN and linear probing on painted images, and their evaluation. Needs torch and timm."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from backbones.probe.transfer.frozen import FrozenEvaluator
from backbones.probe.transfer.images import ImageData
from backbones.probe.transfer.messages import Evaluated, Order, write_images
from backbones.probe.transfer.preparation import Preparation
from backbones.store.transferring.outcome import Evaluation, Protocol

MODEL = "test_resnet"
PREPARED = Preparation(64, "bicubic", 0.95, "center", (0.5, 0.5, 0.5), (0.25, 0.3, 0.35))


def order(data: ImageData, protocol: Protocol = "k-NN", **settings: object) -> Order:
    """Of the evaluation or of the order, whichever has such a field."""
    asked = Evaluation(MODEL, "random", data.name, data.data_hash, protocol, 64, "fp32")
    asked = replace(
        asked, **{key: value for key, value in settings.items() if key in ("shots", "seed", "model", "precision")}
    )  # type: ignore[arg-type]
    given = {
        key: value
        for key, value in settings.items()
        if key in ("batch_size", "limit_s", "most_images", "file", "draws")
    }
    return Order(asked, PREPARED, **given)  # type: ignore[arg-type]


def silent(phase: str, done: int, planned: int) -> None:
    """Hear nothing."""


def evaluate(data: ImageData, cache: Path, asked: Order, is_stopped: Callable[[], bool] = lambda: False) -> Evaluated:
    """By an evaluator of its own, as after a new start."""
    return FrozenEvaluator(data, cache, "cpu").evaluate(asked, silent, is_stopped)


def run_apart(folder: Path, data: ImageData, asked: Order) -> list[str]:
    """In a process of its own, with the features under `cache`: top-1, seconds and whether there are img/s of extraction, whether
    the device is known, whether torch was imported, and the caution of images."""
    write_images(data, folder / "images.jsonl")
    script = f"""
import sys, json
from pathlib import Path
from backbones.probe.transfer.frozen import FrozenEvaluator
from backbones.probe.transfer.messages import order_from, read_images
order = order_from(json.loads(sys.stdin.readline()))
found = FrozenEvaluator(read_images(Path({str(folder / "images.jsonl")!r})), Path({str(folder / "cache")!r}), "cpu").evaluate(
    order, lambda *a: None, lambda: False)
print(found.scores.top_1, found.cost.extraction_s, found.cost.extraction_img_s > 0, found.device != "", "torch" in sys.modules,
    "images_left_out" if "images_left_out" in found.cautions else "", sep=",")
"""
    done = subprocess.run([sys.executable, "-c", script], input=asked.line(), capture_output=True, check=True)
    return done.stdout.decode().strip().split(",")

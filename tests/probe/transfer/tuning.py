"""Images whose classes differ in colour and texture, and fine-tuning on them. Needs torch and timm."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
from PIL import Image as Picture

from backbones.probe.transfer.fine_tuning import fine_tune
from backbones.probe.transfer.fitted import Fitted, Progress
from backbones.probe.transfer.recipe_files import Found, parse_recipe
from backbones.store.transferring.outcome import Evaluation

SIDE = 32
CLASSES = ("checked", "red", "striped")
RECIPE = """
recipe: short
about: for tests
training: {crop: random, scale: [0.6, 1.0]}
batch_size: 16
stages:
  - {optimiser: adamw, learning_rate: 0.003, epochs: 6}
"""


@dataclass(frozen=True)
class One:
    """An image of a class."""

    path: Path
    label: int
    content: str


@dataclass(frozen=True)
class Data:
    """Images by what they are for."""

    classes: tuple[str, ...]
    train: tuple[One, ...]
    val: tuple[One, ...]
    test: tuple[One, ...]


def draw(file: Path, label: int, number: int) -> One:
    """A noisy image: fields, plain red, or stripes."""
    random = np.random.default_rng([label, number])
    rows, columns = np.mgrid[:SIDE, :SIDE]
    pixels = random.normal(110, 40, (SIDE, SIDE, 3))
    if label == 0:
        pixels += (((rows // 4 + columns // 4) % 2) * 120 - 60)[..., None]
    elif label == 1:
        pixels[..., 0] += 70
    else:
        pixels += ((rows // 3 % 2) * 120 - 60)[..., None]
    Picture.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(file)
    return One(file, label, hashlib.sha256(file.read_bytes()).hexdigest()[:16])


def drawn(folder: Path) -> Data:
    """24 images to train on, 12 to choose on, 24 to test on."""
    made = [draw(folder / f"{label}-{n}.png", label, n) for n in range(20) for label in range(3)]
    return Data(CLASSES, tuple(made[:24]), tuple(made[24:36]), tuple(made[36:]))


def evaluation(
    model: str = "test_byobnet", resolution: int = SIDE, precision: str = "fp32", seed: int = 0, shots: int = 0
) -> Evaluation:
    return Evaluation(model, "random", "images", "0" * 16, "fine-tuning", resolution, precision, seed=seed, shots=shots)


def builder(model: str, made: Callable[[Any], Any] = lambda model: model) -> Any:
    def build(*, num_classes: int, resolution: int, device: str, seed: int, **settings: Any) -> Any:
        torch.manual_seed(seed)
        extra = {"img_size": resolution} if "vit" in model else {}
        return made(timm.create_model(model, num_classes=num_classes, **extra, **settings).to(device))

    return build


def run(
    data: Data, folder: Path, text: str | Found = RECIPE, about: Evaluation | None = None, build: Any = None,
    says: Callable[[Progress], None] = lambda progress: None, is_stopped: Callable[[], bool] = lambda: False, workers: int = 0,
    save: Path | None = None,
) -> Fitted:  # fmt: skip
    about = about or evaluation()
    found = parse_recipe(text) if isinstance(text, str) else text
    return fine_tune(
        about, data, found, build or builder(about.model), "cpu", says, is_stopped, folder, workers=workers, save=save
    )


def top_1(fitted: Fitted) -> float:
    """Percent of the test images."""
    return 100 * float((fitted.outputs.argmax(1) == fitted.labels).mean())

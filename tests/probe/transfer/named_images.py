"""Images that are names only: enough to count them, draw from them, and say how long they will take."""

from __future__ import annotations

from pathlib import Path

from backbones.probe.transfer.images import Image, ImageData
from backbones.probe.transfer.preparation import Preparation

PREPARED = Preparation(224, "bicubic", 0.9, "center", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


def part(name: str, count: int, classes: int = 4) -> tuple[Image, ...]:
    """A split, its classes equally large."""
    return tuple(Image(Path(f"{name}{i}"), i % classes, f"{name}{i:015}", 9, 9) for i in range(count))


DATA = ImageData("mine", ("a", "b", "c", "d"), part("a", 400), (), part("b", 40), "0" * 16)

"""Which images can be decoded: looked at once before fine-tuning, as one that cannot would end the training of every model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from backbones.probe.speed import load
from backbones.probe.transfer.decoding import UnreadableImage, decoded, large_images_allowed, unchanged
from backbones.probe.transfer.images import Image

SMALL: Final = 64
"""Sides of so many pixels are enough to find damage: a JPEG is read to its end all the same."""
AT_ONCE: Final = 64


class Whole:
    """Remembers what it has looked at."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}
        """By content; empty: it can be decoded."""

    def look(self, images: Iterable[Image], beat: Callable[[int, int], None] = lambda done, planned: None) -> None:
        """Decode what was not looked at before. `beat` hears how far it is and may raise."""
        unknown = list({image.content: image for image in images if image.content not in self._reasons}.values())
        with large_images_allowed(), ThreadPoolExecutor(load.cpus()) as pool:
            for start in range(0, len(unknown), AT_ONCE):
                beat(start, len(unknown))
                part = unknown[start : start + AT_ONCE]
                reasons = pool.map(_problem, part)
                self._reasons |= {image.content: reason for image, reason in zip(part, reasons, strict=True)}

    def of(self, images: Sequence[Image]) -> tuple[Image, ...]:
        """Those that can be decoded."""
        return tuple(image for image in images if not self._reasons[image.content])


def _problem(image: Image) -> str:
    try:
        decoded(unchanged(image.path, image.content), smaller=SMALL)
    except UnreadableImage as error:
        return str(error)
    return ""

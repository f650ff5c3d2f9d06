"""Images that a test makes: classes that differ in colour, or in texture alone, so that right and wrong are known."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

COLOURS: Mapping[str, tuple[int, int, int]] = {
    "blue": (40, 60, 200),
    "green": (40, 190, 60),
    "red": (200, 50, 40),
    "white": (225, 225, 225),
}


def paint(folder: Path, count: int = 12, side: int = 32, seed: int = 0, shuffled: bool = False) -> Path:
    """A folder with a class for each colour, `count` images in each, no two alike; `shuffled`: the colour says nothing."""
    draw = random.Random(seed)
    names = list(COLOURS)
    for name in names:
        (folder / name).mkdir(parents=True)
        for number in range(count):
            colour = COLOURS[draw.choice(names) if shuffled else name]
            _noisy(colour, side, draw).save(folder / name / f"{number}.png")
    return folder


def _noisy(colour: tuple[int, int, int], side: int, draw: random.Random) -> Image.Image:
    noise = draw.randbytes(side * side * 3)
    pixels = bytes(min(255, max(0, colour[place % 3] + byte % 41 - 20)) for place, byte in enumerate(noise))
    return Image.frombytes("RGB", (side, side), pixels)

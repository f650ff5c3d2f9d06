"""How alike two images look, by a small picture of each: the same photograph again, smaller, recompressed or brighter."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul, sub
from pathlib import Path
from typing import Final

from PIL import Image

from backbones.probe.transfer.contents import Progress, in_threads
from backbones.probe.transfer.decoding import UnreadableImage, decoded, large_images_allowed
from backbones.probe.transfer.seen import Seen

_COLUMNS, _ROWS = 9, 8
"""Of the grey picture whose neighbours in a row are compared: 64 differences, the dHash."""
_SIDE: Final = 16
"""Of the grey picture that decides."""
_COLOURS: Final = 4
"""Side of the coloured picture."""
_HASHED: Final = _COLUMNS * _ROWS
GREY: Final = _SIDE * _SIDE
LOOK_BYTES: Final = _HASHED + GREY + 3 * _COLOURS * _COLOURS
BITS: Final = 64

_MOST_COLOUR_DIFFERENCE: Final = 24.0
"""Mean over the coloured picture, of 255 levels."""
_FLAT: Final = 2.0
"""Standard deviation in grey levels below which a picture shows nothing that could be compared."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is compared of one image; arrays, as 50,000 of them are in memory at once."""

    differences: array[int]
    """64 differences between neighbours, row by row."""
    grey: array[float]
    """16 × 16, mean 0 and length 1; all 0 for a flat picture."""
    colours: bytes
    """4 × 4 × RGB."""
    is_flat: bool


def small_picture(image: Image.Image) -> bytes:
    """LOOK_BYTES bytes of an RGB image: 9 × 8 grey, 16 × 16 grey, 4 × 4 RGB."""
    grey = image.convert("L")
    smooth = Image.Resampling.BILINEAR
    return (
        grey.resize((_COLUMNS, _ROWS), smooth).tobytes()
        + grey.resize((_SIDE, _SIDE), smooth).tobytes()
        + image.resize((_COLOURS, _COLOURS), smooth).tobytes()
    )


def look_of(pixels: bytes) -> Look:
    """What `small_picture` says, ready to be compared."""
    hashed, small = pixels[:_HASHED], pixels[_HASHED : _HASHED + GREY]
    differences = array(
        "h",
        (
            hashed[row * _COLUMNS + column + 1] - hashed[row * _COLUMNS + column]
            for row in range(_ROWS)
            for column in range(_COLUMNS - 1)
        ),
    )
    mean = sum(small) / GREY
    centred = [value - mean for value in small]
    length = math.sqrt(sum(map(mul, centred, centred)))
    is_flat = length < _FLAT * _SIDE
    grey = array("f", (0.0 if is_flat else value / length for value in centred))
    return Look(differences, grey, pixels[_HASHED + GREY :], is_flat)


def likeness(one: Look, other: Look) -> float:
    """Correlation of the grey pictures, at most 1; 0 where colours differ or one is flat and the other is not."""
    difference = sum(map(abs, map(sub, one.colours, other.colours))) / len(one.colours)
    if difference > _MOST_COLOUR_DIFFERENCE or one.is_flat != other.is_flat:
        return 0.0
    if one.is_flat:
        return 1.0 if difference <= _FLAT else 0.0
    return min(1.0, float(sum(map(mul, one.grey, other.grey))))


def looks_of(
    paths: Sequence[Path], digests: Sequence[str], seen: Seen | None = None, progress: Progress | None = None
) -> list[Look | None]:
    """A look at each file, made once per content and remembered; None for what turns out to be damaged."""
    first: dict[str, Path] = {}
    for path, digest in zip(paths, digests, strict=True):
        first.setdefault(digest, path)
    known = seen.looks(list(first)) if seen else {}
    pixels = {digest: known[digest] for digest in first if len(known.get(digest, b"")) == LOOK_BYTES}
    missing = [digest for digest in first if digest not in pixels]
    fresh: list[tuple[str, bytes]] = []
    with large_images_allowed():
        try:
            work = in_threads(lambda i: _small_picture_of(first[missing[i]]), range(len(missing)), progress)
            for position, made in work:
                if made:
                    pixels[missing[position]] = made
                    fresh.append((missing[position], made))
        finally:
            if seen:
                seen.remember_looks(fresh)
    looks = {digest: look_of(made) for digest, made in pixels.items()}
    return [looks.get(digest) for digest in digests]


def _small_picture_of(path: Path) -> bytes:
    try:
        return small_picture(decoded(path, smaller=4 * _SIDE))
    except UnreadableImage:
        return b""

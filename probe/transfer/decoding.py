"""Image files as Pillow reads them: which suffixes count, whether a file is whole, and its pixels as RGB."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, UnidentifiedImageError

SUFFIXES: Final = frozenset((
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".dib", ".gif", ".tif", ".tiff", ".webp", ".avif",
    ".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".tga",
))  # fmt: skip
"""Lower case. Other files in a folder of images are left out."""

_SUFFIX_OF: Final = {
    "JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "BMP": ".bmp", "DIB": ".dib", "GIF": ".gif", "TIFF": ".tif", "WEBP": ".webp",
    "AVIF": ".avif", "PPM": ".ppm", "JPEG2000": ".jp2", "TGA": ".tga",
}  # fmt: skip
"""By Pillow's name of the format."""

MOST_BYTES_AT_ONCE: Final = 64 * 2**20
"""Larger files are read in pieces and looked at where they lie."""

_JPEG_END: Final = b"\xff\xd9"
"""Two bytes that stand nowhere else among a JPEG's pixels."""


class UnreadableImage(Exception):
    """What is wrong with an image file, as the end of a sentence: `is empty`, `is cut off`."""


def is_image_name(name: str) -> bool:
    """By the suffix, in any case."""
    dot = name.rfind(".")
    return dot > 0 and name[dot:].lower() in SUFFIXES


def suffix_of(path: Path) -> str:
    """The suffix that an image ought to have, by what is in it; empty where `SUFFIXES` has none for it."""
    try:
        with Image.open(path) as image:
            return _SUFFIX_OF.get(image.format or "", "")
    except Exception:  # of any kind, as in `decoded`
        return ""


def decoded(source: bytes | Path, *, smaller: int = 0) -> Image.Image:
    """The pixels of a file (or its bytes), or of the first frame, as RGB with 8 bits a channel and as stored: no EXIF rotation,
    what is transparent keeps its colour. So timm's and torchvision's folders of images read them, but for pictures of
    more than 8 bits, which those would clip to white.

    `smaller`: sides of at least so many pixels are enough, which JPEG decodes up to 20 times faster.
    UnreadableImage says what is wrong. Call it under `large_images_allowed`, once around all images.
    """
    try:
        with _opened(source) as image:
            if smaller:
                image.draft("RGB", (smaller, smaller))
            return _rgb(image)
    except Exception as error:  # decoders raise nearly everything on damaged files
        raise UnreadableImage(_reason(error)) from None


def unchanged(path: Path, content: str) -> bytes:
    """The bytes of a file, if their SHA-256 still begins with these hex digits: what has been looked through is what is decoded.

    UnreadableImage says what is wrong.
    """
    try:
        found = path.read_bytes()
    except OSError as error:
        raise UnreadableImage(_reason(error)) from None
    if hashlib.sha256(found).hexdigest()[: len(content)] != content:
        raise UnreadableImage("has changed since the images were looked through")
    return found


def measured(source: bytes | Path) -> tuple[int, int]:
    """Width and height of a whole image, given as its bytes or its file; only what looks damaged is decoded.

    UnreadableImage says what is wrong. Call it under `large_images_allowed`.
    """
    if not source:
        raise UnreadableImage("is empty")
    try:
        with _opened(source) as image:
            size, form = image.size, image.format or ""
            looks_whole = _looks_whole(image, form, source)
        if not looks_whole:
            with _opened(source) as image:
                image.load()
    except Exception as error:
        raise UnreadableImage(_reason(error)) from None
    return size


@contextmanager
def large_images_allowed() -> Iterator[None]:
    """Pillow's warning above 89 million pixels is kept quiet; above twice that it refuses, which stays. Not for use inside
    a thread: filters of warnings are the process's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        yield


def _opened(source: bytes | Path) -> Image.Image:
    return Image.open(BytesIO(source) if isinstance(source, bytes) else source)


def _looks_whole(image: Image.Image, form: str, source: bytes | Path) -> bool:
    """What can be told without decoding: 20 to 100 times faster, and where it is False the decoder decides."""
    if form == "PNG":
        try:
            image.verify()  # the checksums of all chunks
        except Exception:  # a broken comment is no broken image
            return False
        return True
    if isinstance(source, Path):
        return False
    if form in ("JPEG", "MPO"):
        return source.rstrip(b"\0").endswith(_JPEG_END)
    if form == "WEBP":
        return len(source) >= int.from_bytes(source[4:8], "little") + 8
    return False


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(image).convert("RGB")
    if image.mode == "P" and isinstance(image.info.get("transparency"), bytes):
        return image.convert("RGBA").convert("RGB")  # the direct way warns
    if image.mode == "La":
        return image.convert("LA").convert("RGB")
    return image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits or floating point, scaled by its format's white: 255, 65,535, 1.0, else its own largest."""
    wide = image.convert("F")
    low, high = wide.getextrema()
    assert isinstance(low, float) and isinstance(high, float)
    if image.mode == "F" and low >= 0 and high <= 1:
        white = 1.0
    elif image.mode.startswith("I;16") or 255 < high <= 65535:
        white = 65535.0
    else:
        white = max(high, 255.0)
    return wide.point(lambda value: value * (255.0 / white) + 0.0).convert("L")


def _reason(error: Exception) -> str:
    if isinstance(error, UnreadableImage):
        return str(error)
    if isinstance(error, Image.DecompressionBombError):
        return f"has more than {2 * (Image.MAX_IMAGE_PIXELS or 0):,} pixels, the most that Pillow decodes"
    if isinstance(error, UnidentifiedImageError):
        return "is no image that Pillow can read"
    if isinstance(error, MemoryError):
        return "does not fit into memory"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be opened ({error.strerror.lower()})"
    text = str(error)
    if "truncated" in text.lower() or isinstance(error, EOFError):
        return "is cut off"
    return f"is damaged ({text[:80]})" if text else f"is damaged ({type(error).__name__})"

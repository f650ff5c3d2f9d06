"""Inks as terminal escape parameters and as colour names."""

from __future__ import annotations

from functools import lru_cache

from backbones.plot.spec import Ink

CUBE = (0, 95, 135, 175, 215, 255)  # the six levels of the 256-colour cube, codes 16-231


@lru_cache(maxsize=512)
def sgr(ink: Ink, depth: int) -> str:
    """The parameters of `ESC [ … m` for an ink at 24, 8, 4 or 0 bits of colour; empty for the terminal's own style."""
    codes = [code for code, is_on in (("1", ink.bold), ("2", ink.dim), ("7", ink.reverse)) if is_on]
    if depth == 24 and ink.fg:
        codes.append("38;2;{};{};{}".format(*_rgb(ink.fg)))
    elif depth == 8 and ink.fg:
        codes.append(f"38;5;{code_256(ink.fg)}")
    elif depth == 4 and ink.ansi is not None:
        codes.append(str(30 + ink.ansi if ink.ansi < 8 else 82 + ink.ansi))
    return ";".join(codes)


def colour(ink: Ink, depth: int) -> str | None:
    """The ink's colour as Rich and Textual styles write it (`#e69f00`, `color(178)`), None for the terminal's own."""
    if depth == 24:
        return ink.fg
    if depth == 8 and ink.fg:
        return f"color({code_256(ink.fg)})"
    return f"color({ink.ansi})" if depth == 4 and ink.ansi is not None else None


@lru_cache(maxsize=512)
def code_256(fg: str) -> int:
    """The nearest of the 216 cube colours and 24 greys to #rrggbb, as a code 16-255."""
    red, green, blue = _rgb(fg)
    cube = [min(range(6), key=lambda k: abs(CUBE[k] - c)) for c in (red, green, blue)]
    grey = min(max(round(((red + green + blue) / 3 - 8) / 10), 0), 23)
    cube_error = sum((CUBE[k] - c) ** 2 for k, c in zip(cube, (red, green, blue), strict=True))
    grey_error = sum((8 + 10 * grey - c) ** 2 for c in (red, green, blue))
    return 232 + grey if grey_error < cube_error else 16 + 36 * cube[0] + 6 * cube[1] + cube[2]


def _rgb(fg: str) -> tuple[int, int, int]:
    return int(fg[1:3], 16), int(fg[3:5], 16), int(fg[5:7], 16)

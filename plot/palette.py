"""Which colours and characters a plot may use, by what the terminal can show.

Dark: Okabe and Ito's colours, their blue lifted to be seen on black. The 16-colour entries are chosen by hand, because
rounding to the nearest of 16 makes three of the seven equal. The colour-blind palettes start from the same hues; their
lightness was moved apart until any two colours stay apart with each of the three dichromacies, in 24 and in 8 bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from backbones.plot.spec import Ink, Theme

Depth = Literal[24, 8, 4, 0]
Palette = Literal["default", "colour-blind"]
PALETTES: tuple[Palette, ...] = ("default", "colour-blind")

DARK = (
    Ink("#e69f00", 3),
    Ink("#56b4e9", 14),
    Ink("#009e73", 10),
    Ink("#f0e442", 11),
    Ink("#5f87ff", 12),
    Ink("#d55e00", 9),
    Ink("#cc79a7", 13),
)
LIGHT = (
    Ink("#cc7000", 3),
    Ink("#2a8fd0", 6),
    Ink("#168269", 2),
    Ink("#796500", 0),
    Ink("#3234bf", 4),
    Ink("#dd2044", 1),
    Ink("#a36d9b", 5),
)
COLOUR_BLIND_DARK = (
    Ink("#e29c00", 3),
    Ink("#46b4fb", 14),
    Ink("#00f6c5", 6),
    Ink("#cef43f", 11),
    Ink("#1372d7", 12),
    Ink("#d9130e", 9),
    Ink("#885678", 5),
)
COLOUR_BLIND_LIGHT = (
    Ink("#944c00", 9),
    Ink("#1987ff", 12),
    Ink("#007264", 2),
    Ink("#b08d1d", 0),
    Ink("#042c98", 4),
    Ink("#562c00", 1),
    Ink("#d226c1", 5),
)
BRIGHT = (Ink(bold=True),) * 7  # without colour the shapes alone tell groups apart
GLYPHS = "●▲■◆▼★✚"  # none has an emoji form, which some terminals would draw two cells wide
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
FOCUS_LIMIT = len(DARK)

DARK_OTHERS, LIGHT_OTHERS, BARE_OTHERS = Ink("#858b96", 7), Ink("#8a8f98", 8), Ink(dim=True)
LIGHT_THEME = Theme(
    frame=Ink("#6b7280", 8),
    tick=Ink("#3f4550", 0),
    title=Ink("#000000", 0, bold=True),
    grid=Ink("#d3d6db", 7),
    line=Ink("#404040", 0),
    label=Ink("#000000", 0, bold=True),
)
BARE_THEME = Theme(
    frame=Ink(dim=True),
    tick=Ink(),
    title=Ink(bold=True),
    grid=Ink(dim=True),
    line=Ink(),
    label=Ink(bold=True),
)


@dataclass(frozen=True, slots=True)
class Look:
    """What the place a plot goes to can show: `depth` bits of colour, ASCII only, a light ground, no escapes at all."""

    depth: Depth = 24
    ascii: bool = False
    light: bool = False
    plain: bool = False
    palette: Palette = "default"

    def group_inks(self) -> tuple[Ink, ...]:
        """The seven inks for groups."""
        return group_inks(self.palette, self.light) if self.depth else BRIGHT

    def others_ink(self) -> Ink:
        """The ink for points that belong to no group."""
        if not self.depth:
            return BARE_OTHERS
        return LIGHT_OTHERS if self.light else DARK_OTHERS

    def theme(self) -> Theme:
        """The inks for everything else."""
        if not self.depth:
            return BARE_THEME
        return LIGHT_THEME if self.light else Theme()

    @property
    def has_grid(self) -> bool:
        """A grid mark cannot be told from a point in ASCII or without colour."""
        return self.depth > 0 and not self.ascii


def group_inks(palette: str, light: bool) -> tuple[Ink, ...]:
    """The seven inks of a palette for a ground."""
    if palette == "colour-blind":
        return COLOUR_BLIND_LIGHT if light else COLOUR_BLIND_DARK
    return LIGHT if light else DARK


def look_from_env(
    env: Mapping[str, str],
    isatty: bool,
    encoding: str | None,
    *,
    depth: Depth | None = None,
    ascii: bool | None = None,
    light: bool | None = None,
    palette: Palette | None = None,
) -> Look:
    """The look that the environment asks for; an argument that is not None wins over it.

    `encoding` is that of the output stream (None counts as not UTF-8).
    """
    term = env.get("TERM", "").lower()
    return Look(
        depth=_depth(env, term, isatty) if depth is None else depth,
        ascii=not _is_utf8(encoding) or term in ("linux", "dumb") if ascii is None else ascii,
        light=_is_light(env) if light is None else light,
        plain=not depth and (not isatty or term == "dumb"),
        palette=palette or "default",
    )


def _depth(env: Mapping[str, str], term: str, isatty: bool) -> Depth:
    if env.get("NO_COLOR") or not isatty or term == "dumb":
        return 0
    if term == "linux":
        return 4
    if env.get("COLORTERM", "").lower() in ("truecolor", "24bit") or term.endswith("-direct"):
        return 24
    return 8 if "256color" in term else 4


def _is_utf8(encoding: str | None) -> bool:
    return (encoding or "").lower().replace("-", "").replace("_", "") in ("utf8", "utf8sig", "cp65001")


def _is_light(env: Mapping[str, str]) -> bool:
    """COLORFGBG is `foreground;background`; 7 and 15 are the light grounds."""
    return env.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")

from __future__ import annotations

import itertools
import math

import pytest

from backbones.plot.palette import (
    BRIGHT,
    COLOUR_BLIND_DARK,
    COLOUR_BLIND_LIGHT,
    DARK,
    DARK_OTHERS,
    GLYPHS,
    LETTERS,
    LIGHT,
    LIGHT_OTHERS,
    LIGHT_THEME,
    Look,
    look_from_env,
)
from backbones.plot.sgr import CUBE, code_256, colour, sgr
from backbones.plot.spec import Ink

HAS_EMOJI_FORM = set("▪▫▶◀◻◼◽◾☀☎☑✂✈✉✏✒✔✖✝✡✨✳✴❄❇❌❎❓❗❤➗➡⬛⬜⭐⭕")


def contrast(fg: str, ground: str) -> float:
    def luminance(text: str) -> float:
        return sum(w * v for w, v in zip((0.2126, 0.7152, 0.0722), linear(text), strict=True))

    light, dark = sorted((luminance(fg), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


GROUNDS = [(DARK, "#121212"), (LIGHT, "#ffffff"), (COLOUR_BLIND_DARK, "#121212"), (COLOUR_BLIND_LIGHT, "#ffffff")]
XTERM = (
    "#000000", "#cd0000", "#00cd00", "#cdcd00", "#0000ee", "#cd00cd", "#00cdcd", "#e5e5e5",
    "#7f7f7f", "#ff0000", "#00ff00", "#ffff00", "#5c5cff", "#ff00ff", "#00ffff", "#ffffff",
)  # fmt: skip
DICHROMACIES = {
    "none": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
"""Machado, Oliveira and Fernandes 2009, severity 1, for linear RGB."""


def linear(text: str) -> list[float]:
    shares = [int(text[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    return [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]


def seen(text: str, dichromacy: str) -> tuple[float, float, float]:
    """A colour as OKLab coordinates of what is seen of it."""
    rgb = [
        min(max(sum(m * c for m, c in zip(row, linear(text), strict=True)), 0), 1) for row in DICHROMACIES[dichromacy]
    ]
    cones = (
        (0.4122214708, 0.5363325363, 0.0514459929), (0.2119034982, 0.6806995451, 0.1073969566), (0.0883024619, 0.2817188376, 0.6299787005)
    )  # fmt: skip
    l, m, s = (sum(w * c for w, c in zip(row, rgb, strict=True)) ** (1 / 3) for row in cones)
    return (
        0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
        1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
        0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
    )


def nearest(colours: list[str]) -> float:
    """The smallest distance of any two colours with any kind of colour vision."""
    return min(
        math.dist(seen(a, kind), seen(b, kind)) for kind in DICHROMACIES for a, b in itertools.combinations(colours, 2)
    )


def in_256(ink: Ink) -> str:
    code = code_256(ink.fg or "")
    if code >= 232:
        return "#" + f"{8 + 10 * (code - 232):02x}" * 3
    return "#" + "".join(f"{CUBE[(code - 16) // step % 6]:02x}" for step in (36, 6, 1))


@pytest.mark.parametrize(("inks", "ground"), GROUNDS)
def test_every_colour_stands_out_from_its_ground(inks: tuple[Ink, ...], ground: str) -> None:
    assert min(contrast(ink.fg or ground, ground) for ink in inks) >= 3
    assert min(contrast(in_256(ink), ground) for ink in inks) >= 2.9


def test_text_on_a_light_ground_can_be_read() -> None:
    for ink in (LIGHT_THEME.tick, LIGHT_THEME.title, LIGHT_THEME.label, LIGHT_THEME.line):
        assert contrast(ink.fg or "#ffffff", "#ffffff") >= 7
    assert contrast(LIGHT_THEME.frame.fg or "#ffffff", "#ffffff") >= 4.5


@pytest.mark.parametrize("inks", [COLOUR_BLIND_DARK, COLOUR_BLIND_LIGHT])
def test_the_colour_blind_palettes_are_told_apart_by_everybody_at_every_depth(inks: tuple[Ink, ...]) -> None:
    colours = [ink.fg or "" for ink in inks]
    assert nearest(colours) > 0.1 and nearest([in_256(ink) for ink in inks]) > 0.1
    assert nearest([XTERM[ink.ansi or 0] for ink in inks]) > 0.05
    assert nearest(colours) > 1.4 * nearest([ink.fg or "" for ink in (DARK if inks is COLOUR_BLIND_DARK else LIGHT)])


@pytest.mark.parametrize(("inks", "grey"), [(COLOUR_BLIND_DARK, DARK_OTHERS), (COLOUR_BLIND_LIGHT, LIGHT_OTHERS)])
def test_no_colour_of_theirs_is_taken_for_the_grey_of_the_others(inks: tuple[Ink, ...], grey: Ink) -> None:
    for kind in DICHROMACIES:
        assert min(math.dist(seen(ink.fg or "", kind), seen(grey.fg or "", kind)) for ink in inks) > 0.07


def test_a_look_wears_its_palette() -> None:
    assert Look(24, palette="colour-blind").group_inks() == COLOUR_BLIND_DARK
    assert Look(24, light=True, palette="colour-blind").group_inks() == COLOUR_BLIND_LIGHT
    assert Look(0, palette="colour-blind").group_inks() == BRIGHT
    env = {"TERM": "xterm-256color"}
    assert look_from_env(env, True, "utf-8", palette="colour-blind") == Look(8, palette="colour-blind")


@pytest.mark.parametrize("inks", [DARK, LIGHT, COLOUR_BLIND_DARK, COLOUR_BLIND_LIGHT])
@pytest.mark.parametrize("depth", [24, 8, 4])
def test_seven_groups_have_seven_colours_at_every_depth(inks: tuple[Ink, ...], depth: int) -> None:
    assert len({sgr(ink, depth) for ink in inks}) == 7


def test_there_are_seven_shapes_without_an_emoji_form_and_62_letters() -> None:
    assert len(set(GLYPHS)) == 7 and len(set(LETTERS)) == 62
    assert not HAS_EMOJI_FORM & set(GLYPHS)


def test_without_colour_groups_are_bright_and_alike() -> None:
    assert set(Look(0).group_inks()) == set(BRIGHT) and sgr(BRIGHT[0], 0) == "1"
    assert "38" not in sgr(Look(0).others_ink(), 24)


@pytest.mark.parametrize(
    ("fg", "code"), [("#000000", 16), ("#ffffff", 231), ("#808080", 244), ("#5f87ff", 69), ("#ff0000", 196)]
)
def test_the_nearest_of_256_colours(fg: str, code: int) -> None:
    assert code_256(fg) == code


def test_sixteen_colours_use_the_bright_codes_from_eight_on() -> None:
    assert sgr(Ink("#ffffff", 3), 4) == "33" and sgr(Ink("#ffffff", 11, bold=True), 4) == "1;93"


def test_colours_are_named_as_rich_reads_them() -> None:
    ink = Ink("#5f87ff", 12)
    assert [colour(ink, depth) for depth in (24, 8, 4, 0)] == ["#5f87ff", "color(69)", "color(12)", None]


@pytest.mark.parametrize(
    ("env", "isatty", "encoding", "look"),
    [
        ({"TERM": "xterm-256color"}, True, "utf-8", Look(8)),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, True, "UTF-8", Look(24)),
        ({"TERM": "xterm-direct"}, True, "utf8", Look(24)),
        ({"TERM": "xterm"}, True, "utf-8", Look(4)),
        ({"TERM": "linux", "COLORTERM": "truecolor"}, True, "utf-8", Look(4, ascii=True)),
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, True, "utf-8", Look(0, ascii=True, plain=True)),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, True, "utf-8", Look(0)),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, True, "utf-8", Look(8)),
        ({"TERM": "xterm-256color"}, False, "utf-8", Look(0, plain=True)),
        ({"TERM": "xterm-256color"}, True, "ANSI_X3.4-1968", Look(8, ascii=True)),
        ({"TERM": "xterm-256color"}, True, None, Look(8, ascii=True)),
        ({"TERM": "xterm-256color", "COLORFGBG": "0;15"}, True, "utf-8", Look(8, light=True)),
        ({"TERM": "xterm-256color", "COLORFGBG": "15;0"}, True, "utf-8", Look(8)),
    ],
)
def test_the_look_follows_the_environment(env: dict[str, str], isatty: bool, encoding: str | None, look: Look) -> None:
    assert look_from_env(env, isatty, encoding) == look


def test_what_the_user_says_wins_over_the_environment() -> None:
    env = {"TERM": "dumb", "NO_COLOR": "1"}
    assert look_from_env(env, False, None, depth=24, ascii=False, light=True) == Look(24, light=True)


def test_grids_are_only_drawn_where_they_differ_from_points() -> None:
    looks = itertools.product((24, 0), (False, True))
    assert [Look(depth, ascii).has_grid for depth, ascii in looks] == [True, False, False, False]  # type: ignore[arg-type]

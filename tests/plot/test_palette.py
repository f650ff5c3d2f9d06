from __future__ import annotations

import itertools

import pytest

from backbones.plot.palette import BRIGHT, DARK, GLYPHS, LETTERS, LIGHT, Look, look_from_env
from backbones.plot.sgr import code_256, colour, sgr
from backbones.plot.spec import Ink

HAS_EMOJI_FORM = set("▪▫▶◀◻◼◽◾☀☎☑✂✈✉✏✒✔✖✝✡✨✳✴❄❇❌❎❓❗❤➗➡⬛⬜⭐⭕")


def contrast(fg: str, ground: str) -> float:
    def luminance(text: str) -> float:
        shares = [int(text[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
        return sum(w * v for w, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    light, dark = sorted((luminance(fg), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("inks", "ground"), [(DARK, "#121212"), (LIGHT, "#ffffff")])
def test_every_colour_stands_out_from_its_ground(inks: tuple[Ink, ...], ground: str) -> None:
    assert min(contrast(ink.fg or ground, ground) for ink in inks) >= 3


@pytest.mark.parametrize("inks", [DARK, LIGHT])
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

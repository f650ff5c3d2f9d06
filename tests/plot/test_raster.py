from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from backbones.plot.canvas import Canvas
from backbones.plot.frame import CURSOR, GROUP0
from backbones.plot.palette import GLYPHS, Look
from backbones.plot.raster import draw
from backbones.plot.scatter import Scatter, scatter
from backbones.plot.spec import Axis

PlotOf = Callable[..., Scatter]
X, Y = Axis("cost"), Axis("score")


def plot(xs: list[float], ys: list[float], x: Axis = X, y: Axis = Y, **options: object) -> Scatter:
    names, groups = [f"model{i}" for i in range(len(xs))], ["vit"] * len(xs)
    return scatter(xs, ys, names, groups, x=x, y=y, **options)  # type: ignore[arg-type]


def test_a_point_on_the_border_is_hit_in_its_own_cell() -> None:
    made = plot([0, 10, 0, 10], [0, 0, 5, 5], Axis("x", lo=0, hi=10), Axis("y", lo=0, hi=5), labels=0)
    frame = draw(made.spec, made.points, 60, 20)
    left, top, width, height = frame.box
    cells = [(int(x), int(y)) for x, y in (frame.positions[i] for i in range(4))]
    right, bottom = left + width - 1, top + height - 1
    assert cells == [(left, bottom), (right, bottom), (left, top), (right, top)]
    assert [frame.hit[y][x] for x, y in cells] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("xs", "ys", "seen"),
    [([], [], "no points"), ([3], [3], "●"), ([3, 3, 3], [1, 2, 3], "●"), ([1, 2, 3], [4, 4, 4], "●")],
)
def test_no_point_one_point_and_equal_values_are_drawn(xs: list[float], ys: list[float], seen: str) -> None:
    made = plot(xs, ys)
    frame = draw(made.spec, made.points, 60, 16)
    assert seen in frame.text() and len(frame.positions) == len(xs) and "└" in frame.text()


@pytest.mark.parametrize(("width", "height"), [(19, 24), (80, 7), (3, 1), (0, 0), (5, 0), (-1, 9)])
def test_a_frame_that_is_too_small_says_so(width: int, height: int) -> None:
    made = plot([1, 2], [1, 2])
    frame = draw(made.spec, made.points, width, height, 0)
    assert "too small to plot".startswith(frame.text().strip()[:-1]) and not frame.positions
    assert len(frame.chars) == max(height, 0) and all(len(row) == max(width, 0) for row in frame.chars)


def test_a_frame_of_20_by_8_still_has_axes_and_points(plot_of: PlotOf) -> None:
    made = plot_of()
    frame = draw(made.spec, made.points, 20, 8)
    assert set("│└┴") <= set(frame.text()) and set(GLYPHS) & set(frame.text())
    assert frame.box[3] >= 4


def test_the_legend_takes_two_rows_below_the_plot_and_counts_what_does_not_fit(plot_of: PlotOf) -> None:
    made = plot_of(letters=True)
    rows = draw(made.spec, made.points, 44, 20).text().split("\n")
    assert rows[18].startswith("   A ") and rows[19].endswith(" more")
    named = len(re.findall(r"(?<= )[A-Z⠢] \w", rows[18] + "  " + rows[19]))
    assert named + int(rows[19].split("+")[1].split()[0]) == len({g for g in made.points.group})
    assert "GMACs" in rows[17]


def test_grey_points_never_hide_a_group_and_carry_braille_dots(plot_of: PlotOf) -> None:
    made = plot_of()
    frame = draw(made.spec, made.points, 80, 24)
    left, top, width, height = frame.box
    for i, (x, y) in frame.positions.items():
        shown = frame.hit[int(y)][int(x)]
        assert made.points.group[shown] >= made.points.group[i]
    marks = {frame.chars[y][x] for y in range(top, top + height) for x in range(left, left + width)
             if frame.ink[y][x] == GROUP0}  # fmt: skip
    assert marks and all(0x2800 < ord(mark) < 0x2900 for mark in marks)


def test_two_grey_points_in_a_cell_set_two_dots() -> None:
    x, y = Axis("x", lo=0, hi=56), Axis("y", lo=0, hi=10)
    made = scatter([30.2, 30.7], [5, 5], ["a", "b"], [None, None], x=x, y=y, pareto=False, labels=0)
    frame = draw(made.spec, made.points, 60, 14)
    column, row = int(frame.positions[0][0]), int(frame.positions[0][1])
    assert bin(ord(frame.chars[row][column]) - 0x2800).count("1") == 2


def test_the_line_lies_over_grey_points_and_under_glyphs() -> None:
    xs, ys = [0.0, 5.0, 10.0, 5.0], [0.0, 0.0, 5.0, 0.0]
    grey = scatter(xs, ys, list("abcd"), [None] * 4, x=X, y=Y, labels=0)
    colour = scatter(xs, ys, list("abcd"), ["vit"] * 4, x=X, y=Y, labels=0)
    for made, expected in ((grey, "─"), (colour, "●")):
        frame = draw(made.spec, made.points, 60, 16)
        x, y = frame.positions[1]
        assert frame.chars[int(y)][int(x)] == expected


def test_a_grey_point_on_the_front_shows_on_the_line() -> None:
    made = scatter([0.0, 10.0], [0.0, 5.0], list("ab"), [None] * 2, x=X, y=Y, labels=0)
    frame = draw(made.spec, made.points, 60, 16)
    assert frame.text().count("◦") == 2


def test_no_line_is_drawn_without_a_front() -> None:
    made = plot([0, 10], [0, 5], pareto=False, labels=0)
    assert not set(draw(made.spec, made.points, 60, 16).text()) & set("╭╮╰╯╵╷")


def test_names_stand_beside_their_points_without_covering_glyphs_or_each_other(plot_of: PlotOf) -> None:
    made, bare = plot_of(), plot_of(labels=0)
    frame, without = draw(made.spec, made.points, 100, 30), draw(bare.spec, bare.points, 100, 30)
    glyphs = [(y, x) for y in range(30) for x in range(100) if without.chars[y][x] in GLYPHS]
    assert all(frame.chars[y][x] == without.chars[y][x] for y, x in glyphs)
    shown = [made.points.names[i].split(".")[0] for i in made.points.labels]
    written = [name for name in shown if f" {name}" in frame.text()]
    assert 3 <= len(written) <= 8 and ".in22k" not in frame.text()


def test_the_cursor_is_named_and_pointed_at_from_both_axes(plot_of: PlotOf) -> None:
    made = plot_of()
    i = made.points.group.index(1)
    frame = draw(made.spec, made.points, 80, 24, i)
    x, y = int(frame.positions[i][0]), int(frame.positions[i][1])
    left, top, _, height = frame.box
    assert (frame.chars[y][left - 1], frame.chars[top + height][x], frame.chars[y][x]) == ("▸", "▴", "◉")
    assert f" {made.points.names[i]} " in frame.text() and frame.hit[y][x] == i


def test_the_cursor_says_how_many_more_points_share_its_cell() -> None:
    made = plot([1, 1, 1, 9], [1, 1, 1, 9])
    assert "model0 +2" in draw(made.spec, made.points, 60, 16, 0).text()


def test_a_cursor_outside_the_limits_is_not_drawn() -> None:
    made = plot([1, 100], [1, 2], x=Axis("x", lo=0, hi=10))
    frame = draw(made.spec, made.points, 60, 16, 1)
    assert not any(CURSOR in row for row in frame.ink)


def test_ascii_frames_hold_ascii_only_and_no_grid() -> None:
    names, groups = ["Café 日本", "b"], ["größe", "日"]
    made = scatter([1, 2], [1, 2], names, groups, x=Axis("Größe"), y=Axis("µ"), look=Look(0, True), title="τ ✓")
    frame = draw(made.spec, made.points, 60, 16, 0)
    assert frame.text().isascii() and "Cafe" in frame.text()
    assert not made.spec.grid


def test_control_characters_in_names_never_reach_a_frame() -> None:
    evil = "a\x1b]0;x\x07\x9b31m\u202e\r\n"
    made = scatter([1, 2], [1, 2], [evil, evil], [evil, "b"], x=Axis(evil), y=Axis(evil), title=evil)
    for depth in (24, 0):
        out = draw(made.spec, made.points, 90, 20, 0).ansi(depth)
        assert not set(out) & set("\x07\x9b\r\u202e") and out.count("\n") == 19
        assert "\x1b]" not in out


def test_a_wide_name_keeps_the_columns() -> None:
    rich_cells = pytest.importorskip("rich.cells")
    made = scatter([1, 2, 3], [1, 2, 3], ["日本語モデル"] * 3, ["視覚"] * 3, x=X, y=Y, title="精度")
    for cursor in (None, 0, 1, 2):
        frame = draw(made.spec, made.points, 50, 16, cursor)
        assert all(rich_cells.cell_len("".join(row)) == 50 for row in frame.chars)
        assert "日本語" in frame.text()


def test_half_of_a_wide_character_that_is_overwritten_becomes_a_blank() -> None:
    canvas = Canvas(8, 1)
    canvas.text(0, 0, "日本語", 1)
    canvas.text(1, 0, "ab", 1)
    assert canvas.chars[0] == [" ", "a", "b", " ", "語", "", " ", " "]
    canvas.text(7, 0, "日", 1)
    canvas.text(-1, 0, "日", 1)
    assert canvas.chars[0] == [" ", "a", "b", " ", "語", "", " ", " "]


def test_two_names_never_touch() -> None:
    names = ["first_long_name", "other_long_name"]
    x, y = Axis("x", lo=0, hi=76), Axis("y", lo=0, hi=19)  # about one unit per cell
    made = scatter([0.5, 20.5], [10.5, 11.5], names, [None] * 2, x=x, y=y)
    made = replace(made, points=replace(made.points, labels=(0, 1)))
    assert all(f" {name}" in draw(made.spec, made.points, 80, 24).text() for name in names)


def test_the_count_of_hidden_points_covers_no_point() -> None:
    xs, ys = [float(i) for i in range(60)], [0.0] * 58 + [-9.0, 9.0]
    made = plot(xs, ys, y=Axis("y", lo=0, hi=9), labels=0, pareto=False)
    frame = draw(made.spec, made.points, 70, 20)
    assert "1 below" in frame.text()
    assert all(frame.chars[int(y)][int(x)] == "●" for x, y in frame.positions.values())


def test_the_line_ends_in_the_cell_of_a_point_on_the_border() -> None:
    x, y = Axis("x", lo=0, hi=10), Axis("y", lo=0, hi=10)
    made = scatter([0, 10], [0, 10], list("ab"), [None] * 2, x=x, y=y, labels=0)
    frame = draw(made.spec, made.points, 60, 16)
    assert [frame.chars[int(y)][int(x)] for x, y in frame.positions.values()] == ["◦", "◦"]
    assert "╯" in frame.text()

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from backbones.plot.frame import CURSOR, GROUP0, Frame
from backbones.plot.palette import Look
from backbones.plot.raster import draw
from backbones.plot.scatter import Scatter, scatter
from backbones.plot.spec import Axis, Ink

PlotOf = Callable[..., Scatter]


def frame_of(*rows: str, inks: list[list[int]] | None = None) -> Frame:
    width = len(rows[0])
    ink = inks or [[0] * width for _ in rows]
    palette = (*[Ink()] * GROUP0, Ink("#ff0000", 9))
    return Frame(width, len(rows), [list(r) for r in rows], ink, [[-1] * width for _ in rows], palette)


def grid_plot() -> Frame:
    """Nine points, three by three, and one more in the middle."""
    xs, ys = [1.0, 5, 9] * 3 + [5], [1.0] * 3 + [5] * 3 + [9] * 3 + [5]
    made = scatter(xs, ys, [str(i) for i in range(10)], [None] * 10, x=Axis("x"), y=Axis("y"), labels=0, pareto=False)
    return draw(made.spec, made.points, 60, 24)


def test_a_blank_takes_the_ink_on_its_left() -> None:
    frame = frame_of("a b c", inks=[[0, 7, 0, 0, 7]])
    assert list(frame.runs(0)) == [("a b ", 0), ("c", 7)]


def test_a_blank_of_the_cursor_keeps_its_ink() -> None:
    frame = frame_of("a  b", inks=[[0, CURSOR, 0, 0]])
    assert list(frame.runs(0)) == [("a", 0), (" ", CURSOR), (" b", 0)]


def test_ansi_without_its_escapes_is_the_text(plot_of: PlotOf) -> None:
    made = plot_of()
    frame = draw(made.spec, made.points, 80, 24, 3)
    for depth in (24, 8, 4, 0):
        rows = re.sub(r"\x1b\[[0-9;]*m", "", frame.ansi(depth)).splitlines()
        assert [
            row.rstrip() for row in rows
        ] == frame.text().splitlines()  # of the cursor's row blanks may be left: its ground


def test_ansi_speaks_the_depth_it_is_asked_for() -> None:
    frame = frame_of("x", inks=[[7]])
    codes = [frame.ansi(depth).removesuffix("x\x1b[0m") for depth in (24, 8, 4)]
    assert codes == ["\x1b[38;2;255;0;0m", "\x1b[38;5;196m", "\x1b[91m"]
    assert frame.ansi(0) == "x" == frame.printed(Look(0, plain=True))


def test_near_finds_the_point_of_the_cell_and_then_the_nearest_within_reach() -> None:
    frame = grid_plot()
    x, y = (int(v) for v in frame.positions[0])
    assert frame.near(x, y) == 0 and frame.near(x + 2, y) == 0
    assert frame.near(x + 4, y) is None and frame.near(x, y - 2) is None and frame.near(-5, 99) is None


def test_step_goes_to_the_next_point_in_each_direction_and_stays_at_the_edge() -> None:
    frame = grid_plot()
    middle = frame.hit[int(frame.positions[4][1])][int(frame.positions[4][0])]
    assert [frame.step(middle, *d) for d in ((-1, 0), (1, 0), (0, -1), (0, 1))] == [3, 5, 7, 1]
    assert frame.step(0, -1, 0) == 0 and frame.step(0, 0, 1) == 0


def test_step_starts_in_the_middle_and_gives_none_in_an_empty_frame() -> None:
    assert grid_plot().step(None, 1, 0) in (4, 9)
    assert frame_of("  ").step(None, 1, 0) is None


def test_every_cell_is_reached_by_steps(plot_of: PlotOf) -> None:
    made = plot_of()
    frame = draw(made.spec, made.points, 80, 24)
    seen: set[int] = set()
    todo = [frame.step(None, 1, 0)]
    while todo:
        i = todo.pop()
        if i is not None and i not in seen:
            seen.add(i)
            todo += [frame.step(i, *d) for d in ((-1, 0), (1, 0), (0, -1), (0, 1))]
    tops = {i for row in frame.hit for i in row if i >= 0}
    assert len(seen & tops) >= 0.97 * len(tops)


def test_cycling_through_a_cell_visits_all_its_points() -> None:
    made = scatter([1, 1, 1, 9], [1, 1, 1, 9], list("abcd"), [None] * 4, x=Axis("x"), y=Axis("y"))
    frame = draw(made.spec, made.points, 40, 12)
    assert frame.others_in_cell(0) == (1, 2) and frame.others_in_cell(1) == (2, 0) and frame.others_in_cell(3) == ()
    i, seen = 0, set()
    for _ in range(3):
        seen.add(i)
        i = frame.others_in_cell(i)[0]
    assert seen == {0, 1, 2}


def test_dirty_names_the_changed_cells_of_each_row() -> None:
    old, new = frame_of("abcdef", "xxxxxx", "      "), frame_of("abXdYf", "xxxxxx", "      ")
    assert new.dirty(old) == [(0, 2, 5)] and new.dirty(new) == []


def test_dirty_leaves_out_a_blank_that_only_changed_its_ink() -> None:
    old, new = frame_of("a b", inks=[[0, 0, 0]]), frame_of("a b", inks=[[0, 7, 0]])
    assert new.dirty(old) == []
    assert frame_of("a b", inks=[[0, CURSOR, 0]]).dirty(old) == [(0, 1, 2)]


def test_dirty_takes_in_both_halves_of_a_wide_character() -> None:
    old, new = frame_of("abcd"), frame_of("abcd")
    new = replace(new, chars=[["a", "日", "", "d"]])
    assert new.dirty(old) == [(0, 1, 3)]
    assert replace(old, chars=[["a", "日", "", "x"]]).dirty(new) == [(0, 3, 4)]


def test_a_frame_of_another_size_is_dirty_all_over() -> None:
    assert frame_of("ab", "cd").dirty(frame_of("ab")) == [(0, 0, 2), (1, 0, 2)]


def test_dirty_repaints_make_the_old_picture_the_new_one(plot_of: PlotOf) -> None:
    made = plot_of()
    old, new = (draw(made.spec, made.points, 80, 24, cursor) for cursor in (3, 60))
    screen = [list(row) for row in old.chars]
    for y, x0, x1 in new.dirty(old):
        screen[y][x0:x1] = new.chars[y][x0:x1]
    assert screen == new.chars and len(new.dirty(old)) < 12

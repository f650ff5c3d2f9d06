from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbones.plot.export import _chart
from backbones.plot.family_lines import clipped
from backbones.plot.frame import GROUP0, LABEL, Frame
from backbones.plot.palette import GLYPHS, Look
from backbones.plot.picture import picture
from backbones.plot.raster import draw
from backbones.plot.scatter import Scatter, scatter
from backbones.plot.spec import Axis
from backbones.plot.view import zoomed
from backbones.store.errors import QueryError
from backbones.store.rows import Answer, Column, Rows, Value
from backbones.store.view import View

COLUMNS = (
    Column("checkpoint", "checkpoint"), Column("family", "family"), Column("backbone", "backbone"),
    Column("pretraining_dataset", "pretraining"), Column("resolution", "res", "number", "px"),
    Column("params_m", "params M", "number", "M", False), Column("top_1@imagenet-1k", "top-1", "number", "percent", True),
    Column("published", "published", "date"),
)  # fmt: skip


def answer_of(*rows: tuple[Value, ...]) -> Answer:
    return Answer(Rows(COLUMNS, tuple(rows)), len(rows), len(rows))


SIZES = answer_of(
    ("T", "Swin", "Swin-T", "ImageNet-1k", 224, 28.0, 81.0, "2021-03-25"),
    ("S", "Swin", "Swin-S", "ImageNet-1k", 224, 50.0, 83.0, "2021-03-25"),
    ("B", "Swin", "Swin-B", "ImageNet-1k", 224, 88.0, 83.5, "2021-03-25"),
    ("B worse", "Swin", "Swin-B", "ImageNet-1k", 224, 88.0, 80.0, "2021-06-30"),
    ("B 384", "Swin", "Swin-B", "ImageNet-1k", 384, 88.0, 84.5, "2022-01-01"),
    ("L", "Swin", "Swin-L", "ImageNet-22k", 224, 197.0, 86.3, None),
    ("x", "Other", "X-1", "LAION-2B", 224, 30.0, 70.0, "2020-01-01"),
)


def names(plot: Scatter, line: Sequence[int]) -> list[str]:
    return [plot.points.names[i] for i in line]


def drawn(plot: Scatter, width: int = 80, height: int = 24) -> Frame:
    return draw(plot.spec, plot.points, width, height)


# Shapes


def test_colour_is_the_group_and_glyph_the_second_attribute() -> None:
    plot = picture(SIZES, View(shape="pretraining_dataset", pareto=False, labels=False))
    frame = drawn(plot)
    told = {plot.points.names[i]: (frame.chars[int(y)][int(x)], frame.ink[int(y)][int(x)]) for i, (x, y) in frame.positions.items()}  # fmt: skip
    assert told["T"][0] == "●" and told["L"][0] in "▲■" and told["x"][0] in "▲■" and told["L"][0] != told["x"][0]
    assert told["T"][1] == told["L"][1] != told["x"][1]


def test_the_legend_lists_colours_and_then_shapes_with_their_attribute() -> None:
    rows = drawn(picture(SIZES, View(shape="pretraining_dataset"))).text().split("\n")
    assert "● Swin 6  ● Other 1" in rows[-2]
    assert "pretraining: ● ImageNet-1k 5" in rows[-1] and "LAION-2B 1" in rows[-1]


def test_rare_and_missing_values_share_a_dot() -> None:
    count = len(GLYPHS) + 2
    values = [f"v{i}" for i in range(count) for _ in range(count - i)] + [None]
    n = len(values)
    xs = [float(i) for i in range(n)]
    made = scatter(xs, [1.0] * n, [""] * n, ["g"] * n, x=Axis("x"), y=Axis("y"), shapes=values)
    assert [s.name for s in made.spec.shapes] == [f"v{i}" for i in range(7)] + ["others"]
    assert made.spec.shapes[-1].glyph == "•"
    assert {made.points.shape[i] for i, v in enumerate(values) if v in ("v7", "v8", None)} == {7}


def test_values_of_grey_points_take_no_shape() -> None:
    view = View(shape="pretraining_dataset", focus=("Swin",))
    assert "LAION-2B" not in [s.name for s in picture(SIZES, view).spec.shapes]


def test_without_colour_the_legend_says_only_what_can_be_seen() -> None:
    text = drawn(picture(SIZES, View(shape="resolution"), Look(0))).text()
    assert "● 2 groups 7" in text and "Swin" not in text.split("\n")[-2] and "res: ● 224 6  ▲ 384 1" in text


def test_ascii_shapes_are_letters() -> None:
    text = drawn(picture(SIZES, View(shape="pretraining_dataset"), Look(0, ascii=True))).text()
    assert text.isascii() and "I ImageNet-1k 5" in text and "L LAION-2B 1" in text


def test_a_legend_that_is_too_long_loses_counts_and_then_the_middle_of_names() -> None:
    groups = ["pretrained ImageNet-22k", "pretrained ImageNet-21k", "ConvNeXt"]
    made = scatter([1.0, 2, 3], [1.0, 2, 3], ["a", "b", "c"], groups, x=Axis("x"), y=Axis("y"))
    one_row = replace(made.spec, legend=1)
    wide, narrow = (draw(one_row, made.points, width, 24).text().split("\n")[-1] for width in (70, 50))
    assert "pretrained ImageNet-22k" in wide and " 1  " not in wide
    assert "▲ pretrai…et-21k  ■ pretrai…et-22k" in narrow and "ConvNeXt" in narrow


def test_a_saved_picture_has_a_legend_for_shapes_and_the_lines() -> None:
    pytest.importorskip("vl_convert")
    made = _chart(picture(SIZES, View(shape="resolution", lines=True))).to_dict()
    marks = [layer["mark"]["type"] for layer in made["layer"]]
    points = made["layer"][marks.index("point")]["encoding"]
    assert marks.count("line") == 2  # the front and those of families
    assert points["shape"]["legend"]["title"] == "res" and points["shape"]["scale"]["domain"] == ["224", "384"]
    assert points["color"]["field"] == "group"


# Lines


def test_a_line_joins_the_backbones_of_a_family_at_one_setting_by_size() -> None:
    plot = picture(SIZES, View(lines=True))
    assert [names(plot, line) for line in plot.points.lines] == [["T", "S", "B"]]


def test_without_the_columns_of_a_setting_the_family_is_joined() -> None:
    keep = (0, 1, 2, 5, 6)
    columns = tuple(COLUMNS[k] for k in keep)
    answer = replace(SIZES, rows=Rows(columns, tuple(tuple(row[k] for k in keep) for row in SIZES.rows)))
    plot = picture(answer, View(lines=True))
    assert [names(plot, line) for line in plot.points.lines] == [["T", "S", "B 384", "L"]]


def test_only_groups_in_focus_are_joined_in_their_ink() -> None:
    assert picture(SIZES, View(lines=True, focus=("Other",))).points.lines == ()
    plot = picture(SIZES, View(lines=True, pareto=False, labels=False))
    frame = drawn(plot)
    inks = {frame.ink[y][x] for y in range(frame.height) for x in range(frame.width) if "⠀" < frame.chars[y][x] <= "⣿"}
    assert inks == {GROUP0 + plot.points.group[0]}


def test_a_line_never_leaves_the_plot_however_far_one_zooms() -> None:
    plot = picture(SIZES, View(lines=True, pareto=False, labels=False))
    spec = plot.spec
    for _ in range(40):
        frame = draw(spec, plot.points, 80, 24)
        left, top, width, height = frame.box
        braille = {(x, y) for y in range(24) for x in range(80) if "⠀" < frame.chars[y][x] <= "⣿"}
        outside = {(x, y) for x, y in braille if not (left <= x < left + width and top <= y)}
        assert not {cell for cell in outside if cell[1] < top + height}
        spec = zoomed(spec, plot.points, 0.5, 0.5, 0.31, 0.62)


box = st.tuples(st.floats(-10, 0), st.floats(1, 10), st.floats(-10, 0), st.floats(1, 10))
ends = st.one_of(st.floats(-1e6, 1e6), st.sampled_from([1e299, -1e299, 5e-324, 0.0]))


@given(ends, ends, ends, ends, box)
def test_what_is_left_of_a_segment_lies_in_the_box(
    x0: float, y0: float, x1: float, y1: float, box: tuple[float, float, float, float]
) -> None:
    cut = clipped(x0, y0, x1, y1, box)
    inside = [box[0] <= x <= box[1] and box[2] <= y <= box[3] for x, y in ((x0, y0), (x1, y1))]
    if cut is None:
        assert not any(inside)
        return
    room = 1e-9 * max(map(abs, (x0, y0, x1, y1, 1.0)))
    for x, y in (cut[:2], cut[2:]):
        assert math.isfinite(x + y)
        assert box[0] - room <= x <= box[1] + room and box[2] - room <= y <= box[3] + room


def test_ascii_lines_are_ascii() -> None:
    text = drawn(picture(SIZES, View(lines=True, pareto=False, labels=False), Look(0, ascii=True))).text()
    assert text.isascii() and set("~:/\\") & set(text)


# Limits and scales


def test_limits_of_a_view_are_those_of_the_axes() -> None:
    plot = picture(SIZES, View(x_range="20..100", y_range="..85"))
    assert (plot.spec.x.lo, plot.spec.x.hi, plot.spec.y.lo, plot.spec.y.hi) == (20, 100, None, 85)
    assert "L" not in {plot.points.names[i] for i in drawn(plot).positions}


def test_limits_of_dates() -> None:
    plot = picture(SIZES, View(x="published", x_range="2021-03..2021-06"))
    shown = {plot.points.names[i] for i in drawn(plot).positions}
    assert shown == {"T", "S", "B", "B worse"}


def test_a_limit_of_zero_makes_an_automatic_scale_linear_and_is_a_mistake_on_a_logarithmic_one() -> None:
    wide = answer_of(*(("a", "F", "b", None, None, 10.0**k, 80.0, None) for k in range(4)))
    assert picture(wide, View()).spec.x.scale == "log"
    assert picture(wide, View(x_range="0..100")).spec.x.scale == "linear"
    with pytest.raises(QueryError, match="x axis: 0 is not on a logarithmic axis"):
        picture(wide, View(x_range="0..100", log_x=True))


def test_limits_that_make_no_sense_are_a_mistake() -> None:
    for view in (View(y_range="9..3"), View(x="published", x_range="5..100"), View(x_range="80")):
        with pytest.raises(QueryError):
            picture(SIZES, view)


def test_y_can_be_logarithmic() -> None:
    assert picture(SIZES, View(log_y=True)).spec.y.scale == "log"


# The cursor's name


def test_no_label_is_left_half_covered_by_the_cursors_name() -> None:
    xs, ys = [float(i % 12) for i in range(72)], [float(i // 12) for i in range(72)]
    made = scatter(
        xs, ys, [f"name_{i:02}_long" for i in range(72)], [None] * 72, x=Axis("x"), y=Axis("y"), pareto=False
    )
    made = replace(made, points=replace(made.points, labels=tuple(range(0, 72, 5))), spec=replace(made.spec, labels=20))
    written = 0
    for cursor in range(72):
        frame = draw(made.spec, made.points, 70, 20, cursor)
        for y in range(20):
            text = "".join(c if n == LABEL else " " for c, n in zip(frame.chars[y], frame.ink[y], strict=True))
            for word in text.split():
                written += 1
                assert word in made.points.names
    assert written > 100


def test_the_cursors_point_has_its_name_once(plot_of: Callable[..., Scatter]) -> None:
    made = plot_of()
    for i in made.points.labels[:8]:
        text = draw(made.spec, made.points, 100, 30, i).text()
        assert text.count(made.points.names[i].split(".")[0]) == 1

from __future__ import annotations

import math
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backbones.plot.palette import Look
from backbones.plot.raster import draw
from backbones.plot.scatter import Scatter, scatter
from backbones.plot.spec import SCALES, Axis
from backbones.plot.view import panned, zoomed

values = st.one_of(
    st.none(),
    st.floats(),
    st.floats(1e-3, 1e3),
    st.integers(-3, 3).map(float),
    st.sampled_from([1e299, -1e299, 5e-324]),
)
texts = st.text(max_size=12)
scales = st.sampled_from(SCALES)


@st.composite
def axes(draw_: st.DrawFn) -> Axis:
    label, scale = draw_(texts), draw_(scales)
    lo = draw_(st.none() | st.floats(1e-3, 1e6))
    width = draw_(st.none() | st.sampled_from([0.0, 1e-9, 1e-6, 0.5, 1e3]))
    hi = None if width is None else (lo or 1.0) * (1 + width)
    cut, direction = draw_(st.sampled_from([None, 0.0, 0.1])), draw_(st.sampled_from([None, False, True]))
    return Axis(label, scale, lo, hi, cut, direction)


@st.composite
def plots(draw_: st.DrawFn) -> Scatter:
    kinds = st.none() | st.sampled_from("abcdefghij日")
    rows = draw_(st.lists(st.tuples(values, values, texts, kinds, kinds), max_size=40))
    xs, ys, names, groups, others = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    lines = [None if g is None else ((g,), i % 7) for i, g in enumerate(groups)] if draw_(st.booleans()) else None
    shapes = others if draw_(st.booleans()) else None
    look = Look(draw_(st.sampled_from([24, 0])), draw_(st.booleans()))
    x, y, letters, labels = draw_(axes()), draw_(axes()), draw_(st.booleans()), draw_(st.integers(0, 9))
    return scatter(
        xs, ys, names, groups, x=x, y=y, letters=letters, labels=labels, look=look, title=draw_(texts), lines=lines,
        shapes=shapes, shape_label=draw_(texts),
    )  # fmt: skip


@settings(suppress_health_check=list(HealthCheck))
@given(plot=plots(), width=st.integers(0, 130), height=st.integers(0, 50), moves=st.integers(0, 4), data=st.data())
def test_any_plot_is_drawn_and_its_parts_agree(
    plot: Scatter, width: int, height: int, moves: int, data: st.DataObject
) -> None:
    spec = plot.spec
    for _ in range(moves):
        factor = data.draw(st.sampled_from([1e-9, 0.8, 1.25, 30.0]))
        spec = panned(zoomed(spec, plot.points, factor, factor, 0.3, 0.9), plot.points, 0.4, -2.0)
    cursor = data.draw(st.none() | st.integers(0, max(len(plot.points.x) - 1, 0)))
    frame = draw(spec, plot.points, width, height, cursor)
    cell_len = pytest.importorskip("rich.cells").cell_len
    assert len(frame.chars) == len(frame.ink) == len(frame.hit) == height
    for y in range(height):
        assert len(frame.chars[y]) == len(frame.ink[y]) == len(frame.hit[y]) == width
        runs = list(frame.runs(y))
        assert "".join(text for text, _ in runs) == "".join(frame.chars[y])
        assert cell_len("".join(frame.chars[y])) == width
    left, top, columns, rows = frame.box
    for px, py in frame.positions.values():
        x, y = int(px), int(py)
        assert left <= x < left + columns and top <= y < top + rows
        owner = frame.hit[y][x]
        assert tuple(map(int, frame.positions[owner])) == (x, y)
    assert {i for row in frame.hit for i in row if i >= 0} <= set(frame.positions)
    assert not spec.ascii or frame.text().isascii()
    assert frame.dirty(frame) == [] and all(math.isfinite(v) for at in frame.positions.values() for v in at)


@pytest.mark.parametrize("scale", SCALES)
def test_a_range_of_a_billionth_is_drawn_as_fast_as_any(scale: str) -> None:
    xs = [1 + i / 100 for i in range(500)]
    x, y = Axis("x", scale, lo=2.0, hi=2.0 * (1 + 1e-9)), Axis("y", lo=300.0, hi=300.0 * (1 + 1e-9))  # type: ignore[arg-type]
    plot = scatter(xs, [v * 100 for v in xs], [""] * 500, ["a"] * 500, x=x, y=y)
    start = time.perf_counter()
    frame = draw(plot.spec, plot.points, 120, 40)
    assert time.perf_counter() - start < 0.25
    assert "└" in frame.text()

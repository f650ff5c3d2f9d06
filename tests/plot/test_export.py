from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backbones.plot.export import ExportUnavailable, _chart, _shape, save
from backbones.plot.palette import LETTERS
from backbones.plot.scatter import Scatter, scatter
from backbones.plot.spec import Axis

STARTS = {".png": b"\x89PNG\r\n", ".svg": b"<svg", ".pdf": b"%PDF-", ".html": b"<!DOCTYPE html>"}
PlotOf = Callable[..., Scatter]


@pytest.mark.parametrize("suffix", STARTS)
def test_a_plot_is_saved_in_every_format(suffix: str, plot_of: PlotOf, tmp_path: Path) -> None:
    pytest.importorskip("vl_convert")
    path = save(plot_of(), tmp_path / f"plot{suffix}")
    assert path.read_bytes().startswith(STARTS[suffix])


def test_a_page_needs_no_network_and_keeps_markup_in_names_harmless(tmp_path: Path) -> None:
    pytest.importorskip("vl_convert")
    name = "</script><script>alert(1)</script>"
    plot = scatter([1, 2], [1, 2], [name, name], [name, "b"], x=Axis(name), y=Axis("y"), title=name)
    page = save(plot, tmp_path / "plot.html").read_text(encoding="utf-8")
    assert 'src="http' not in page and "</script><script>alert" not in page and len(page) > 100_000


def test_an_unknown_suffix_is_refused_with_the_four_that_work(plot_of: PlotOf, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"'plot\.gif': .*\.png, \.svg, \.pdf, \.html"):
        save(plot_of(), tmp_path / "plot.gif")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("package", ["altair", "vl_convert"])
def test_a_missing_package_is_named_with_its_cure(
    package: str, plot_of: PlotOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ExportUnavailable, match=r"pip install 'backbones\[export\]'") as caught:
        save(plot_of(), tmp_path / "plot.png")
    assert package in str(caught.value)


def layers(plot: Scatter) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each layer of the chart with its rows."""
    chart = _chart(plot).to_dict()
    return [(layer, chart["datasets"][layer["data"]["name"]]) for layer in chart["layer"]]


def test_the_chart_says_what_the_plot_says(plot_of: PlotOf) -> None:
    pytest.importorskip("altair")
    plot = plot_of()
    (line, front), (points, rows), *texts = layers(plot)
    assert points["encoding"]["x"]["scale"]["type"] == "log" and line["mark"]["interpolate"] == "step-after"
    domain = ["others", *(g.name for g in plot.spec.groups[1:])]
    assert [points["encoding"][channel]["scale"]["domain"] for channel in ("color", "shape")] == [domain, domain]
    assert len(rows) == len(plot.points.x) and len(front) == len(plot.points.front)
    named = [label["label"] for _, labels in texts for label in labels]
    assert plot.points.names[plot.points.labels[0]].split(".")[0] in named


def test_dates_become_time_and_a_faster_front_turns_the_other_way(plot_of: PlotOf) -> None:
    pytest.importorskip("altair")
    _, (points, rows), *_ = layers(plot_of("days", Axis("published", "date")))
    assert points["encoding"]["x"]["type"] == "temporal" and min(row["x"] for row in rows) > 1e12
    (line, _), *_ = layers(plot_of("speed", Axis("img/s", "log", more_is_better=True)))
    assert line["mark"]["interpolate"] == "step-before"


def test_names_stay_inside_the_picture_and_off_each_other() -> None:
    pytest.importorskip("altair")
    names = ["a name at the very left edge", "a name at the right", "a name just beside that"]
    made = scatter([0.0, 100.0, 99.5], [0.0, 50.0, 49.9], names, [None] * 3, x=Axis("x"), y=Axis("y"))
    made = replace(made, points=replace(made.points, labels=(0, 1, 2)))
    sides = {
        label["label"]: layer["mark"]["align"] for layer, rows in layers(made) for label in rows if "label" in label
    }
    assert sides == {names[0]: "left", names[1]: "right"}


def test_sixty_two_groups_differ_in_colour_or_shape() -> None:
    assert len({(slot % 7, _shape(slot)) for slot in range(len(LETTERS))}) == len(LETTERS)


def test_a_picture_says_what_it_leaves_out_and_no_name_leaves_it() -> None:
    pytest.importorskip("altair")
    names = ["low", "middle", "top"]
    x, y = Axis("x"), Axis("y", lo=10.0, hi=100.0)
    plot = scatter([1, 2, 3, 4], [5, 50, 100, None], [*names, "none"], ["a"] * 4, x=x, y=y, labels=9, pareto=True)
    assert _chart(plot).to_dict()["title"]["subtitle"] == "1 beyond the limits, 1 without a value"
    marks = {row["label"]: layer["mark"] for layer, rows in layers(plot) for row in rows if "label" in row}
    assert marks["top"]["dy"] == 0 and marks["top"]["dx"] != 0 and marks["middle"]["dy"] < 0

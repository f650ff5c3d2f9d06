"""The same scatter plot as a file for a paper or a web page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backbones.plot.labels import short_name
from backbones.plot.palette import LIGHT
from backbones.plot.scatter import Scatter
from backbones.plot.spec import Axis

FORMATS = (".png", ".svg", ".pdf", ".html")
OTHERS_COLOUR, LINE_COLOUR = "#b8bcc4", "#222222"
STAR = "M0,-1L.22,-.31L.95,-.31L.36,.12L.59,.81L0,.38L-.59,.81L-.36,.12L-.95,-.31L-.22,-.31Z"
SHAPES = ("circle", "triangle-up", "square", "diamond", "triangle-down", STAR, "cross", "triangle-right", "wedge")
MS_PER_DAY = 86_400_000
WIDTH, HEIGHT, PNG_SCALE = 640, 400, 2

Record = dict[str, str | float]


class ExportUnavailable(Exception):
    """The packages that write pictures are not installed."""


def save(plot: Scatter, path: str | Path) -> Path:
    """Write the plot as PNG, SVG, PDF or an HTML page that needs no network, by the suffix of the path.

    Raises ValueError for another suffix and ExportUnavailable where altair or vl-convert is missing.
    """
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        raise ValueError(f"{path.name!r}: a plot can be saved as {', '.join(FORMATS)}; choose one of these suffixes")
    chart = _chart(plot)
    kind = path.suffix.lower()[1:]
    options: dict[str, dict[str, Any]] = {"png": {"scale_factor": PNG_SCALE}, "html": {"inline": True}}
    chart.save(str(path), format=kind, **options.get(kind, {}))
    return path


def _chart(plot: Scatter) -> Any:
    try:
        import altair as alt  # 0.3 s and 100 MB installed: only for those who save a picture
        import vl_convert  # noqa: F401  # altair imports it late and with a message of its own
    except ImportError as error:
        raise ExportUnavailable(
            f"saving a plot needs a package that is not installed ({error.name}): pip install 'backbones[export]'"
        ) from error
    layers = [_points_layer(alt, plot)]
    if plot.spec.step and plot.points.front:
        layers = [_front_layer(alt, plot), *layers]
    if plot.spec.labels and plot.points.labels:
        layers.append(_labels_layer(alt, plot))
    properties = {"width": WIDTH, "height": HEIGHT, **({"title": _clean(plot.spec.title)} if plot.spec.title else {})}
    return alt.layer(*layers).properties(**properties).interactive()


def _points_layer(alt: Any, plot: Scatter) -> Any:
    groups = [g for k, g in enumerate(plot.spec.groups) if k in set(plot.points.group)]
    names = [_clean(g.name) for g in groups]
    colours = [OTHERS_COLOUR if g.slot < 0 else LIGHT[g.slot % len(LIGHT)].fg for g in groups]
    shapes = ["circle" if g.slot < 0 else _shape(g.slot) for g in groups]
    legend = alt.Legend(title=None, symbolLimit=0)
    return (
        alt.Chart(alt.InlineData(values=list(_records(plot))))
        .mark_point(filled=True, size=36, opacity=0.9, clip=True)
        .encode(
            x=_channel(alt.X, alt, plot, "x"),
            y=_channel(alt.Y, alt, plot, "y"),
            color=alt.Color("group:N", scale=alt.Scale(domain=names, range=colours), sort=names, legend=legend),
            shape=alt.Shape("group:N", scale=alt.Scale(domain=names, range=shapes), sort=names, legend=legend),
            tooltip=[alt.Tooltip("name:N"), alt.Tooltip("group:N"), *_tooltips(alt, plot)],
        )
    )


def _front_layer(alt: Any, plot: Scatter) -> Any:
    """Where less x is better the line holds its height to the next point; where more is better it drops at once."""
    turn = "step-before" if plot.spec.x.more_is_better else "step-after"
    values = [_place(plot, i) for i in plot.points.front]
    mark = alt.Chart(alt.InlineData(values=values)).mark_line(interpolate=turn, color=LINE_COLOUR, clip=True)
    return mark.encode(x=_channel(alt.X, alt, plot, "x"), y=_channel(alt.Y, alt, plot, "y"))


def _labels_layer(alt: Any, plot: Scatter) -> Any:
    side = "left" if plot.spec.x.more_is_better else "right"
    rise = 9 if plot.spec.y.more_is_better is False else -9
    names = plot.points.names
    values = [{**_place(plot, i), "label": _clean(short_name(names[i]))} for i in _labelled(plot)]
    text = alt.Chart(alt.InlineData(values=values)).mark_text(align=side, dy=rise, fontSize=10)
    return text.encode(x=_channel(alt.X, alt, plot, "x"), y=_channel(alt.Y, alt, plot, "y"), text="label:N")


def _labelled(plot: Scatter) -> list[int]:
    """The first labels that lie within the limits."""
    (x_low, x_high), (y_low, y_high) = _limits(plot, "x"), _limits(plot, "y")
    points = plot.points
    inside = [i for i in points.labels if x_low <= points.x[i] <= x_high and y_low <= points.y[i] <= y_high]
    return inside[: plot.spec.labels]


def _records(plot: Scatter) -> Iterator[Record]:
    points, groups = plot.points, plot.spec.groups
    for i in sorted(range(len(points.x)), key=points.group.__getitem__):
        yield {**_place(plot, i), "name": _clean(points.names[i]), "group": _clean(groups[points.group[i]].name)}


def _place(plot: Scatter, i: int) -> Record:
    spec, points = plot.spec, plot.points
    return {"x": _value(spec.x, points.x[i]), "y": _value(spec.y, points.y[i])}


def _channel(kind: Any, alt: Any, plot: Scatter, name: str) -> Any:
    axis = plot.spec.x if name == "x" else plot.spec.y
    domain = [_value(axis, v) for v in _limits(plot, name)]
    scale_type = {"log": "log", "date": "utc"}.get(axis.scale, "linear")
    scale = alt.Scale(type=scale_type, domain=domain, nice=False, zero=False)
    return kind(f"{name}:{'T' if axis.scale == 'date' else 'Q'}", scale=scale, title=_clean(axis.label))


def _tooltips(alt: Any, plot: Scatter) -> list[Any]:
    kinds = {"date": "T"}
    return [
        alt.Tooltip(f"{name}:{kinds.get(axis.scale, 'Q')}", title=_clean(axis.label))
        for name, axis in (("x", plot.spec.x), ("y", plot.spec.y))
    ]


def _limits(plot: Scatter, name: str) -> tuple[float, float]:
    axis, values = (plot.spec.x, plot.points.x) if name == "x" else (plot.spec.y, plot.points.y)
    low, high = axis.span(axis.positions(values))
    return axis.back(low), axis.back(high)


def _value(axis: Axis, value: float) -> float:
    """A date in milliseconds, any other value as it is."""
    return value * MS_PER_DAY if axis.scale == "date" else value


def _shape(slot: int) -> str:
    """The colour of a slot repeats every seven; with this shape the two together are never the same."""
    return SHAPES[(slot + slot // len(LIGHT)) % len(SHAPES)]


def _clean(text: str) -> str:
    """Without control characters, and without the `<` that could end the script of an HTML page."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "?", text).replace("</", "< /").replace("<!", "< !")

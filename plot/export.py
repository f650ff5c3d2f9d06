"""The same scatter plot as a file for a paper or a web page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backbones.plot.labels import short_name
from backbones.plot.palette import FOCUS_LIMIT, group_inks
from backbones.plot.scatter import Scatter
from backbones.plot.spec import Axis, Group

FORMATS = (".png", ".svg", ".pdf", ".html")
OTHERS_COLOUR, LINE_COLOUR = "#b8bcc4", "#222222"
STAR = "M0,-1L.22,-.31L.95,-.31L.36,.12L.59,.81L0,.38L-.59,.81L-.36,.12L-.95,-.31L-.22,-.31Z"
SHAPES = (
    "circle",
    "triangle-up",
    "square",
    "diamond",
    "triangle-down",
    STAR,
    "cross",
    "triangle-right",
    "triangle-left",
)
MS_PER_DAY = 86_400_000
WIDTH, HEIGHT = 640, 400
PNG_DPI = 216  # three pixels for each unit of the picture: 8 inches wide, sharp in print
LETTER_WIDTH, LINE_HEIGHT, RISE = 5.5, 10, 9  # of a label, on average

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
    options: dict[str, dict[str, Any]] = {"png": {"ppi": PNG_DPI}, "html": {"inline": True}}
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
    if plot.points.lines:
        layers = [_lines_layer(alt, plot), *layers]
    if plot.spec.labels and plot.points.labels:
        layers += _labels_layers(alt, plot)
    properties: dict[str, Any] = {"width": WIDTH, "height": HEIGHT}
    if plot.spec.title or _left_out(plot):
        title, remark = _clean(plot.spec.title), _left_out(plot)
        properties["title"] = alt.TitleParams(title, subtitle=remark, anchor="start", subtitleFontSize=10)
    return alt.layer(*layers).properties(**properties).interactive()


def _points_layer(alt: Any, plot: Scatter) -> Any:
    tooltip = [alt.Tooltip("name:N"), alt.Tooltip("group:N"), *_tooltips(alt, plot)]
    if plot.spec.shapes:
        tooltip.append(alt.Tooltip("shape:N", title=_clean(plot.spec.shape_label)))
    return (
        alt.Chart(alt.InlineData(values=list(_records(plot))))
        .mark_point(filled=True, size=36, opacity=0.9, clip=True)
        .encode(
            x=_channel(alt.X, alt, plot, "x"),
            y=_channel(alt.Y, alt, plot, "y"),
            color=_colours(alt, plot),
            shape=_shapes(alt, plot),
            tooltip=tooltip,
        )
    )


def _colours(alt: Any, plot: Scatter) -> Any:
    """The colour of each group that has points."""
    groups, names = _drawn_groups(plot)
    inks = group_inks(plot.spec.palette, light=True)
    colours = [OTHERS_COLOUR if g.slot < 0 else inks[g.slot % len(inks)].fg for g in groups]
    scale = alt.Scale(domain=names, range=colours)
    return alt.Color("group:N", scale=scale, sort=names, legend=alt.Legend(title=None, symbolLimit=0, symbolOpacity=1))


def _shapes(alt: Any, plot: Scatter) -> Any:
    """The shape of each group, in one legend with its colour, or of each value of the second attribute."""
    if not plot.spec.shapes:
        groups, names = _drawn_groups(plot)
        scale = alt.Scale(domain=names, range=["circle" if g.slot < 0 else _shape(g.slot) for g in groups])
        return alt.Shape("group:N", scale=scale, sort=names, legend=alt.Legend(title=None, symbolLimit=0))
    used = sorted(set(plot.points.shape))
    names = [_clean(plot.spec.shapes[k].name) for k in used]
    last = len(plot.spec.shapes) - 1
    scale = alt.Scale(domain=names, range=[SHAPES[len(SHAPES) - 1 if k == last else k] for k in used])
    legend = alt.Legend(
        title=_clean(plot.spec.shape_label), symbolLimit=0, symbolFillColor="#606060", symbolStrokeWidth=0
    )
    return alt.Shape("shape:N", scale=scale, sort=names, legend=legend)


def _drawn_groups(plot: Scatter) -> tuple[list[Group], list[str]]:
    used = set(plot.points.group)
    groups = [g for k, g in enumerate(plot.spec.groups) if k in used]
    return groups, [_clean(g.name) for g in groups]


def _lines_layer(alt: Any, plot: Scatter) -> Any:
    """The lines through families, each in the colour of its group."""
    groups, points = plot.spec.groups, plot.points
    values = [
        {**_place(plot, i), "group": _clean(groups[points.group[line[0]]].name), "line": k, "order": j}
        for k, line in enumerate(points.lines)
        for j, i in enumerate(line)
    ]
    mark = alt.Chart(alt.InlineData(values=values)).mark_line(opacity=0.5, strokeWidth=1.2, clip=True)
    return mark.encode(
        x=_channel(alt.X, alt, plot, "x"), y=_channel(alt.Y, alt, plot, "y"), color=_colours(alt, plot), detail="line:N", order="order:Q"
    )  # fmt: skip


def _front_layer(alt: Any, plot: Scatter) -> Any:
    """Where less x is better the line holds its height to the next point; where more is better it drops at once."""
    turn = "step-before" if plot.spec.x.more_is_better else "step-after"
    values = [_place(plot, i) for i in plot.points.front]
    mark = alt.Chart(alt.InlineData(values=values)).mark_line(interpolate=turn, color=LINE_COLOUR, clip=True)
    return mark.encode(x=_channel(alt.X, alt, plot, "x"), y=_channel(alt.Y, alt, plot, "y"))


def _labels_layers(alt: Any, plot: Scatter) -> list[Any]:
    """Names on the side of their points where fewer points are, or on the other where the picture ends."""
    usual, other = ("left", "right") if plot.spec.x.more_is_better else ("right", "left")
    rise = RISE if plot.spec.y.more_is_better is False else -RISE
    places: dict[tuple[str, int], list[Record]] = {}
    taken: list[tuple[float, float, float]] = []
    for i in _labelled(plot):
        name = _clean(short_name(plot.points.names[i]))
        across, up = _share(plot, "x", i) * WIDTH, _share(plot, "y", i) * HEIGHT
        length = len(name) * LETTER_WIDTH
        side = usual if (across if usual == "right" else WIDTH - across) > length else other
        start = across - length if side == "right" else across
        if any(start < right and left < start + length and abs(up - at) < LINE_HEIGHT for left, right, at in taken):
            continue  # two names on each other are none
        taken.append((start, start + length, up))
        dy = (
            rise if LINE_HEIGHT < up - rise < HEIGHT - LINE_HEIGHT else 0
        )  # beside the point, not over the picture's edge
        places.setdefault((side, dy), []).append({**_place(plot, i), "label": name})
    x, y = _channel(alt.X, alt, plot, "x"), _channel(alt.Y, alt, plot, "y")
    layers = []
    for (side, dy), values in places.items():
        dx = 0 if dy else -RISE if side == "right" else RISE
        mark = alt.Chart(alt.InlineData(values=values)).mark_text(align=side, dx=dx, dy=dy, fontSize=10)
        layers.append(mark.encode(x=x, y=y, text="label:N"))
    return layers


def _share(plot: Scatter, name: str, i: int) -> float:
    """Where a point lies on an axis, 0 to 1 from its lower end."""
    axis, values = (plot.spec.x, plot.points.x) if name == "x" else (plot.spec.y, plot.points.y)
    low, high = axis.span(axis.positions(values))
    return (axis.forward(values[i]) - low) / (high - low)


def _labelled(plot: Scatter) -> list[int]:
    """The first labels that lie within the limits."""
    (x_low, x_high), (y_low, y_high) = _limits(plot, "x"), _limits(plot, "y")
    points = plot.points
    inside = [i for i in points.labels if x_low <= points.x[i] <= x_high and y_low <= points.y[i] <= y_high]
    return inside[: plot.spec.labels]


def _records(plot: Scatter) -> Iterator[Record]:
    points, groups = plot.points, plot.spec.groups
    for i in sorted(range(len(points.x)), key=points.group.__getitem__):
        record = {**_place(plot, i), "name": _clean(points.names[i]), "group": _clean(groups[points.group[i]].name)}
        yield {**record, "shape": _clean(plot.spec.shapes[points.shape[i]].name)} if points.shape else record


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


def _left_out(plot: Scatter) -> str:
    """How many points the picture does not show, and why."""
    (x_low, x_high), (y_low, y_high) = _limits(plot, "x"), _limits(plot, "y")
    points = plot.points
    shown = sum(x_low <= x <= x_high and y_low <= y <= y_high for x, y in zip(points.x, points.y, strict=True))
    beyond = len(points.x) - shown
    parts = [f"{beyond:,} beyond the limits"] if beyond else []
    return ", ".join([*parts, *([f"{plot.dropped:,} without a value"] if plot.dropped else [])])


def _limits(plot: Scatter, name: str) -> tuple[float, float]:
    axis, values = (plot.spec.x, plot.points.x) if name == "x" else (plot.spec.y, plot.points.y)
    low, high = axis.span(axis.positions(values))
    return axis.back(low), axis.back(high)


def _value(axis: Axis, value: float) -> float:
    """A date in milliseconds, any other value as it is."""
    return value * MS_PER_DAY if axis.scale == "date" else value


def _shape(slot: int) -> str:
    """The colour of a slot repeats every seven; with this shape the two together are never the same."""
    return SHAPES[(slot + slot // FOCUS_LIMIT) % len(SHAPES)]


def _clean(text: str) -> str:
    """Without control characters, and without the `<` that could end the script of an HTML page."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "?", text).replace("</", "< /").replace("<!", "< !")

"""What a scatter plot shows: axes, groups and points, with no word on how it is drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Scale = Literal["linear", "log", "date"]
SCALES: tuple[Scale, ...] = ("linear", "log", "date")
LARGEST = 1e300  # a difference of two drawable values never overflows
PADDING = 0.02  # share of the range left free at an automatic limit


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis; a date is a float in days since 1970-01-01, a limit of None follows the points.

    `cut` is the share of the worst values that automatic limits leave out (None: not decided yet).
    `more_is_better` of None means: False on x (cost), True on y (accuracy).
    Raises ValueError for an unknown scale and for limits that the scale cannot show.
    """

    label: str
    scale: Scale = "linear"
    lo: float | None = None
    hi: float | None = None
    cut: float | None = None
    more_is_better: bool | None = None

    def __post_init__(self) -> None:
        if self.scale not in SCALES:
            raise ValueError(f"axis {self.label!r}: scale {self.scale!r} is not one of {', '.join(SCALES)}")
        for name, limit in (("lower", self.lo), ("upper", self.hi)):
            if limit is not None and not self.can_show(limit):
                raise ValueError(f"axis {self.label!r}: {name} limit {limit!r} cannot be shown on a {self.scale} axis")
        if self.lo is not None and self.hi is not None and self.lo > self.hi:
            raise ValueError(f"axis {self.label!r}: lower limit {self.lo!r} is above upper limit {self.hi!r}")

    def can_show(self, value: float) -> bool:
        """True for a finite value, above 0 on a log axis."""
        return -LARGEST < value < LARGEST and (value > 0 or self.scale != "log")

    def forward(self, value: float) -> float:
        """Value -> position along the axis: log10 on a log axis, else the value."""
        return math.log10(value) if self.scale == "log" else float(value)

    def back(self, position: float) -> float:
        """The inverse of `forward`; on a log axis the position is held within the range of a float."""
        if self.scale == "log":
            return float(10 ** min(max(position, -299.0), 299.0))
        return float(min(max(position, -LARGEST / 2), LARGEST / 2))

    def positions(self, values: Sequence[float]) -> list[float]:
        """`forward` of many values."""
        return list(map(math.log10, values)) if self.scale == "log" else list(values)

    def span(self, positions: Sequence[float]) -> tuple[float, float]:
        """Lower and upper limit in positions; never empty."""
        lo, hi = self._automatic(positions) if self.lo is None or self.hi is None else (0.0, 1.0)
        if self.lo is not None:
            lo = self.forward(self.lo)
            hi = lo + 1 if self.hi is None and hi <= lo else hi
        if self.hi is not None:
            hi = self.forward(self.hi)
            lo = hi - 1 if self.lo is None and hi <= lo else lo
        narrowest = max(abs(lo), abs(hi), 1e-280) * 1e-13
        if hi - lo >= narrowest:
            return lo, hi
        return lo - narrowest, hi + narrowest

    def _automatic(self, positions: Sequence[float]) -> tuple[float, float]:
        if not positions:
            return 0.0, 1.0
        if self.cut:
            ordered = sorted(positions)
            left_out = int(len(ordered) * self.cut)
            lower_is_worse = self.more_is_better is not False
            lo, hi = (ordered[left_out], ordered[-1]) if lower_is_worse else (ordered[0], ordered[-1 - left_out])
        else:
            lo, hi = min(positions), max(positions)
        room = (hi - lo) * PADDING or max(abs(lo) * PADDING, 0.5)
        return lo - room, hi + room


@dataclass(frozen=True, slots=True)
class Ink:
    """A text style: `fg` is #rrggbb, `ansi` the colour 0-15 used where there are but 16; None: the terminal's own."""

    fg: str | None = None
    ansi: int | None = None
    bold: bool = False
    dim: bool = False
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Points drawn alike; an empty glyph means grey dots of context. `slot` is its place in the palette or -1."""

    name: str
    ink: Ink
    glyph: str = ""
    slot: int = -1


@dataclass(frozen=True, slots=True)
class Shape:
    """A value of the second attribute, which the points in colour tell by their glyph."""

    name: str
    glyph: str


@dataclass(frozen=True, slots=True)
class Theme:
    """The inks of everything that is not a point."""

    frame: Ink = Ink("#8a8f98", 7)
    tick: Ink = Ink("#c8ccd4", 7)
    title: Ink = Ink("#ffffff", 15, bold=True)
    grid: Ink = Ink("#3a3f4b", 8)
    line: Ink = Ink("#c8c8c8", 7)
    label: Ink = Ink("#ffffff", 15, bold=True)
    cursor: Ink = Ink(bold=True, reverse=True)

    def inks(self) -> tuple[Ink, ...]:
        """In the order of the ink numbers in `backbones.plot.frame`."""
        return self.frame, self.tick, self.title, self.grid, self.line, self.label, self.cursor


@dataclass(frozen=True, slots=True)
class PlotSpec:
    """Everything about a plot but its points and its size.

    A later group is drawn over an earlier one. `step` draws the front as a staircase, `legend` is the number of rows
    that the legend may take, `labels` the number of names written at points, `note` a remark below the plot. Where
    there are `shapes`, a point in colour has the glyph of its shape and not that of its group; without colour
    (`is_coloured`) its group cannot be seen then.
    """

    x: Axis
    y: Axis
    groups: tuple[Group, ...]
    title: str = ""
    grid: bool = True
    ascii: bool = False
    step: bool = True
    legend: int = 2
    labels: int = 8
    note: str = ""
    theme: Theme = field(default_factory=Theme)
    shapes: tuple[Shape, ...] = ()
    shape_label: str = ""
    is_coloured: bool = True
    palette: str = "default"


@dataclass(frozen=True, slots=True)
class Points:
    """Drawable points: `group` indexes PlotSpec.groups, `front` and `labels` index the points.

    `front` is in ascending x; `labels` has the most wanted first. `shape` indexes PlotSpec.shapes, where there are
    any; each of `lines` joins points, in ascending x.
    """

    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()
    group: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    front: tuple[int, ...] = ()
    labels: tuple[int, ...] = ()
    shape: tuple[int, ...] = ()
    lines: tuple[tuple[int, ...], ...] = ()


def drawable(xs: Sequence[float | None], ys: Sequence[float | None], x: Axis, y: Axis) -> tuple[int, ...]:
    """The indices of the pairs that both axes can show; the others have no place in Points."""
    return tuple(
        i
        for i, (a, b) in enumerate(zip(xs, ys, strict=True))
        if a is not None and b is not None and x.can_show(a) and y.can_show(b)
    )


def collect(
    xs: Sequence[float | None],
    ys: Sequence[float | None],
    names: Sequence[str],
    group: Sequence[int],
    *,
    x: Axis,
    y: Axis,
) -> tuple[Points, tuple[int, ...], int]:
    """Points without those that cannot be drawn, the input index of each point, and how many were dropped."""
    rows = drawable(xs, ys, x, y)
    points = Points(
        x=tuple(float(xs[i]) for i in rows),  # type: ignore[arg-type]  # drawable() left no None
        y=tuple(float(ys[i]) for i in rows),  # type: ignore[arg-type]
        group=tuple(group[i] for i in rows),
        names=tuple(names[i] for i in rows),
    )
    return points, rows, len(names) - len(rows)

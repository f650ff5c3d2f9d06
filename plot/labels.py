"""Names beside their points: short, inside the plot, on top of nothing that matters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from backbones.plot.canvas import Canvas
from backbones.plot.cells import cells, fitted
from backbones.plot.frame import CURSOR, LABEL
from backbones.plot.layout import Layout
from backbones.plot.spec import PlotSpec, Points

LABEL_ROOM, CURSOR_ROOM = 24, 48
CELLS_PER_LABEL = 150  # plotting area that one label may claim, so that a small plot is not all names
TIMM_NAME = re.compile(r"([a-z0-9_]+)\.[a-z][a-z0-9_]*( \(.+\))?")
IN_BRACKETS = re.compile(r"(.+)( \([^()]+\))")

Cell = tuple[int, int]  # column, row
Positions = dict[int, tuple[float, float]]


def short_name(name: str) -> str:
    """A timm name without its training tag (`convnext_tiny.fb_in22k` -> `convnext_tiny`); any other name as it is.

    What tells it from others of that name stays: `test_vit.r160_in1k (quick)` -> `test_vit (quick)`.
    """
    match = TIMM_NAME.fullmatch(name)
    return match[1] + (match[2] or "") if match else name


def _cut(name: str, room: int, ascii_only: bool) -> tuple[str, ...]:
    """The name in so many cells; a short word in brackets at its end tells it from others and stays."""
    if len(name) > room and (match := IN_BRACKETS.fullmatch(name)) and len(match[2]) <= room // 2:
        end = fitted(match[2], room, ascii_only)
        return (*fitted(match[1], room - len(end), ascii_only), *end)
    return fitted(name, room, ascii_only)


def places(x: int, y: int, length: int, side: int, rise: int) -> Iterator[Cell]:
    """Eight starts for a label of a point in cell (x, y), best first.

    `side` is -1 where the free ground is on the left of the points and 1 where on the right; `rise` is -1 where it is
    above and 1 where below.
    """
    near, far = (x - 1 - length, x + 2) if side < 0 else (x + 2, x - 1 - length)
    middle = x - length // 2
    yield near, y
    yield near, y + rise
    yield middle, y + rise
    yield far, y + rise
    yield far, y
    yield near, y - rise
    yield middle, y - rise
    yield far, y - rise


@dataclass(frozen=True, slots=True)
class Written:
    """A label that stands in the plot, and what its cells looked like before."""

    point: int
    start: Cell
    chars: list[str]
    ink: list[int]

    def meets(self, start: Cell, length: int) -> bool:
        """True where it would touch `length` cells from the start on."""
        x, y = self.start
        return y == start[1] and x - 1 < start[0] + length and start[0] - 1 < x + len(self.chars)


class Ground:
    """Where a label may go: never over a glyph, the front or another label; over what is grey or a line if it must."""

    __slots__ = ("_canvas", "_crossed", "_has_glyph", "_labels", "_layout", "_line")

    def __init__(
        self, canvas: Canvas, spec: PlotSpec, points: Points, layout: Layout, line: set[Cell], crossed: set[Cell]
    ) -> None:
        shown = [bool(group.glyph) for group in spec.groups]
        self._canvas, self._layout, self._line, self._crossed = canvas, layout, line, crossed
        self._has_glyph = [shown[g] for g in points.group]
        self._labels: list[Written] = []

    def choose(self, starts: Iterable[Cell], length: int) -> Cell | None:
        """The first start with room for `length` cells among no points at all, else among grey ones."""
        inside = [at for at in starts if self.fits(at, length)]
        for over_grey in (False, True):
            for at in inside:
                if self._is_free(at, length, over_grey):
                    return at
        return None

    def fits(self, start: Cell, length: int) -> bool:
        """True where `length` cells from the start on lie in the plotting area."""
        return self._layout.holds(*start) and self._layout.holds(start[0] + length - 1, start[1])

    def write(self, point: int, start: Cell, label: tuple[str, ...]) -> None:
        """Write the label of a point, and keep others off it."""
        (x, y), end = start, start[0] + len(label)
        self._labels.append(Written(point, start, self._canvas.chars[y][x:end], self._canvas.ink[y][x:end]))
        self._canvas.put(x, y, label, LABEL)

    def erase(self, point: int) -> None:
        """Take the label of that point away."""
        self._erase([label for label in self._labels if label.point == point])

    def make_room(self, start: Cell, length: int) -> None:
        """Take away, as a whole, each label that would be touched by `length` cells from the start on."""
        self._erase([label for label in self._labels if label.meets(start, length)])

    def _erase(self, labels: list[Written]) -> None:
        for label in labels:
            (x, y), end = label.start, label.start[0] + len(label.chars)
            self._canvas.chars[y][x:end], self._canvas.ink[y][x:end] = label.chars, label.ink
            self._labels.remove(label)

    def _is_free(self, start: Cell, length: int, over_grey: bool) -> bool:
        """One more cell on either side counts as well, so that two labels never touch."""
        if any(label.meets(start, length) for label in self._labels):
            return False
        y, hit = start[1], self._canvas.hit[start[1]]
        for x in range(max(start[0] - 1, 0), min(start[0] + length + 1, self._canvas.width)):
            if (x, y) in self._line or (hit[x] >= 0 and (not over_grey or self._has_glyph[hit[x]])):
                return False
            if not over_grey and (x, y) in self._crossed:
                return False
        return True


def draw_labels(ground: Ground, spec: PlotSpec, points: Points, layout: Layout, positions: Positions) -> None:
    """Write up to `spec.labels` names, the most wanted first; one that finds no room is left out."""
    side = 1 if spec.x.more_is_better else -1
    rise = 1 if spec.y.more_is_better is False else -1
    left = min(spec.labels, max(1, layout.columns * layout.rows // CELLS_PER_LABEL))
    for i in points.labels:
        if left <= 0:
            return
        label = _cut(short_name(points.names[i]), LABEL_ROOM, spec.ascii)
        if i in positions and label:
            x, y = positions[i]
            start = ground.choose(places(int(x), int(y), len(label), side, rise), len(label))
            if start:
                ground.write(i, start, label)
                left -= 1


def draw_cursor(
    canvas: Canvas, ground: Ground, spec: PlotSpec, points: Points, layout: Layout, positions: Positions, i: int
) -> None:
    """Mark point i with an eye, with pointers on both axes and with its name.

    Of the labels there, its own and those that its name would touch go away as a whole: half a name is none.
    """
    x, y = int(positions[i][0]), int(positions[i][1])
    here = sum(x <= px < x + 1 and y <= py < y + 1 for px, py in positions.values()) - 1
    tail = cells(f" +{here} " if here else " ")
    label = (" ", *fitted(points.names[i], min(CURSOR_ROOM, layout.columns - 2 - len(tail)), spec.ascii), *tail)
    ground.erase(i)
    ground.make_room((x, y), 1)
    starts = list(places(x, y, len(label), 1, -1))
    start = ground.choose(starts, len(label)) or next((at for at in starts if ground.fits(at, len(label))), None)
    if start:
        ground.make_room(start, len(label))
        canvas.put(*start, label, CURSOR)
    canvas.put(layout.left - 1, y, canvas.marks.row_pointer, CURSOR)
    canvas.put(x, layout.top + layout.rows, canvas.marks.column_pointer, CURSOR)
    canvas.put(x, y, canvas.marks.eye, CURSOR)
    canvas.hit[y][x] = i

"""The rows below a plot that say what each colour and shape stands for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from backbones.plot.canvas import ASCII, UNICODE
from backbones.plot.cells import cells, fitted
from backbones.plot.frame import GROUP0, TICK
from backbones.plot.spec import PlotSpec, Points

Row = list[tuple[tuple[str, ...], int]]  # (cells, ink number) pairs, left to right
NAME_ROOM = 24
MORE_ROOM = 10


def legend_rows(spec: PlotSpec, points: Points, width: int, most: int) -> list[Row]:
    """At most `most` rows of glyph, name and count per group; the groups that do not fit are counted at the end."""
    items = list(_items(spec, points))
    rows: list[Row] = [[]]
    used = 0
    for done, (item, ink) in enumerate(items):
        is_last_row = len(rows) >= most
        reserve = MORE_ROOM if is_last_row and done < len(items) - 1 else 0
        if used + len(item) > width - reserve:
            if is_last_row:
                rows[-1].append((cells(f"+{len(items) - done} more", spec.ascii), TICK))
                break
            rows.append([])
            used = 0
        rows[-1].append((item, ink))
        used += len(item)
    return [row for row in rows if row] if most > 0 else []


def _items(spec: PlotSpec, points: Points) -> Iterator[tuple[tuple[str, ...], int]]:
    count = Counter(points.group)
    context = (ASCII if spec.ascii else UNICODE).context
    order = sorted(range(len(spec.groups)), key=lambda g: not spec.groups[g].glyph)  # the grey ones come last
    for g in order:
        if count[g]:
            group = spec.groups[g]
            name = fitted(group.name, NAME_ROOM, spec.ascii)
            yield (*cells(f"{group.glyph or context} ", spec.ascii), *name, *cells(f" {count[g]}  ")), GROUP0 + g

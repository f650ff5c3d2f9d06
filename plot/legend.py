"""The rows below a plot that say what each colour and each shape stands for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from backbones.plot.canvas import ASCII, UNICODE
from backbones.plot.cells import cells, fitted
from backbones.plot.frame import GROUP0, TICK
from backbones.plot.spec import PlotSpec, Points

Item = tuple[tuple[str, ...], int]  # (cells, ink number)
Row = list[Item]  # left to right
NAME_ROOM, SHORT_NAME, MORE_ROOM, GAP = 24, 14, 10, 2
DRAFTS = ((NAME_ROOM, True), (NAME_ROOM, False), (SHORT_NAME, False), (9, False), (7, False))
"""Room for a name and whether it has its count: the first with which everything fits is taken."""


def legend_rows(spec: PlotSpec, points: Points, width: int, most: int) -> list[Row]:
    """At most `most` rows of glyph, name and count: first the groups, then the shapes with what they tell.

    Where that is too much the counts go first, then the ends of names; what still does not fit is counted at the end.
    """
    if most <= 0:
        return []
    count, shapes = Counter(points.group), _shape_counts(spec, points)
    if not shapes:
        return _fitted(lambda room, told: _groups(spec, count, room, told), spec, width, most)
    if most == 1:
        below = _fitted(lambda room, told: _shapes(spec, shapes, room, told), spec, width // 2, 1)
        above = _fitted(lambda room, told: _groups(spec, count, room, told), spec, width - _length(below[0]) - GAP, 1)
        return [[*above[0], ((" ",) * GAP, TICK), *below[0]]]
    below = _fitted(lambda room, told: _shapes(spec, shapes, room, told), spec, width, most // 2)
    return _fitted(lambda room, told: _groups(spec, count, room, told), spec, width, most - len(below)) + below


def _fitted(draft: Callable[[int, bool], list[Item]], spec: PlotSpec, width: int, most: int) -> list[Row]:
    for room, told in DRAFTS:
        rows, is_whole = _rows(draft(room, told), spec, width, most)
        if is_whole:
            return rows
    return _rows(draft(9, False), spec, width, most)[0]


def _rows(items: list[Item], spec: PlotSpec, width: int, most: int) -> tuple[list[Row], bool]:
    """The items in rows, and whether all of them are there."""
    rows: list[Row] = [[]]
    used = 0
    for done, (item, ink) in enumerate(items):
        is_last_row = len(rows) >= most
        if is_last_row and used + _length(items[done:]) - GAP <= width:
            rows[-1] += items[done:]
            return rows, True
        if used + len(item) > width - (MORE_ROOM if is_last_row else -GAP):
            if is_last_row:
                rows[-1].append((cells(f"+{len(items) - done} more", spec.ascii), TICK))
                return rows, False
            rows.append([])
            used = 0
        rows[-1].append((item, ink))
        used += len(item)
    return rows, True


def _groups(spec: PlotSpec, count: Counter[int], room: int, told: bool) -> list[Item]:
    """An item for each group that has points, the grey ones last; one for all in colour where no colour can be seen."""
    context = (ASCII if spec.ascii else UNICODE).context
    swatch = spec.shapes[0].glyph if spec.shapes and not spec.ascii else "*"
    coloured = [g for g, group in enumerate(spec.groups) if group.glyph and count[g]]
    if spec.shapes and not spec.is_coloured:
        many = sum(count[g] for g in coloured)
        items = [_item(swatch, f"{len(coloured)} groups", many, room, told, spec, TICK)] if many else []
    else:
        items = [
            _item(swatch if spec.shapes else spec.groups[g].glyph, spec.groups[g].name, count[g], room, told, spec, GROUP0 + g)
            for g in coloured
        ]  # fmt: skip
    grey = [g for g, group in enumerate(spec.groups) if not group.glyph and count[g]]
    return items + [_item(context, spec.groups[g].name, count[g], room, told, spec, GROUP0 + g) for g in grey]


def _shapes(spec: PlotSpec, count: Counter[int], room: int, told: bool) -> list[Item]:
    label: Item = ((*fitted(spec.shape_label, max(room, SHORT_NAME), spec.ascii), ":", " "), TICK)
    return [label, *(_item(s.glyph, s.name, count[k], room, told, spec, TICK) for k, s in enumerate(spec.shapes) if count[k])]  # fmt: skip


def _shape_counts(spec: PlotSpec, points: Points) -> Counter[int]:
    """How many points show each shape: grey ones show none."""
    if not spec.shapes:
        return Counter()
    return Counter(s for s, g in zip(points.shape, points.group, strict=True) if spec.groups[g].glyph)


def _item(glyph: str, name: str, count: int, room: int, told: bool, spec: PlotSpec, ink: int) -> Item:
    number = cells(f" {count}  " if told else "  ", spec.ascii)
    return (*cells(f"{glyph} ", spec.ascii), *_shortened(name, room, spec.ascii), *number), ink


def _shortened(name: str, room: int, ascii: bool) -> tuple[str, ...]:
    """The name without its middle where it is too long: `ImageNet-1k` and `ImageNet-22k` differ at their ends."""
    whole = cells(name, ascii)
    if len(whole) <= room or "" in whole:
        return fitted(name, room, ascii)
    head = room // 2
    return (*whole[:head], "~" if ascii else "…", *whole[head + 1 - room :])


def _length(row: Row) -> int:
    return sum(len(item) for item, _ in row)

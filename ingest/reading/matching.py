"""Which region is the table of which caption."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from backbones.ingest.reading.layout import SUB_CAPTION, Layout, with_continuation
from backbones.ingest.reading.lines import Run
from backbones.ingest.reading.regions import Region

FARTHEST = 48.0
"""Points between a caption and its table."""
NEXT_PART = 12.0
"""Points between two sub-tables of one caption, lines of sub-captions not counted."""
WRONG_SIDE = 30.0
"""Points that a caption on the side that is not this paper's habit counts as farther away."""


def give_titles(layout: Layout, regions: Sequence[Region]) -> None:
    """Sub-captions `(a) …` to the sub-tables that they stand under or over, one each."""
    pairs = []
    outside = [run for run in layout.sub_captions if not any(_holds(region, run) for region in regions)]
    for run in outside:
        for region in regions:
            gap = run.top - region.bottom if run.baseline > region.bottom else region.top - run.bottom
            if run.x0 < region.x1 and run.x1 > region.x0 and -3 < gap < 26:
                pairs.append((gap + abs(run.middle - region.middle) * 0.1, id(run), run, region))
    below = sum(run.baseline > region.bottom for _, _, run, region in pairs)
    habit = 0 if below >= len(pairs) - below else 1
    given: set[int] = set()
    for _, key, run, region in sorted(pairs, key=lambda p: ((p[2].baseline < p[3].bottom) != habit, p[0])):
        if key in given or region.part:
            continue
        given.add(key)
        match = SUB_CAPTION.match(run.text)
        region.part = match[1] if match else ""
        region.title = " ".join(r.text for r in with_continuation(layout, run))


def _holds(region: Region, run: Run) -> bool:
    return region.top < run.baseline < region.bottom and region.x0 - 3 < run.middle < region.x1 + 3


def matched(layout: Layout, regions: Sequence[Region], habit: str) -> dict[int, list[Region]]:
    """For each caption (its place in `layout.captions`) its regions; one region has one caption."""
    claims: dict[int, list[tuple[float, str, Region]]] = defaultdict(list)
    for region in regions:
        options = _options(layout, region, regions, habit)
        if options:
            cost, side, which = min(options)
            claims[which].append((cost, side, region))
    result: dict[int, list[Region]] = {}
    for which, claimed in claims.items():
        side = min(claimed, key=lambda claim: claim[0])[1]
        result[which] = [region for _, at, region in claimed if at == side]
    return result


def _options(layout: Layout, region: Region, regions: Sequence[Region], habit: str) -> list[tuple[float, str, int]]:
    options = []
    for which, caption in enumerate(layout.captions):
        if not caption.is_table:
            continue
        box = caption.box
        overlap = min(region.x1, box.x1) - max(region.x0, box.x0)
        if overlap < 0.5 * min(region.x1 - region.x0, box.x1 - box.x0):
            continue
        side = "above" if region.top >= box.bottom - 4 else "below" if region.bottom <= box.top + 4 else ""
        if not side:
            continue
        top, bottom = (box.bottom, region.top) if side == "above" else (region.bottom, box.top)
        gap = max(0.0, bottom - top)
        x0, x1 = max(region.x0, box.x0), min(region.x1, box.x1)
        between = [
            r
            for r in regions
            if r is not region and r.top > top - 4 and r.bottom < bottom + 4 and r.x0 < x1 and r.x1 > x0
        ]
        filled = sum(r.bottom - r.top for r in between)
        filled += sum(
            r.bottom - r.top
            for r in layout.sub_lines
            if top < r.baseline < bottom and r.x0 < region.x1 and r.x1 > region.x0
        )
        if layout.caption_between(x0, x1, top, bottom) or layout.prose_between(x0, x1, top, bottom) > 1 + 2 * len(
            between
        ) + _notes(layout, x0, x1, top, bottom):
            continue
        if gap - filled > FARTHEST + NEXT_PART * len(between):
            continue
        cost = gap + (0 if side == habit or not habit else WRONG_SIDE) + 0.15 * abs(region.middle - caption.middle)
        options.append((cost, side, which))
    return options


def _notes(layout: Layout, x0: float, x1: float, top: float, bottom: float) -> int:
    """Lines of prose in a small size: sub-captions and notes under a table."""
    body = layout.captions[0].size if layout.captions else 10
    return sum(
        top < run.baseline < bottom and run.x0 < x1 and run.x1 > x0 and run.size < 0.93 * body for run in layout.prose
    )


def sides_seen(layout: Layout, regions: Sequence[Region]) -> list[str]:
    """On which side of its region each caption stands that has regions on one side only."""
    sides: dict[int, set[str]] = defaultdict(set)
    for region in regions:
        for _, side, which in _options(layout, region, regions, ""):
            sides[which].add(side)
    return [next(iter(seen)) for seen in sides.values() if len(seen) == 1]

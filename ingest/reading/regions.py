"""The framed parts of a page that hold a grid of words."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from backbones.ingest.paper import Box
from backbones.ingest.reading.layout import SUB_CAPTION, Layout
from backbones.ingest.reading.lines import Run, is_prose, lines_of, middle_of, runs_of
from backbones.ingest.reading.numbers import is_value
from backbones.ingest.reading.sheet import Rule
from backbones.ingest.reading.words import Word


@dataclass(slots=True)
class Region:
    """A rectangle that holds one table, or one of the sub-tables of a caption."""

    x0: float
    x1: float
    top: float
    bottom: float
    rules: list[Rule] = field(default_factory=list)
    lines: list[list[Word]] = field(default_factory=list)
    title: str = ""
    part: str = ""

    @property
    def middle(self) -> float:
        """Half way between left and right."""
        return (self.x0 + self.x1) / 2

    @property
    def box(self) -> Box:
        """Its place on the sheet."""
        return Box(self.x0, self.top, self.x1, self.bottom)

    @property
    def is_closed(self) -> bool:
        """It has a rule above and one below."""
        return len(self.rules) > 1


def stacks_of(layout: Layout) -> list[Region]:
    """Rules of one width above each other, with no caption and no paragraph between them: most tables' frame."""
    stacks: list[Region] = []
    for rule in sorted(layout.sheet.rules, key=lambda rule: rule.at):
        if rule.length < 24:
            continue
        alike = [s for s in stacks if abs(s.x0 - rule.start) < 4 and abs(s.x1 - rule.end) < 4]
        if alike and not _parted(layout, alike[-1], rule):
            alike[-1].rules.append(rule)
            alike[-1].bottom = rule.at
        else:
            stacks.append(Region(rule.start, rule.end, rule.at, rule.at, [rule]))
    return stacks


def _parted(layout: Layout, stack: Region, rule: Rule) -> bool:
    top, bottom = stack.bottom, rule.at
    if layout.caption_between(stack.x0, stack.x1, top, bottom):
        return True
    within = [
        w for w in layout.words if top < w.baseline - 0.3 * w.size < bottom and stack.x0 - 3 < w.middle < stack.x1 + 3
    ]
    within += [w for w in layout.rotated if w.bottom > top and w.top < bottom and stack.x0 < w.middle < stack.x1]
    if not within:
        return bottom - top > 6
    first = min(word.baseline for word in within)
    for run in layout.sub_captions:
        if (
            first + 2 < run.baseline < bottom
            and stack.x0 - 3 < run.x1
            and run.x0 < stack.x1 + 3
            and _leaves(run, stack)
        ):
            return True
    edges = sorted([(top, top), (bottom, bottom), *((w.top, w.bottom) for w in within)])
    reach = top
    for upper, lower in edges:
        if upper - reach > 45:
            return True
        reach = max(reach, lower)
    paragraph = layout.prose_between(stack.x0, stack.x1, top, bottom)
    lines = len(lines_of(within))
    return paragraph >= 3 and paragraph > 0.6 * lines


def _leaves(run: Run, stack: Region) -> bool:
    """A sub-caption that is wider than the rules, or that hangs between them with a table of its own below."""
    return run.x0 < stack.x0 - 3 or run.x1 > stack.x1 + 3 or len(stack.rules) == 1


def regions_of(layout: Layout) -> list[Region]:
    """Every framed region that holds a grid of words, grown by the lines that belong to it, outermost only."""
    found = []
    for stack in stacks_of(layout):
        _grow(layout, stack)
        if _is_grid(stack):
            found.append(stack)
    outer = [r for r in found if not any(_inside(r, other) for other in found if other is not r)]
    return _apart(outer)


def _inside(inner: Region, outer: Region) -> bool:
    """A wider frame holds it: a rule under a group header, a box in a cell."""
    across = inner.x0 >= outer.x0 - 4 and inner.x1 <= outer.x1 + 4 and inner.x1 - inner.x0 < outer.x1 - outer.x0 - 4
    return across and inner.top >= outer.top - 3 and inner.bottom <= outer.bottom + 3


def _apart(regions: list[Region]) -> list[Region]:
    """Of regions that overlap keep the one with more rules, then the larger one."""
    kept: list[Region] = []
    for region in sorted(regions, key=lambda r: (-len(r.rules), -(r.x1 - r.x0) * (r.bottom - r.top))):
        if not any(_overlap(region, other) for other in kept):
            kept.append(region)
    return kept


def _overlap(one: Region, other: Region) -> bool:
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.bottom, other.bottom) - max(one.top, other.top)
    return wide > 3 and high > 3


def _grow(layout: Layout, region: Region) -> None:
    """Collect the lines between the rules, then those outside that continue the grid."""
    mine = [w for w in layout.words if region.x0 - 3 < w.middle < region.x1 + 3]
    lines = lines_of(mine)
    inside = [
        line
        for line in lines
        if region.top < line[0].baseline < region.bottom + 0.5 * line[0].size
        and line[0].baseline - 0.4 * line[0].size < region.bottom
    ]
    region.lines = inside
    first, last = region.top, region.bottom
    above = [line for line in lines if line[0].baseline <= first]
    below = [line for line in lines if line[0].baseline - 0.4 * line[0].size >= last]
    more = _going_on(layout, region, below, last, upwards=False)
    region.lines += more
    last = max([last, *(word.bottom for line in more for word in line)])
    more = _going_on(layout, region, list(reversed(above)), first, upwards=True)
    region.lines = [*reversed(more), *region.lines]
    first = min([first, *(word.top for line in more for word in line)])
    region.top, region.bottom = min(region.top, first), max(region.bottom, last)


def _going_on(layout: Layout, region: Region, lines: list[list[Word]], edge: float, upwards: bool) -> list[list[Word]]:
    """Lines outside the rules, outwards, that go on with the table; a short line among them may be one cell."""
    kept: list[list[Word]] = []
    waiting: list[list[Word]] = []
    near = region.lines if len(region.lines) > 2 else lines[:3]
    steps = [abs(low[0].baseline - high[0].baseline) for high, low in pairwise(near)]
    pitch = middle_of(steps) if len(steps) > 1 else 0.0
    for line in lines:
        size = line[0].size
        gap = edge - max(w.bottom for w in line) if upwards else min(w.top for w in line) - edge
        if gap > max(1.1 * size, 1.25 * min(pitch, 2.2 * size) - 0.75 * size) or _leads_out(layout, region, line):
            break
        waiting.append(line)
        if _is_row(region, line):
            kept += waiting
            waiting = []
        elif (
            upwards
            and (kept or not region.is_closed)
            and line[0].x0 > region.x0 + 1.5 * size
            and line[-1].x1 < region.x1 + 3
        ):
            kept += waiting  # a group's header, or a title
            waiting = []
        elif len(waiting) > 1:
            break
        edge = min(w.top for w in line) if upwards else max(w.bottom for w in line)
    return kept


def _leads_out(layout: Layout, region: Region, line: list[Word]) -> bool:
    """A line that is wider than the table, running text, or a sub-caption."""
    runs = runs_of(line, 0.75)
    if any(is_prose(run) for run in runs) or SUB_CAPTION.match(" ".join(word.text for word in line[:2])):
        return True
    beside = [run for run in layout.runs if abs(run.baseline - line[0].baseline) < 2]
    return any(run.x0 < region.x1 + 3 < run.x1 - 3 or run.x0 + 3 < region.x0 - 3 < run.x1 for run in beside)


def _is_row(region: Region, line: list[Word]) -> bool:
    runs = runs_of(line, 0.75)
    return len(runs) > 1 or (not region.is_closed and is_value(line[-1].text))


def _is_grid(region: Region) -> bool:
    """At least two lines, two of them with two runs or more."""
    return len(region.lines) > 1 and sum(len(runs_of(line, 0.6)) > 1 for line in region.lines) > 1

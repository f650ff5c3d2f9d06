"""Tables without a frame of rules: lines with holes beside a caption."""

from __future__ import annotations

from collections.abc import Sequence

from backbones.ingest.reading.captions import Caption
from backbones.ingest.reading.layout import Layout
from backbones.ingest.reading.lines import is_prose, lines_of, runs_of
from backbones.ingest.reading.numbers import is_value
from backbones.ingest.reading.regions import Region
from backbones.ingest.reading.words import Word


def unframed(layout: Layout, caption: Caption, taken: Sequence[Region], habit: str) -> Region | None:
    """A region without a frame of rules: lines with holes next to the caption."""
    options = []
    for side in ("above", "below"):
        region = _walk(layout, caption, taken, side)
        if region is not None:
            score = len(region.lines) + (4 if side == habit else 0)
            options.append((score, side, region))
    return max(options, key=lambda option: option[:2])[2] if options else None


def _walk(layout: Layout, caption: Caption, taken: Sequence[Region], side: str) -> Region | None:
    left, right = _column(layout, caption)
    mine = [w for w in layout.words if left - 6 < w.middle < right + 6]
    lines = lines_of(mine)
    if side == "above":
        lines = [line for line in lines if line[0].top > caption.box.bottom - 2]
    else:
        lines = [line for line in reversed(lines) if line[0].baseline < caption.box.top + 2]
    edge = caption.box.bottom if side == "above" else caption.box.top
    kept: list[list[Word]] = []
    for line in lines:
        top, bottom = min(w.top for w in line), max(w.bottom for w in line)
        gap = top - edge if side == "above" else edge - bottom
        ruled = any(
            min(edge, top) - 2 < rule.at < max(edge, bottom) + 2 and rule.start < right and rule.end > left
            for rule in layout.sheet.rules
        )
        turned = any(
            w.bottom > min(edge, bottom) and w.top < max(edge, top) and left < w.middle < right for w in layout.rotated
        )
        if gap > (30 if not kept else 16) + 8 * ruled + 60 * turned:
            break
        low, high = min(edge, top), max(edge, bottom)
        if layout.caption_between(left, right, low + 2, high - 2) or any(
            r.top < bottom and r.bottom > top and r.x0 < right and r.x1 > left for r in taken
        ):
            break
        runs = runs_of(line, 1.0)
        if any(is_prose(run) and run.width > 0.5 * (right - left) for run in runs):
            break
        kept.append(line)
        edge = bottom if side == "above" else top
    while kept and len(runs_of(kept[-1], 0.75)) < 2:
        kept.pop()
    numeric = sum(any(is_value(word.text) for word in line) for line in kept)
    if (
        len(kept) < 2
        or sum(len(runs_of(line, 0.75)) > 1 for line in kept) < 0.5 * len(kept)
        or numeric < 0.4 * len(kept)
    ):
        return None
    words = [word for line in kept for word in line]
    top, bottom = min(w.top for w in words), max(w.bottom for w in words)
    return Region(min(w.x0 for w in words), max(w.x1 for w in words), top, bottom, [], lines_of(words))


def _column(layout: Layout, caption: Caption) -> tuple[float, float]:
    """The text column that a caption stands in: as wide as the lines of text that cover its middle."""
    near = [run for run in layout.prose if run.x0 - 2 < caption.middle < run.x1 + 2]
    left = min([caption.box.x0, *(run.x0 for run in near)])
    right = max([caption.box.x1, *(run.x1 for run in near)])
    if not near:
        wide = [w for w in layout.words if abs(w.baseline - caption.box.top) < 150]
        left, right = min([left, *(w.x0 for w in wide)]), max([right, *(w.x1 for w in wide)])
    return left, right

"""Words that belong to a captioned table and reached none of its grids: between its grids, and up to the rule that ends it.

They are listed, so that a row that was taken for running text is not dropped in silence.
"""

from __future__ import annotations

from collections.abc import Sequence

from backbones.ingest.paper import Box
from backbones.ingest.reading.captions import Caption
from backbones.ingest.reading.cells import Grid
from backbones.ingest.reading.layout import Layout
from backbones.ingest.reading.lines import lines_of
from backbones.ingest.reading.numbers import is_value
from backbones.ingest.reading.words import Word

NEAR = 3.0
"""Rules of one table begin and end as near to each other, in points."""


def list_uncollected(layout: Layout, caption: Caption, grids: Sequence[Grid], others: Sequence[Box]) -> None:
    """Add to what the grids of a caption left over. `others`: what all other tables of the page take up."""
    found: list[Word] = []
    for x0, x1 in dict.fromkeys((round(grid.box.x0), round(grid.box.x1)) for grid in grids):
        mine = [grid for grid in grids if (round(grid.box.x0), round(grid.box.x1)) == (x0, x1)]
        top, bottom = _reach(layout, caption, [grid.box for grid in mine], others)
        taken = [*others, *(grid.box for grid in grids)]
        missed = [
            word
            for word in layout.words
            if x0 - NEAR < word.middle < x1 + NEAR
            and top < word.baseline - 0.3 * word.size < bottom
            and not any(_holds(box, word) for box in taken)
        ]
        for line in lines_of(missed):
            if len(line) > 1 and any(is_value(word.text) for word in line):
                found += [word for word in line if word not in found]
    grids[0].left_over += [word.text for word in found]


def _reach(layout: Layout, caption: Caption, boxes: Sequence[Box], others: Sequence[Box]) -> tuple[float, float]:
    """From the highest to the lowest rule of the table's width that no caption and no other table parts from it."""
    x0, x1 = boxes[0].x0, boxes[0].x1
    top, bottom = min(box.top for box in boxes), max(box.bottom for box in boxes)
    rules = [r.at for r in layout.sheet.rules if abs(r.start - x0) < NEAR + 1 and abs(r.end - x1) < NEAR + 1]

    def is_free(low: float, high: float) -> bool:
        blocked = [*others, caption.box]
        return not layout.caption_between(x0, x1, low + 1, high - 1) and not any(
            box.x0 < x1 and box.x1 > x0 and box.top < high + NEAR and box.bottom > low - NEAR for box in blocked
        )

    for at in sorted(rule for rule in rules if rule > bottom + NEAR):
        if not is_free(bottom + NEAR, at):
            break
        bottom = at
    for at in sorted((rule for rule in rules if rule < top - NEAR), reverse=True):
        if not is_free(at, top - NEAR):
            break
        top = at
    return top, bottom


def _holds(box: Box, word: Word) -> bool:
    return (
        box.x0 - NEAR < word.middle < box.x1 + NEAR and box.top - 1 < word.baseline - 0.3 * word.size < box.bottom + 1
    )

"""What of a page decides where tables lie: words, captions, running text, sub-captions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from backbones.ingest.reading.captions import Caption
from backbones.ingest.reading.lines import Run, is_prose, lines_of, runs_of
from backbones.ingest.reading.sheet import Sheet
from backbones.ingest.reading.words import Word

SUB_CAPTION = re.compile(r"^\(?([a-z])\)(?:\s|$)")


@dataclass(slots=True)
class Layout:
    """What of a page decides where tables lie."""

    sheet: Sheet
    words: list[Word]
    rotated: list[Word]
    captions: list[Caption]
    runs: list[Run] = field(default_factory=list)
    prose: list[Run] = field(default_factory=list)
    sub_captions: list[Run] = field(default_factory=list)
    sub_lines: list[Run] = field(default_factory=list)
    """All lines of sub-captions."""

    def __post_init__(self) -> None:
        captioned = {id(word) for caption in self.captions for word in caption.words}
        self.words = [word for word in self.words if id(word) not in captioned]
        self.runs = [run for line in lines_of(self.words) for run in runs_of(line, 1.3)]
        self.prose = [run for run in self.runs if is_prose(run)]
        self.sub_captions = [piece for run in self.runs for piece in _sub_captions(run)]
        under = {
            id(word) for piece in self.sub_captions for run in with_continuation(self, piece) for word in run.words
        }
        self.prose = [run for run in self.prose if not any(id(word) in under for word in run.words)]
        self.sub_lines = [run for run in self.runs if any(id(word) in under for word in run.words)]

    def prose_between(self, x0: float, x1: float, top: float, bottom: float) -> int:
        """Lines of running text in a rectangle, as wide as text is there."""
        wide = 0.3 * (x1 - x0)
        return sum(
            top < run.baseline < bottom and run.x0 < x1 - 5 and run.x1 > x0 + 5 and run.width > wide
            for run in self.prose
        )

    def caption_between(self, x0: float, x1: float, top: float, bottom: float) -> bool:
        """A caption of anything begins or ends in a rectangle."""
        return any(
            c.box.x0 < x1 - 2 and c.box.x1 > x0 + 2 and c.box.top < bottom - 1 and c.box.bottom > top + 1
            for c in self.captions
        )


def _sub_captions(run: Run) -> list[Run]:
    """`(a) …` and what follows it in a run; there may be several side by side."""
    starts = [
        i
        for i, word in enumerate(run.words)
        if SUB_CAPTION.match(word.text) and (i == 0 or word.x0 - run.words[i - 1].x1 > 0.5 * word.size)
    ]
    return [Run(run.words[a:b]) for a, b in zip(starts, [*starts[1:], len(run.words)])]


def with_continuation(layout: Layout, first: Run) -> list[Run]:
    """The lines of a sub-caption: directly under each other, from the same left edge."""
    block = [first]
    right = first.x1 + 0.4 * first.size
    for line in lines_of(layout.words):
        words = [word for word in line if first.x0 - 3 < word.x0 and word.x1 < right + 1]
        gap = words[0].baseline - block[-1].baseline if words else 0
        if (
            0.5 * first.size < gap < 1.35 * first.size
            and abs(words[0].x0 - first.x0) < 3
            and not SUB_CAPTION.match(words[0].text)
        ):
            block.append(Run(words))
    return block

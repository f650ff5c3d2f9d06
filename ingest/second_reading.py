"""A second reading: another engine (pdfplumber) reads the box of each number's cell, and a warning stands where the two disagree.

It runs in a process of its own with limits on memory and time, like the first reading:

    python -P -m backbones.ingest.second_reading PDF MEMORY_MIB SECONDS < {"7": [[x0, top, x1, bottom], …]}

On stdout a JSON line a page: `[7, ["83.1", …]]`.
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import threading
import unicodedata
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backbones.ingest.limited import hold_to
from backbones.ingest.paper import Box
from backbones.store.drafts.evidence import Evidence, Finding
from backbones.store.text import printable

MOST_SECONDS: Final = 60
MOST_MEMORY_MIB: Final = 1024
MOST_OUTPUT_BYTES: Final = 16 << 20
ABOVE: Final = 1.5
"""Points that a glyph's middle may lie outside of its cell's box, upwards and downwards: superscripts."""
BESIDE: Final = 0.7

Progress = Callable[[int, int], None]
"""Is told (pages read, pages)."""


@dataclass(frozen=True, slots=True)
class Place:
    """A cell whose text shall be read again, and the number of the file that was copied from it."""

    path: str
    table: str
    page: int
    number: str
    box: Box
    printed: str
    subject: str
    """For a sentence: `Swin-T: top_1 81.3`."""


def places_of(evidence: Iterable[Evidence]) -> list[Place]:
    """The cells that a draft's numbers were copied from."""
    return [
        Place(e.path, e.table, e.page, e.number, Box(*e.box), e.printed, f"{e.backbone}: {e.quantity} {e.value:.10g}")
        for e in evidence
        if e.box is not None and e.table and e.row >= 0
    ]


Texts = Mapping[tuple[int, Box], str]
"""What the other engine reads in each box of each page; boxes of pages that it did not get to are missing."""


def disagreements(places: Sequence[Place], texts: Texts) -> list[Finding]:
    """A warning for each number whose cell reads otherwise, and a note on those that could not be read a second time."""
    findings, unread = [], 0
    for place in places:
        again = texts.get((place.page, place.box), "")
        first, second = digits(place.printed), digits(again)
        if not second:
            unread += 1
        elif first != second:
            text = (
                f"{place.subject}: on page {place.page}, table {place.number}, the cell reads {_short(place.printed)} in one "
                f"reading and {_short(again)} in another; look at the page"
            )
            findings.append(Finding("warning", "reading", printable(text), place.path, place.page, place.table))
    if unread:
        text = f"{unread} of {len(places)} numbers could not be read a second time by another engine"
        findings.append(Finding("note", "reading", text))
    return findings


def digits(text: str) -> str:
    """What of a text makes its numbers: digits, points and signs between them, however they are raised or spaced."""
    plain = unicodedata.normalize("NFKC", re.sub(r"[\^_]", "", text))
    return "".join(re.findall(r"\d+(?:[.,]\d+)*", plain)).replace(",", "")


def _short(text: str) -> str:
    clean = " ".join(printable(text).split())
    return clean if len(clean) <= 40 else clean[:39] + "…"


def read_again(pdf: Path, places: Iterable[Place], progress: Progress | None = None) -> Texts:
    """The texts of the cells, read by the other engine within bounded time and memory."""
    boxes: dict[int, dict[Box, None]] = defaultdict(dict)
    for place in places:
        boxes[place.page][place.box] = None
    pages = {page: list(boxes[page]) for page in sorted(boxes)}
    if not pages:
        return {}
    command = [sys.executable, "-P", "-m", "backbones.ingest.second_reading"]
    command += [str(pdf.resolve()), str(MOST_MEMORY_MIB), str(MOST_SECONDS)]
    asked = json.dumps({page: [[b.x0, b.top, b.x1, b.bottom] for b in found] for page, found in pages.items()})
    texts: dict[tuple[int, Box], str] = {}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        clock = threading.Timer(MOST_SECONDS, child.kill)
        clock.start()
        try:
            assert child.stdin is not None and child.stdout is not None
            with contextlib.suppress(BrokenPipeError):
                child.stdin.write(asked.encode())
                child.stdin.close()
            for done in range(1, len(pages) + 1):
                try:
                    page, found = json.loads(child.stdout.readline(MOST_OUTPUT_BYTES))
                except (ValueError, TypeError):
                    break
                texts |= {(page, box): str(text) for box, text in zip(pages.get(page, ()), found)}
                if progress is not None:
                    progress(done, len(pages))
        finally:
            child.kill()
            clock.cancel()
    return texts


def main(arguments: Sequence[str]) -> None:
    """Read the boxes that stdin names and write their texts."""
    path, memory_mib, seconds = arguments
    asked: dict[str, list[list[float]]] = json.load(sys.stdin)
    hold_to(int(memory_mib), int(seconds))
    import pdfplumber

    with pdfplumber.open(path, pages=[int(page) for page in asked]) as pdf:
        for page in pdf.pages:
            left, top = page.cropbox[0] - page.mediabox[0], page.cropbox[1] - page.mediabox[1]
            glyphs = [
                ((g["top"] + g["bottom"]) / 2 - top, (g["x0"] + g["x1"]) / 2 - left, g["x0"], g["text"])
                for g in page.chars
            ]
            glyphs.sort(key=lambda glyph: glyph[0])
            heights = [glyph[0] for glyph in glyphs]
            found = [_read(glyphs, heights, *box) for box in asked[str(page.page_number)]]
            sys.stdout.write(json.dumps([page.page_number, found]) + "\n")
            sys.stdout.flush()
            page.close()


def _read(
    glyphs: Sequence[tuple[float, float, float, str]],
    heights: Sequence[float],
    x0: float,
    top: float,
    x1: float,
    bottom: float,
) -> str:
    """The glyphs whose middle lies in a box, from the left to the right. The glyphs are in the order of their heights."""
    first, last = bisect_left(heights, top - ABOVE), bisect_right(heights, bottom + ABOVE)
    inside = [(at, text) for _, x, at, text in glyphs[first:last] if x0 - BESIDE <= x <= x1 + BESIDE]
    return "".join(text for _, text in sorted(inside, key=lambda found: found[0]))[:4000]


if __name__ == "__main__":
    main(sys.argv[1:])

"""Column headings in one or two lines, so that a long label does not make a narrow column wide."""

from __future__ import annotations

from functools import lru_cache

from backbones.store.text import printable
from backbones.tui.cells import padded

WIDEST = 12


@lru_cache(maxsize=512)
def broken(label: str) -> tuple[str, str]:
    """The label in the two lines that need the least width."""
    words = printable(label).split()
    halves = [(" ".join(words[:k]), " ".join(words[k:])) for k in range(len(words))]
    return min(halves, key=lambda lines: max(map(len, lines)), default=("", ""))


def heading(label: str, width: int) -> tuple[str, str]:
    """The label in one line (the lower) where it fits into `width` cells, else in two; cut where a word is too long."""
    whole = " ".join(printable(label).split())
    if len(whole) <= width:
        return "", whole
    upper, lower = broken(label)
    return padded(upper, width).rstrip(), padded(lower, width).rstrip()


def wanted_width(label: str) -> int:
    """The width that a heading asks for, within reason."""
    return min(max(map(len, broken(label))), WIDEST)

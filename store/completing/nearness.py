"""Suggestions in the order in which they may have been meant: what begins as typed, what contains it, what is nearly so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, Protocol, TypeVar

from backbones.store.text import fold

NEAR: Final = 0.65
"""Of the letters have to agree; two neighbours swapped count as one mistake."""

NEAR_INSIDE: Final = 75
"""Percent of the letters of a word that have to stand somewhere in a longer text."""


class Named(Protocol):
    """Something with a text to type and a label to read."""

    @property
    def text(self) -> str:
        """What is typed."""

    @property
    def label(self) -> str:
        """What is read."""


N = TypeVar("N", bound=Named)


def ranked(typed: str, candidates: Iterable[N], by_label: bool = True) -> list[N]:
    """Those that begin with what is typed, then those that contain it or all its words; else those that are near."""
    known = list(candidates)
    return holding(typed, known, by_label) or near(fold(typed), known)


def holding(typed: str, known: Sequence[N], by_label: bool = True) -> list[N]:
    """Those that begin with what is typed, then those that contain it or all its words."""
    wanted = fold(typed)
    if not wanted:
        return list(known)
    words = [w for word in typed.replace("-", " ").replace("_", " ").split() if (w := fold(word))]
    begun, inside = [], []
    for each in known:
        forms = (fold(each.text), fold(each.label)) if by_label else (fold(each.text),)
        if any(form.startswith(wanted) for form in forms):
            begun.append(each)
        elif any(wanted in form for form in forms) or (
            len(words) > 1 and all(any(w in f for f in forms) for w in words)
        ):
            inside.append(each)
    begun.sort(key=lambda each: fold(each.text) != wanted)
    return begun + inside


def near(wanted: str, known: Sequence[N]) -> list[N]:
    """Those whose beginning is like what is typed but for a mistake or two, the likest first."""
    if len(wanted) < 3:
        return []
    found = [(likeness(wanted, fold(each.text)), i, each) for i, each in enumerate(known)]
    return [each for score, _, each in sorted(found, key=lambda f: (-f[0], f[1])) if score >= NEAR]


def near_inside(typed: str, known: Sequence[N]) -> list[N]:
    """Those in whose text or label something like each typed word stands, the likest first."""
    from rapidfuzz import fuzz  # 16 ms, and only for a mistake

    words = [w for word in typed.replace("@", " ").split() if len(w := fold(word)) >= 3]
    scored = []
    for i, each in enumerate(known) if words else ():
        form = fold(f"{each.text} {each.label}")
        score = min(fuzz.partial_ratio(word, form, score_cutoff=NEAR_INSIDE) for word in words)
        if score:
            scored.append((-score, i, each))
    return [each for _, _, each in sorted(scored, key=lambda s: s[:2])]


@lru_cache(maxsize=20_000)
def likeness(wanted: str, form: str) -> float:
    """How like the beginning of a form is, 0 to 1."""
    from rapidfuzz.distance import DamerauLevenshtein  # 16 ms, and only for a mistake

    lengths = {len(wanted), len(wanted) + 1, len(wanted) - 1}
    return max(float(DamerauLevenshtein.normalized_similarity(wanted, form[:n], score_cutoff=NEAR)) for n in lengths)

"""The numbers of a cell as they are printed: units, errors, parts, and what is no number at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from backbones.store.text import printable

MARKS: Final = "*∗†‡§¶◦⋄⋆★☆♯✝△▲▽⊤⊥•●○♢◇■□∙"
"""Footnote marks; a symbol without a name in the font reads `(cid:5)`."""

_CITATION = re.compile(r"\s*\[\s*\d+(?:\s*[,–-]\s*\d+)*\s*\]")
_DELTA = re.compile(
    r"\s*[\^_]?[({]\s*[+−–-]\s*\d[\d .]*%?\s*[)}]|\s*[\^_↑↓]\s*\+\s*\d[\d.]*|\s*(?<=\d)\s*[↑↓]\s*\d[\d.]*"
)
_SPREAD = re.compile(r"\s*[\^_]?\s*±\s*(\d[\d ]*(?:\.\d+)?)?")
_RUN = re.compile(rf"[\^_]?([{re.escape(MARKS)}])(?:[\^_]?\1)*|[\^_]?\(cid:\d+\)")
"""`††` is another mark than `†`."""
_MARKS = re.compile(rf"[\^_]?(?:[{re.escape(MARKS)}]|\(cid:\d+\))")
_NOTE = re.compile(r"\s*\([^)]*\)\s*$")
_NUMBER: Final = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+"
_VALUE = re.compile(
    rf"[~≈∼]?\s*(?P<sign>[-−])?(?P<number>{_NUMBER})\s*(?P<unit>(?:[kMGT]?(?:FLOPs|MACs)|images?|epochs?|[a-zA-Zµμ%×]{{0,5}})(?:/(?:sec|s|ms))?)"
)
_SQUARE = re.compile(r"(\d{2,4})\s*(?:\^\s*2|²)")
_SIDES = re.compile(r"\(?\s*(\d{2,4})\s*[×x,*]\s*(\d{2,4})\s*(?:[×x]\s*3)?\s*\)?")


LONGEST: Final = 300
"""Letters of a cell; what is longer holds no number."""


@dataclass(frozen=True, slots=True)
class Number:
    """A printed number: its value without any unit's factor, and the unit's letters behind it."""

    value: float
    unit: str = ""
    decimals: int = 0
    """Digits behind the point, as printed."""
    spread: float | None = None
    """What stands behind `±`."""


def numbers_of(text: str) -> tuple[Number, ...]:
    """The numbers of a cell, one for each part of `a/b`; () for a dash, a word, a tick, or anything unclear.

    A difference to another row (`(+0.5)`), a footnote mark and a citation are no part of it. `224^2` is 224.
    """
    if len(text) > LONGEST:
        return ()
    bare = _MARKS.sub("", _CITATION.sub("", printable(text)))
    bare = _DELTA.sub("", bare).strip()
    if (side := side_of(bare)) is not None:
        return (Number(float(side)),)
    spread: float | None = None
    if found := _SPREAD.search(bare):
        spread = float(found[1].replace(" ", "")) if found[1] else None
        bare = bare[: found.start()] + bare[found.end() :]
    bare = _NOTE.sub("", bare).strip() or bare
    parts = [bare] if "/s" in bare else re.split(r"\s*[/|]\s*|(?<=[\d%])\s+@\s+(?=\d)", bare)
    read = [_one(part, spread) for part in parts]
    if all(number is None for number in read) or (len(read) > 1 and any(number is None for number in read)):
        return _with_dashes(parts, read)
    return tuple(number for number in read if number is not None)


NOTHING: Final = Number(float("nan"))
"""The place of a dash in `81.3/-`."""


def _with_dashes(parts: list[str], read: list[Number | None]) -> tuple[Number, ...]:
    """`81.3/-` has a first part and no second; anything else is unclear."""
    if len(parts) < 2 or any(n is None and not is_dash(part) for part, n in zip(parts, read)):
        return ()
    if all(number is None for number in read):
        return ()
    return tuple(NOTHING if number is None else number for number in read)


MOST_DIGITS: Final = 20


def _one(text: str, spread: float | None) -> Number | None:
    found = _VALUE.fullmatch(text.strip())
    if found is None:
        return None
    digits = found["number"]
    if len(digits) > MOST_DIGITS:
        return None
    value = float(digits.replace(",", ""))
    return Number(-value if found["sign"] else value, found["unit"], len(digits.partition(".")[2]), spread)


def is_dash(text: str) -> bool:
    """Whether a cell says that there is nothing: a dash, `N/A`, `n.a.`."""
    bare = _MARKS.sub("", text[: LONGEST + 1]).strip()
    return re.fullmatch(r"(?:[-–—−‐]+|[nN]\.?/?[aA]\.?)?", bare) is not None


def is_difference(text: str) -> bool:
    """Whether a cell holds only the difference to another row: `(+0.5)`."""
    return 0 < len(text.strip()) <= LONGEST and not _DELTA.sub("", _MARKS.sub("", text)).strip()


def side_of(text: str) -> int | None:
    """The side in px of `224^2`, `224 × 224` or `224²`; None of anything else, also of `800 × 1333`."""
    bare = _MARKS.sub("", text).strip()
    if square := _SQUARE.fullmatch(bare):
        return int(square[1])
    if (sides := _SIDES.fullmatch(bare)) and sides[1] == sides[2]:
        return int(sides[1])
    return None


_SQUARES = re.compile(r"(?<![\d.])(\d{2,4})\s*(?:\^\s*2|²|\s*[×x]\s*(\d{2,4}))(?!\d|\.\d)")

_IN_WORDS = re.compile(
    r"(?<![\d.×x^])(?<![×x] )(\d{2,4})[\s-]*(?:px|pixels?)\b|"
    r"\b(?:resolution|(?:input|image|crop|test) (?:size|resolution))(?:\s+(?:of|is|at|=))?\s+(\d{2,4})(?!\s*[×x^²%]|[\d.]\d)\b",
    re.IGNORECASE,
)


def sides_in(text: str) -> list[int]:
    """The sides of all square resolutions that a text names, from 32 px: `224^2`, `224 × 224`, `224 pixels`, `resolution of 224`."""
    found = [(m.start(), int(m[1])) for m in _SQUARES.finditer(text) if m[2] in (None, m[1])]
    found += [(m.start(), int(m[1] or m[2])) for m in _IN_WORDS.finditer(text)]
    return [side for _, side in sorted(found) if 32 <= side <= 2048]


_TIMES = re.compile(rf"\s*(?:{_NUMBER})\s*[GMT]?\s*[×x*]\s*\d+\s*[×x*]\s*\d+\s*")


def is_product(text: str) -> bool:
    """Whether a cell holds a cost times views, `64×3×5`: no number by itself."""
    return _TIMES.fullmatch(_MARKS.sub("", text)) is not None and side_of(text) is None


def is_numeric(text: str) -> bool:
    """Whether a cell holds numbers, or says that there is none."""
    return is_dash(text) or is_product(text) or bool(numbers_of(text))


def without_citations(text: str) -> str:
    """The text without `[12]` and `[3, 7]`."""
    return _CITATION.sub("", text)


def marks_of(text: str) -> tuple[str, ...]:
    """The footnote marks of a label, in order; one that is printed twice on end is a mark of its own."""
    return tuple(re.sub(r"[\^_]", "", found[0]) for found in _RUN.finditer(text))


def without_marks(text: str) -> str:
    """The text without its footnote marks."""
    return " ".join(_MARKS.sub(" ", text).split())


_FACTORS: Final = {"k": 1e3, "K": 1e3, "M": 1e6, "m": 1e6, "G": 1e9, "B": 1e9, "g": 1e9, "b": 1e9, "T": 1e12}


def factor_of(unit: str) -> float | None:
    """What a unit's first letter multiplies by; None where it says nothing."""
    return _FACTORS.get(unit[:1]) if unit else None


def in_brackets(text: str) -> tuple[float, ...]:
    """The number that stands in brackets behind a cell's own, and is no part of it: 83.4 of `82.1 (83.4)`. A difference is none."""
    if len(text) > LONGEST:
        return ()
    bare = _DELTA.sub("", _MARKS.sub("", _CITATION.sub("", printable(text)))).strip()
    hung = _NOTE.search(bare)
    if hung is None or not bare[: hung.start()].strip() or side_of(bare) is not None:
        return ()
    inner = _SPREAD.sub("", hung[0]).strip(" ()")
    return tuple(number.value for number in numbers_of(inner) if number is not NOTHING)

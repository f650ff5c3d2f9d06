"""What counts as a value in a table: numbers with their units and marks, dashes, ticks."""

from __future__ import annotations

import re

from backbones.ingest.reading.words import Word

_MARK = r"[*∗†‡§¶◦⋄♯#⋆★☆•✦]"
_UNIT = r"(?:k|K|M|G|B|T|GB|MB|GFLOPs|ms|s|h|hr|x|×|%|\.|px|pt|pp|d)"
_NUMBER = rf"[-+−–±≈~∼<>≤≥↑↓(]*[$€]?\d[\d,]*(?:\.\d+)?(?:e[-−]?\d+)?{_UNIT}?"
VALUE = re.compile(
    rf"^(?:{_NUMBER}(?:(?:/|±|×|x|:|–|-|→){_NUMBER}|/[-–—]+|\({_NUMBER}\)|/s|/{_NUMBER})*[)%↑↓]*{_MARK}*(?:[\^_]\S*)?{_MARK}*[,]?"
    r"|\.\d+|[-–—−]+(?:/[-–—−\d.]+)?|[Nn]/?[Aa]\.?|[✓✔✗✘×✕✖]|\?|OOM|NaN)$"
)
CITATION = re.compile(
    r"^[\[(]?\[?\d{1,3}(?:[,;–-]\s*\d{1,3})*\][\])]?,?$|^\[\d{1,3}(?:[,–-]\d{1,3})*,?$|^\[[A-Z][A-Za-z+]{1,6}\d\d[a-z]?\]$"
)
SCHEDULE = re.compile(r"^\d+[kKx×]$")
JOINERS = frozenset(["×", "±", "/", "x", "→", "↑", "↓", "∼", "~", "≈", "+", "&", "<", ">", "·", ":"])
UNITS = frozenset(["M", "G", "B", "K", "k", "%", "ms", "s", "GB", "MB", "px", "×"])


METRIC = re.compile(
    r"#?params?\b|flops|\bmacs?\b|\bfps\b|\bm?ap(?:[_^\d]|\b)|miou|top-?\s?[15]\b|\bacc(?:uracy)?\b|throughput|latency|\bsize\b|resolution"
    r"|img/s|imgs?/s|image ?/ ?s|\berr(?:or)?\b|\(%\)|\bbackbone\b|\bmethod\b",
    re.IGNORECASE,
)
"""Words that head a column of results; a section row hardly has two of them."""


def is_value(text: str) -> bool:
    """A number, with unit, sign, deviation, difference or mark; a dash; a tick."""
    return bool(VALUE.match(text))


def is_citation(text: str) -> bool:
    """`[12]`, `[3, 4]`, a piece of one."""
    return bool(CITATION.match(text)) and ("[" in text or "]" in text)


def is_dash(text: str) -> bool:
    """Nothing but a dash."""
    return bool(text) and all(c in "-–—−" for c in text)


def tokens_of(line: list[Word], em: float) -> list[list[Word]]:
    """Words that cannot be parted: a name and its citation, a number and its unit, sign or mark."""
    tokens: list[list[Word]] = []
    for word in line:
        if tokens and _belongs(tokens[-1][-1], word, em):
            tokens[-1].append(word)
        else:
            tokens.append([word])
    return tokens


def _belongs(left: Word, right: Word, em: float) -> bool:
    gap = right.x0 - left.x1
    if gap > 1.2 * em:
        return False
    if (is_citation(right.text) and gap < 0.7 * em) or (left.text.startswith("[") and right.text.endswith("]")):
        return True
    if gap < 0.6 * em and (right.is_mark or left.is_mark):
        return True
    if (gap < 0.5 * em and (right.text in JOINERS or left.text in JOINERS)) or (gap < 0.4 * em and right.text in UNITS):
        return True
    if right.text.startswith(("(+", "(-", "(−", "(–", "(↑", "(↓", "±")) and gap < 0.6 * em:
        return True
    return gap < 0.3 * em and not is_value(left.text) and not is_value(right.text)

"""Text that came from outside: made printable, folded for comparison, measured against what is known."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_PUNCTUATION = re.compile(r"[^\w+.]|_")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)(?:[^\w+]|_)+(?=\d)")
_OTHER_POINTS = re.compile(r"\.(?!\d)|(?<!\d)\.")
_SHORTHANDS = str.maketrans({"×": "x", "*": "x"})


def printable(text: str) -> str:
    """The text without control characters, bidi overrides and zero-width marks; line breaks become spaces."""
    if text.isascii() and text.isprintable():
        return text
    spaced = text.replace("\r\n", " ").replace("\n", " ").replace("\t", " ").replace("\r", " ")
    return "".join(c for c in _UNPRINTABLE.sub("", spaced) if unicodedata.category(c) != "Cs")


@lru_cache(maxsize=65536)
def fold(name: str) -> str:
    """The form in which two spellings of one name are equal: lower case, letters, digits and `+` only.

    Between two digits a point stays for any punctuation: RegNetX-1.6GF is not RegNetX-16GF.
    """
    pointed = _BETWEEN_DIGITS.sub(".", name.translate(_SHORTHANDS).casefold())
    return _OTHER_POINTS.sub("", _PUNCTUATION.sub("", pointed))


def closest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Up to `count` known names that may have been meant, best first."""
    import difflib  # only on a mistake

    by_fold: dict[str, str] = {}
    for candidate in known:
        by_fold.setdefault(fold(candidate), candidate)
    wanted = fold(name)
    found = difflib.get_close_matches(wanted, by_fold, n=count, cutoff=0.6)
    if len(found) < count and len(wanted) >= 2:
        found += [f for f in sorted(by_fold, key=len) if (wanted in f) and f not in found][: count - len(found)]
    return [by_fold[f] for f in found]


def slug(name: str) -> str:
    """A name that needs no quotes in a reference."""
    return "-".join("".join(c if c.isalnum() or c in "+." else " " for c in name.casefold()).split())

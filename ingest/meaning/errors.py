"""Whether a bare `top-1` is an error rate: header first, then title and caption."""

from __future__ import annotations

import re
from typing import Final

from backbones.ingest.meaning import lexicon
from backbones.ingest.meaning.setting import without_marked
from backbones.ingest.paper import Table
from backbones.ingest.plan import ERRORS, TableMeaning

_OTHER: Final = re.compile(
    r"\b(?:corruption|standard|training|train|localization|calibration|mean\s+squared|absolute|approximation)\s+err(?:or)?s?\b|\berror\s+bars?\b",
    re.IGNORECASE,
)
_ERROR: Final = re.compile(r"\berr(?:or)?s?\b(?:\s+rates?)?", re.IGNORECASE)
_ACCURACY: Final = re.compile(r"\bacc(?:urac(?:y|ies))?\b", re.IGNORECASE)
_OF: Final = {accuracy: error for error, accuracy in ERRORS.items()}


def as_errors(quantities: tuple[str, ...], table: Table, header: str) -> tuple[str, ...]:
    """The quantities of a column, a bare top-k turned into an error where only title or caption says so."""
    if not any(quantity in _OF for quantity in quantities) or _ACCURACY.search(header) or _ERROR.search(header):
        return quantities
    if _said(table) != "error":
        return quantities
    return tuple(_OF.get(quantity, quantity) for quantity in quantities)


def unclear_errors(table: Table, meaning: TableMeaning) -> str:
    """A sentence where the caption speaks of errors and of accuracies, and a taken header says neither; else empty."""
    if _said(table) != "both":
        return ""
    headers = [
        table.columns[c.column].header
        for c in meaning.columns
        if (c.quantity in _OF or c.quantity in ERRORS) and 0 <= c.column < len(table.columns)
    ]
    bare = [header for header in headers if not (_ACCURACY.search(header) or _ERROR.search(header))]
    if not bare:
        return ""
    names = ", ".join(repr(header) for header in dict.fromkeys(bare))
    return f"the caption speaks of errors and of accuracies, and {names} says neither; it was taken for accuracy, look at it"


def _said(table: Table) -> str:
    for text in (table.title, without_marked(table.caption)):
        plain = _OTHER.sub(" ", lexicon.clean(text))
        errors, accuracies = _ERROR.search(plain), _ACCURACY.search(plain)
        if errors or accuracies:
            return "both" if errors and accuracies else ("error" if errors else "accuracy")
    return ""

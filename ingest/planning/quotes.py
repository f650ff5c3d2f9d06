"""Facts of the prose: the quote has to stand on its page and to hold the value, else the fact is dropped with a reason."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from backbones.ingest.plan import Fact
from backbones.ingest.planning.checked import MOST_REASONS, name
from backbones.store.text import printable

MOST_FACTS: Final = 200
LONGEST_QUOTE: Final = 600
SHORTEST_QUOTE: Final = 6
_WHOLE_NUMBERS: Final = frozenset({"train_epochs", "pretraining_epochs", "batch_size"})

_SEPARATOR = re.compile(r"[^0-9a-z]+")


def checked_facts(facts: Sequence[Fact], prose: Sequence[Sequence[str]]) -> tuple[list[Fact], list[str]]:
    """The facts that the prose bears out, and a reason for each that was dropped. `prose`: the lines of each page."""
    kept: list[Fact] = []
    reasons: list[str] = []
    pages: dict[int, str] = {}
    for fact in facts[:MOST_FACTS]:
        if 1 <= fact.page <= len(prose) and fact.page not in pages:
            pages[fact.page] = _squashed(" ".join(prose[fact.page - 1]))
        problem = _problem(fact, pages.get(fact.page))
        if problem:
            reasons.append(f"a fact ({fact.kind}) is dropped: {problem}")
        else:
            kept.append(fact.model_copy(update=_clean(fact)))
    more = len(facts) - MOST_FACTS
    return kept, _cut(reasons) + ([f"{more} facts beyond {MOST_FACTS} are dropped"] if more > 0 else [])


def stands_on(quote: str, lines: Iterable[str]) -> bool:
    """Whether a quote stands in those lines; spaces, hyphens at line ends, ligatures and case do not count."""
    return _stands_in(quote, _squashed(" ".join(lines)))


def holds(quote: str, value: str) -> bool:
    """Whether a quote holds a value as words or numbers of their own: `300` is not in `3000` or `300.5`."""
    wanted = _SEPARATOR.split(_plain(value).strip())
    pattern = r"[^0-9a-z]*".join(re.escape(part) for part in wanted if part)
    return (
        bool(pattern)
        and re.search(rf"(?<![0-9a-z])(?<!\d[.,]){pattern}(?![0-9a-z])(?![.,]\d)", _plain(quote)) is not None
    )


def _problem(fact: Fact, page: str | None) -> str:
    if page is None:
        return "there is no such page"
    if not name(fact.subject) or not name(fact.value):
        return "its subject or its value is empty or too long"
    if not SHORTEST_QUOTE <= len(fact.quote) <= LONGEST_QUOTE:
        return "its quote is empty or too long"
    if not _stands_in(fact.quote, page):
        return f"its quote is not on page {fact.page}"
    if not holds(fact.quote, fact.value):
        return "its quote does not hold its value"
    if fact.kind in _WHOLE_NUMBERS and not (
        fact.value.isascii() and fact.value.isdecimal() and 0 < int(fact.value[:9]) < 10**8
    ):
        return "its value is no whole number"
    return ""


def _clean(fact: Fact) -> dict[str, str]:
    return {key: " ".join(printable(getattr(fact, key)).split()) for key in ("subject", "value", "quote")}


def _plain(text: str) -> str:
    """Ligatures undone, small letters."""
    return unicodedata.normalize("NFKC", text).casefold()


def _squashed(text: str) -> str:
    """Letters and digits only."""
    return _SEPARATOR.sub("", _plain(text))


def _stands_in(quote: str, page: str) -> bool:
    """A quote that ends in the middle of a number does not stand there: `300` in `for 3000 epochs`."""
    wanted = _squashed(quote)
    if not wanted:
        return False
    before = r"(?<!\d)" if wanted[0].isdigit() else ""
    after = r"(?!\d)" if wanted[-1].isdigit() else ""
    return re.search(before + re.escape(wanted) + after, page) is not None


def _cut(reasons: list[str]) -> list[str]:
    more = len(reasons) - MOST_REASONS
    return reasons if more <= 0 else [*reasons[:MOST_REASONS], f"and {more} more facts"]

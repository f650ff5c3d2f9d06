"""The sentences of a paper, and whether a quote stands on its page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backbones.ingest.meaning import lexicon
from backbones.ingest.paper import Paper

_END = re.compile(r"(?<=[a-z\d)\]%])\.\s+(?=[A-Z])")
_PREFACE = re.compile(
    r"^(?:(?:\d{1,2}|[IVX]{1,4})\s*[.:]?\s+)?(?:abstract|introduction|related works?|background|prior work|previous work)\W*$",
    re.IGNORECASE,
)
_HEADING = re.compile(r"^(?:(?:\d{1,2}|[IVX]{1,4}|[A-H])\s*[.:]?|Appendix\b.{0,4})\s+[A-Z][\w ,:()&/-]{2,70}$")
LONGEST = 400
"""Letters of a sentence; what is longer is a table or a formula."""


@dataclass(frozen=True, slots=True)
class Prose:
    """What a paper says between its tables, and in them: the sentences with their page, from 1."""

    sentences: tuple[tuple[int, str], ...]
    pages: tuple[str, ...]
    """Each page's letters, in which quotes are looked up."""
    preface: frozenset[tuple[int, str]] = frozenset()
    """The sentences that stand under a heading such as Introduction or Related work: they speak of others as often."""

    @classmethod
    def of(cls, paper: Paper) -> Prose:
        """The prose of a paper; lines are joined and hyphenation is undone."""
        read = list(_sentences(paper))
        return cls(
            tuple((page, sentence) for page, sentence, _ in read),
            tuple(_letters(" ".join(lines)) for lines in paper.prose),
            frozenset((page, sentence) for page, sentence, is_preface in read if is_preface),
        )

    def holds(self, page: int, quote: str) -> bool:
        """Whether a quote is printed on a page, whatever its line ends and blanks."""
        letters = _letters(quote)
        return 1 <= page <= len(self.pages) and len(letters) >= 4 and letters in self.pages[page - 1]

    def where(self, *patterns: str) -> Iterator[tuple[int, str]]:
        """Page and text of the sentences that match all the patterns."""
        compiled = [re.compile(pattern, re.IGNORECASE) for pattern in patterns]
        for page, sentence in self.sentences:
            if all(pattern.search(sentence) for pattern in compiled):
                yield page, sentence


def _sentences(paper: Paper) -> Iterator[tuple[int, str, bool]]:
    for page, lines, is_preface in _runs(paper):
        text = lexicon.clean(" ".join(lines))
        for sentence in _END.split(text):
            if 10 <= len(sentence) <= LONGEST:
                yield page, sentence, is_preface


def _runs(paper: Paper) -> Iterator[tuple[int, list[str], bool]]:
    """The lines of each page, parted where the paper's preface begins and ends."""
    is_preface = False
    for page, lines in enumerate(paper.prose, 1):
        run: list[str] = []
        for line in lines:
            heads = _PREFACE.match(line.strip()) is not None
            if heads != is_preface and (heads or _HEADING.match(line.strip())):
                yield page, run, is_preface
                run, is_preface = [], heads
            run.append(line)
        yield page, run, is_preface


def _letters(text: str) -> str:
    """Letters, digits and points only: a hyphen may be a line's end."""
    return re.sub(r"[^\w.%/+]", "", lexicon.clean(text)).casefold()

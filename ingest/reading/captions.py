"""Where a page says `Table 3.`: captions told apart from sentences that mention a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from backbones.ingest.paper import Box
from backbones.ingest.reading.lines import Run, is_prose, lines_of, runs_of
from backbones.ingest.reading.sheet import Rule
from backbones.ingest.reading.words import Word

NUMBER = r"(?:[A-Z]{1,2}[.\-]?)?\d{1,3}(?:[.\-]\d{1,2})?[a-z]?|[IVX]{1,6}|[A-Z](?:\.[IVX]{1,5})?"
TABLE = re.compile(
    rf"^(?P<word>Table|TABLE|Tab\.?|TAB\.?|Tbl\.)\s*(?P<number>{NUMBER})(?P<end>\s*[.:|–—](?=\s|$|[A-Z(])|\)|(?=\s|$))"
)
OTHER = re.compile(r"^(?:Figure|FIGURE|Fig\.?|FIG\.?|Algorithm|Listing|Scheme)\s*(?:[A-Z]?\.?\d|[IVX])")
ANY_TABLE = re.compile(r"(?:Table|TABLE|Tab\.|TAB\.|T\s?A\s?B\s?L\s?E)\s*(?:[A-Z]{0,2}[.\-]?\d|[IVX]|[A-Z]\b)")


@dataclass(slots=True)
class Caption:
    """A caption's text and place. `is_table` is False for a figure's, which only bounds tables."""

    page: int
    number: str
    text: str
    box: Box
    size: float
    words: list[Word]
    certainty: float = 0.0
    is_table: bool = True

    @property
    def middle(self) -> float:
        """Half way between left and right."""
        return (self.box.x0 + self.box.x1) / 2


def find_captions(page: int, words: Sequence[Word], rules: Sequence[Rule]) -> list[Caption]:
    """All lines of a page that may begin a caption, with what follows them."""
    runs = [run for line in lines_of(words) for run in runs_of(_spread(line), 1.4)]
    starts = [piece for run in runs for piece in _starts(run)]
    found = []
    for run, others in ((run, runs) for run in starts):
        caption = _caption(page, run, others, rules, starts)
        if caption is not None:
            found.append(caption)
    return found


def _spread(line: list[Word]) -> list[Word]:
    return line


def _starts(run: Run) -> list[Run]:
    """The part of a run from a caption's first word on; a run may hold two captions side by side."""
    places = [
        i
        for i in range(len(run.words))
        if (i == 0 or run.words[i].x0 - run.words[i - 1].x1 > 0.7 * run.words[i].size)
        and (TABLE.match(_text(run.words[i : i + 4])) or OTHER.match(_text(run.words[i : i + 3])))
    ]
    if not places or (places[0] != 0 and len(places) == 1 and is_prose(Run(run.words[: places[0]]))):
        return []
    return [Run(run.words[a:b]) for a, b in zip(places, [*places[1:], len(run.words)])]


def _text(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)


def _caption(page: int, first: Run, runs: list[Run], rules: Sequence[Rule], starts: list[Run]) -> Caption | None:
    text = first.text
    match = TABLE.match(text)
    is_table = match is not None
    if match is None and not OTHER.match(text):
        return None
    others = [start for start in starts if start is not first and abs(start.baseline - first.baseline) < 2]
    limit = min((start.x0 for start in others if start.x0 > first.x0), default=1e9)
    block, last = [first], first
    left, right = first.x0, first.x1
    for run in sorted(runs, key=lambda run: run.baseline):
        if run.baseline <= last.baseline + 0.5 * last.size:
            continue
        if run.x0 > right + 2 or run.x1 < left - 2 or run.x0 >= limit - 2:
            continue
        if run.top - last.bottom > 0.75 * first.size or _ruled_between(last, run, rules):
            break
        size = _size_without(first)
        if abs(run.size - size) > 0.08 * size and not (len(block) == 1 and _stands_alone(first)):
            break
        if run.x1 > limit:
            run = Run([word for word in run.words if word.x0 < limit - 2])
        wide = run.x1 - run.x0
        if len(block) > 1 and run.x0 < left - 3 and run.x1 > right + 3 and wide > 1.2 * (right - left):
            break
        if any(start.words[0] is run.words[0] for start in starts):
            break
        if _full(last, left, right) is False and len(block) >= 1 and not _continues(run, block):
            break
        if run.x0 < left - 2 and not _centred(run, block) and not _stands_alone(first):
            break
        block.append(run)
        left, right, last = min(left, run.x0), max(right, run.x1), run
        if len(block) > 25:
            break
    words = [word for run in block for word in run.words]
    box = Box(left, first.top, right, last.bottom)
    number = match["number"] if match else ""
    caption = Caption(page, number, " ".join(run.text for run in block), box, first.size, words, is_table=is_table)
    if match is not None:
        caption.certainty = _certainty(match, first, runs)
        if caption.certainty <= 0:
            return None
    return caption


def _size_without(first: Run) -> float:
    """The size of a caption's text: of the words behind its number, where there are any."""
    return Run(first.words[2:]).size if len(first.words) > 3 else first.size


def _stands_alone(first: Run) -> bool:
    return len(first.words) <= 2


def _centred(run: Run, block: list[Run]) -> bool:
    return all(abs(run.middle - other.middle) < 3 for other in block[-1:])


def _full(last: Run, left: float, right: float) -> bool:
    """The line reaches the block's right edge: the caption goes on under it."""
    return last.x1 > right - 0.12 * (right - left)


def _continues(run: Run, block: list[Run]) -> bool:
    """A line after a short one: only in centred captions, or after the number's own line."""
    return _stands_alone(block[-1]) or _centred(run, block)


def _ruled_between(upper: Run, lower: Run, rules: Sequence[Rule]) -> bool:
    return any(
        upper.baseline < rule.at < lower.baseline - 0.5 * lower.size and rule.start < lower.x1 and rule.end > lower.x0
        for rule in rules
    )


def _certainty(match: re.Match[str], first: Run, runs: list[Run]) -> float:
    """How much a start looks like a caption and not like a sentence; 0 or less is a sentence."""
    end = match["end"].strip()
    rest = first.text[match.end() :].strip()
    certainty = {".": 2.0, ":": 3.0, "|": 3.0, "–": 2.0, "—": 2.0, ")": -3.0}.get(end, 0.0)
    if first.words[0].bold:
        certainty += 2
    if match["word"].isupper():
        certainty += 1.5
    if not end and not rest:
        certainty += 1.5 if len(first.words) <= 2 else 0
    if not end and rest and (rest[0].islower() or rest[0] in ",;)]&-"):
        certainty -= 4
    if not end and rest[:1].isupper():
        certainty += 0.5
    above = [
        run
        for run in runs
        if run.x0 < first.x1 and run.x1 > first.x0 and 0 < first.baseline - run.baseline < 1.45 * first.size
    ]
    if any(is_prose(run) and abs(run.size - first.size) < 0.3 and abs(run.x0 - first.x0) < 14 for run in above):
        certainty -= 2.5  # the line before goes straight on: a sentence that mentions a table
    elif not above:
        certainty += 1
    return certainty


def chosen(captions: Sequence[Caption]) -> list[Caption]:
    """Every table number once: the most certain candidate; figures' captions as they are."""
    best: dict[str, Caption] = {}
    for caption in captions:
        if caption.is_table and (caption.number not in best or caption.certainty > best[caption.number].certainty):
            best[caption.number] = caption
    strict = [c for c in best.values() if c.certainty >= 2]
    kept = {id(caption) for caption in (strict or best.values())}
    return [caption for caption in captions if not caption.is_table or id(caption) in kept]

"""What each line of a table is: header, data, section, or a text that stands for several rows."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from backbones.ingest.reading.layout import SUB_CAPTION
from backbones.ingest.reading.lines import Run, is_prose, middle_of
from backbones.ingest.reading.numbers import METRIC, SCHEDULE, is_citation, is_value, tokens_of
from backbones.ingest.reading.regions import Region
from backbones.ingest.reading.words import Word


class Kind(Enum):
    """Kinds of lines."""

    HEADER = "header"
    DATA = "data"
    SECTION = "section"
    SPAN = "span"


@dataclass(slots=True)
class Line(Run):
    """A line of a table: all of its words, and the stretches without a wide gap."""

    runs: list[Run]
    kind: Kind


@dataclass(slots=True)
class Part:
    """A header with the rows under it."""

    header: list[Line] = field(default_factory=list)
    body: list[Line] = field(default_factory=list)
    titles: list[Line] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The lines above the header."""
        return " ".join(line.text for line in self.titles)

    @property
    def data(self) -> list[Line]:
        """The lines of data."""
        return [line for line in self.body if line.kind is Kind.DATA]


def parts_of(region: Region, rotated: Sequence[Word], em: float) -> list[Part]:
    """The table of a region, parted where a header follows data."""
    lines = [_classified(words, em) for words in region.lines if words]
    for line in lines:
        if line.kind is Kind.DATA:
            break
        if any(word.top < line.baseline < word.bottom + 0.5 * em for word in rotated):
            line.kind = Kind.HEADER
    width = region.x1 - region.x0
    full = sorted(rule.at for rule in region.rules if rule.length > 0.9 * width)
    _lift_tight_headers(lines)
    start = _header_by_rules(lines, full)
    _mark_spans(lines, full, em)
    _settle_text_rows(lines, full, start)
    parts = _parted(lines)
    return [part for part in parts if part.data]


def _classified(words: list[Word], em: float) -> Line:
    runs = [Run([words[0]])]
    for left, right in itertools.pairwise(words):
        wide = right.x0 - left.x1 > 0.75 * em
        if wide or (is_value(left.text) and is_value(right.text) and right.x0 - left.x1 > 0.35 * em):
            runs.append(Run([right]))
        else:
            runs[-1].words.append(right)
    return Line(words, runs, _kind(words, runs, em))


def _kind(words: list[Word], runs: list[Run], em: float) -> Kind:
    told = [word for word in words if not is_citation(word.text) and not word.is_mark]
    values = sum(is_value(word.text) and (len(runs) > 2 or not SCHEDULE.match(word.text)) for word in told)
    if values >= 2 and values >= 0.4 * len(told):
        return Kind.DATA
    cells = tokens_of(words, em)
    if values >= 1 and len(runs) >= 2:
        if values >= 0.34 * len(told) and is_value(told[-1].text):
            return Kind.DATA
        if all(is_value(run.words[0].text) for run in runs[1:]):
            return Kind.DATA
    if values >= 2 and len(cells) >= 4 and sum(is_value(cell[0].text) for cell in cells) >= 0.4 * len(cells):
        return Kind.DATA
    return Kind.HEADER if len(runs) > 1 else Kind.SECTION


def _lift_tight_headers(lines: list[Line]) -> None:
    """A header whose words nearly touch looks like a section row; its words name metrics or stand over the data's columns."""
    for line, below in itertools.pairwise(lines):
        if line.kind is not Kind.SECTION or SUB_CAPTION.match(line.text) or below.kind is Kind.SECTION:
            continue
        metrics = len(METRIC.findall(line.text))
        cells = [word for word in below.words if not word.is_mark]
        over = sum(any(abs(word.middle - cell.middle) < 0.5 * word.size for cell in cells) for word in line.words)
        beside = line.words[0].x0 > cells[0].x1 if cells else False
        if beside and not metrics:  # a section row in the middle of the table
            beside = (
                abs((line.words[0].x0 + line.words[-1].x1) / 2 - (cells[0].x0 + cells[-1].x1) / 2) > line.words[0].size
            )
        if len(line.words) > 1 and (
            (metrics >= 2 and len(line.words) <= 3 * metrics) or (beside and over >= max(3, 0.75 * len(line.words)))
        ):
            line.kind = Kind.HEADER


def _header_by_rules(lines: list[Line], full: Sequence[float]) -> int:
    """Mark the lines over the first full rule as header where they can be one; the number of lines above it, or 0."""
    for at in full:
        above = [line for line in lines if line.baseline - 1 < at]
        if not above or len(above) == len(lines):
            continue
        data = [line for line in above if line.kind is Kind.DATA]
        below = lines[len(above) :]
        if all(line.kind is Kind.SECTION for line in above) and len(above) < 3:
            continue  # a title over the header
        if data and (len(data) > 1 or not _is_numeric_header(data[0], below)):
            return 0
        for line in data:
            line.kind = Kind.HEADER
        return len(above)
    return 0


def _is_numeric_header(line: Line, below: Sequence[Line]) -> bool:
    """`rate | 0.1 | 0.2` is data; `size | 224 | 384` over rows of decimals is a header."""
    decimals = [word for word in line.words if is_value(word.text) and "." in word.text and word.text[-1] != "."]
    some = [word for other in below for word in other.words if is_value(word.text) and "." in word.text]
    return not decimals and bool(some)


def _mark_spans(lines: list[Line], full: Sequence[float], em: float) -> None:
    """A label squeezed between data lines stands for the rows around it; so do values that only fill their gaps."""
    at = [line.baseline for line in lines if line.kind is Kind.DATA]
    if len(at) < 2:
        return
    pitch = middle_of([below - above for above, below in itertools.pairwise(at)])
    for line in lines:
        if line.kind in (Kind.SECTION, Kind.HEADER) and len(line.runs) <= 2:
            over = [y for y in at if 0 < line.baseline - y < 0.8 * pitch]
            under = [y for y in at if 0 < y - line.baseline < 0.8 * pitch]
            if over and under and not any(over[-1] < rule < under[0] for rule in full):
                line.kind = Kind.SPAN
    pitch = max(pitch, 1.1 * em)
    data = [line for line in lines if line.kind is Kind.DATA]
    for above, line, below in zip(data, data[1:], data[2:]):
        near = max(line.baseline - above.baseline, below.baseline - line.baseline) < 0.8 * pitch
        apart = all(not (w.x0 < v.x1 and w.x1 > v.x0) for w in line.words for o in (above, below) for v in o.words)
        if near and apart and Kind.SPAN not in (above.kind, below.kind):
            line.kind = Kind.SPAN


def _settle_text_rows(lines: list[Line], full: Sequence[float], start: int) -> None:
    """Below a header, lines without numbers are data too, unless they are a header of their own."""
    first = start or next((i for i, line in enumerate(lines) if line.kind is Kind.DATA), len(lines))
    if first == len(lines):
        first = 1 if len(lines) > 1 else 0
    head = [line for line in lines[:first] if line.kind is Kind.HEADER]
    width = max((len(line.runs) for line in head), default=0)
    numeric = sum(line.kind is Kind.DATA for line in lines[first:])
    textual = sum(line.kind is Kind.HEADER for line in lines[first:])
    for i in range(first, len(lines)):
        line = lines[i]
        if line.kind is not Kind.HEADER:
            continue
        if numeric <= textual or not _heads_again(lines, i, full, width):
            line.kind = Kind.DATA


def _heads_again(lines: list[Line], i: int, full: Sequence[float], width: int) -> bool:
    """The line begins a sub-table: nothing in its band is data, and data follows."""
    line = lines[i]
    if any(is_value(word.text) and not SCHEDULE.match(word.text) and not word.text.isdecimal() for word in line.words):
        return False
    after = [other for other in lines[i + 1 :] if other.kind is not Kind.SECTION]
    if not any(other.kind is Kind.DATA for other in after[:4]):
        return False
    below = [at for at in full if at > line.baseline - 1]
    above = [at for at in full if at <= line.baseline - 1]
    if len(full) >= 3:
        if not below or not above:
            return False
        band = [other for other in lines if above[-1] < other.baseline - 1 and other.baseline - 1 < below[0]]
        return all(other.kind in (Kind.HEADER, Kind.SECTION) for other in band) and (
            len(line.runs) > 1 or len(METRIC.findall(line.text)) > 1
        )
    return len(line.runs) >= max(3, 0.5 * width)


def _parted(lines: list[Line]) -> list[Part]:
    parts, part = [], Part()
    for line in lines:
        if line.kind is Kind.HEADER and part.data:
            back: list[Line] = []
            while part.body and part.body[-1].kind is Kind.SECTION:
                back.insert(0, part.body.pop())
            parts.append(part)
            part = Part(header=back)
        if line.kind is Kind.HEADER or (not part.body and line.kind is Kind.SECTION and not part.data):
            part.header.append(line)
        else:
            part.body.append(line)
    parts.append(part)
    for part in parts:
        _sort_out_header(part)
    return parts


def _sort_out_header(part: Part) -> None:
    """Single runs at a header's top are a title, at its bottom a section."""
    while len(part.header) > 1 and part.header[0].kind is Kind.SECTION and _is_title(part.header[0], part.header[1:]):
        part.titles.append(part.header.pop(0))
    back: list[Line] = []
    while part.header and part.header[-1].kind is Kind.SECTION and any(h.kind is Kind.HEADER for h in part.header):
        if _hangs_under(part.header[-1], part.header[:-1]):
            break
        back.insert(0, part.header.pop())
    if part.header and all(line.kind is Kind.SECTION for line in part.header):
        back = part.header + back
        part.header = []
    part.body = back + part.body


def _is_title(line: Line, others: Sequence[Line]) -> bool:
    run = line.runs[0]
    left = min(other.words[0].x0 for other in others)
    right = max(other.words[-1].x1 for other in others)
    middle = abs(run.middle - (left + right) / 2) < 0.06 * (right - left)
    at_left = abs(run.x0 - left) < 4 and run.width > 0.3 * (right - left)
    return (
        bool(SUB_CAPTION.match(line.text)) or (middle and run.width > 0.2 * (right - left)) or at_left or is_prose(run)
    )


def _hangs_under(line: Line, others: Sequence[Line]) -> bool:
    """The second line of a header's cell: small print such as `(%)` close under the word that it belongs to."""
    run = line.runs[0]
    above = [r for other in others[-2:] for r in other.runs if line.top - other.bottom < 0.35 * line.words[0].size]
    return run.x0 > others[-1].words[0].x0 + 5 and any(
        r.x0 < run.x1 and r.x1 > run.x0 and abs(r.middle - run.middle) < 6 for r in above
    )

"""The columns of a table: stripes that no data covers, where something speaks for a border."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from backbones.ingest.reading.numbers import is_value, tokens_of
from backbones.ingest.reading.rows import Kind, Line, Part
from backbones.ingest.reading.sheet import Rule
from backbones.ingest.reading.words import Word

STEP = 0.5
"""Points; how finely free stripes are looked for."""

Token = list[Word]


@dataclass(slots=True)
class Stripe:
    """A column's share of the table's width, and how far its data really reaches."""

    left: float
    right: float
    x0: float
    x1: float

    @property
    def middle(self) -> float:
        """Of its data."""
        return (self.x0 + self.x1) / 2


def stripes_of(part: Part, walls: Sequence[Rule], rotated: Sequence[Word], em: float) -> list[Stripe]:
    """The columns of a part, left to right."""
    lines = [line for line in part.body if line.kind in (Kind.DATA, Kind.SPAN)]
    rows = [tokens_of(line.words, em) for line in lines]
    data = [row for row, line in zip(rows, lines) if line.kind is Kind.DATA]
    left = min(row[0][0].x0 for row in rows)
    right = max(word.x1 for row in rows for token in row for word in token)
    finder = _Borders(part, data, rows, lines, walls, rotated, em)
    spans = [row for row, line in zip(rows, lines) if line.kind is Kind.SPAN]
    full = _full(data) + spans
    borders = [at for start, end in _free(full, left, right) if (at := finder.border(start, end)) is not None]
    borders = _without_empty(borders, rows)
    edges = [min(left, 1e9) - 30, *borders, right + 30]
    stripes = [Stripe(a, b, a, b) for a, b in itertools.pairwise(edges)]
    for stripe in stripes:
        within = [w for row in rows for token in row for w in token if stripe.left <= w.middle < stripe.right]
        stripe.x0 = min((word.x0 for word in within), default=stripe.left)
        stripe.x1 = max((word.x1 for word in within), default=stripe.right)
    return stripes


def column_of(stripes: Sequence[Stripe], x: float) -> int:
    """The column at a place."""
    for i, stripe in enumerate(stripes):
        if x < stripe.right:
            return i
    return len(stripes) - 1


def _free(rows: list[list[Token]], left: float, right: float) -> list[tuple[float, float]]:
    """Stretches that at most a few rows cover: none of up to 7 rows, one of up to 15, two of more."""
    count = int((right - left) / STEP) + 2
    steps = [0] * (count + 1)
    for row in rows:
        reach = -1
        for token in row:
            start = max(reach + 1, int((token[0].x0 + 0.3 - left) / STEP) + 1)
            end = int((max(word.x1 for word in token) - 0.3 - left) / STEP)
            if end >= start:
                steps[min(start, count)] += 1
                steps[min(end + 1, count)] -= 1
                reach = end
    slack = 0 if len(rows) < 8 else 1 if len(rows) < 16 else 2
    found: list[tuple[float, float]] = []
    covers = []
    covered = 0
    for k in range(count):
        covered += steps[k]
        covers.append(covered if 0 < k < count - 2 else len(rows) + 1)
    k = 0
    while k < count:
        if covers[k] > slack:
            k += 1
            continue
        end = next(j for j in range(k, count + 1) if j == count or covers[j] > slack)
        least = min(covers[k:end])
        best = max(_stretches(covers, k, end, least), key=lambda stretch: stretch[1] - stretch[0])
        found.append((left + best[0] * STEP, left + best[1] * STEP))
        k = end
    return found


def _stretches(covers: list[int], start: int, end: int, least: int) -> list[tuple[int, int]]:
    """The parts of start..end that no more than `least` rows cover."""
    found: list[tuple[int, int]] = []
    k = start
    while k < end:
        stop = k
        while stop < end and covers[stop] <= least:
            stop += 1
        if stop > k:
            found.append((k, stop))
        k = max(stop, k + 1)
    return found


class _Borders:
    """Decides which free stretches part two columns."""

    def __init__(
        self,
        part: Part,
        data: list[list[Token]],
        rows: list[list[Token]],
        lines: list[Line],
        walls: Sequence[Rule],
        rotated: Sequence[Word],
        em: float,
    ) -> None:
        self.part, self.data, self.rows, self.lines, self.walls, self.em = part, data, rows, lines, walls, em
        self.rotated = rotated

    def border(self, start: float, end: float) -> float | None:
        """Where the border in a free stretch runs, or None where nothing speaks for one."""
        at = (start + end) / 2
        pairs = [_beside(row, at) for row in self.data]
        count = len(pairs)
        least = min(2, count)
        has_spans = len(self.rows) > len(self.data)
        if (
            min(sum(left is not None for left, _ in pairs), sum(right is not None for _, right in pairs)) < least
            and not has_spans
        ):
            some = all(any(pair[side] for pair in pairs) for side in (0, 1))
            if not self._walled(start, end) and not (some and end - start > 0.5 * self.em and self._header_parts(at)):
                return None
        width = end - start
        crossed = any(any(token[0].x0 < at < token[-1].x1 for token in row) for row in self.rows)
        if self._walled(start, end) or (width > 0.75 * self.em and not crossed):
            return at
        both = [(left, right) for left, right in pairs if left and right]
        numeric = sum(is_value(left[-1].text) or is_value(right[0].text) for left, right in both)
        between = sum(is_value(left[-1].text) and is_value(right[0].text) for left, right in both)
        needed = 0.5 * max(len(both), 0.5 * count)
        if (between >= needed and width > 0.12 * self.em) or (numeric >= needed and width > 0.42 * self.em):
            return at
        if (
            width > 0.12 * self.em
            and self._header_parts(at)
            and (numeric >= needed or between >= max(2, 0.5 * len(both)))
        ):
            return at
        if width > 0.25 * self.em and count >= 4 and self._header_parts(at):
            return at
        return None

    def _walled(self, start: float, end: float) -> bool:
        inside = [wall for wall in self.walls if start - 1 <= wall.at <= end + 1]
        beside = sum(any(w.start - 2 <= line.baseline <= w.end + 2 for w in inside) for line in self.lines)
        return bool(inside) and beside >= 0.6 * len(self.lines)

    def _header_parts(self, at: float) -> bool:
        """Two words of a header line stand clearly apart on both sides of the place, or two rotated ones do."""
        over = [
            sum(token[0].x0 - 3 < w.middle < token[-1].x1 + 3 for w in self.rotated) for token in self._neighbours(at)
        ]
        if len(over) == 2 and all(over):
            return True
        for line in self.part.header:
            for left, right in zip(line.words, line.words[1:]):
                if left.x1 <= at + 1 and right.x0 >= at - 1 and right.x0 - left.x1 > 0.4 * self.em:
                    return True
        return False

    def _neighbours(self, at: float) -> list[Token]:
        """The tokens beside the place in the first row that has both."""
        for row in self.data:
            left, right = _beside(row, at)
            if left and right:
                return [left, right]
        return []


def _full(rows: list[list[Token]]) -> list[list[Token]]:
    """Rows with most of the cells that rows have here: a text over several columns stands in a row with few."""
    counts = sorted(len(row) for row in rows)
    usual = counts[int(0.9 * (len(counts) - 1))]
    full = [row for row in rows if len(row) >= 0.6 * usual]
    return full if len(full) >= 2 else rows


def _beside(row: list[Token], at: float) -> tuple[Token | None, Token | None]:
    left = right = None
    for token in row:
        if token[-1].middle < at:
            left = token
        elif token[0].middle > at and right is None:
            right = token
    return left, right


def _without_empty(borders: list[float], rows: list[list[Token]]) -> list[float]:
    """Leave out borders with no data between them."""
    middles = sorted(word.middle for row in rows for token in row for word in token)
    kept: list[float] = []
    last = float("-inf")
    for border in borders:
        if any(last < middle < border for middle in middles):
            kept.append(border)
            last = border
    while kept and not any(middle > kept[-1] for middle in middles):
        kept.pop()
    return kept

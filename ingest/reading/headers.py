"""What stands over each column: words of its own, words shared by a group, rotated words."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from backbones.ingest.reading.columns import Stripe
from backbones.ingest.reading.lines import Run
from backbones.ingest.reading.rows import Line
from backbones.ingest.reading.sheet import Rule
from backbones.ingest.reading.words import Word


@dataclass(slots=True)
class Heading:
    """A text over the columns first..last."""

    first: int
    last: int
    text: str
    x0: float
    x1: float


class HeaderReader:
    """Gives the words of header lines to columns."""

    def __init__(self, stripes: Sequence[Stripe], rules: Sequence[Rule], walls: Sequence[Rule], em: float) -> None:
        self.stripes, self.rules, self.walls, self.em = stripes, rules, walls, em
        self.width = stripes[-1].x1 - stripes[0].x0
        self.reach = [(stripe.x0, stripe.x1) for stripe in stripes]
        """How far each column reaches, with the headings of its own."""

    def read(self, lines: Sequence[Line], rotated: Sequence[Word]) -> list[tuple[str, ...]]:
        """For each column its headers, the outermost group first."""
        headings: list[Heading] = []
        found: list[list[Heading]] = [[] for _ in lines]
        for index in range(len(lines) - 1, -1, -1):  # leaves first: a group may only span columns that have leaves
            under = [heading for below in found[index + 1 :] for heading in below]
            found[index] = self._line(lines[index], under, is_last=index == len(lines) - 1, rotated=rotated)
            for heading in found[index]:
                if heading.first == heading.last:
                    x0, x1 = self.reach[heading.first]
                    self.reach[heading.first] = (min(x0, heading.x0), max(x1, heading.x1))
        for line in found:
            headings += line
        return [self._column(c, headings, rotated) for c in range(len(self.stripes))]

    def _line(self, line: Line, under: list[Heading], is_last: bool, rotated: Sequence[Word]) -> list[Heading]:
        runs = self._runs(line)
        headings: list[Heading] = []
        claimed = [self._own(run) for run in runs]
        for k, run in enumerate(runs):
            others = {c for j, cs in enumerate(claimed) if j != k for c in cs}
            ruled = self._ruled(run, runs)
            covered = self._covered(run)
            if ruled is not None and not (is_last and not rotated):
                headings.append(Heading(ruled[0], ruled[1], run.text, run.x0, run.x1))
            elif len(covered) > 1 and (is_last or not self._has_leaves(covered, under)):
                headings += self._split(run, covered)
            elif len(covered) > 1:
                split = self._split(run, covered) if len(run.words) >= len(covered) else []
                if len(split) == len(covered) and self._fits(run, covered, split):
                    headings += split
                else:
                    first, last = self._centred(run, others, under) or (covered[0], covered[-1])
                    headings.append(Heading(min(first, covered[0]), max(last, covered[-1]), run.text, run.x0, run.x1))
            else:
                wide = None if is_last and not rotated else self._centred(run, others, under)
                first, last = wide or (claimed[k][0], claimed[k][0])
                headings.append(Heading(first, last, run.text, run.x0, run.x1))
        return headings

    def _runs(self, line: Line) -> list[Run]:
        """Words closer than a wide gap, with no wall between them."""
        runs = [Run([line.words[0]])]
        for left, right in zip(line.words, line.words[1:]):
            wall = any(
                left.x1 - 1 <= w.at <= right.x0 + 1 and w.start - 2 <= line.baseline <= w.end + 2 for w in self.walls
            )
            apart = right.x0 - left.x1 > 0.75 * self.em
            if not apart and right.x0 - left.x1 > 0.4 * self.em:
                apart = any(left.x1 - 1 <= stripe.left <= right.x0 + 1 for stripe in self.stripes[1:])
            if wall or apart:
                runs.append(Run([right]))
            else:
                runs[-1].words.append(right)
        return runs

    def _covered(self, run: Run) -> list[int]:
        """Columns whose middle lies over or under the run."""
        return [c for c, stripe in enumerate(self.stripes) if run.x0 - 2 < stripe.middle < run.x1 + 2]

    def _own(self, run: Run) -> list[int]:
        covered = self._covered(run)
        if covered:
            return covered
        best = min(range(len(self.stripes)), key=lambda c: self._distance(run, self.stripes[c]))
        return [best]

    def _distance(self, run: Run, stripe: Stripe) -> float:
        overlap = min(run.x1, stripe.x1) - max(run.x0, stripe.x0)
        return abs(run.middle - stripe.middle) - max(0.0, overlap)

    def _ruled(self, run: Run, runs: Sequence[Run]) -> tuple[int, int] | None:
        """The columns over a short rule just below the run; its share of them where rules of several runs touch."""
        near = [
            rule
            for rule in self.rules
            if -2 < rule.at - run.bottom < 0.75 * self.em
            and rule.length < 0.93 * self.width
            and rule.start - 4 < run.middle < rule.end + 4
            and rule.length > 0.8 * run.width
        ]
        if not near:
            return None
        rule = min(near, key=lambda rule: (rule.at, rule.length))
        under = [c for c, stripe in enumerate(self.stripes) if rule.start - 3 < stripe.middle < rule.end + 3]
        sharing = [other for other in runs if rule.start - 4 < other.middle < rule.end + 4]
        if len(sharing) > 1 and len(under) >= len(sharing):
            return self._shares(sharing, under)[sharing.index(run)]
        return (under[0], under[-1]) if under else None

    def _shares(self, runs: Sequence[Run], columns: Sequence[int]) -> list[tuple[int, int]]:
        """Neighbouring columns dealt out to runs so that each run stands over the middle of its share."""
        best: list[tuple[float, list[tuple[int, int]]]] = [(0.0, []), *((1e9, []) for _ in columns)]
        for run in runs:
            reached: list[tuple[float, list[tuple[int, int]]]] = [(1e9, [])] * (len(columns) + 1)
            for end in range(1, len(columns) + 1):
                for begin in range(end):
                    first, last = columns[begin], columns[end - 1]
                    middle = (self.reach[first][0] + self.reach[last][1]) / 2
                    cost = best[begin][0] + abs(middle - run.middle)
                    if cost < reached[end][0]:
                        reached[end] = (cost, [*best[begin][1], (first, last)])
            best = reached
        return best[len(columns)][1]

    def _has_leaves(self, columns: Sequence[int], under: list[Heading]) -> bool:
        """Most of the columns have a text further down."""
        return sum(any(h.first <= c <= h.last for h in under) for c in columns) > 0.5 * len(columns)

    def _fits(self, run: Run, columns: Sequence[int], split: list[Heading]) -> bool:
        """Each word of the run stands over the middle of its column."""
        if len(run.words) != len(columns):
            return False
        return all(abs(word.middle - self.stripes[c].middle) < 0.5 * self.em for word, c in zip(run.words, columns))

    def _split(self, run: Run, columns: Sequence[int]) -> list[Heading]:
        """Words of a run over several columns, cut so that each part stands over the middle of its column."""
        words = run.words
        if len(words) < len(columns) or any(self._straddles(word) for word in words):
            words = [piece for word in words for piece in self._pieces(word)]
        if len(words) < len(columns):
            return [Heading(columns[0], columns[-1], run.text, run.x0, run.x1)]
        costs: list[list[tuple[float, list[tuple[int, int]]]]] = [[(0.0, []), *((1e9, []) for _ in words)]]
        for c in columns:
            row: list[tuple[float, list[tuple[int, int]]]] = [(1e9, [])] * (len(words) + 1)
            for end in range(1, len(words) + 1):
                for begin in range(end):
                    cost = costs[-1][begin][0] + abs((words[begin].x0 + words[end - 1].x1) / 2 - self.stripes[c].middle)
                    if cost < row[end][0]:
                        row[end] = (cost, [*costs[-1][begin][1], (begin, end)])
            costs.append(row)
        cuts = costs[-1][len(words)][1]
        return [
            Heading(c, c, " ".join(w.text for w in words[a:b]), words[a].x0, words[b - 1].x1)
            for c, (a, b) in zip(columns, cuts)
        ]

    def _straddles(self, word: Word) -> bool:
        return sum(word.x0 < stripe.middle < word.x1 for stripe in self.stripes) > 1

    def _pieces(self, word: Word) -> list[Word]:
        """A word over several columns, cut where its glyphs are farthest apart near each border."""
        glyphs = word.glyphs
        cuts = []
        for stripe in self.stripes[1:]:
            near = [
                (
                    max(0.0, abs((a.end + b.start) / 2 - stripe.left) - 1)
                    - 12 * max(0.0, b.start - a.end - 0.02 * word.size)
                    - 2 * _turns(a.text, b.text),
                    i + 1,
                )
                for i, (a, b) in enumerate(itertools.pairwise(glyphs))
                if abs((a.end + b.start) / 2 - stripe.left) < 1.2 * self.em
            ]
            if near and word.x0 + 1 < stripe.left < word.x1 - 1:
                cuts.append(min(near)[1])
        cuts = sorted(set(cuts))
        if not cuts:
            return [word]
        pieces = []
        for a, b in zip([0, *cuts], [*cuts, len(glyphs)]):
            part = glyphs[a:b]
            text = _scripted(word, "".join(g.text for g in part))
            pieces.append(replace(word, text=text, x0=part[0].start, x1=part[-1].end, glyphs=part))
        return pieces

    def _centred(self, run: Run, busy: set[int], under: list[Heading]) -> tuple[int, int] | None:
        """The widest stretch of columns with leaves of their own whose middle is the run's middle."""
        count = len(self.stripes)
        options: list[tuple[bool, int, int, int]] = []
        for first in range(count):
            for last in range(first + 1, count):
                span = range(first, last + 1)
                if busy & set(span) or not all(any(h.first <= c <= h.last for h in under) for c in span):
                    break
                off = abs((self.reach[first][0] + self.reach[last][1]) / 2 - run.middle)
                if off < 0.5 * self.em and not self._walled(first, last, run):
                    options.append((first == 0, round(off / (0.15 * self.em)), first - last, first))
        if not options:
            return None
        _, _, width, first = min(options)  # the column of names is hardly part of a group
        return first, first - width

    def _walled(self, first: int, last: int, run: Run) -> bool:
        inside = [w for w in self.walls if self.stripes[first].x1 < w.at < self.stripes[last].x0]
        return any(w.start - 2 <= run.baseline <= w.end + 2 for w in inside)

    def _column(self, c: int, headings: Sequence[Heading], rotated: Sequence[Word]) -> tuple[str, ...]:
        stripe = self.stripes[c]
        groups = [h.text for h in headings if h.first <= c <= h.last and h.last > h.first]
        own = [h.text for h in headings if h.first == c == h.last]
        turned = [w for w in rotated if min(stripe.left, stripe.x0) - 1 < w.middle < stripe.right]
        own += [w.text for w in sorted(turned, key=lambda w: w.x0 if w.turn == 1 else -w.x0)]
        return tuple(text for text in (*groups, " ".join(own)) if text)


def _turns(left: str, right: str) -> bool:
    """A new word seems to begin: `paramFLOPs`."""
    return (right[:1].isupper() and (left[-1:].islower() or left[-1:] in ")%")) or right[:1] == "#"


def _scripted(word: Word, plain: str) -> str:
    """The text of a piece, with the script of the whole word where the piece is its end."""
    whole = "".join(glyph.text for glyph in word.glyphs)
    return plain + word.text[len(whole) :] if word.text.startswith(whole) and whole.endswith(plain) else plain

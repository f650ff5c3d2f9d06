"""Glyphs become words; small raised or lowered words become scripts of the word that they touch."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from backbones.ingest.paper import Box
from backbones.ingest.reading.sheet import Glyph, Rule, Sheet

WORD_GAP = 0.14
"""In em. A narrow space is 0.2 em; kerning moves glyphs by less than 0.1 em."""
MARKS = re.compile(r"^(?:[*∗†‡§¶◦⋄♯#✝❖△▲▽⋆★☆⊤⊥•●○♢◇■□∙·⊳▷⁎✦♦♠♣♥]+|\(cid:\d+\))$")
"""Footnote marks, as typesetters draw them."""


@dataclass(slots=True)
class Word:
    """Glyphs without a space between them."""

    text: str
    x0: float
    x1: float
    baseline: float
    size: float
    bold: bool = False
    glyphs: list[Glyph] = field(default_factory=list, repr=False)
    turn: int = 0
    """0 upright, 1 bottom to top, 3 top to bottom."""
    top: float = 0.0
    bottom: float = 0.0

    @property
    def middle(self) -> float:
        """Half way between left and right."""
        return (self.x0 + self.x1) / 2

    @property
    def box(self) -> Box:
        """Its place on the sheet."""
        return Box(self.x0, self.top, self.x1, self.bottom)

    @property
    def is_mark(self) -> bool:
        """It is a footnote mark and nothing else."""
        return bool(MARKS.match(self.text))


def read_words(sheet: Sheet) -> list[Word]:
    """The upright words of a sheet, scripts attached, dashes that were drawn as lines among them."""
    words = _grouped(sheet.glyphs, 0)
    _attach_scripts(words)
    words = _closed_up([word for word in words if word.text])
    return words + _drawn_dashes(sheet.strokes, words)


def read_rotated(sheet: Sheet) -> list[Word]:
    """Words that run up or down, several words of one line joined."""
    return _lines_of_rotated(sheet.upward, 1) + _lines_of_rotated(sheet.downward, 3)


def _grouped(glyphs: Iterable[Glyph], turn: int) -> list[Word]:
    words: list[Word] = []
    last: Word | None = None
    for glyph in glyphs:
        if last is not None and not glyph.breaks:
            em = max(last.size, glyph.size)
            gap = glyph.start - last.x1
            if abs(glyph.baseline - last.baseline) < 0.06 * em and -0.6 * em < gap < WORD_GAP * em:
                _extend(last, glyph)
                continue
        last = _begun(glyph, turn)
        words.append(last)
    return words


def _begun(glyph: Glyph, turn: int) -> Word:
    return Word(
        glyph.text,
        glyph.start,
        glyph.end,
        glyph.baseline,
        glyph.size,
        glyph.bold,
        [glyph],
        turn,
        glyph.baseline - 0.75 * glyph.size,
        glyph.baseline + 0.22 * glyph.size,
    )


def _extend(word: Word, glyph: Glyph) -> None:
    word.text += glyph.text
    word.x1 = max(word.x1, glyph.end)
    word.glyphs.append(glyph)
    if glyph.size > word.size:
        word.size = glyph.size
        word.top = word.baseline - 0.75 * glyph.size


def _attach_scripts(words: list[Word]) -> None:
    """Give each script's text to its host, left to right, the upper one first; the script's own text becomes empty."""
    by_height: dict[int, list[Word]] = defaultdict(list)
    for word in words:
        by_height[int(word.baseline // 8)].append(word)
    hung: set[int] = set()
    reach: dict[int, float] = {}
    for word in sorted(
        words, key=lambda word: (round(word.x0), word.baseline)
    ):  # the upper one of two stacked scripts first
        row = int(word.baseline // 8)
        near = [host for k in (row - 1, row, row + 1) for host in by_height.get(k, ()) if id(host) not in hung]
        hosts = [
            (abs(word.x0 - reach.get(id(host), host.x1)), id(host), host)
            for host in near
            if _is_script_of(word, host, reach)
        ]
        if hosts:
            host = min(hosts)[2]
            reach[id(host)] = max(reach.get(id(host), host.x1), word.x1)
        elif word.is_mark and (
            hosts := [(abs(host.x0 - word.x1), id(host), host) for host in near if _leads(word, host)]
        ):
            host = min(hosts)[2]
            host.x0 = min(host.x0, word.x0)
        else:
            continue
        is_plain = word.is_mark or word.text.startswith(("^", "_"))
        host.text += word.text if is_plain else ("^" if word.baseline < host.baseline else "_") + word.text
        hung.add(id(word))
        word.text = ""
    for word in words:
        word.x1 = max(word.x1, reach.get(id(word), word.x1))


def _is_script_of(word: Word, host: Word, reach: dict[int, float]) -> bool:
    """A smaller word, raised or lowered, that touches its host or a script that hangs there already."""
    if not word.size < 0.85 * host.size or not host.text:
        return False
    far = 0.6 if word.is_mark else 0.25
    right = reach.get(id(host), host.x1)
    touches = (
        -0.25 * host.size <= word.x0 - right <= far * host.size
        or -0.25 * host.size <= word.x0 - host.x1 <= 0.3 * host.size
    )
    lift = host.baseline - word.baseline
    return touches and (0.12 * host.size < lift < 0.8 * host.size or -0.5 * host.size < lift < -0.06 * host.size)


def _leads(mark: Word, host: Word) -> bool:
    """A small raised mark just before a word: `‡ViT-B`."""
    lift = host.baseline - mark.baseline
    return (
        mark.size < 0.85 * host.size
        and -0.1 * host.size <= host.x0 - mark.x1 <= 0.25 * host.size
        and 0.12 * host.size < lift < 0.8 * host.size
    )


def _closed_up(words: list[Word]) -> list[Word]:
    """Join a word to what directly follows it: text after a script, or glyphs that were drawn out of order."""
    by_line: dict[int, list[Word]] = defaultdict(list)
    for word in words:
        by_line[round(word.baseline * 2)].append(word)
    result: list[Word] = []
    for line in by_line.values():
        line.sort(key=lambda word: word.x0)
        kept: list[Word] = []
        for word in line:
            last = kept[-1] if kept else None
            if (
                last
                and not word.glyphs[0].breaks
                and not _begins(last, word)
                and -0.1 * word.size < word.x0 - last.x1 < 0.1 * word.size
            ):
                last.text += word.text
                last.x1 = max(last.x1, word.x1)
                last.glyphs += word.glyphs
                last.size = max(last.size, word.size)
            else:
                kept.append(word)
        result += kept
    return result


def _begins(left: Word, right: Word) -> bool:
    """A new word behind a script: `AP^box` and `AP^mask` in columns that touch."""
    return ("^" in left.text or "_" in left.text) and right.text[:1].isupper() and len(right.text) > 1


def _drawn_dashes(strokes: list[Rule], words: list[Word]) -> list[Word]:
    """Short lines at the height of a dash, with no text above or below that they could underline."""
    found: list[Word] = []
    for stroke in strokes:
        alone = not any(
            other is not stroke
            and abs(other.at - stroke.at) < 0.5
            and -4 < max(other.start - stroke.end, stroke.start - other.end) < 4
            for other in strokes
        )
        near = [word for word in words if abs(word.baseline - stroke.at) < 2 * word.size]
        touching = [
            w
            for w in near
            if w.x0 - 1 < stroke.end and w.x1 + 1 > stroke.start and w.top - 2 < stroke.at < w.bottom + 2
        ]
        beside = [w for w in near if -0.06 * w.size < w.baseline - stroke.at < 0.45 * w.size]
        if alone and beside and not touching:
            row = min(beside, key=lambda w: (round(abs(w.baseline - stroke.at)), abs(w.middle - stroke.middle)))
            glyph = Glyph("–", stroke.start, stroke.end, row.baseline, row.size, False, True)
            found.append(_begun(glyph, 0))
    return found if len(found) <= 400 else []


def _lines_of_rotated(glyphs: list[Glyph], turn: int) -> list[Word]:
    """Whole lines of rotated text as single words, in the sheet's own coordinates."""
    words = _grouped(glyphs, turn)
    _attach_scripts(words)
    words = sorted((word for word in words if word.text), key=lambda word: (round(word.baseline / 2), word.x0))
    lines: list[Word] = []
    for word in words:
        last = lines[-1] if lines else None
        if last and abs(last.baseline - word.baseline) < 0.3 * word.size and -1 < word.x0 - last.x1 < 0.8 * word.size:
            last.text += " " + word.text
            last.x1 = max(last.x1, word.x1)
        else:
            lines.append(word)
    for line in lines:
        start, end, across, size = line.x0, line.x1, line.baseline, line.size
        if turn == 1:
            line.x0, line.x1, line.top, line.bottom = across - 0.75 * size, across + 0.22 * size, -end, -start
        else:
            line.x0, line.x1, line.top, line.bottom = across - 0.22 * size, across + 0.75 * size, start, end
        line.baseline = line.bottom
    return [line for line in lines if len(line.text) > 1]

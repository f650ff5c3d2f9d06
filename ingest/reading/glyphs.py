"""The characters of a page with their places, through pypdfium2."""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections import Counter
from typing import Any

from backbones.ingest.paper import Box
from backbones.ingest.reading.affine import Affine
from backbones.ingest.reading.sheet import Glyph, Rule, Sheet
from backbones.ingest.reading.strokes import Strokes

BOLD = re.compile(r"bold|black|heavy|medi(?!um)|CMBX|CMSSBX|SFBX|-bd\b|\bB$", re.IGNORECASE)
_SCRIPTS = {"ª": "^a", "º": "^o", "¹": "^1", "²": "^2", "³": "^3"}
_SCRIPTS |= {chr(0x2070 + digit): f"^{digit}" for digit in (0, *range(4, 10))}
_SCRIPTS |= {chr(0x2080 + digit): f"_{digit}" for digit in range(10)}
_PLAIN = {
    "\u00a0": " ",
    "\ufb00": "ff",
    "\ufb01": "fi",
    "\ufb02": "fl",
    "\ufb03": "ffi",
    "\ufb04": "ffl",
    "\u00ad": "-",
}


class CharacterReader:
    """Reads glyph after glyph of one page; remembers each text object's size, weight and direction."""

    def __init__(self, raw: Any, text_page: Any, affine: Affine) -> None:
        self.raw, self.text_page, self.affine = raw, text_page, affine
        self._matrix = raw.FS_MATRIX()
        self._styles: dict[int | None, tuple[int, float, bool]] = {}

    def style(self, index: int) -> tuple[int, float, bool]:
        """Quarter turns counter-clockwise (-1: slanted), size in points, and weight of a character."""
        raw = self.raw
        thing = raw.FPDFText_GetTextObject(self.text_page, index)
        key = ctypes.cast(thing, ctypes.c_void_p).value
        known = self._styles.get(key)
        if known is None:
            known = self._styles[key] = self._read_style(index, thing)
        return known

    def _read_style(self, index: int, thing: Any) -> tuple[int, float, bool]:
        raw, matrix = self.raw, self._matrix
        raw.FPDFText_GetMatrix(self.text_page, index, matrix)
        along = self.affine.vector(matrix.a, matrix.b)
        size = raw.FPDFText_GetFontSize(self.text_page, index) * (matrix.c**2 + matrix.d**2) ** 0.5
        turns = -1
        if abs(along[1]) < 0.1 * abs(along[0]):
            turns = 0 if along[0] > 0 else 2
        elif abs(along[0]) < 0.1 * abs(along[1]):
            turns = 1 if along[1] < 0 else 3
        name = ctypes.create_string_buffer(128)
        if thing and raw.FPDFFont_GetBaseFontName(raw.FPDFTextObj_GetFont(thing), name, 128):
            return turns, size, bool(BOLD.search(name.value.decode("ascii", "replace")))
        return turns, size, False


def read_sheet(raw: Any, page: Any, text_page: Any, number: int) -> Sheet:
    """All that lies on a page, turned so that most of its text is upright."""
    bounds = raw.FS_RECTF()
    raw.FPDF_GetPageBoundingBox(page, bounds)
    turn = raw.FPDFPage_GetRotation(page)
    affine = Affine.onto_screen(bounds.left, bounds.bottom, bounds.right, bounds.top, turn)
    width, height = bounds.right - bounds.left, bounds.top - bounds.bottom
    if turn in (1, 3):
        width, height = height, width
    strokes = Strokes(raw)
    strokes.read(page, affine)
    placed = _placed(raw, text_page, affine, width, height)
    return _upright(number, width, height, placed, strokes)


Placed = tuple[int, Glyph, Box]


def _placed(raw: Any, text_page: Any, affine: Affine, width: float, height: float) -> list[Placed]:
    """Each visible glyph with its direction and box; `start`, `end`, `baseline` are set when the page is turned."""
    reader = CharacterReader(raw, text_page, affine)
    x, y, loose = ctypes.c_double(), ctypes.c_double(), raw.FS_RECTF()
    unicode_of, origin_of, box_of = raw.FPDFText_GetUnicode, raw.FPDFText_GetCharOrigin, raw.FPDFText_GetLooseCharBox
    placed: list[Placed] = []
    breaks, high = False, 0
    for i in range(raw.FPDFText_CountChars(text_page)):
        code = unicode_of(text_page, i)
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if 0xDC00 <= code < 0xE000 and high:
            code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00)
        high = 0
        if code in (0x20, 0xA0, 0x0D, 0x0A, 0x09):
            breaks = breaks or not raw.FPDFText_IsGenerated(text_page, i)
            continue
        turns, size, bold = reader.style(i)
        if turns < 0 or not box_of(text_page, i, loose):
            continue
        origin_of(text_page, i, x, y)
        ox, oy = affine.point(x.value, y.value)
        ax, ay = affine.point(loose.left, loose.top)
        bx, by = affine.point(loose.right, loose.bottom)
        box = Box(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
        if not (-5 < ox < width + 5 and -5 < oy < height + 5):
            continue
        tall = (box.bottom - box.top) if turns in (0, 2) else (box.x1 - box.x0)
        if not 0.4 * tall < size < 2.5 * tall and tall > 0:
            size = tall
        if size <= 0.5 or size > 400:
            continue
        glyph = Glyph(_text(code), 0.0, 0.0, oy if turns in (0, 2) else ox, size, bold, breaks)
        placed.append((turns, glyph, box))
        breaks = False
    return placed


def _text(code: int) -> str:
    if code < 0x20 or code in (0xFFFE, 0xFFFF):
        return "-" if code in (2, 0xFFFE) else f"(cid:{code})"
    character = chr(code)
    if code < 0x7F:
        return character
    if character in _SCRIPTS:
        return _SCRIPTS[character]
    if character in _PLAIN:
        return _PLAIN[character]
    if 0x1D400 <= code <= 0x1D7FF:  # mathematical letters and digits
        return unicodedata.normalize("NFKC", character)
    return character


def _upright(number: int, width: float, height: float, placed: list[Placed], strokes: Strokes) -> Sheet:
    """Turn the page until most of its glyphs run from left to right."""
    counts = Counter(turns for turns, _, _ in placed)
    most = counts.most_common(1)[0][0] if counts else 0
    sheet = Sheet(number, width, height) if most in (0, 2) else Sheet(number, height, width)
    sheet.turned = most
    for turns, glyph, box in placed:
        turned = _turned(box, most, width, height)
        direction = (turns - most) % 4
        if direction == 0:
            glyph.baseline = _across(glyph.baseline, most, width, height)
            glyph.start, glyph.end = turned.x0, turned.x1
            sheet.glyphs.append(glyph)
        elif direction == 1:
            glyph.baseline, glyph.start, glyph.end = turned.x1, -turned.bottom, -turned.top
            sheet.upward.append(glyph)
        elif direction == 3:
            glyph.baseline, glyph.start, glyph.end = turned.x0, turned.top, turned.bottom
            sheet.downward.append(glyph)
    along, across = (strokes.rules, strokes.walls) if most in (0, 2) else (strokes.walls, strokes.rules)
    sheet.rules = [_turned_rule(rule, most, width, height, True) for rule in along]
    sheet.walls = [_turned_rule(rule, most, width, height, False) for rule in across]
    if most == 0:
        sheet.strokes = strokes.dashes
    sheet.shades = [_turned(box, most, width, height) for box in strokes.shades]
    return sheet


def _turned(box: Box, turns: int, width: float, height: float) -> Box:
    if turns == 1:
        return Box(height - box.bottom, box.x0, height - box.top, box.x1)
    if turns == 2:
        return Box(width - box.x1, height - box.bottom, width - box.x0, height - box.top)
    if turns == 3:
        return Box(box.top, width - box.x1, box.bottom, width - box.x0)
    return box


def _across(at: float, turns: int, width: float, height: float) -> float:
    """The baseline of upright text: a height on a page as shown for 0 and 2 turns, an x for 1 and 3."""
    return {0: at, 1: at, 2: height - at, 3: width - at}[turns]


def _turned_rule(rule: Rule, turns: int, width: float, height: float, is_along: bool) -> Rule:
    if turns == 0:
        return rule
    if is_along:  # becomes a horizontal rule of the turned sheet
        box = (
            Box(rule.at, rule.start, rule.at, rule.end)
            if turns in (1, 3)
            else Box(rule.start, rule.at, rule.end, rule.at)
        )
        turned = _turned(box, turns, width, height)
        return Rule(turned.top, turned.x0, turned.x1)
    box = (
        Box(rule.start, rule.at, rule.end, rule.at) if turns in (1, 3) else Box(rule.at, rule.start, rule.at, rule.end)
    )
    turned = _turned(box, turns, width, height)
    return Rule(turned.x0, turned.top, turned.bottom)

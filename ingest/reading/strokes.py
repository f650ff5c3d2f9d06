"""The straight lines and shaded boxes among a page's drawings."""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Iterator
from typing import Any

from backbones.ingest.paper import Box
from backbones.ingest.reading.affine import Affine
from backbones.ingest.reading.sheet import Rule

MOST_DRAWINGS = 20_000
"""Path objects looked at on a page; a figure may hold hundreds of thousands, a table's rules are a few dozen."""
MOST_IN_A_FORM = 3_000
"""A form with more objects than this is a figure."""
DEEPEST_FORM = 4
MOST_SEGMENTS = 60
THICKEST_RULE = 1.8
SHORTEST_RULE = 14.0
SHORTEST_DASH = 1.5


class Strokes:
    """Collects rules, walls, dashes and shades of one page."""

    def __init__(self, raw: Any) -> None:
        self.raw = raw
        self.rules: list[Rule] = []
        self.walls: list[Rule] = []
        self.dashes: list[Rule] = []
        self.shades: list[Box] = []
        self._left = MOST_DRAWINGS

    def read(self, page: Any, affine: Affine) -> None:
        """Look at every drawing of a page."""
        raw = self.raw
        count = raw.FPDFPage_CountObjects(page)
        self._walk((raw.FPDFPage_GetObject(page, i) for i in range(count)), affine, 0)
        self.rules = joined(self.rules)
        self.walls = joined(self.walls)

    def _walk(self, objects: Iterator[Any], affine: Affine, depth: int) -> None:
        raw = self.raw
        for thing in objects:
            kind = raw.FPDFPageObj_GetType(thing)
            if kind == raw.FPDF_PAGEOBJ_PATH:
                self._left -= 1
                if self._left < 0:
                    return
                self._path(thing, affine)
            elif kind == raw.FPDF_PAGEOBJ_FORM and depth < DEEPEST_FORM:
                count = raw.FPDFFormObj_CountObjects(thing)
                if 0 < count <= MOST_IN_A_FORM:
                    inner = affine.after(self._matrix(thing))
                    self._walk((raw.FPDFFormObj_GetObject(thing, i) for i in range(count)), inner, depth + 1)

    def _matrix(self, thing: Any) -> Affine:
        matrix = self.raw.FS_MATRIX()
        if not self.raw.FPDFPageObj_GetMatrix(thing, matrix):
            return Affine()
        return Affine(matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f)

    def _path(self, path: Any, affine: Affine) -> None:
        raw = self.raw
        count = raw.FPDFPath_CountSegments(path)
        if not 2 <= count <= MOST_SEGMENTS:
            return
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        raw.FPDFPath_GetDrawMode(path, fill, stroke)
        if not (fill.value or stroke.value):
            return
        placed = affine.after(self._matrix(path))
        outlines = self._outlines(path, count, placed)
        if stroke.value:
            width = ctypes.c_float()
            raw.FPDFPageObj_GetStrokeWidth(path, width)
            if width.value * placed.scale <= 1.5 * THICKEST_RULE:
                for points in outlines:
                    for (x0, y0), (x1, y1) in itertools.pairwise(points):
                        self._line(x0, y0, x1, y1)
        if fill.value:
            for points in outlines:
                xs, ys = [x for x, _ in points], [y for _, y in points]
                self._filled(path, Box(min(xs), min(ys), max(xs), max(ys)), is_box=len(points) in (4, 5))

    def _outlines(self, path: Any, count: int, affine: Affine) -> list[list[tuple[float, float]]]:
        raw = self.raw
        x, y = ctypes.c_float(), ctypes.c_float()
        outlines: list[list[tuple[float, float]]] = []
        for i in range(count):
            segment = raw.FPDFPath_GetPathSegment(path, i)
            kind = raw.FPDFPathSegment_GetType(segment)
            if kind == raw.FPDF_SEGMENT_BEZIERTO:
                return []
            raw.FPDFPathSegment_GetPoint(segment, x, y)
            point = affine.point(x.value, y.value)
            if kind == raw.FPDF_SEGMENT_MOVETO or not outlines:
                outlines.append([point])
            else:
                outlines[-1].append(point)
            if raw.FPDFPathSegment_GetClose(segment) and len(outlines[-1]) > 2:
                outlines[-1].append(outlines[-1][0])
        return [points for points in outlines if len(points) > 1]

    def _line(self, x0: float, y0: float, x1: float, y1: float) -> None:
        if abs(y1 - y0) < 0.6:
            self._along(Rule((y0 + y1) / 2, min(x0, x1), max(x0, x1)))
        elif abs(x1 - x0) < 0.6 and abs(y1 - y0) > 3:
            self.walls.append(Rule((x0 + x1) / 2, min(y0, y1), max(y0, y1)))

    def _along(self, rule: Rule) -> None:
        if rule.length >= SHORTEST_RULE:
            self.rules.append(rule)
        elif rule.length >= SHORTEST_DASH:
            self.rules.append(rule)  # a piece of a broken rule, or a dash: told apart when pieces are joined
            self.dashes.append(rule)

    def _filled(self, path: Any, box: Box, is_box: bool) -> None:
        width, height = box.x1 - box.x0, box.bottom - box.top
        if height <= THICKEST_RULE and width >= SHORTEST_DASH and width > 1.5 * height:
            self._along(Rule((box.top + box.bottom) / 2, box.x0, box.x1))
        elif width <= THICKEST_RULE and height > 3:
            self.walls.append(Rule((box.x0 + box.x1) / 2, box.top, box.bottom))
        elif is_box and width > 3 and height > 3 and not self._is_white(path):
            self.shades.append(box)

    def _is_white(self, path: Any) -> bool:
        red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
        self.raw.FPDFPageObj_GetFillColor(path, red, green, blue, alpha)
        return min(red.value, green.value, blue.value) >= 252 or alpha.value == 0


def joined(pieces: list[Rule], apart: float = 2.0, off: float = 0.9) -> list[Rule]:
    """The rules that touching or nearly touching pieces make; double rules count once."""
    rules = sorted(pieces, key=lambda piece: (piece.at, piece.start))
    for _ in range(4):
        merged = _joined_once(rules, apart, off)
        if len(merged) == len(rules):
            break
        rules = merged
    return [rule for rule in rules if rule.length >= SHORTEST_RULE]


def _joined_once(rules: list[Rule], apart: float, off: float) -> list[Rule]:
    result: list[Rule] = []
    for rule in rules:
        for i in range(len(result) - 1, max(-1, len(result) - 40), -1):
            other = result[i]
            if rule.at - other.at > off:
                continue
            if rule.start <= other.end + apart and rule.end >= other.start - apart:
                result[i] = Rule(other.at, min(other.start, rule.start), max(other.end, rule.end))
                break
        else:
            result.append(rule)
    return result

"""Sends only the cells that the terminal does not show already: over SSH every byte of a repaint is felt.

Textual writes each repainted line from the left edge of its widget, and some of them several times over (four times at
the start, twice at each change of focus). Here a model of the screen takes every repaint, and the difference is sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from rich.cells import get_character_cell_size
from textual.driver import Driver

TOKEN = re.compile(
    r"\x1b\[(?P<y>\d+);(?P<x>\d+)H|\x1b\[(?P<sgr>[\d;]*)m|(?P<text>[^\x1b\n]+)|(?P<end>\n)|(?P<other>\x1b)"
)
HARMLESS = re.compile(r"(\x1b\[\?2026[hl])+|\x1b\]22;[a-z-]*\x07|\x07")
WORTH_A_MOVE = 8  # unchanged cells that are cheaper to write again than to jump over
UNKNOWN = "\0"


@dataclass(slots=True)
class Line:
    """What a row of the terminal shows: a character and a style a cell, an empty string after a wide character."""

    chars: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)

    def put(self, x: int, cells: list[str], style: str) -> None:
        """Write cells from column x on; of a wide character that is half overwritten a blank remains."""
        end = x + len(cells)
        for half, other in ((x, x - 1), (end, end)):
            if 0 < half < len(self.chars) and self.chars[half] == "":
                self.chars[other], self.styles[other] = " ", ""
        if (lacking := end - len(self.chars)) > 0:
            self.chars += [UNKNOWN] * lacking
            self.styles += [""] * lacking
        self.chars[x:end] = cells
        self.styles[x:end] = [style] * len(cells)

    def copy(self) -> Line:
        """A line that can be changed apart from this one."""
        return Line(self.chars[:], self.styles[:])


class Thrift:
    """The model; `spared` turns a repaint into what has to be written for the screen to look like it."""

    def __init__(self) -> None:
        self._lines: dict[int, Line] = {}
        self._cursor = ""

    def forget(self) -> None:
        """The screen may show anything now."""
        self._lines.clear()
        self._cursor = ""

    def spared(self, text: str) -> str:
        """The part of the text that changes the screen."""
        if HARMLESS.fullmatch(text):
            return text
        if not text.startswith("\x1b[") or (painted := self._painted(text)) is None:
            self.forget()
            return text
        lines, cursor = painted
        written = []
        for y, line in lines.items():
            written.append(difference(self._lines.get(y) or Line(), line, y))
            self._lines[y] = line
        out = "".join(written)
        if not out and cursor == self._cursor:
            return ""
        self._cursor = cursor
        return out + cursor

    def _painted(self, text: str) -> tuple[dict[int, Line], str] | None:
        """The rows that the text writes to as they are then, and where it leaves the cursor; None if it is no repaint."""
        lines: dict[int, Line] = {}
        y, x, style, cursor = 0, 0, "", ""
        for token in TOKEN.finditer(text):
            kind = token.lastgroup
            if kind == "text":
                if not y:
                    return None
                if y not in lines:
                    lines[y] = self._lines[y].copy() if y in self._lines else Line()
                cells = in_cells(token["text"])
                lines[y].put(x, cells, style)
                x, cursor = x + len(cells), ""
            elif kind == "sgr":
                style = seen_style(token["sgr"])
            elif kind == "x":
                y, x, cursor = int(token["y"]), int(token["x"]) - 1, token[0]
            elif kind == "other":
                return None
        return (lines, cursor) if y else None


def difference(old: Line, new: Line, y: int) -> str:
    """What turns a row that shows `old` into one that shows `new`."""
    if old.chars == new.chars and old.styles == new.styles:
        return ""
    return "".join(f"\x1b[{y};{begin + 1}H{_written(new, begin, end)}" for begin, end in _spans(old, new))


def _spans(old: Line, new: Line) -> list[tuple[int, int]]:
    """The changed stretches, those close together as one, none over a cell of which nothing is known."""
    spans: list[tuple[int, int]] = []
    known, unknown = len(old.chars), -1
    for x, char in enumerate(new.chars):
        if char == UNKNOWN:
            unknown = x
            continue
        if x < known and char == old.chars[x]:
            style, before = new.styles[x], old.styles[x]
            if style == before or (char == " " and on_blank(style) == on_blank(before)):
                continue
        if spans and x - spans[-1][1] < WORTH_A_MOVE and spans[-1][1] > unknown:
            spans[-1] = (spans[-1][0], x + 1)
        else:
            spans.append((x, x + 1))
    return [_whole(old, new, begin, end) for begin, end in spans]


def _whole(old: Line, new: Line, begin: int, end: int) -> tuple[int, int]:
    """The stretch without half a wide character at either end."""
    while begin > 0 and "" in (new.chars[begin], old.chars[begin] if begin < len(old.chars) else None):
        begin -= 1
    while end < len(new.chars) and "" in (new.chars[end], old.chars[end] if end < len(old.chars) else None):
        end += 1
    return begin, end


def _written(line: Line, begin: int, end: int) -> str:
    parts: list[str] = []
    start, style = begin, line.styles[begin]
    for x in range(begin, end + 1):
        if x < end:
            other = line.styles[x]
            if other == style or (line.chars[x] == " " and on_blank(other) == on_blank(style) == ""):
                continue
        text = "".join(line.chars[start:x])
        parts.append(f"\x1b[{style}m{text}\x1b[0m" if style else text)
        if x < end:
            start, style = x, line.styles[x]
    return "".join(parts)


@lru_cache(maxsize=2048)
def in_cells(text: str) -> list[str]:
    """One string a cell."""
    if text.isascii():
        return list(text)
    cells: list[str] = []
    for char in text:
        width = get_character_cell_size(char)
        if width:
            cells += [char, ""][:width]
        elif cells:
            cells[-1 if cells[-1] else -2] += char
    return cells


@lru_cache(maxsize=512)
def seen_style(sgr: str) -> str:
    """A style without what says nothing: the terminal's own colours."""
    codes = _codes(sgr)
    return "" if "0" in codes else ";".join(code for code in codes if code not in ("39", "49", ""))


@lru_cache(maxsize=512)
def on_blank(style: str) -> str:
    """What of a style shows on a blank: ground, underline, reverse."""
    codes = _codes(style)
    if "7" in codes:
        return style
    return ";".join(c for c in codes if c in ("4", "9", "21", "53") or c.startswith("48;") or _is_ground(c))


def _is_ground(code: str) -> bool:
    return code.isdigit() and (40 <= int(code) <= 47 or 100 <= int(code) <= 107)


def _codes(sgr: str) -> list[str]:
    """`1;38;5;231` as `1`, `38;5;231`."""
    return re.findall(r"[34]8;5;\d+|[34]8;2;\d+;\d+;\d+|\d+", sgr)


def frugal(driver: type[Driver]) -> type[Driver]:
    """The driver, writing less."""

    class FrugalDriver(driver):  # type: ignore[valid-type,misc]
        """Passes repaints through a model of the screen."""

        def __init__(self, *arguments: object, **options: object) -> None:
            self.thrift = Thrift()
            super().__init__(*arguments, **options)

        def write(self, data: str) -> None:
            """Write what is new in the text."""
            if spared := self.thrift.spared(data):
                super().write(spared)

    return FrugalDriver

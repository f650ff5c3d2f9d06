"""What turns one picture of the terminal into another in few bytes.

A style costs as much as eleven letters, a jump over a few cells four: so all changed cells of one style are written before
those of the next, with jumps between them, and blanks where a later style will write.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

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


def repainted(old: Mapping[int, Line], new: Mapping[int, Line]) -> str:
    """What makes a terminal that shows `old` show `new`; lines are counted from 1, and it ends in the terminal's own style."""
    cells: dict[str, dict[int, list[int]]] = defaultdict(dict)
    styles: dict[int, dict[int, str]] = {}
    count: Counter[str] = Counter()
    for y, line in new.items():
        before = old.get(y) or Line()
        if line.chars != before.chars or line.styles != before.styles:
            styles[y] = _styles_of(line, _changed(before, line))
            for x, style in styles[y].items():
                cells[style].setdefault(y, []).append(x)
            count.update(styles[y].values())
    order = sorted(count, key=lambda style: (style != "", -count[style], style))
    parts, now, done = [], "", set[str]()
    for style in order:
        parts.append(turned(now, style))
        now = style
        for y, columns in cells[style].items():
            _write(parts, new[y], y, columns, styles[y], done)
        done.add(style)
    return "".join(parts) + turned(now, "")


def _styles_of(line: Line, columns: list[int]) -> dict[int, str]:
    """The style to write each cell in: of a blank on the terminal's own ground that of the cell before or behind it."""
    found: dict[int, str] = {}
    free: list[int] = []
    at, last, is_first = -2, "", True
    for x in columns:
        style = line.styles[x]
        is_free = line.chars[x] == " " and not on_blank(style)
        if x != at + 1:
            found.update(dict.fromkeys(free, ""))
            free, last, is_first = [], "", True
        if is_free and (is_first or on_blank(last)):
            free.append(x)
        else:
            if not is_free:
                last = style
            found[x] = last
            found.update(dict.fromkeys(free, "" if on_blank(last) else last))
            free, is_first = [], False
        at = x
    found.update(dict.fromkeys(free, ""))
    return dict(sorted(found.items()))


def _write(parts: list[str], line: Line, y: int, columns: list[int], styles: dict[int, str], done: set[str]) -> None:
    """Write the cells of one style in a row; `done` are the styles that were written before."""
    at = -1
    for x in columns:
        if at < 0:
            parts.append(f"\x1b[{y};{x + 1}H")
        elif x > at:
            parts.append(_way(line, at, x, styles, done))
        parts.append(line.chars[x])
        at = x + 1


def _way(line: Line, begin: int, end: int, styles: dict[int, str], done: set[str]) -> str:
    """From one cell to another of its style: a jump, or what may be written between them where that takes fewer bytes."""
    jump = f"\x1b[{end - begin}C" if end - begin > 1 else "\x1b[C"
    style = styles[end]
    way, size = "", 0
    for x in range(begin, end):
        char, other = line.chars[x], styles.get(x)
        if other is not None and other not in done:
            char = " "  # to be written later
        elif char == UNKNOWN or not (
            (other is None and line.styles[x] == style) or (char == " " and on_blank(line.styles[x]) == on_blank(style))
        ):
            return jump
        way += char
        size += len(char) if char.isascii() else len(char.encode())
        if size >= len(jump):
            return jump
    return way


def _changed(old: Line, new: Line) -> list[int]:
    """The cells to be written, none of which nothing is known; of a wide character both halves."""
    known, cells = len(old.chars), []
    for x, char in enumerate(new.chars):
        if char == UNKNOWN:
            continue
        if x < known and char == old.chars[x]:
            style, before = new.styles[x], old.styles[x]
            if style == before or (char == " " and on_blank(style) == on_blank(before)):
                continue
        cells.append(x)
    if "" not in new.chars and "" not in old.chars:
        return cells
    whole = set(cells)
    for x in cells:
        for line in (old, new):
            begin = end = x
            while 0 < begin < len(line.chars) and line.chars[begin] == "":
                begin -= 1
            while end + 1 < len(line.chars) and line.chars[end + 1] == "":
                end += 1
            whole.update(range(begin, min(end + 1, len(new.chars))))
    return sorted(whole)


@lru_cache(maxsize=4096)
def turned(style: str, wanted: str) -> str:
    """What makes a terminal that writes in one style write in another: the attributes that are new, else all of them."""
    if style == wanted:
        return ""
    has, needs = codes_of(style), codes_of(wanted)
    if {_attribute(code) for code in has} <= {_attribute(code) for code in needs}:
        return f"\x1b[{';'.join(code for code in needs if code not in has)}m"
    return f"\x1b[0;{wanted}m" if wanted else "\x1b[m"


def _attribute(code: str) -> str:
    """Of two codes for the same the later one holds: colours of the text, of its ground; else a code is its own."""
    if code.startswith("38;") or (code.isdigit() and (30 <= int(code) <= 37 or 90 <= int(code) <= 97)):
        return "text"
    return "ground" if code.startswith("48;") or _is_ground(code) else code


@lru_cache(maxsize=512)
def on_blank(style: str) -> str:
    """What of a style shows on a blank: ground, underline, reverse."""
    codes = codes_of(style)
    if "7" in codes:
        return style
    return ";".join(c for c in codes if c in ("4", "9", "21", "53") or c.startswith("48;") or _is_ground(c))


def _is_ground(code: str) -> bool:
    return code.isdigit() and (40 <= int(code) <= 47 or 100 <= int(code) <= 107)


def codes_of(sgr: str) -> list[str]:
    """`1;38;5;231` as `1`, `38;5;231`."""
    return re.findall(r"[34]8;5;\d+|[34]8;2;\d+;\d+;\d+|\d+", sgr)

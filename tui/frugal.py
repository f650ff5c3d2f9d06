"""Sends only the cells that the terminal does not show already: over SSH every byte of a repaint is felt.

Textual writes each repainted line from the left edge of its widget, and some of them several times over (four times at
the start, twice at each change of focus). Here a model of the screen takes every repaint, and the difference is sent.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rich.cells import get_character_cell_size
from textual.driver import Driver

from backbones.tui.repaint import Line, codes_of, repainted

TOKEN = re.compile(
    r"\x1b\[(?P<y>\d+);(?P<x>\d+)H|\x1b\[(?P<sgr>[\d;]*)m|(?P<text>[^\x1b\n]+)|(?P<end>\n)|(?P<other>\x1b)"
)
HARMLESS = re.compile(r"(\x1b\[\?2026[hl])+|\x1b\]22;[a-z-]*\x07|\x07")


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
        out = repainted(self._lines, lines)
        self._lines |= lines
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
    codes = codes_of(sgr)
    return "" if "0" in codes else ";".join(code for code in codes if code not in ("39", "49", ""))


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

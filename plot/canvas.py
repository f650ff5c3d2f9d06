"""A grid of cells to write on, and the characters that a plot is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backbones.plot.cells import cells
from backbones.plot.frame import TICK


@dataclass(frozen=True, slots=True)
class Marks:
    """The characters of the frame, the staircase and the cursor. `arms` is indexed by 1 up, 2 right, 4 down, 8 left."""

    vertical: str
    horizontal: str
    corner: str
    y_tick: str
    x_tick: str
    grid: str
    row_pointer: str
    column_pointer: str
    eye: str
    below: str
    above: str
    on_front: str  # a grey point that the staircase passes through
    context: str  # how the legend shows points that are drawn as dots
    arms: str


UNICODE = Marks("│", "─", "└", "┤", "┴", "·", "▸", "▴", "◉", "▾", "▴", "◦", "⠢", " ╵╶╰╷│╭├╴╯─┴╮┤┬┼")
ASCII = Marks("|", "-", "+", "|", "+", " ", ">", "^", "@", "v", "^", "o", ".", " |-+||++-+-+++++")


BRAILLE = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of a dot in a character from U+2800 on, by quarter of the row and half of the column."""


class Canvas:
    """`width` x `height` cells: a character, an ink and a point (-1 for none) each."""

    __slots__ = ("ascii", "chars", "height", "hit", "ink", "marks", "width")

    def __init__(self, width: int, height: int, ascii: bool = False) -> None:
        self.width, self.height, self.ascii = width, height, ascii
        self.marks = ASCII if ascii else UNICODE
        self.chars = [[" "] * width for _ in range(height)]
        self.ink = [[TICK] * width for _ in range(height)]
        self.hit = [[-1] * width for _ in range(height)]

    def text(self, x: int, y: int, text: str, ink: int) -> None:
        """Write a text from cell (x, y) on; what lies outside the canvas is left out."""
        self.put(x, y, cells(text, self.ascii), ink)

    def put(self, x: int, y: int, row: Sequence[str], ink: int) -> None:
        """Write cells from (x, y) on; a wide character that is half overwritten or half outside becomes a blank."""
        if not row or not 0 <= y < self.height or x >= self.width or x + len(row) <= 0:
            return
        start, end = max(x, 0), min(x + len(row), self.width)
        chars = self.chars[y]
        if chars[start] == "" and start:
            chars[start - 1] = " "
        if end < self.width and chars[end] == "":
            chars[end] = " "
        cut = list(row[start - x : end - x])
        if cut[0] == "":
            cut[0] = " "
        if end - x < len(row) and row[end - x] == "":
            cut[-1] = " "
        chars[start:end] = cut
        self.ink[y][start:end] = [ink] * (end - start)

"""A drawn plot: cells with their inks, and which point lies where."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from backbones.plot.palette import Look
from backbones.plot.sgr import sgr
from backbones.plot.spec import Ink

FRAME, TICK, TITLE, GRID, LINE, LABEL, CURSOR, GROUP0 = range(8)  # ink numbers; groups follow from GROUP0
CELL_RATIO = 2  # a cell is about twice as high as wide


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of `width` x `height` cells; compare frames with `dirty`, never change one.

    `chars` holds a string per cell (empty in the second half of a wide character), `ink` an index into `inks`, `hit`
    the topmost point of the cell or -1. `box` is the plotting area (x, y, width, height). `positions` maps each
    visible point to its place in cells, fractions included.
    """

    width: int
    height: int
    chars: list[list[str]]
    ink: list[list[int]]
    hit: list[list[int]]
    inks: tuple[Ink, ...]
    box: tuple[int, int, int, int] = (0, 0, 0, 0)
    positions: dict[int, tuple[float, float]] = field(default_factory=dict)

    def runs(self, y: int) -> Iterator[tuple[str, int]]:
        """The (text, ink number) runs of row y; a blank joins the run on its left, which halves what is sent."""
        chars, ink = self.chars[y], self.ink[y]
        if not chars:
            return
        start, current = 0, ink[0]
        for x, number in enumerate(ink):
            if number != current and (chars[x] != " " or CURSOR in (current, number)):
                yield "".join(chars[start:x]), current
                start, current = x, number
        yield "".join(chars[start:]), current

    def text(self) -> str:
        """The characters alone, without blanks at the ends of the rows."""
        return "\n".join("".join(row).rstrip() for row in self.chars)

    def ansi(self, depth: int = 24) -> str:
        """The frame with escape sequences for 24, 8 or 4 bits of colour; 0 keeps bold, dim and reverse only."""
        codes = [sgr(ink, depth) for ink in self.inks]
        return "\n".join(self._ansi_row(y, codes) for y in range(self.height))

    def printed(self, look: Look) -> str:
        """`text` or `ansi`, whichever the look asks for."""
        return self.text() if look.plain else self.ansi(look.depth)

    def near(self, x: int, y: int, reach: float = 2.5) -> int | None:
        """The point of cell (x, y), else the nearest visible one within `reach` cell widths."""
        if 0 <= y < self.height and 0 <= x < self.width and self.hit[y][x] >= 0:
            return self.hit[y][x]
        best, least = None, reach**2
        for i, (px, py) in self.positions.items():
            distance = (px - x - 0.5) ** 2 + (CELL_RATIO * (py - y - 0.5)) ** 2
            if distance < least:
                best, least = i, distance
        return best

    def step(self, i: int | None, dx: int, dy: int) -> int | None:
        """The nearest point in another cell from point i towards (dx, dy), y downwards; i itself where there is none.

        From a point that is not visible (or None) it is the point nearest to the middle; None in an empty frame.
        """
        if i is None or i not in self.positions:
            return self._middle()
        x, y = self.positions[i]
        best, least = i, math.inf
        for j, (px, py) in self.positions.items():
            vx, vy = px - x, CELL_RATIO * (py - y)
            along, across = vx * dx + vy * dy, abs(vx * dy) + abs(vy * dx)
            if along > 0.3 and across <= 2 * along and along + 2 * across < least and self._is_elsewhere(j, x, y):
                best, least = j, along + 2 * across
        return self._top(best) if best != i else i

    def others_in_cell(self, i: int) -> tuple[int, ...]:
        """The other points in the cell of point i, those after it first: going to the first each time visits all."""
        if i not in self.positions:
            return ()
        x, y = self.positions[i]
        there = sorted(j for j in self.positions if not self._is_elsewhere(j, x, y))
        return tuple([j for j in there if j > i] + [j for j in there if j < i])

    def dirty(self, old: Frame) -> list[tuple[int, int, int]]:
        """Per changed row (y, x0, x1): cells x0 to x1-1 look different in `old`, a frame of the same size."""
        if (old.width, old.height, old.inks) != (self.width, self.height, self.inks):
            return [(y, 0, self.width) for y in range(self.height)]
        spans = []
        for y in range(self.height):
            if self.chars[y] != old.chars[y] or self.ink[y] != old.ink[y]:
                changed = [x for x in range(self.width) if self._looks_different(old, x, y)]
                if changed:
                    spans.append((y, *self._whole_characters(old, y, changed[0], changed[-1] + 1)))
        return spans

    def _ansi_row(self, y: int, codes: list[str]) -> str:
        runs = list(self.runs(y))
        if runs and runs[-1][1] != CURSOR:
            runs[-1] = (runs[-1][0].rstrip(), runs[-1][1])
        return "".join(f"\x1b[{codes[n]}m{text}\x1b[0m" if codes[n] and text else text for text, n in runs)

    def _middle(self) -> int | None:
        x0, y0, width, height = self.box
        x, y = x0 + width / 2, y0 + height / 2
        at = self.positions
        return min(at, key=lambda i: (at[i][0] - x) ** 2 + (CELL_RATIO * (at[i][1] - y)) ** 2, default=None)

    def _top(self, i: int) -> int:
        x, y = self.positions[i]
        return self.hit[int(y)][int(x)]

    def _is_elsewhere(self, j: int, x: float, y: float) -> bool:
        px, py = self.positions[j]
        return int(px) != int(x) or int(py) != int(y)

    def _looks_different(self, old: Frame, x: int, y: int) -> bool:
        char, number, before = self.chars[y][x], self.ink[y][x], old.ink[y][x]
        if char != old.chars[y][x]:
            return True
        return number != before and (char != " " or CURSOR in (number, before))

    def _whole_characters(self, old: Frame, y: int, x0: int, x1: int) -> tuple[int, int]:
        while x0 > 0 and "" in (self.chars[y][x0], old.chars[y][x0]):
            x0 -= 1
        while x1 < self.width and "" in (self.chars[y][x1], old.chars[y][x1]):
            x1 += 1
        return x0, x1

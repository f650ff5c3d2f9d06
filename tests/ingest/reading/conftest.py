"""Papers that the tests draw themselves: a table with the difficulties of real ones, prose around it, as a PDF."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = 612.0, 792.0
FONT, BOLD = "Times-Roman", "Times-Bold"
PROSE = [
    "We",
    "study",
    "the",
    "design",
    "of",
    "the",
    "network",
    "and",
    "show",
    "that",
    "it",
    "is",
    "better",
    "than",
    "the",
    "others",
    "on",
    "all",
    "of",
    "the",
    "tasks",
    "that",
    "we",
    "consider,",
    "and",
    "that",
    "the",
    "results",
    "of",
    "this",
    "section",
    "are",
    "in",
    "line",
    "with",
    "those",
    "of",
    "earlier",
    "work",
    "on",
    "the",
    "same",
    "data.",
    "The",
    "models",
    "are",
    "trained",
    "for",
    "as",
    "long",
    "as",
    "it",
    "takes,",
    "with",
    "the",
    "same",
    "recipe,",
    "and",
    "we",
    "report",
    "what",
    "they",
    "reach",
    "on",
    "the",
    "held",
    "out",
    "part",
    "of",
    "the",
    "data",
    "set.",
]


@dataclass(frozen=True)
class Drawing:
    """A table to draw. A cell is its printed text; `a^b` raises b, `a_b` lowers it; None is empty."""

    headers: tuple[tuple[str, str], ...]
    """(group, own) for each column; neighbours with one group share it."""
    rows: tuple[tuple[str, tuple[str | None, ...]], ...]
    """(section, cells); a section row is drawn where the section changes."""
    spans: dict[int, tuple[tuple[int, int, str], ...]] = field(default_factory=dict)
    """Column -> (first row, last row, text): printed once, half way down."""
    rules: str = "booktabs"
    """booktabs (three rules, short ones under groups), all (a rule above each row), few (one under the header)."""
    rotated: bool = False
    shaded: bool = False
    title: str = ""
    size: float = 8.0
    gap: float = 9.0
    pitch: float = 10.0
    walls: bool = False


class Painter:
    """Draws a page of a paper."""

    def __init__(self, size: tuple[float, float] = (WIDTH, HEIGHT)) -> None:
        self.buffer = BytesIO()
        self.width, self.height = size
        self.canvas = Canvas(self.buffer, pagesize=size, pageCompression=0)

    def text(self, x: float, y: float, text: str, size: float = 8.0, font: str = FONT) -> float:
        """Draw text with its scripts at a distance from the top; its width."""
        at = x
        for piece, kind in scripts(text):
            small = size if kind == "" else 0.7 * size
            lift = {"": 0.0, "^": 0.38 * size, "_": -0.15 * size}[kind]
            self.canvas.setFont(font, small)
            self.canvas.drawString(at, self.height - y + lift, piece)
            at += stringWidth(piece, font, small)
        return at - x

    def rule(self, x0: float, x1: float, y: float, thick: float = 0.5) -> None:
        """A horizontal line."""
        self.canvas.setLineWidth(thick)
        self.canvas.line(x0, self.height - y, x1, self.height - y)

    def wall(self, x: float, top: float, bottom: float) -> None:
        """A vertical line."""
        self.canvas.setLineWidth(0.4)
        self.canvas.line(x, self.height - top, x, self.height - bottom)

    def prose(self, x: float, y: float, width: float, lines: int, start: int = 0, size: float = 10.0) -> float:
        """Justified lines of text; where the next one would stand."""
        words = PROSE[start % len(PROSE) :] + PROSE * 40
        for _ in range(lines):
            line: list[str] = []
            while stringWidth(" ".join([*line, words[0]]), FONT, size) < width:
                line.append(words.pop(0))
            spare = width - sum(stringWidth(word, FONT, size) for word in line)
            at = x
            for word in line:
                self.text(at, y, word, size)
                at += stringWidth(word, FONT, size) + spare / max(1, len(line) - 1)
            y += 1.2 * size
        return y

    def caption(self, x: float, y: float, width: float, text: str, size: float = 9.0) -> float:
        """A caption of any number of lines."""
        words = text.split()
        while words:
            line = [words.pop(0)]
            while words and stringWidth(" ".join([*line, words[0]]), FONT, size) < width:
                line.append(words.pop(0))
            self.text(x, y, " ".join(line), size)
            y += 1.15 * size
        return y

    def table(self, x: float, y: float, drawing: Drawing) -> tuple[float, float]:
        """The table with its top left corner there; its width and where it ends."""
        d = drawing
        count = len(d.headers)
        spanned = {c: [text for _, _, text in d.spans.get(c, ())] for c in range(count)}
        texts = [
            [t for t in (None if d.rotated and c else own, *(row[c] for _, row in d.rows), *spanned[c]) if t]
            for c, (_, own) in enumerate(d.headers)
        ]
        widths = [max([width_of(t, d.size) for t in column] + [d.size]) for column in texts]
        for first, last, group in groups(d.headers):
            short = width_of(group, d.size) - (sum(widths[first : last + 1]) + d.gap * (last - first))
            if group and short > 0:
                widths[last] += short + 4
        lefts = [x + 2 + sum(widths[:c]) + d.gap * c for c in range(count)]
        right = lefts[-1] + widths[-1] + 2
        return right - x, self._draw(x, right, y, d, lefts, widths)

    def _draw(self, x: float, right: float, y: float, d: Drawing, lefts: list[float], widths: list[float]) -> float:
        if d.rules != "few":
            self.rule(x, right, y, 0.8)
        if d.title:
            y += d.pitch
            self.text((x + right - width_of(d.title, d.size)) / 2, y, d.title, d.size)
            y += 3
            self.rule(x, right, y)
        y = self._header(x, right, y, d, lefts, widths)
        top = y - d.pitch  # as in LaTeX, walls do not cross a group's header
        self.rule(x, right, y)
        ys = []
        section = ""
        for k, (name, cells) in enumerate(d.rows):
            if name != section:
                if k:
                    y += 3
                    self.rule(x, right, y)
                y += d.pitch
                self.text((x + right - width_of(name, d.size)) / 2, y, name, d.size)
                if d.rules != "few":
                    y += 3
                    self.rule(x, right, y)
                section = name
            elif (k and self._parts(d, k)) or (k and d.rules == "all" and not d.spans):
                y += 3
                self.rule(x, right, y)
            y += d.pitch
            ys.append(y)
            if d.shaded and k % 3 == 1:
                self.canvas.setFillGray(0.9)
                self.canvas.rect(x, self.height - y - 2, right - x, d.pitch, stroke=0, fill=1)
                self.canvas.setFillGray(0)
            for c, text in enumerate(cells):
                if text is not None and c not in d.spans:
                    self._cell(lefts[c], widths[c], y, text, d.size, is_left=c == 0)
        for c, spans in d.spans.items():
            for first, last, text in spans:
                self._cell(lefts[c], widths[c], (ys[first] + ys[last]) / 2, text, d.size, is_left=True)
        y += 3
        if d.rules != "few":
            self.rule(x, right, y, 0.8)
        if d.walls:
            for left in lefts[1:]:
                self.wall(left - d.gap / 2, top, y)
        return y

    def _parts(self, d: Drawing, k: int) -> bool:
        return any(first == k for spans in d.spans.values() for first, _, _ in spans)

    def _cell(self, left: float, width: float, y: float, text: str, size: float, is_left: bool) -> None:
        self.text(left if is_left else left + (width - width_of(text, size)) / 2, y, text, size)

    def _header(self, x: float, right: float, y: float, d: Drawing, lefts: list[float], widths: list[float]) -> float:
        if any(group for group, _ in d.headers):
            y += d.pitch
            for first, last, group in groups(d.headers):
                if group:
                    a, b = lefts[first], lefts[last] + widths[last]
                    self.text((a + b - width_of(group, d.size)) / 2, y, group, d.size)
                    if d.rules != "few":
                        self.rule(a - 1, b + 1, y + 3, 0.3)
            y += 3
        if d.rotated:
            tall = max(width_of(own, d.size) for _, own in d.headers[1:])
            y += tall + 4
            for c, (_, own) in enumerate(d.headers):
                if c == 0:
                    self.text(lefts[c], y, own, d.size)
                    continue
                self.canvas.saveState()
                self.canvas.translate(lefts[c] + widths[c] / 2 + 0.3 * d.size, self.height - y)
                self.canvas.rotate(90)
                self.canvas.setFont(FONT, d.size)
                self.canvas.drawString(0, 0, own)
                self.canvas.restoreState()
        else:
            y += d.pitch
            for c, (_, own) in enumerate(d.headers):
                self._cell(lefts[c], widths[c], y, own, d.size, is_left=c == 0)
        return y + 3

    def next_page(self) -> None:
        """Begin another page."""
        self.canvas.showPage()

    def save(self, path: Path) -> Path:
        """Write the PDF."""
        self.canvas.save()
        path.write_bytes(self.buffer.getvalue())
        return path


def scripts(text: str) -> list[tuple[str, str]]:
    """`AP^b_50` as pieces with their kind."""
    pieces: list[tuple[str, str]] = []
    kind, piece = "", ""
    for c in text:
        if c in "^_":
            pieces.append((piece, kind))
            kind, piece = c, ""
        else:
            piece += c
    pieces.append((piece, kind))
    return [(piece, kind) for piece, kind in pieces if piece]


def width_of(text: str, size: float) -> float:
    """Of a text with scripts."""
    return sum(stringWidth(piece, FONT, size if kind == "" else 0.7 * size) for piece, kind in scripts(text))


def groups(headers: tuple[tuple[str, str], ...]) -> list[tuple[int, int, str]]:
    """(first, last, text) of neighbouring columns with one group."""
    found: list[tuple[int, int, str]] = []
    for c, (group, _) in enumerate(headers):
        if found and group and found[-1][2] == group:
            found[-1] = (found[-1][0], c, group)
        else:
            found.append((c, c, group))
    return found


@pytest.fixture(scope="session")
def painter() -> Callable[..., Painter]:
    """Makes a `Painter`."""
    return Painter


@pytest.fixture(scope="session")
def drawing() -> Callable[..., Drawing]:
    """Makes a `Drawing`."""
    return Drawing


@pytest.fixture(scope="session")
def table_page() -> Callable[..., Any]:
    """Draws one table into a column of prose: `table_page(path, drawing, above=True, column=True)`."""

    def draw(path: Path, drawing: Drawing, above: bool = True, start: int = 0, caption: str = "") -> Path:
        page = Painter()
        words = (
            caption
            or "Table 3. Comparison of the models that we trained. All numbers are ours, and † marks a longer training."
        )
        wide, _ = Painter().table(50, 72, drawing)
        width = 237 if wide <= 237 else 496
        y = 72.0
        if width == 237:
            y = page.prose(50, y, 237, 6, start) + 14
            page.prose(309, 72, 237, 40, start + 9)
        if above:
            y = page.caption(50, y, width, words) - 4
        _, y = page.table(50, y, drawing)
        y += 16
        if not above:
            y = page.caption(50, y, width, words)
        page.prose(50, y + 16, 237, max(1, int((720 - y) / 12)), start + 21)
        if width != 237:
            page.prose(309, y + 16, 237, max(1, int((720 - y) / 12)), start + 33)
        return page.save(path)

    return draw

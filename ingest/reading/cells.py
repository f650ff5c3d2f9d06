"""A region becomes tables: parts, columns, headers, rows, and what was left over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from backbones.ingest.paper import Box, Cell, Column, Row
from backbones.ingest.reading.columns import Stripe, column_of, stripes_of
from backbones.ingest.reading.headers import HeaderReader
from backbones.ingest.reading.layout import SUB_CAPTION, Layout
from backbones.ingest.reading.lines import middle_of
from backbones.ingest.reading.numbers import is_citation, tokens_of
from backbones.ingest.reading.regions import Region
from backbones.ingest.reading.rows import Kind, Line, Part, parts_of
from backbones.ingest.reading.sheet import Rule
from backbones.ingest.reading.spans import Filled, fill_spans
from backbones.ingest.reading.words import Word


@dataclass(slots=True)
class Grid:
    """One table as it was read, in the sheet's coordinates."""

    title: str
    part: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    box: Box
    left_over: list[str] = field(default_factory=list)


def grids_of(layout: Layout, region: Region) -> list[Grid]:
    """The tables of a region, top down."""
    words = [word for line in region.lines for word in line]
    if not words:
        return []
    em = middle_of([word.size for word in words])
    inside = [
        r
        for r in layout.sheet.rules
        if region.x0 - 4 <= r.start and r.end <= region.x1 + 4 and region.top - 4 <= r.at <= region.bottom + 4
    ]
    walls = [
        w
        for w in layout.sheet.walls
        if region.x0 - 3 < w.at < region.x1 + 3 and w.start < region.bottom + 3 and w.end > region.top - 3
    ]
    region.rules = sorted(inside, key=lambda rule: rule.at)
    turned = [
        w
        for w in layout.rotated
        if region.x0 - 4 < w.middle < region.x1 + 4 and region.top - 4 < w.bottom and w.top < region.bottom
    ]
    parts = parts_of(region, turned, em)
    grids, kept = [], []
    for i, part in enumerate(parts):
        top = region.top if i == 0 else parts[i - 1].body[-1].bottom
        rotated = [word for word in turned if top - 4 < word.bottom and word.top < part.body[-1].bottom]
        grid = _grid(part, region, walls, rotated, em)
        if grid is not None:
            grids.append(grid)
            kept.append(part)
    if grids:
        used = {id(word) for part in kept for line in (*part.titles, *part.header, *part.body) for word in line.words}
        grids[0].left_over += [word.text for word in words if id(word) not in used]
    return grids


def _grid(part: Part, region: Region, walls: Sequence[Rule], rotated: Sequence[Word], em: float) -> Grid | None:
    first = part.data[0].top
    over = [word for word in rotated if word.bottom <= first + 3]
    stripes = stripes_of(part, walls, over, em)
    if len(stripes) < 2:
        return None
    headers = HeaderReader(stripes, region.rules, walls, em).read(part.header, over)
    filled, left_over = _filled(part, stripes, em)
    beside = [word for word in rotated if word.bottom > first + 3]
    fill_spans(filled, stripes, region.rules, beside)
    rows = tuple(Row(line.section, tuple(line.cells)) for line in filled if line.is_row)
    lines = [*part.header, *part.body]
    top = min([line.top for line in lines] + [word.top for word in over])
    box = Box(region.x0, top, region.x1, max(line.bottom for line in lines))
    title, letter = _named(part.title or region.title)
    return Grid(title, region.part or letter, tuple(Column(h) for h in headers), rows, box, left_over)


def _named(title: str) -> tuple[str, str]:
    match = SUB_CAPTION.match(title)
    return (title, match[1]) if match else (title, "")


def _filled(part: Part, stripes: Sequence[Stripe], em: float) -> tuple[list[Filled], list[str]]:
    """Data and span lines with their words in columns; a section's text with each row under it."""
    section: list[str] = []
    filled: list[Filled] = []
    waiting: list[Line] = []
    for line in part.body:
        if line.kind is Kind.SECTION:
            waiting.append(line)
            continue
        if waiting:
            section = [" ".join(words.text for words in waiting)]
            waiting = []
        cells = _cells(line, stripes, em)
        filled.append(
            Filled(line.baseline, line.top, line.bottom, cells, section[0] if section else "", line.kind is Kind.DATA)
        )
    return filled, [word.text for line in waiting for word in line.words]


def _cells(line: Line, stripes: Sequence[Stripe], em: float) -> list[Cell | None]:
    """The words of a line in their columns; a text that reaches over several columns stands in each of them."""
    words: list[list[Word]] = [[] for _ in stripes]
    cells: list[Cell | None] = [None] * len(stripes)
    for token in tokens_of(line.words, em):
        over = [c for c, stripe in enumerate(stripes) if token[0].x0 < stripe.middle < token[-1].x1]
        words[over[0] if len(over) > 1 else _column_of(token, stripes)] += token
        for c in over[1:]:
            cells[c] = replace(_cell(token), is_span=True)
    return [_cell(these) if these else cell for these, cell in zip(words, cells)]


def _column_of(token: list[Word], stripes: Sequence[Stripe]) -> int:
    """The column of a token's name or number; its citations and marks may hang over."""
    told = [word for word in token if not (is_citation(word.text) or word.is_mark)] or token
    return column_of(stripes, (told[0].x0 + told[-1].x1) / 2)


def _cell(words: list[Word]) -> Cell:
    text, marks = "", ""
    for word in words:
        if word.is_mark and not text:
            marks += word.text  # a mark before the name goes to its end
        elif word.is_mark:
            text += word.text
        else:
            text += (" " if text else "") + word.text
    box = Box(
        min(w.x0 for w in words), min(w.top for w in words), max(w.x1 for w in words), max(w.bottom for w in words)
    )
    return Cell(text + marks, box)

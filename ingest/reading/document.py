"""All pages of a document become a paper."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backbones.ingest.paper import Cell, MissingTable, Paper, Row, Table
from backbones.ingest.reading.captions import ANY_TABLE, Caption, chosen, find_captions
from backbones.ingest.reading.cells import Grid, grids_of
from backbones.ingest.reading.glyphs import read_sheet
from backbones.ingest.reading.layout import Layout
from backbones.ingest.reading.lines import lines_of, runs_of
from backbones.ingest.reading.matching import give_titles, matched, sides_seen
from backbones.ingest.reading.refused import Refused
from backbones.ingest.reading.regions import Region, regions_of
from backbones.ingest.reading.sheet import Sheet
from backbones.ingest.reading.uncollected import list_uncollected
from backbones.ingest.reading.unframed import unframed
from backbones.ingest.reading.words import read_rotated, read_words

MOST_PAGES = 300
MOST_CHARACTERS = 3_000_000
MOST_CHARACTERS_ON_A_PAGE = 60_000
"""A dense page of two columns holds 8,000."""

ARXIV = re.compile(r"arXiv:\s?(\d{4}\.\d{4,5})")


def read_document(path: Path, sha256: str, progress: Callable[[int, int], None] | None = None) -> Paper:
    """Tables, prose and title of a PDF."""
    import pypdfium2.raw as raw  # type: ignore[import-untyped]

    document = _opened(path)
    count = len(document)
    prose: list[tuple[str, ...]] = []
    found: list[tuple[Layout, list[Caption]]] = []
    title, characters = "", 0
    for i in range(count):
        page = document[i]
        text_page = page.get_textpage()
        characters += text_page.count_chars()
        if text_page.count_chars() > MOST_CHARACTERS_ON_A_PAGE or characters > MOST_CHARACTERS:
            raise Refused(f"holds too much text to be a paper (page {i + 1}); cut out the pages with tables")
        text = text_page.get_text_range()
        prose.append(_lines(text))
        if i == 0 or ANY_TABLE.search(text):
            sheet = read_sheet(raw, page.raw, text_page.raw, i + 1)
            words = read_words(sheet)
            if i == 0:
                title = _title(sheet, words)
            captions = find_captions(i + 1, words, sheet.rules)
            if any(caption.is_table for caption in captions):
                found.append((Layout(sheet, words, read_rotated(sheet), captions), captions))
        text_page.close()
        page.close()
        if progress is not None:
            progress(i + 1, count)
    document.close()
    if characters < 20:
        raise Refused("holds no text, only images; run it through a text recognition (OCR) first")
    tables, missing = _tables(found)
    arxiv = next((m[1] for lines in prose[:1] for line in lines if (m := ARXIV.search(line))), "")
    return Paper(sha256, path.name, count, title, arxiv, tables, missing, tuple(prose))


def _opened(path: Path) -> Any:
    """The document; Refused where it is locked, broken, empty or far longer than a paper."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (4, 5):  # password, security
            raise Refused("is encrypted; remove its password and try again") from None
        raise Refused("is damaged or has no pages: its structure cannot be read; download it again") from None
    count = len(document)
    if count == 0:
        raise Refused("has no pages; download it again")
    if count > MOST_PAGES:
        raise Refused(f"has {count:,} pages; papers of up to {MOST_PAGES} pages are read: cut out the paper")
    return document


def _lines(text: str) -> tuple[str, ...]:
    text = text.replace("\ufffe", "-").replace("\x02", "-").replace("\x00", "")
    return tuple(line.strip() for line in text.replace("\r", "\n").split("\n") if line.strip())


def _title(sheet: Sheet, words: list[Any]) -> str:
    """The largest text in the upper half of the first page."""
    upper = [word for word in words if word.baseline < 0.5 * sheet.height and len(word.text) > 0]
    if not upper:
        return ""
    sizes: Counter[float] = Counter()
    for word in upper:
        sizes[round(word.size, 1)] += len(word.text)
    largest = max(size for size, letters in sizes.items() if letters >= 8) if any(n >= 8 for n in sizes.values()) else 0
    chosen_words = [word for word in upper if word.size >= 0.93 * largest]
    lines = [run for line in lines_of(chosen_words) for run in runs_of(line, 2.0)]
    return " ".join(run.text for run in lines)[:300]


def _tables(found: list[tuple[Layout, list[Caption]]]) -> tuple[tuple[Table, ...], tuple[MissingTable, ...]]:
    kept = {id(caption) for caption in chosen([c for _, captions in found for c in captions])}
    prepared = []
    sides: Counter[str] = Counter()
    for layout, captions in found:
        layout = Layout(
            layout.sheet,
            [*layout.words, *(w for c in captions if id(c) not in kept for w in c.words)],
            layout.rotated,
            [c for c in captions if id(c) in kept],
        )
        regions = regions_of(layout)
        sides.update(sides_seen(layout, regions))
        prepared.append((layout, regions))
    habit = sides.most_common(1)[0][0] if sides else "above"
    tables: list[Table] = []
    missing: list[MissingTable] = []
    for layout, regions in prepared:
        by_caption = matched(layout, regions, habit)
        taken = [region for some in by_caption.values() for region in some]
        running = 0
        read: list[tuple[Caption, list[Grid]]] = []
        for which, caption in enumerate(layout.captions):
            if not caption.is_table:
                continue
            mine = by_caption.get(which, [])
            if len(mine) > 1:
                give_titles(layout, mine)
            grids = _grids(layout, mine)
            if not grids:
                region = unframed(layout, caption, taken, habit)
                if region is not None:
                    grids = grids_of(layout, region)
                    taken.append(region)
            if grids:
                read.append((caption, grids))
            else:
                missing.append(MissingTable(layout.sheet.number, caption.number, caption.text))
        for caption, grids in read:
            others = [grid.box for other, some in read if other is not caption for grid in some]
            list_uncollected(layout, caption, grids, others)
            for grid in grids:
                running += 1
                tables.append(_table(layout.sheet, caption, grid, f"p{layout.sheet.number}.t{running}"))
    return tuple(tables), tuple(missing)


def _grids(layout: Layout, regions: list[Region]) -> list[Grid]:
    ordered = sorted(regions, key=lambda region: (round(region.top / 20), region.x0))
    return [grid for region in ordered for grid in grids_of(layout, region)]


def _table(sheet: Sheet, caption: Caption, grid: Grid, table_id: str) -> Table:
    rows = grid.rows
    if sheet.turned:
        rows = tuple(
            Row(row.section, tuple(cell and Cell(cell.text, sheet.shown(cell.box), cell.is_span) for cell in row.cells))
            for row in rows
        )
    return Table(
        table_id,
        sheet.number,
        caption.number,
        grid.part,
        caption.text,
        grid.title,
        grid.columns,
        rows,
        sheet.shown(grid.box),
        tuple(grid.left_over),
    )

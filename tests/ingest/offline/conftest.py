"""Papers written as text: a caption, a line of headers (`group > header`), rows, and `# section` lines between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from backbones.ingest.meaning.known import Known
from backbones.ingest.paper import Box, Cell, Column, Paper, Row, Table

MakePaper = Callable[..., Paper]


def table(text: str, number: int, title: str = "", part: str = "") -> Table:
    """The table that a text draws; page and number are its place in the paper."""
    caption, headers, *lines = [line.strip() for line in text.strip().splitlines()]
    columns = tuple(Column(tuple(h.strip() for h in header.split(">") if h.strip())) for header in headers.split("|"))
    rows, section = [], ""
    for top, line in enumerate(lines):
        if line.startswith("#"):
            section = line.lstrip("# ")
            continue
        cells = [cell.strip() for cell in line.split("|")]
        assert len(cells) == len(columns), line
        boxes = [Box(50.0 * left, 10.0 * top, 50.0 * left + 40, 10.0 * top + 8) for left in range(len(cells))]
        rows.append(
            Row(section, tuple(Cell(text, box) if text else None for text, box in zip(cells, boxes, strict=True)))
        )
    return Table(f"p{number}.t1", number, str(number), part, caption, title, columns, tuple(rows), Box(0, 0, 500, 500))


def paper(
    *tables: str, title: str = "Arvo: a made-up family", prose: Sequence[str] = (), arxiv: str = "2401.00001"
) -> Paper:
    """A paper of those tables, one a page; `prose` are sentences of its first page."""
    made = tuple(table(text, number) for number, text in enumerate(tables, 1))
    pages = [tuple(prose), *(() for _ in tables[1:])]
    return Paper("0" * 64, "made-up.pdf", len(pages), title, arxiv, made, (), tuple(pages))


@pytest.fixture
def make_paper() -> MakePaper:
    """`make_paper(table_text, …, title=, prose=)`."""
    return paper


@pytest.fixture
def known() -> Known:
    """A small catalogue."""
    return Known.with_names(
        {"Swin-T": "Swin", "Swin-B": "Swin", "ResNet-50": "ResNet"},
        dataset=["ImageNet-1k", "ImageNet-22k", "COCO val", "ADE20K val"],
        head=["Mask R-CNN", "Cascade Mask R-CNN", "UPerNet", "RetinaNet"],
        device=["NVIDIA V100", "NVIDIA A100"],
    )

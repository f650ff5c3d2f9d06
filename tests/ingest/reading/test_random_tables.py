"""A table drawn to a PDF and read back is the same table, whatever it holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from backbones.ingest.paper import Table
from backbones.ingest.reading.document import read_document

NAMES = (
    "ResNet-50",
    "Swin-T",
    "ConvNeXt V2-B",
    "ViT-B/16",
    "DeiT-S",
    "PVT-Tiny",
    "gMLP-B",
    "CoAtNet-4",
    "RegNetY-16G",
    "X101-64",
)
OWN = (
    "top-1",
    "top-5",
    "AP^b",
    "AP^b_50",
    "AP^m_75",
    "#param.",
    "FLOPs",
    "FPS",
    "mIoU",
    "acc.",
    "size",
    "im/s",
    "Params (M)",
)
GROUPS = ("ImageNet", "COCO val", "ADE20K", "")
SECTIONS = ("Convolutional networks", "Trained with labels", "Vision transformers")
MARKS = ("", "", "", "†", "‡", "*", " [12]", " [3, 40]")


def label(draw: st.DrawFn) -> str:
    """A model's name with what papers hang on it."""
    return draw(st.sampled_from(NAMES)) + draw(st.sampled_from(MARKS))


def value(draw: st.DrawFn, kind: int) -> str | None:
    """What a cell of a column of one kind may hold."""
    number = f"{draw(st.integers(1, 99))}.{draw(st.integers(0, 9))}"
    if kind == 0:
        return draw(st.sampled_from([number, number, number, "-"]))
    if kind == 1:
        return f"{draw(st.integers(1, 999))}{draw(st.sampled_from('KMGB'))}"
    if kind == 2:
        return f"{draw(st.sampled_from([224, 384, 512]))}^2"
    if kind == 3:
        return f"{number}±{draw(st.integers(0, 1))}.{draw(st.integers(1, 9))}"
    if kind == 4:
        return f"{number} (+{draw(st.integers(0, 3))}.{draw(st.integers(0, 9))})"
    return f"{number}/{draw(st.integers(10, 99))}.{draw(st.integers(0, 9))}"


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Any]:
    """The arguments of a Drawing."""
    columns = draw(st.integers(2, 6))
    own = draw(st.permutations(OWN))[:columns]
    kinds = [draw(st.sampled_from([0, 0, 0, 1, 2, 3, 4, 5])) for _ in range(columns)]
    while sum((3, 3, 3, 5, 6, 5)[kind] for kind in kinds) > 24:
        kinds[kinds.index(max(kinds))] = 0
    group = [""] * columns
    if draw(st.booleans()) and columns > 3:
        split = draw(st.integers(2, columns - 2))
        names = draw(st.permutations(GROUPS[:3]))
        group = [names[0]] * split + [draw(st.sampled_from([names[1], ""]))] * (columns - split)
    count = draw(st.integers(2, 9))
    names = (
        draw(st.lists(st.sampled_from(SECTIONS), min_size=1, max_size=2, unique=True)) if draw(st.booleans()) else []
    )
    cuts = [0, draw(st.integers(1, count - 1))] if len(names) == 2 else [0]
    rows = []
    for r in range(count):
        section = names[max(k for k, cut in enumerate(cuts) if cut <= r)] if names else ""
        rows.append((section, (label(draw), *(value(draw, kind) for kind in kinds))))
    spans: dict[int, tuple[tuple[int, int, str], ...]] = {}
    if count > 3 and not names and draw(st.booleans()):  # a column of names that stand for several rows each
        at, blocks = 0, []
        while count - at >= 2:
            size = draw(st.integers(2, 4)) if count - at > 5 else count - at
            blocks.append((at, at + size - 1, draw(st.sampled_from(["Mask R-CNN", "Cascade", "ATSS", "UPerNet"]))))
            at += size
        spans = {0: tuple(blocks)}
        own, group = ["Backbone", *own], ["", *group]
        owner = [next(text for first, last, text in blocks if first <= r <= last) for r in range(count)]
        rows = [(section, (owner[r], *cells)) for r, (section, cells) in enumerate(rows)]
        rows = [(section, (cells[0], cells[1].split(" [")[0], *cells[2:])) for section, cells in rows]
    rules = draw(st.sampled_from(["booktabs", "booktabs", "all", "few"]))
    return {
        "headers": (("", "Model"), *zip(group, own)),
        "rows": tuple(rows),
        "spans": spans,
        "rules": rules,
        "rotated": draw(st.integers(0, 5)) == 0
        and rules != "few"
        and not any(group)
        and not spans
        and not any("^" in o or "_" in o for o in own),
        "shaded": draw(st.booleans()),
        "walls": draw(st.integers(0, 3)) == 0,
        "size": draw(st.sampled_from([7.0, 8.0, 9.0])) if columns < 5 else 7.0,
        "gap": draw(st.sampled_from([5.0, 7.0, 9.0, 12.0])) if columns < 5 else 6.0,
        "pitch": draw(st.sampled_from([9.5, 11.0, 13.0])),
    }


def read(path: Path) -> tuple[Table, ...]:
    """The tables of a PDF."""
    return read_document(path, "").tables


def plain(table: Table) -> list[tuple[str, tuple[str | None, ...]]]:
    """Sections and texts of a table."""
    return [(row.section, tuple(cell.text if cell else None for cell in row.cells)) for row in table.rows]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drawn")


@settings(
    max_examples=min(60, settings.default.max_examples // 2),  # a PDF is drawn and read for each
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(plan=plans(), above=st.booleans(), start=st.integers(0, 40))
def test_a_random_table_drawn_and_read_is_the_same(
    plan: dict[str, Any],
    above: bool,
    start: int,
    folder: Path,
    drawing: Callable[..., Any],
    table_page: Callable[..., Path],
) -> None:
    wanted = drawing(**plan)
    tables = read(table_page(folder / "one.pdf", wanted, above, start))
    assert len(tables) == 1
    assert plain(tables[0]) == list(wanted.rows)
    assert [column.headers for column in tables[0].columns] == [
        tuple(h for h in header if h) for header in wanted.headers
    ]
    assert tables[0].left_over == ()
    assert tables[0].number == "3"
    assert tables[0].caption.endswith("marks a longer training.")

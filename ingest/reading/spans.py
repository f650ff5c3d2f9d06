"""A text that is printed once for several rows is given to each of them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from backbones.ingest.paper import Box, Cell
from backbones.ingest.reading.columns import Stripe
from backbones.ingest.reading.numbers import is_value
from backbones.ingest.reading.sheet import Rule
from backbones.ingest.reading.words import Word


@dataclass(slots=True)
class Filled:
    """A line of the body with its cells; `is_row` is False for a line that only holds texts for rows around it."""

    baseline: float
    top: float
    bottom: float
    cells: list[Cell | None]
    section: str
    is_row: bool


def fill_spans(lines: list[Filled], stripes: Sequence[Stripe], rules: Sequence[Rule], rotated: Sequence[Word]) -> None:
    """Repeat row-spanning texts in the empty cells that they stand for."""
    rows = [line for line in lines if line.is_row]
    for c, stripe in enumerate(stripes):
        cuts = sorted(rule.at for rule in rules if rule.start - 3 < stripe.middle < rule.end + 3)
        labels = [(line.baseline, line.cells[c]) for line in lines if not line.is_row and line.cells[c]]
        labels += [
            ((word.top + word.bottom) / 2, Cell(word.text, word.box))
            for word in rotated
            if stripe.left < word.middle < stripe.right
        ]
        _fill_column(rows, c, cuts, [(y, cell) for y, cell in labels if cell is not None], is_first=c < 2)


def _fill_column(
    rows: list[Filled], c: int, cuts: Sequence[float], labels: list[tuple[float, Cell]], is_first: bool
) -> None:
    def block(y: float) -> int:
        return sum(cut < y for cut in cuts)

    if labels:
        _join_wrapped(rows, c, block, labels)
    own = [(row.baseline, cell) for row in rows if (cell := row.cells[c]) is not None]
    sparse = 0 < len(own) <= 0.5 * len(rows) and is_first and not is_value(own[0][1].text)
    sources = labels + (own if sparse or (labels and is_first) else [])
    if not sources:
        return
    by_block: dict[int, list[tuple[float, Cell]]] = {}
    for y, cell in sources:
        by_block.setdefault(block(y), []).append((y, cell))
    at_top = sparse and not labels and _are_on_top(rows, c)
    for number in sorted({block(row.baseline) for row in rows}):
        members = [row for row in rows if block(row.baseline) == number]
        near = by_block.get(number, [] if len(cuts) > 3 else sources)
        near = _as_one(near, [row.baseline for row in members])
        for row, source in zip(
            members, _owners([row.baseline for row in members], sorted(near, key=lambda s: s[0]), at_top)
        ):
            if source is not None and (
                row.cells[c] is None or (row.cells[c] is not source and len(near) < len(by_block.get(number, near)))
            ):
                row.cells[c] = replace(source, is_span=True)


def _as_one(labels: list[tuple[float, Cell]], rows: list[float]) -> list[tuple[float, Cell]]:
    """Lines of text directly under each other in the middle of a block are one label."""
    labels = sorted(labels, key=lambda label: label[0])
    if len(labels) < 2 or len(rows) < 2:
        return labels
    pitch = (rows[-1] - rows[0]) / (len(rows) - 1)
    groups = [[labels[0]]]
    for above, below in itertools.pairwise(labels):
        on_rows = all(any(abs(row - y) < 0.1 * pitch for row in rows) for y, _ in (above, below))
        if below[0] - above[0] < 1.4 * pitch and not on_rows:
            groups[-1].append(below)
        else:
            groups.append([below])
    if len(groups) == len(labels) and len(labels) < len(rows):  # lines that happen to stand on rows
        middle = (labels[0][0] + labels[-1][0]) / 2
        close = all(b[0] - a[0] < 1.2 * pitch for a, b in itertools.pairwise(labels))
        if (
            close
            and abs(middle - (rows[0] + rows[-1]) / 2) < 0.2 * pitch
            and not any(is_value(cell.text) for _, cell in labels)
        ):
            groups = [labels]
    return [_joined(group) for group in groups]


def _joined(group: list[tuple[float, Cell]]) -> tuple[float, Cell]:
    cells = [cell for _, cell in group]
    if len(cells) == 1:
        return group[0]
    box = Box(min(t.box.x0 for t in cells), cells[0].box.top, max(t.box.x1 for t in cells), cells[-1].box.bottom)
    return (group[0][0] + group[-1][0]) / 2, Cell(" ".join(t.text for t in cells), box)


def _owners(rows: list[float], labels: list[tuple[float, Cell]], at_top: bool) -> list[Cell | None]:
    """The label of each row: labels stand on the first row of their groups, or at the middle of them."""
    if not labels:
        return [None] * len(rows)
    if at_top or len(labels) > len(rows):
        above = [[cell for y, cell in labels if y < row + 1] for row in rows]
        return [cells[-1] if cells else None for cells in above]
    best: list[tuple[float, list[int]]] = [(0.0, []), *((1e9, []) for _ in rows)]
    for y, _ in labels:  # contiguous groups of rows, each with its label as close to its middle as can be
        reached: list[tuple[float, list[int]]] = [(1e9, [])] * (len(rows) + 1)
        for end in range(1, len(rows) + 1):
            for begin in range(end):
                cost = best[begin][0] + abs((rows[begin] + rows[end - 1]) / 2 - y)
                if cost < reached[end][0]:
                    reached[end] = (cost, [*best[begin][1], end])
        best = reached
    owners: list[Cell | None] = []
    for (_, cell), end in zip(labels, best[len(rows)][1]):
        owners += [cell] * (end - len(owners))
    return owners


def _are_on_top(rows: list[Filled], c: int) -> bool:
    """The first row has a label, and the last one has none: labels stand in the first row of their groups."""
    return rows[0].cells[c] is not None and rows[-1].cells[c] is None


def _join_wrapped(rows: list[Filled], c: int, block: object, labels: list[tuple[float, Cell]]) -> None:
    """Where other blocks have one centred label, two lines of text in a block of two rows are one label."""
    assert callable(block)
    by_block: dict[int, list[Filled]] = {}
    for row in rows:
        by_block.setdefault(block(row.baseline), []).append(row)
    labelled = {block(y) for y, _ in labels}
    for number, members in by_block.items():
        cells = [row.cells[c] for row in members]
        texts = [cell for cell in cells if cell is not None]
        if (
            number in labelled
            or len(members) < 2
            or len(texts) < 2
            or len(by_block) < 3
            or any(is_value(t.text) for t in texts)
        ):
            continue
        box = Box(min(t.box.x0 for t in texts), texts[0].box.top, max(t.box.x1 for t in texts), texts[-1].box.bottom)
        for row in members:
            row.cells[c] = Cell(" ".join(t.text for t in texts), box, is_span=True)

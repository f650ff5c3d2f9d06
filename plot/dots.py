"""Near values as dots on a marked scale: a bar that does not start at 0 would show them in a wrong proportion."""

from __future__ import annotations

import math
from collections.abc import Sequence

from backbones.plot.bars import LONGEST_NAME, UNKNOWN, BarMetric, BarRow
from backbones.plot.cells import fitted
from backbones.plot.palette import GLYPHS, LETTERS, Look
from backbones.plot.spec import Ink
from backbones.plot.ticks import Tick, number

SHORTEST, CELLS_PER_TICK = 8, 8


def dots(names: Sequence[str], metric: BarMetric, width: int, look: Look) -> list[BarRow]:
    """Rows of a chart like those of `bars.bars`: a heading, one dot a thing on a track, and the scale below.

    The scale runs between the round values around the smallest and the largest one, and its marks say which.
    """
    theme, inks = look.theme(), look.group_inks()
    known = [v for v in metric.values if v is not None and math.isfinite(v)]
    texts = [UNKNOWN if v not in known else _text(v, metric) for v in metric.values]
    is_told = metric.higher_is_better is not None and len(set(known)) > 1
    best = (max if metric.higher_is_better else min)(known) if is_told else None
    value_room = max(map(len, texts)) + 1
    name_room = max(len(fitted(name, LONGEST_NAME, look.ascii)) for name in names)
    name_room = max(4, min(name_room, width - 4 - value_room - SHORTEST))
    length = max(2, width - 4 - name_room - value_room)
    marks = _scale(known, length)
    low, high = marks[0][0], marks[-1][0]
    glyphs = GLYPHS if len(names) <= len(GLYPHS) and not look.ascii else LETTERS * (len(names) // len(LETTERS) + 1)
    remark = {True: "more is better", False: "less is better", None: ""}[metric.higher_is_better]
    rows = [_row([(_cut(metric.label, width, look), theme.title), (f"  {remark}", look.others_ink())], width, look)]
    rule = "-" if look.ascii else "─"
    for at, (name, value, text) in enumerate(zip(names, metric.values, texts, strict=True)):
        ink = inks[at % len(inks)]
        row = [(f"{glyphs[at]} ", ink), (_filled(name, name_room + 1, look), theme.tick)]
        if value is None or value not in known:
            row.append((text, look.others_ink()))
        else:
            place = _place(value, low, high, length)
            row += [(rule * place, look.others_ink()), (glyphs[at], ink)]
            row += [(rule * (length - place - 1), look.others_ink())]
            is_best = value == best
            row.append((f" {text}" + ("*" if is_best else ""), theme.title if is_best else theme.tick))
        rows.append(_row(row, width, look))
    said = " " * (name_room + 3) + _marks(marks, length, metric.unit)
    return [*rows, _row([(said, theme.tick)], width, look)]


def _text(value: float | None, metric: BarMetric) -> str:
    assert value is not None
    return f"{value:.6g}" if metric.decimals is None else f"{value:,.{metric.decimals}f}"


def _scale(known: Sequence[float], length: int) -> list[Tick]:
    """Round marks, the first not above the smallest value and the last not below the largest."""
    low, high = min(known, default=0.0), max(known, default=1.0)
    if high - low < 1e-9 * max(abs(low), abs(high), 1e-9):
        low, high = low - 0.5, high + 0.5
    raw = (high - low) / max(1, length // CELLS_PER_TICK)
    magnitude = 10.0 ** math.floor(math.log10(raw))
    step = next((m * magnitude for m in (1, 2, 5) if m * magnitude >= raw * (1 - 1e-9)), 10 * magnitude)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [(k * step, number(k * step, step)) for k in range(first, last + 1)]


def _place(value: float, low: float, high: float, length: int) -> int:
    return round((value - low) / (high - low) * (length - 1))


def _marks(marks: Sequence[Tick], length: int, unit: str) -> str:
    """The labels below their places, those left out that would touch another; the first and the last stay."""
    line = [" "] * length
    low, high = marks[0][0], marks[-1][0]
    labels = [(value, text + (unit if at in (0, len(marks) - 1) else "")) for at, (value, text) in enumerate(marks)]
    for value, text in (labels[0], labels[-1], *labels[1:-1]):
        start = max(0, min(length - len(text), _place(value, low, high, length) - len(text) // 2))
        if all(cell == " " for cell in line[max(0, start - 1) : start + len(text) + 1]):
            line[start : start + len(text)] = text
    return "".join(line)


def _cut(text: str, width: int, look: Look) -> str:
    return "".join(fitted(text, width, look.ascii))


def _filled(text: str, width: int, look: Look) -> str:
    cut = fitted(text, width - 1, look.ascii)
    return "".join(cut) + " " * (width - len(cut))


def _row(runs: BarRow, width: int, look: Look) -> BarRow:
    """The runs cut or filled up to exactly `width` cells."""
    row: BarRow = []
    for text, ink in runs:
        cut = fitted(text, width, look.ascii)
        row.append(("".join(cut), ink))
        width -= len(cut)
    return [*(run for run in row if run[0]), *([(" " * width, Ink())] if width > 0 else [])]

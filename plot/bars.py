"""Parallel bars: a few things beside each other under several metrics, one panel of bars a metric; drawn by plotext."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backbones.plot.cells import fitted
from backbones.plot.palette import GLYPHS, LETTERS, Look
from backbones.plot.sgr import sgr
from backbones.plot.spec import Ink
from backbones.plot.ticks import number

Run = tuple[str, Ink]
BarRow = list[Run]
"""A row of the chart: (text, ink) from left to right, together exactly as many cells as the chart is wide."""

PANEL, GAP = 44, 2  # cells that a panel needs to stand beside another, and between two
SHORTEST_BAR, LONGEST_NAME, SMALLEST_WIDTH = 8, 28, 24
UNKNOWN = "not reported"
_PLOTEXT = threading.Lock()  # it has one figure for the whole program


@dataclass(frozen=True, slots=True)
class BarMetric:
    """A metric with the value of each thing, None where no source says. `higher_is_better` of None: neither is."""

    label: str
    values: Sequence[float | None]
    higher_is_better: bool | None = True
    decimals: int | None = None
    """Digits after the point; None: as many as the value has, up to 6 digits in all."""
    unit: str = ""


def bars(
    names: Sequence[str],
    metrics: Sequence[BarMetric],
    width: int,
    height: int | None = None,
    look: Look | None = None,
    *,
    from_zero: bool = True,
) -> list[BarRow]:
    """Rows of a chart that compares the things of those names under each metric.

    A metric is a heading, which says which direction is better, and one bar a thing: glyph and name, bar, value; the
    best value is bold and starred. Panels stand side by side where there is room. `names[i]` has the glyph and the
    colour i of the look wherever it stands, so that more than seven share colours and are told by letters. Bars start
    at 0; without `from_zero` at a round value below the smallest one, which the heading then names.

    Each row is a list of (text, Ink) of exactly `width` cells. With `height` None all metrics are drawn, for a chart
    that scrolls; else at most so many rows, and the last one counts the metrics left out. Text may hold any character
    a name has but control characters, and is never markup: make segments of it, or `as_text`. Raises ValueError when
    a metric has another number of values than there are names.
    """
    for metric in metrics:
        if len(metric.values) != len(names):
            raise ValueError(f"{metric.label}: {len(metric.values)} values for {len(names)} names")
    look = look or Look()
    if width < SMALLEST_WIDTH or (height is not None and height < 2):
        return [_row([("too small for bars", look.theme().tick)], max(width, 0), look)] if height != 0 else []
    if not names or not metrics:
        return [_row([("nothing to compare", look.theme().tick)], width, look)]
    beside = max(1, min(len(metrics), (width + GAP) // (PANEL + GAP)))
    room = (width + GAP) // beside - GAP
    bands = [metrics[k : k + beside] for k in range(0, len(metrics), beside)]
    each = len(names) + 2  # heading, bars, blank
    fit = len(bands) if height is None or len(bands) * each - 1 <= height else max((height - 1) // each, 0)
    if fit == 0 and height is not None:  # not even one panel: as many of its things as there are rows for
        kept = height - 2
        short = [BarMetric(m.label, m.values[:kept], m.higher_is_better, m.decimals, m.unit) for m in bands[0]]
        left = f"+{len(names) - kept} more, +{max(len(metrics) - beside, 0)} more metrics"
        drawn = _bands([short], names[:kept], room, look, from_zero) if kept else []
        return [*(_row(r, width, look) for r in drawn), _row([(left, look.theme().tick)], width, look)]
    rows = _bands(bands[:fit], names, room, look, from_zero)
    if fit < len(bands):
        rows.append([(f"+{len(metrics) - fit * beside} more metrics", look.theme().tick)])
    return [_row(row, width, look) for row in rows]


def as_text(rows: Sequence[BarRow], look: Look) -> str:
    """The rows for a pipe or a terminal, with the escapes that the look allows."""
    if look.plain:
        return "\n".join("".join(text for text, _ in row).rstrip() for row in rows)
    coded = ([(text, sgr(ink, look.depth)) for text, ink in row] for row in rows)
    return "\n".join("".join(f"\x1b[{code}m{text}\x1b[0m" if code else text for text, code in row) for row in coded)


def _bands(
    bands: Sequence[Sequence[BarMetric]], names: Sequence[str], room: int, look: Look, from_zero: bool
) -> list[BarRow]:
    """The panels of each band side by side, a blank row between two bands."""
    panels = [[_Panel(metric, from_zero, look.ascii) for metric in band] for band in bands]
    flat = [panel for band in panels for panel in band]
    value_room = max(len(text) for panel in flat for text in panel.texts) + 2  # a blank and the star
    name_room = max(len(fitted(name, LONGEST_NAME, look.ascii)) for name in names)
    name_room = max(min(name_room, room - 3 - value_room - SHORTEST_BAR), 4)
    length = max(room - 3 - name_room - value_room, 1)
    painted = iter(_painted([share for panel in flat for share in panel.shares()], length))
    rows: list[BarRow] = []
    for band in panels:
        columns = [panel.rows(names, name_room, painted, room, look) for panel in band]
        rows += [_beside(parts) for parts in zip(*columns, strict=True)] + [[]]
    return rows[:-1]


def _beside(parts: Sequence[BarRow]) -> BarRow:
    row: BarRow = []
    for part in parts:
        row += [*part, (" " * GAP, Ink())]
    return row[:-1]


class _Panel:
    """One metric: what is written and how long its bars are."""

    def __init__(self, metric: BarMetric, from_zero: bool, ascii: bool) -> None:
        self.metric = metric
        self.values = [v if v is not None and math.isfinite(v) else None for v in metric.values]
        known = [v for v in self.values if v is not None]
        self.low, self.high = min([0.0, *known]), max([0.0, *known])
        if known and not from_zero and min(known) > 0:
            self.low = _round_below(min(known), max(known))
        self.best: float | None = None
        if metric.higher_is_better is not None and len(known) > 1 and min(known) < max(known):
            self.best = max(known) if metric.higher_is_better else min(known)
        self.texts = [UNKNOWN if v is None else self._text(v) for v in self.values]
        self.ascii = ascii

    def _text(self, value: float) -> str:
        decimals = self.metric.decimals
        return number(value) if decimals is None else f"{value:,.{decimals}f}"

    def shares(self) -> list[tuple[float, float] | None]:
        """Where each bar begins and ends, 0 to 1 of the room for bars; None for no bar."""
        width = self.high - self.low or 1.0
        start = (max(self.low, 0.0) - self.low) / width
        ends = [None if v is None else (v - self.low) / width for v in self.values]
        return [None if end is None or end == start else (min(start, end), max(start, end)) for end in ends]

    def rows(self, names: Sequence[str], name_room: int, painted: Iterator[str], room: int, look: Look) -> list[BarRow]:
        """The heading and a row for each thing."""
        theme, inks, glyphs = look.theme(), look.group_inks(), _glyphs(len(names), look)
        drawn = [self._heading(room, look)]
        for i, (name, text) in enumerate(zip(names, self.texts, strict=True)):
            ink = inks[i % len(inks)]
            bar = next(painted).rstrip().replace("█", "#" if look.ascii else "█")
            is_best = self.best is not None and self.values[i] == self.best
            shown = fitted(name, name_room, look.ascii)
            told = "".join(shown) + " " * (name_room - len(shown) + 1)
            value = f" {text}" + ("*" if is_best else " ")
            value_ink = theme.title if is_best else theme.tick
            row = [(f"{glyphs[i]} ", ink), (told, theme.tick)]
            if self.values[i] is None:
                row.append((value[1:], look.others_ink()))
            else:
                row += [(bar, ink), (value if bar else value[1:], value_ink)]
            drawn.append(_row(row, room, look))
        return drawn

    def _heading(self, room: int, look: Look) -> BarRow:
        """The label, and as much of the remark as there is room for."""
        theme, metric = look.theme(), self.metric
        said = metric.unit and metric.unit not in metric.label.split()
        label = f"{metric.label} [{metric.unit}]" if said else metric.label
        remark = (
            "" if metric.higher_is_better is None else "more is better" if metric.higher_is_better else "less is better"
        )
        if self.low > 0:
            remark = ", ".join(filter(None, [f"from {number(self.low)}", remark]))
        title = fitted(label, room, look.ascii)
        rest = room - len(title) - 2
        shown = fitted(remark, rest, look.ascii) if rest >= min(len(remark), 9) else ()
        return _row([("".join(title), theme.title), ("  " + "".join(shown), look.others_ink())], room, look)


def _painted(shares: Sequence[tuple[float, float] | None], length: int) -> list[str]:
    """A row of blocks for each share, drawn by plotext in one go; its one figure is left as if nobody had used it."""
    drawn = [(k, share) for k, share in enumerate(shares) if share is not None]
    if not drawn:
        return [" " * length] * len(shares)
    import plotext  # type: ignore[import-untyped,unused-ignore]  # 0.2 s, and a compiled kernel: only when bars are drawn

    with _PLOTEXT:
        figure, limits = plotext.figure, list(plotext.terminal._limit)
        try:
            plotext.terminal.limit(False, False)
            figure.clear()
            figure.theme("colorless")
            figure.plot_size(length, len(shares))
            figure.legend(False)
            figure.axes(False)
            at = [len(shares) - 1 - k for k, _ in drawn]
            starts, ends = ([share[side] for _, share in drawn] for side in (0, 1))
            figure.draw(figure.bar(at, starts, ends, orientation="h", width=0.5, marker="█"))
            figure.ruler("y", "lower").lim(-0.25, len(shares) - 0.75).ticks([])
            figure.ruler("x", "lower").lim(0, 1).ticks([])
            text = str(figure.build().string(colorless=True))
        finally:
            figure.clear()
            plotext.terminal.limit(*limits)
    return [line.ljust(length) for line in text.split("\n")[: len(shares)]]


def _round_below(low: float, high: float) -> float:
    """A round value so far below the smallest one that its bar still shows."""
    span = high - low or abs(low) * 0.1 or 1.0
    step = 10.0 ** math.floor(math.log10(span))
    return max(0.0, float(math.floor((low - span * 0.25) / step) * step))


def _glyphs(count: int, look: Look) -> str:
    if count <= len(GLYPHS) and not look.ascii:
        return GLYPHS
    return LETTERS * (count // len(LETTERS) + 1)


def _row(runs: BarRow, width: int, look: Look) -> BarRow:
    """The runs cut or filled up to exactly `width` cells."""
    row: BarRow = []
    left = width
    for text, ink in runs:
        cut = fitted(text, left, look.ascii)
        if cut:
            row.append(("".join(cut), ink))
            left -= len(cut)
    if left > 0:
        row.append((" " * left, Ink()))
    return row

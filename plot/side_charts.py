"""Bars and histograms beside the scatter plot, drawn by plotext."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from backbones.plot.cells import fitted
from backbones.plot.palette import Look
from backbones.plot.sgr import sgr
from backbones.plot.ticks import linear_ticks, number

NO_VALUES = "no values"
SMALLEST = (20, 6)
BLOCK = "█"
FRAME_ROWS = 3  # upper frame, lower frame, tick labels
COLUMNS_PER_TICK = 12
TO_ASCII = str.maketrans({**dict.fromkeys("─━", "-"), **dict.fromkeys("│┃", "|"), **dict.fromkeys("┌┐└┘├┤┬┴┼", "+")})


def bars(labels: Sequence[str], values: Sequence[float | None], width: int, height: int, look: Look) -> str:
    """Horizontal bars from 0, the first on top, each with its label and value; rows of text joined by newlines.

    Missing and infinite values are left out. Bars that do not fit are counted in the last row.
    """
    known = [(label, v) for label, v in zip(labels, values, strict=True) if v is not None and math.isfinite(v)]
    if not known or width < SMALLEST[0] or height < SMALLEST[1]:
        return _message(bool(known), width, height)
    room = height - FRAME_ROWS
    shown = known if len(known) <= room else known[: room - 1]
    names = ["".join(fitted(label, width // 3, look.ascii)) for label, _ in shown]
    ticked = [f"{name} {number(round(value, 6))}" for name, (_, value) in zip(names, shown, strict=True)]
    lengths = [value for _, value in reversed(shown)]
    low, high = min(0.0, *lengths), max(0.0, *lengths)
    figure = _figure(width, len(shown) + FRAME_ROWS)
    figure.draw(figure.bar(list(range(len(shown))), lengths, orientation="h", width=0.6))
    rows = (0, len(shown) - 1) if len(shown) > 1 else (-0.5, 0.5)
    figure.ruler("y", "lower").lim(*rows).ticks(list(range(len(shown))), labels=ticked[::-1])
    _set_ticks(figure, "x", low, high if high > low else low + 1, width // COLUMNS_PER_TICK)
    rest = [f"+{len(known) - len(shown)} more"] if len(shown) < len(known) else []
    return "\n".join([_rendered(figure, look), *rest])


def histogram(values: Sequence[float | None], width: int, height: int, look: Look, *, bins: int | None = None) -> str:
    """How many values fall into each of `bins` equal intervals (as many as fit, at most 30, when not given).

    Missing and infinite values are left out. Rows of text joined by newlines.
    """
    known = sorted(v for v in values if v is not None and math.isfinite(v))
    if not known or width < SMALLEST[0] or height < SMALLEST[1]:
        return _message(bool(known), width, height)
    bins = bins or max(1, min(30, (width - 10) // 3, math.ceil(2 * len(known) ** 0.5)))
    low, high = known[0], known[-1]
    if high <= low:
        low, high = low - 0.5, high + 0.5
    counts = [0] * bins
    for value in known:
        counts[min(int((value - low) / (high - low) * bins), bins - 1)] += 1
    figure = _figure(width, height)
    centres = [low + (k + 0.5) * (high - low) / bins for k in range(bins)]
    figure.draw(figure.bar(centres, [float(c) for c in counts], orientation="v", width=1))
    _set_ticks(figure, "x", low, high, width // COLUMNS_PER_TICK)
    _set_ticks(figure, "y", 0.0, float(max(counts)), min(height // 3, max(counts)))
    return _rendered(figure, look)


def _figure(width: int, height: int) -> Any:
    """plotext's one figure, emptied, without colours, and free to be larger than the terminal."""
    import plotext  # type: ignore[import-untyped,unused-ignore]  # 0.2 s, and a compiled kernel: only when a chart is drawn

    plotext.terminal.limit(False, False)
    figure = plotext.figure
    figure.clear()
    figure.theme("colorless")
    figure.plot_size(width, height)
    figure.legend(False)
    return figure


def _set_ticks(figure: Any, axis: str, low: float, high: float, most: int) -> None:
    """Round ticks and tight limits; plotext's own ticks are not round."""
    chosen = linear_ticks(low, high, max(most, 1))
    figure.ruler(axis, "lower").lim(low, high).ticks([at for at, _ in chosen], labels=[text for _, text in chosen])


def _rendered(figure: Any, look: Look) -> str:
    text = str(figure.build().string(colorless=True))
    lines = [line.rstrip() for line in text.split("\n")]
    drawn = "\n".join(lines).strip("\n")
    if look.ascii:
        return drawn.translate(TO_ASCII).replace(BLOCK, "#")
    codes = sgr(look.group_inks()[1], look.depth)
    if look.plain or not codes:
        return drawn
    return re.sub(f"{BLOCK}+", lambda match: f"\x1b[{codes}m{match[0]}\x1b[0m", drawn)


def _message(has_values: bool, width: int, height: int) -> str:
    return ("too small to plot" if has_values else NO_VALUES)[: max(width, 0)] if height > 0 else ""

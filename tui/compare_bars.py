"""The bars below a comparison: from 0; near percentages are dots on a marked scale instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from backbones.tui.bars_pane import CLOSE, BarsPane

if TYPE_CHECKING:
    from backbones.plot.bars import BarMetric, BarRow

PANEL, GAP = 44, 2  # cells that a panel needs to stand beside another, and between two
ROWS_BESIDE = 2  # heading, and scale or blank


class CompareBars(BarsPane):
    """A panel a metric, as many side by side as there is room for."""

    def beside(self) -> int:
        """Panels that stand side by side."""
        return max(1, (self.content_size.width + GAP) // (PANEL + GAP))

    def drawn(self, names: Sequence[str], metrics: Sequence[BarMetric], size: tuple[int, int]) -> list[BarRow]:
        """The panels for a size; call from a worker thread."""
        from backbones.plot.bars import bars
        from backbones.plot.dots import dots
        from backbones.plot.spec import Ink

        width, height = size
        if height < len(names) + ROWS_BESIDE - 1:
            return bars(names, metrics, width, height, self._look)
        beside = max(1, min(len(metrics), (width + GAP) // (PANEL + GAP)))
        room = (width + GAP) // beside - GAP
        rows: list[BarRow] = []
        for start in range(0, len(metrics), beside):
            panels = [
                dots(names, metric, room, self._look)
                if is_near(metric)
                else bars(names, [metric], room, None, self._look)
                for metric in metrics[start : start + beside]
            ]
            for at in range(len(names) + ROWS_BESIDE):
                row: BarRow = []
                for panel in panels:
                    row += [*(panel[at] if at < len(panel) else [(" " * room, Ink())]), (" " * GAP, Ink())]
                rows.append(row[:-1])
        return rows[:height]


def is_near(metric: BarMetric) -> bool:
    """Whether bars from 0 would look alike: percentages that lie close together."""
    known = [v for v in metric.values if v is not None]
    return metric.unit == "%" and len(known) > 1 and 0 < CLOSE * max(known) <= min(known)

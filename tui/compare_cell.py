"""The cell under the cursor of a comparison, in words."""

from __future__ import annotations

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from backbones.store.compare import Comparison, Line
from backbones.store.comparing.table import cell, setting
from backbones.store.text import printable
from backbones.tui.cells import padded
from backbones.tui.compare_table import BOLD


class CellLine(Widget):
    """The cell under the cursor: whose value, in which setting, how far its sources agree."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "CellLine { height: 2; width: 1fr; }"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._whose, self._lines = "", ("", "")

    def show(self, comparison: Comparison, line: Line, at: int) -> None:
        """Another cell."""
        better = {True: "higher is better", False: "lower is better", None: ""}[line.column.higher_is_better]
        told = [line.label, setting(line), better if line.column.kind == "number" else ""]
        value = cell(line, at) or "not known"
        spread = line.spreads[at] if line.spreads else ""
        doubt = "doubtful: see its facts" if at in line.doubted else ""
        own = [value, line.note(at), spread, doubt]
        self._whose = comparison.sides[at].label
        self._lines = (" · ".join(t for t in told if t), " · ".join(t for t in own if t))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Line y of the widget."""
        width = self.size.width
        if y == 0:
            return Strip([Segment(padded(f" {printable(self._lines[0])}", width))], width)
        name = padded(f" {printable(self._whose)}", min(len(self._whose) + 1, width // 2))
        return Strip(
            [Segment(name, BOLD), Segment(padded(f"  {printable(self._lines[1])}", max(0, width - len(name))))], width
        )

"""What is known about the row under the cursor, in two or three lines."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from backbones.store.explorer import Fact
from backbones.store.text import printable
from backbones.tui.cells import padded, plain
from backbones.tui.shown import Shown

BOLD, DOUBT = Style(bold=True), Style(color="yellow")


class DetailLine(Widget):
    """Name, values, place in the list; below them the most important facts with their sources and doubts."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "DetailLine { height: 2; width: 1fr; }"

    def __init__(self, shown: Shown | None = None, id: str | None = None) -> None:
        super().__init__(id=id)
        self._head = _head(shown, 0) if shown and len(shown.answer.rows) else ("", "", "")
        self._facts: tuple[Fact, ...] = ()
        self._note = ""

    def show(self, shown: Shown, row: int, facts: tuple[Fact, ...] = (), remark: str = "") -> None:
        """Show a row; facts may come later."""
        head = _head(shown, row, remark)
        if (head, facts) != (self._head, self._facts):
            self._head, self._facts, self._note = head, facts, ""
            self.refresh()

    def say(self, text: str) -> None:
        """Nothing is selected; say why."""
        self._head, self._facts, self._note = ("", "", ""), (), text
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Line y of the widget."""
        width = self.size.width
        if self._note:
            lines = [printable(line) for line in self._note.split("\n")]
            return Strip([Segment(padded(" " + lines[y] if y < len(lines) else "", width))], width)
        return self._head_line(width) if y == 0 else self._fact_line(y - 1, width)

    def _head_line(self, width: int) -> Strip:
        name, summary, place = self._head
        room = max(0, width - len(place) - 2)
        name = padded(f" {name}", min(len(name) + 1, room))
        rest = padded(f"  {summary}", max(0, room - len(name)))
        return Strip([Segment(name, BOLD), Segment(rest), Segment(f" {place} "[: width - room])]).adjust_cell_length(
            width
        )

    def _fact_line(self, y: int, width: int) -> Strip:
        segments, x = [], 0
        for fact in self._on_line(y, width):
            text, doubt = written(fact), f" – {fact.doubt}" if fact.doubt else ""
            segments += [Segment((" " if not x else " · ") + text), Segment(printable(doubt), DOUBT)]
            x += len(text) + len(doubt) + 3
        return Strip([s for s in segments if s.text]).adjust_cell_length(width)

    def _on_line(self, y: int, width: int) -> list[Fact]:
        """The facts of line y: as many on a line as fit whole, at least one."""
        line, x, found = 0, 0, []
        for fact in self._facts:
            need = len(written(fact)) + len(fact.doubt) + 5
            if x and x + need > width:
                line, x = line + 1, 0
            if line > y:
                break
            if line == y:
                found.append(fact)
            x += need
        return found


def _head(shown: Shown, row: int, remark: str = "") -> tuple[str, str, str]:
    return shown.name(row), summary_of(shown, row, remark), f"{row + 1:,}/{len(shown.answer.rows):,}"


def summary_of(shown: Shown, row: int, remark: str = "") -> str:
    """The row's group and its place in the plot, in words."""
    values, parts = shown.answer.rows.rows[row], []
    for reference in dict.fromkeys((shown.view.group, shown.view.y, shown.view.x)):
        if (found := shown.column(reference)) and found[0] and values[found[0]] is not None:
            column = found[1]
            text = plain(values[found[0]], column)
            parts.append(text if column.kind == "text" else f"{column.label} {text}")
    if row not in shown.points and shown.scatter:
        parts.append("not in the plot: a value is missing")
    elif remark:
        parts.append(remark)
    return printable(" · ".join(parts))


def written(fact: Fact) -> str:
    """A fact in one piece: label, value, conditions or spread, source."""
    note = f", {fact.note}" if fact.note else ""
    source = f" ({fact.source})" if fact.source else ""
    return printable(f"{fact.label} {fact.value}{note}{source}")

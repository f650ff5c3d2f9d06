"""Everything that is known about a row, in a panel."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content

from backbones.store.explorer import Fact
from backbones.store.text import printable
from backbones.tui.cells import padded
from backbones.tui.reading_panel import ReadingPanel, reading_keys


class FactsPanel(ReadingPanel):
    """All facts about one row, to scroll through."""

    BINDINGS: ClassVar[list[BindingType]] = reading_keys(
        "facts", "escape,q,enter,h", first="the first fact", last="the last fact"
    )

    def __init__(self, name_of_row: str, facts: tuple[Fact, ...]) -> None:
        super().__init__(name_of_row)
        self._facts = facts

    def text(self) -> Content:
        """Labels, values, sources and doubts."""
        return facts_text(self._facts)


def facts_text(facts: tuple[Fact, ...]) -> Content:
    """Labels in one column, values, sources and doubts in another."""
    if not facts:
        return Content("nothing more is known")
    width = min(max(len(fact.label) for fact in facts), 30)
    lines: list[Content] = []
    for fact in facts:
        lines.append(
            Content(padded(printable(fact.label), width) + "  ").stylize("dim") + Content(printable(fact.value))
        )
        if fact.source:
            lines[-1] += Content(f"  {printable(fact.source)}").stylize("dim")
        if fact.note:
            lines.append(Content(" " * (width + 2) + printable(fact.note)).stylize("dim"))
        if fact.doubt:
            lines.append(Content(" " * (width + 2) + printable(fact.doubt)).stylize("$warning"))
    return Content("\n").join(lines)

"""The line below the filter: how many rows, what is missing, what the plot shows."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from backbones.store.rows import Answer
from backbones.store.text import printable
from backbones.tui.cells import padded
from backbones.tui.shown import Shown

BOLD, WARNING = Style(bold=True), Style(color="yellow")


class StatusLine(Widget):
    """Counts first, then whether one axis predicts the other, what the filter could not judge, and how the rows were thinned out."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "StatusLine { height: 1; width: 1fr; }"

    def __init__(self, shown: Shown | None, otherwise: str = "", id: str | None = None) -> None:
        super().__init__(id=id)
        self._parts = parts_of(shown) if shown else (otherwise, "", "")
        self._answer: Answer | None = shown.answer if shown else None
        self._marks = self._views = 0
        self._correlation = ""

    def show(self, shown: Shown) -> None:
        """Say what is on the screen."""
        if shown.answer is not self._answer:
            self._answer = shown.answer
            self.correlate(shown.answer, "")
        self._set(*parts_of(shown))

    def correlate(self, answer: Answer, text: str) -> None:
        """Say how alike both axes order the models of an answer, if that is still what is on the screen."""
        if answer is self._answer and text != self._correlation:
            self._correlation = text
            self.refresh()

    def say(self, text: str) -> None:
        """Say something else, such as what one is waiting for."""
        self._set(text, "", "")

    def mark(self, count: int) -> None:
        """Say how many rows are marked."""
        if count != self._marks:
            self._marks = count
            self.refresh()

    def count_views(self, count: int) -> None:
        """Say how many views were saved, and where they are."""
        if count != self._views:
            self._views = count
            self.refresh()

    @property
    def text(self) -> str:
        """What stands there."""
        return " · ".join(part for part, _ in self._styled() if part)

    def _styled(self) -> tuple[tuple[str, Style | None], ...]:
        counted, missed, chosen = self._parts
        return (counted, BOLD), (self._correlation, None), (missed, WARNING), (chosen, None)

    def _set(self, counted: str, missed: str, chosen: str) -> None:
        if (parts := (counted, missed, chosen)) != self._parts:
            self._parts = parts
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line."""
        width = self.size.width
        marked = f"{self._marks} marked (v)" if self._marks else ""
        segments: list[Segment] = []
        for part, style in (*self._styled(), (marked, BOLD)):
            if part:
                segments.append(Segment(" " if not segments else " · "))
                segments.append(Segment(printable(part), style))
        views = f" · {self._views} saved view{'s' * (self._views > 1)}: 5" if self._views else ""
        if sum(len(s.text) for s in segments) + len(views) <= width:
            segments.append(Segment(views))
        if sum(len(s.text) for s in segments) > width and segments:
            return Strip([Segment(padded("".join(s.text for s in segments), width))], width)
        return Strip(segments).adjust_cell_length(width)


def parts_of(shown: Shown) -> tuple[str, str, str]:
    """The three parts of the line."""
    return counts(shown), missing(shown), thinned(shown)


def counts(shown: Shown) -> str:
    """`312 of 1,834 rows`; with a limit also how many there would be."""
    answer = shown.answer
    rows = len(answer.rows)
    limited = f", the first {rows:,}" if rows < answer.total else ""
    return f"{answer.total:,} of {answer.candidates:,} rows{limited}"


def missing(shown: Shown) -> str:
    """`212 rows have no throughput@v100`, for each reference that the filter asks for."""
    return ", ".join(
        f"{m.count:,} {'row has' if m.count == 1 else 'rows have'} no {m.reference}" for m in shown.answer.missing
    )


def thinned(shown: Shown) -> str:
    """What besides the filter decided which rows are here, and what is in focus."""
    view, parts = shown.view, []
    if view.best_per:
        parts.append(f"best per {view.best_per}")
    if view.only_front:
        parts.append("only the front")
    if view.focus:
        parts.append("focus " + ", ".join(view.focus))
    return " · ".join(parts)

"""An answer made ready for the screen, off the main thread: cell formats, the scatter plot, who stands where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from backbones.plot.palette import Look
from backbones.plot.picture import picture
from backbones.plot.scatter import Scatter
from backbones.store.errors import QueryError
from backbones.store.explorer import Explorer
from backbones.store.references import parse_reference
from backbones.store.rows import Answer, Column
from backbones.store.view import LINE_COLUMNS, View
from backbones.tui.cells import LONGEST_TEXT, CellFormat, formats, plain

_NAMES = ("checkpoint", "weights", "backbone")
_OF_THE_PICTURE = ("focus", "labels", "letters", "log_x", "log_y", "lines", "x_range", "y_range")


@dataclass(frozen=True)
class Shown:
    """A view and its answer, ready to be painted."""

    view: View
    answer: Answer
    cells: tuple[CellFormat, ...]
    scatter: Scatter | None = None
    no_plot: str = ""
    """Why there is no scatter plot."""

    @cached_property
    def points(self) -> dict[int, int]:
        """The point of each row that has one."""
        return {row: point for point, row in enumerate(self.scatter.rows)} if self.scatter else {}

    @cached_property
    def rows(self) -> dict[int, int]:
        """The row of each key."""
        return {key: row for row, key in enumerate(self.answer.keys)}

    @cached_property
    def sorted_by(self) -> str:
        """The name of the first column of the order, as columns write it."""
        return canonical(self.view.sort[0].reference) if self.view.sort else ""

    def name(self, row: int) -> str:
        """What a row is called: the value of the first column; its file or backbone where a checkpoint is not known.

        Behind it stands what tells it from other rows of that name.
        """
        name = self.plain_name(row)
        return self.answer.called(row, name) if self.word(row) else name

    def word(self, row: int) -> str:
        """What tells a row from others of its name, where the first column is a name."""
        columns = self.answer.rows.columns
        return self.answer.apart.get(row, "") if columns and columns[0].name in _NAMES else ""

    def plain_name(self, row: int) -> str:
        """The same without what tells it from others."""
        columns, values = self.answer.rows.columns, self.answer.rows.rows[row]
        if columns and values[0] is None and columns[0].name == "checkpoint":
            for reference in ("weights", "backbone"):
                if (found := self.column(reference)) and values[found[0]] is not None:
                    return plain(values[found[0]], found[1])
        return plain(values[0], columns[0]) if columns else ""

    def column(self, reference: str) -> tuple[int, Column] | None:
        """Where a reference stands in the answer, and what it is."""
        name = canonical(reference)
        return next(((i, c) for i, c in enumerate(self.answer.rows.columns) if c.name in (name, reference)), None)

    def group(self, row: int) -> str | None:
        """The colour group of a row, as the plot names it."""
        found = self.column(self.view.group)
        value = self.answer.rows.rows[row][found[0]] if found else None
        if found is None or value is None:
            return None
        return f"{value:g}" if isinstance(value, float) else plain(value, found[1])


def prepare(explorer: Explorer, view: View, look: Look) -> Shown:
    """Ask and make ready; raises what `Explorer.answer` raises."""
    return made_ready(explorer.answer(view), view, look)


def made_ready(answer: Answer, view: View, look: Look) -> Shown:
    """An answer with its cell formats and its picture."""
    return redrawn(_with_room(Shown(view, answer, formats(answer.rows, len(view.columns)))), view, look)


def _with_room(shown: Shown) -> Shown:
    """With a first column that holds the names of rows that are not its values alone."""
    longest = max((len(shown.name(row)) for row in shown.answer.apart), default=0)
    if not shown.cells or longest <= shown.cells[0].width:
        return shown
    return replace(shown, cells=(replace(shown.cells[0], width=min(longest, LONGEST_TEXT)), *shown.cells[1:]))


def redrawn(shown: Shown, view: View, look: Look) -> Shown:
    """The same answer with another picture: for a change of focus, labels, letters, lines, scale or limits."""
    try:
        drawing = picture(shown.answer, view, look)
        if not drawing.points.x and len(shown.answer.rows) and shown.answer.advice:
            return Shown(view, shown.answer, shown.cells, None, "\n".join(shown.answer.advice))
        drawing = replace(drawing, spec=replace(drawing.spec, title=""))  # the axes say it already
        return Shown(view, shown.answer, shown.cells, drawing)
    except (ValueError, KeyError) as error:
        why = error.args[0] if isinstance(error, ValueError) else f"{error.args[0]} is not in the answer"
        return Shown(view, shown.answer, shown.cells, None, f"{why}\npress x or y for another axis")


def needs_an_answer(old: View, new: View) -> bool:
    """False where only the picture differs, and the answer has all that it needs."""
    if new.lines and not old.lines and not set(LINE_COLUMNS) <= {*old.columns, old.group, old.shape}:
        return True
    changes: dict[str, object] = {name: getattr(new, name) for name in _OF_THE_PICTURE}
    return replace(old, **changes) != new  # type: ignore[arg-type]


def canonical(reference: str) -> str:
    """The reference as columns of an answer write it; as typed where it cannot be read."""
    try:
        return str(parse_reference(reference))
    except QueryError:
        return reference

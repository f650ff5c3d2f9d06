"""What the parts of the screen tell each other: what happened, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from backbones.store.errors import BackbonesError
from backbones.store.explorer import Fact
from backbones.store.view import View
from backbones.tui.shown import Shown


@dataclass(eq=False, repr=False)
class Opened(Message):
    """The catalogue is open and the first question answered, or neither will be."""


@dataclass(eq=False, repr=False)
class Answered(Message):
    """The question of that generation has an answer."""

    generation: int
    shown: Shown


@dataclass(eq=False, repr=False)
class Refused(Message):
    """The question of that generation cannot be understood."""

    generation: int
    view: View
    error: BackbonesError


@dataclass(eq=False, repr=False)
class Failed(Message):
    """Facts or figures could not be read."""

    error: BackbonesError


@dataclass(eq=False, repr=False)
class FactsRead(Message):
    """All that is known about the row of that key."""

    key: int
    facts: tuple[Fact, ...]


@dataclass(eq=False, repr=False)
class StatisticsRead(Message):
    """How much the catalogue holds, how complete and how fresh it is."""

    figures: tuple[Fact, ...]


@dataclass(eq=False, repr=False)
class ChoiceClicked(Message):
    """A line of a list was clicked."""

    line: int


@dataclass(eq=False, repr=False)
class RowHighlighted(Message):
    """The table's cursor went to that row."""

    row: int


@dataclass(eq=False, repr=False)
class RowOpened(Message):
    """Enter was pressed on a row or a point, or it was clicked twice; `column` is the table's column cursor.

    `shown` is what the row was one of: another answer may have come since.
    """

    row: int
    column: int | None = None
    shown: Shown | None = None


@dataclass(eq=False, repr=False)
class RowMarked(Message):
    """A row of the table, with the column cursor there, shall be marked, or no longer; of what it was a row, too."""

    row: int
    column: int | None = None
    shown: Shown | None = None


@dataclass(eq=False, repr=False)
class SortRequested(Message):
    """The table shall be ordered by that column of what was shown; the other direction if it is already."""

    position: int
    shown: Shown | None = None


@dataclass(eq=False, repr=False)
class ColumnMoved(Message):
    """A column of the table shall go so many places to the right (below 0: left), or be hidden (0)."""

    position: int
    places: int


@dataclass(eq=False, repr=False)
class PointSelected(Message):
    """The plot's cursor went to the point of that row."""

    row: int


@dataclass(eq=False, repr=False)
class FilterEdited(Message):
    """The filter text changed and the typing paused, or Enter was pressed (`is_final`)."""

    text: str
    is_final: bool


@dataclass(eq=False, repr=False)
class FilterLeft(Message):
    """The filter was left without an Enter."""

"""The one door through which a screen asks: answers to views, choices for pickers, facts about a row."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from backbones.store.rows import Answer, Column
from backbones.store.view import View

ChoiceKind = Literal["axis", "group", "column"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be picked as an axis, a colour or a column."""

    reference: str
    label: str
    count: int
    """How many rows of the catalogue have a value."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of what is known about a row: `top-1 ImageNet-1k`, `82.9 percent`, where from, and doubts."""

    label: str
    value: str
    source: str = ""
    note: str = ""
    """Conditions, spread over sources."""
    doubt: str = ""
    """What is suspected of it."""


class Explorer(Protocol):
    """Answers may take a few milliseconds: call from a worker thread, never from a key handler."""

    def answer(self, view: View) -> Answer:
        """Rows of the view. Columns are view.columns, then x, y, group, shape and, where lines are drawn, LINE_COLUMNS,
        and the backbone where a picture names checkpoints.

        None is there twice.

        `Answer.keys[i]` identifies row i while the catalogue stays the same. Raises QueryError for a filter,
        column, sort or axis that cannot be understood, InterruptedError when `interrupt` was called meanwhile.
        """

    def describe(self, reference: str) -> Column:
        """What a column reference means, without asking for rows; QueryError if it means nothing."""

    def choices(self, kind: ChoiceKind) -> tuple[Choice, ...]:
        """What can be picked, most useful first."""

    def facts(self, key: int) -> tuple[Fact, ...]:
        """Everything known about the row of that key, most important first."""

    def summary(self) -> str:
        """One line: `312 families, 1,606 backbones, 59,000 facts, newest 2026-08`."""

    def statistics(self) -> tuple[Fact, ...]:
        """How much there is, how complete, how fresh and how disputed; a fact without a value is a heading."""

    def doubts(self) -> frozenset[int]:
        """The keys of all rows whose value is suspected to be wrong."""

    def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """The answer of a question of the store to the catalogue, as `partial(page_of, name="ConvNeXt")`.

        Raises InterruptedError when `interrupt` was called meanwhile, and what the question itself raises.
        """

    def interrupt(self) -> None:
        """Stop an answer that is being computed in another thread."""

    def close(self) -> None:
        """Let go of the files."""

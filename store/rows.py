"""Answers: named columns and tuples, with what each column is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

Value = str | float | int | None
Row = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer: its reference as typed, what a reader sees, and how its values behave."""

    name: str
    """The reference in canonical spelling: `top_1@ImageNet-1k`, `params_m`."""
    label: str
    """A short heading: `top-1 ImageNet-1k`, `params M`."""
    kind: str = "text"
    """`text`, `number`, `date` (ISO text) or `flag` (1, 0 or None)."""
    unit: str = ""
    """`percent`, `M`, `GMACs`, `img/s`, `ms`, `px` … or nothing."""
    higher_is_better: bool | None = None
    """None where neither direction is better."""
    decimals: int | None = None
    """Digits after the point that a table shows; None: as stored."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The answer to a question: `rows[i][j]` is the value of `columns[j]`; None is 'the source does not say'."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def index(self, name: str) -> int:
        """The position of a column; KeyError when there is none of that name."""
        for position, column in enumerate(self.columns):
            if column.name == name:
                return position
        raise KeyError(name)

    def values(self, name: str) -> list[Value]:
        """All values of one column, in row order."""
        position = self.index(name)
        return [row[position] for row in self.rows]

    def records(self) -> list[dict[str, Value]]:
        """Each row as a dictionary from column name to value."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Missing:
    """How many rows lack the value of a reference that the filter asks for, among those that it names."""

    reference: str
    count: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows, how many there would be without the limit, and what the filter could not judge."""

    rows: Rows
    total: int
    candidates: int
    """Rows before the filter."""
    missing: tuple[Missing, ...] = ()
    advice: tuple[str, ...] = ()
    """Where nothing was found: which clause removed the last rows, and what would bring some back. Where no row has both axes of a
    plot: why, and what to do."""
    front: frozenset[int] = frozenset()
    """Positions in `rows` that are on the Pareto front, where one was asked for."""
    keys: tuple[int, ...] = ()
    """A stable identity of each row within this catalogue."""
    apart: Mapping[int, str] = field(default_factory=dict)
    """By position what tells a row of the user's own results from others of its name, as `quick`, the recipe."""

    def called(self, position: int, name: str) -> str:
        """A row by its name and what tells it from others: `test_vit.r160_in1k (quick)`, `test_vit (quick, file 0123456789abcdef)`."""
        if not name or not (word := self.apart.get(position)):
            return name
        plain, _, more = name.rpartition(" (")
        return f"{plain} ({word}, {more}" if plain and more.endswith(")") else f"{name} ({word})"

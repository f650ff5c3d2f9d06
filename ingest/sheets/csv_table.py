"""A CSV file, read within bounds: every complaint names the file, the line and the column."""

from __future__ import annotations

import contextlib
import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from backbones.store.errors import FileProblems
from backbones.store.text import closest, printable
from backbones.store.text_file import read_text

MAX_BYTES: Final = 32 * 1024 * 1024
"""Of one file; the largest table that is imported has 0.5 MB."""
MAX_ROWS: Final = 100_000
MAX_COLUMNS: Final = 1_000

_DELIMITERS: Final = (",", ";", "\t")
NOT_SAID: Final = frozenset(("", "nan"))
"""Cells that say nothing, in lower case: empty ones, and what pandas writes for them."""


_NUMBER: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)
"""Decimal reads `1_0` and the digits of every script too."""
_ENDLESS: Final = re.compile(r"[+-]?(nan|inf(inity)?)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One record: where it stands and its cells by column."""

    table: CsvTable
    line: int
    cells: dict[str, str]

    def text(self, column: str) -> str | None:
        """The cell, cleaned; None where it says nothing."""
        cell = printable(self.cells[column]).strip()
        return None if cell.casefold() in self.table.not_said else cell

    def name(self, column: str) -> str:
        """The cell, which has to say something."""
        if (cell := self.text(column)) is None:
            raise self.refused(column, "is empty; every row needs it")
        return cell

    def decimal(self, column: str) -> Decimal | None:
        """The cell as an exact decimal number; None where it says nothing."""
        if (cell := self.text(column)) is None:
            return None
        if not _NUMBER.fullmatch(cell):
            what = "finite number" if _ENDLESS.fullmatch(cell) else "number"
            raise self.refused(column, f"{_quoted(cell)} is no {what}")
        with contextlib.suppress(InvalidOperation):  # an exponent of twenty digits
            if math.isfinite(float(number := Decimal(cell))):
                return number
        raise self.refused(column, f"{_quoted(cell)} is no finite number")

    def number(self, column: str, scale: Decimal | int = 1) -> float | None:
        """The cell as a number, scaled without rounding: 0.8437 x 100 is 84.37."""
        number = self.decimal(column)
        return None if number is None else float(number * scale)

    def whole(self, column: str) -> int | None:
        """The cell as a whole number; `224.0` is one."""
        number = self.decimal(column)
        if number is None:
            return None
        if abs(number) > 10**15 or number != number.to_integral_value():
            raise self.refused(column, f"{_quoted(self.cells[column].strip())} is no whole number")
        return int(number)

    def percent(self, column: str) -> float | None:
        """A fraction from 0 to 1 as percent."""
        number = self.decimal(column)
        if number is not None and not 0 <= number <= 1:
            raise self.refused(column, f"{_quoted(self.cells[column].strip())} is no fraction from 0 to 1")
        return None if number is None else float(number * 100)

    def refused(self, column: str, sentence: str) -> FileProblems:
        """The error that says what is wrong with a cell."""
        return FileProblems([f"{self.table.path}: line {self.line}, column {column!r}: {sentence}"])


@dataclass(frozen=True, slots=True)
class CsvTable:
    """Header and rows of one file."""

    path: Path
    header: tuple[str, ...]
    _records: list[tuple[int, list[str]]]
    not_said: frozenset[str] = NOT_SAID

    def __iter__(self) -> Iterator[Row]:
        for line, cells in self._records:
            yield Row(self, line, dict(zip(self.header, cells, strict=True)))

    def __len__(self) -> int:
        return len(self._records)

    def need(self, columns: Sequence[str]) -> None:
        """Raise an error that names the columns that the file does not have."""
        if missing := [c for c in columns if c not in self.header]:
            near = closest(missing[0], self.header, 1)
            meant = f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(map(repr, self.header[:12]))}"
            raise FileProblems([f"{self.path}: line 1: has no column {', '.join(map(repr, missing))}{meant}"])

    @property
    def lines(self) -> list[int]:
        """Where each row begins."""
        return [line for line, _ in self._records]

    def with_rows(self, lines: Sequence[int]) -> CsvTable:
        """The same table with the rows of these lines only."""
        kept = frozenset(lines)
        return CsvTable(self.path, self.header, [r for r in self._records if r[0] in kept], self.not_said)

    def references(self) -> tuple[dict[str, int], list[str]]:
        """Where the rows stand: the head's `first_line` where they follow one another, else a text for each row."""
        lines = self.lines
        if lines == list(range(lines[0], lines[0] + len(lines))):
            return {"first_line": lines[0]}, []
        return {}, [f"line {line}" for line in lines]


def read_csv(path: Path, not_said: frozenset[str] = NOT_SAID) -> CsvTable:
    """The table in a file: UTF-8 with or without a mark, comma, semicolon or tab; FileProblems for everything else."""
    records = _records(path, read_text(path, MAX_BYTES, "a table"))
    try:
        header = tuple(printable(cell).strip() for cell in next(records)[1])
    except StopIteration:
        raise FileProblems([f"{path}: is empty; a table starts with a line of column names"]) from None
    if len(header) > MAX_COLUMNS:
        raise FileProblems([f"{path}: line 1: has {len(header):,} columns; {MAX_COLUMNS:,} are read at most"])
    if twice := sorted({c for c in header if c and header.count(c) > 1}):
        raise FileProblems([f"{path}: line 1: column {twice[0]!r} is there twice"])
    rows: list[tuple[int, list[str]]] = []
    for line, cells in records:
        if len(cells) != len(header):
            raise FileProblems([f"{path}: line {line}: has {len(cells)} cells for {len(header)} columns"])
        rows.append((line, cells))
        if len(rows) > MAX_ROWS:
            raise FileProblems([f"{path}: line {line}: more than {MAX_ROWS:,} rows. Split the file"])
    if not rows:
        raise FileProblems([f"{path}: has a line of column names and no rows"])
    return CsvTable(path, header, rows, not_said)


def _records(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record that is not blank with the line at which it begins."""
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader: Any = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    before = 0
    try:
        for cells in reader:
            line, before = before + 1, reader.line_num
            if any(cell.strip() for cell in cells):
                yield line, cells
    except csv.Error as error:
        raise FileProblems([f"{path}: line {reader.line_num}: not CSV: {error}"]) from None


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")

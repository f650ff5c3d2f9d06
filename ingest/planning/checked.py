"""What a model said of a table, held against that table: what cannot be is dropped, with a reason; nothing is mended."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from backbones.ingest.paper import Table
from backbones.ingest.plan import ColumnMeaning, RowMeaning, TableMeaning
from backbones.ingest.planning.reply import ALLOWED_TASKS, ENUMS
from backbones.store.text import printable

MOST_NAME_CHARS: Final = 120
MOST_REASONS: Final = 12
"""Of one table; the others are counted."""
MOST_PARTS: Final = 9
LIMITS: Final = {"resolution": 16_384, "batch_size": 1_000_000}

_DIGITS = re.compile(r"\d+")
_Part = TableMeaning | ColumnMeaning | RowMeaning


@dataclass(slots=True)
class _Findings:
    """The reasons for what was dropped, of one table."""

    table: str
    reasons: list[str] = field(default_factory=list)

    def add(self, reason: str) -> None:
        self.reasons.append(f"{self.table}: {reason}")

    def cut(self) -> list[str]:
        more = len(self.reasons) - MOST_REASONS
        return self.reasons if more <= 0 else [*self.reasons[:MOST_REASONS], f"{self.table}: and {more} more"]


def checked_table(
    meaning: TableMeaning, table: Table, printed: frozenset[str]
) -> tuple[TableMeaning | None, list[str]]:
    """The meaning without what the table cannot mean, and a reason for each thing left out.

    None where nothing of it can be used. `printed`: the whole numbers of the paper's prose (`numbers_in`): a setting that
    stands neither there nor in the table was made up.
    """
    findings = _Findings(table.id)
    if meaning.table != table.id:
        return None, [f"{table.id}: the answer is about {_quoted(meaning.table)}"]
    if meaning.task not in ALLOWED_TASKS:
        return None, [f"{table.id}: no task is called {_quoted(meaning.task)}"]
    known = printed | numbers_in(_texts(table))
    is_skipped = meaning.task == "skip"
    columns = [] if is_skipped else _columns(meaning.columns, table, known, findings)
    rows = [] if is_skipped else _rows(meaning.rows, table, known, findings)
    changes = _settings(meaning, "the table", known, findings) | {"columns": columns, "rows": rows}
    return meaning.model_copy(update=changes), findings.cut()


def numbers_in(texts: Iterable[str]) -> frozenset[str]:
    """The runs of digits in texts."""
    return frozenset(run for text in texts for run in _DIGITS.findall(text))


def name(text: str) -> str | None:
    """A name that can be shown and written; None for what is too long to be one."""
    clean = " ".join(printable(text[: 4 * MOST_NAME_CHARS]).split())
    return clean if len(clean) <= MOST_NAME_CHARS else None


def _columns(
    said: list[ColumnMeaning], table: Table, known: frozenset[str], findings: _Findings
) -> list[ColumnMeaning]:
    kept: dict[tuple[int, int], ColumnMeaning] = {}
    for column in said:
        place = (column.column, column.part)
        if not 0 <= column.column < len(table.columns):
            findings.add(f"there is no column c{_cut(column.column)}")
        elif column.quantity not in ENUMS["quantity"]:
            findings.add(f"c{column.column}: no quantity is called {_quoted(column.quantity)}")
        elif not 0 <= column.part <= MOST_PARTS:
            findings.add(f"c{column.column}: a cell has no part {_cut(column.part)}")
        elif place in kept:
            findings.add(f"c{column.column} part {column.part} is said to mean two things; the first is taken")
        else:
            changes = _settings(column, f"c{column.column}", known, findings)
            kept[place] = column.model_copy(update=changes)
    return list(kept.values())


def _rows(said: list[RowMeaning], table: Table, known: frozenset[str], findings: _Findings) -> list[RowMeaning]:
    kept: dict[tuple[int, int], RowMeaning] = {}
    for row in said:
        place = (row.row, row.label_column)
        if not 0 <= row.row < len(table.rows):
            findings.add(f"there is no row r{_cut(row.row)}")
        elif not 0 <= row.label_column < len(table.columns):
            findings.add(f"r{row.row}: there is no column c{_cut(row.label_column)}")
        elif place in kept:
            findings.add(f"r{row.row} c{row.label_column} is said to mean two things; the first is taken")
        elif not (name(row.backbone) or ""):
            findings.add(f"r{row.row} names no backbone")
        else:
            kept[place] = row.model_copy(update=_settings(row, f"r{row.row}", known, findings))
    return list(kept.values())


def _settings(part: _Part, place: str, known: frozenset[str], findings: _Findings) -> dict[str, Any]:
    """The names made printable, and the settings that cannot be left out."""
    changes: dict[str, Any] = {}
    for key, value in part:
        if isinstance(value, str):
            clean = name(value)
            if clean is None or (key in ENUMS and clean not in ENUMS[key]):
                findings.add(f"{place}: {key} cannot be {_quoted(value)}")
                clean = ""
            changes[key] = clean
        elif key in LIMITS and value:
            if not 0 < value <= LIMITS[key]:
                findings.add(f"{place}: {key} cannot be {_cut(value)}")
                changes[key] = 0
            elif str(value) not in known:
                findings.add(f"{place}: {key} {value} is printed nowhere in the paper")
                changes[key] = 0
    return changes


def _texts(table: Table) -> Iterable[str]:
    yield from (table.caption, table.title, *(column.header for column in table.columns))
    yield from (row.section for row in table.rows)
    yield from (cell.text for _, _, cell in table.cells())


def _quoted(text: str) -> str:
    short = printable(text[:60])
    return repr(short if len(text) <= 60 else short + "…")


def _cut(number: int) -> str:
    """Python prints no integer of more than 4,300 digits."""
    return str(number) if abs(number) < 10**12 else "of that number"

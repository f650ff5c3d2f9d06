"""A sheet that is being filled from a table."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from backbones.ingest.sheets.csv_table import CsvTable
from backbones.store.errors import FileProblems
from backbones.store.sheet import Sheet, sentence

_MOST_PROBLEMS: Final = 20
_ROW = re.compile(r"rows\.(\d+)(?:\.([^ :]+(?:@[^:]+)?))?: ")


@dataclass(slots=True)
class Draft:
    """Head and rows before they are checked."""

    name: str
    kind: str
    collection: str | None
    shared: dict[str, Any]
    columns: list[str]
    rows: list[list[Any]] = field(default_factory=list)
    file: str | None = None
    """The name of the file in the source; None where rows of several files stand together."""
    head: dict[str, Any] = field(default_factory=dict)
    """What else the head says: note, sources."""

    def sheet(self, table: CsvTable, stands_in_rows: bool = False) -> Sheet:
        """The checked sheet. `stands_in_rows`: the rows have their `source_ref` already."""
        place: dict[str, Any] = {"file": self.file}
        columns, rows = self.columns, self.rows
        if not stands_in_rows:
            first, each = table.references()
            place |= first
            if each:
                columns = [*columns, "source_ref"]
                rows = [[*row, ref] for row, ref in zip(rows, each, strict=True)]
        plain = {"sheet": self.name, "kind": self.kind, **self.head, "collection": self.collection, **place}
        lines = table.lines
        times = len(rows) // len(lines) if len(rows) % len(lines) == 0 else 0

        def told(row: int, column: str | None) -> str:
            what = f" ({column})" if column else ""
            return f"line {lines[row // times]}{what}: " if times else f"row {row + 1}{what}: "

        return checked(plain | {"shared": self.shared, "columns": columns, "rows": rows}, str(table.path), told)


def checked(plain: dict[str, Any], name: str, told: Callable[[int, str | None], str] | None = None) -> Sheet:
    """The sheet of plain values, or FileProblems with all that is wrong with it; `told` says where a row stands."""
    try:
        return Sheet.model_validate({key: value for key, value in plain.items() if value is not None})
    except ValidationError as error:
        lines = [line for problem in error.errors() for line in sentence(problem).split("\n")]
        if told is not None:
            say = told
            lines = [_ROW.sub(lambda m: say(int(m[1]), m[2]), line, count=1) for line in lines]
        raise FileProblems([f"{name}: {line}" for line in lines[:_MOST_PROBLEMS]]) from None

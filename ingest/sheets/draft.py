"""A sheet that is being filled from a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from backbones.ingest.sheets.csv_table import CsvTable
from backbones.store.errors import FileProblems
from backbones.store.sheet import Sheet, sentence


@dataclass(slots=True)
class Draft:
    """Head and rows before they are checked."""

    name: str
    kind: str
    collection: str | None
    shared: dict[str, Any]
    columns: list[str]
    rows: list[list[Any]] = field(default_factory=list)

    def sheet(self, table: CsvTable, folder: str = "", stands_in_rows: bool = False) -> Sheet:
        """The checked sheet. `stands_in_rows`: the rows have their `source_ref` already."""
        place: dict[str, Any] = {"file": f"{folder}{table.path.name}"}
        columns, rows = self.columns, self.rows
        if not stands_in_rows:
            first, each = table.references()
            place |= first
            if each:
                columns = [*columns, "source_ref"]
                rows = [[*row, ref] for row, ref in zip(rows, each, strict=True)]
        plain = {"sheet": self.name, "kind": self.kind, "collection": self.collection} | place
        return checked(plain | {"shared": self.shared, "columns": columns, "rows": rows}, str(table.path))


def checked(plain: dict[str, Any], name: str) -> Sheet:
    """The sheet of plain values, or FileProblems with all that is wrong with it."""
    try:
        return Sheet.model_validate({key: value for key, value in plain.items() if value is not None})
    except ValidationError as error:
        lines = [line for problem in error.errors() for line in sentence(problem).split("\n")]
        raise FileProblems([f"{name}: {line}" for line in lines[:20]]) from None

"""Any CSV file becomes a sheet, by a mapping that a person writes."""

from __future__ import annotations

import types
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Union, get_args, get_origin

from pydantic import Field, TypeAdapter, ValidationError

from backbones.ingest.sheets.csv_table import Row, read_csv
from backbones.ingest.sheets.draft import Draft
from backbones.store import fields as f
from backbones.store.documents import MAX_BYTES, parse_yaml
from backbones.store.errors import FileProblems
from backbones.store.family_file import Source
from backbones.store.sheet import COLUMNS, Kind, Sheet, sentence
from backbones.store.text import closest
from backbones.store.text_file import read_text
from backbones.store.vocabulary import METRICS

_MOST_PROBLEMS: Final = 20
_TRUTH: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Taken(f.Record):
    """Which column of the CSV file is meant, and how its cells are read."""

    column: f.Text
    """The name in the first line of the CSV file."""
    scale: f.Number = 1.0
    """What numbers are multiplied by: 100 makes percent of a fraction, 0.000001 millions of a count."""
    missing: list[f.Text] = []
    """Cells of this column that say nothing, besides those of the whole table."""


class Mapping(f.Record):
    """The head of a sheet, and which column of a CSV file each column of the sheet is."""

    sheet: f.Name
    kind: Kind
    note: f.Text | None = None
    collection: f.Name | None = None
    file: f.Name | None = None
    """The name of the file in the source; the CSV file's own without it."""
    sources: dict[f.Name, Source] = {}
    shared: dict[str, Any] = {}
    columns: dict[f.Name, f.Text | Taken] = Field(min_length=1, max_length=200)
    """A sheet's column: the CSV file's column, or `{column, scale, missing}`."""
    missing: list[str | int | float] = []
    """Cells that say nothing; empty ones never do."""
    only: dict[f.Text, str | int | float | list[str | int | float]] = {}
    """A column of the CSV file: the cells of rows that are taken."""


def read_with_notes(
    path: Path, collection: str | None = None, mapping: Path | None = None
) -> tuple[list[Sheet], list[str]]:
    """The sheet of a CSV file; FileProblems names file, line and column."""
    if mapping is None:
        raise FileProblems([f"{path}: needs a mapping that says what its columns are; name one with --mapping"])
    said = _read_mapping(mapping)
    table = read_csv(path, frozenset({"", *(str(cell).casefold() for cell in said.missing)}))
    taken = {ours: c if isinstance(c, Taken) else Taken(column=c) for ours, c in said.columns.items()}
    types_of = {ours: _type_of(said.kind, ours, mapping) for ours in taken}
    table.need(list(dict.fromkeys([*(t.column for t in taken.values()), *said.only])))
    kept = [row for row in table if _is_taken(row, said.only)]
    notes = [f"{path.name}: {len(table) - len(kept):,} of {len(table):,} rows are left out by `only`"]
    if not kept:
        raise FileProblems([f"{path}: no row has what {mapping} asks for under `only`"])
    draft = Draft(said.sheet, said.kind, collection or said.collection, said.shared, list(taken))
    draft.head = said.model_dump(mode="json", include={"note", "sources"}, exclude_unset=True)
    has_places = "source_ref" in COLUMNS[said.kind]
    draft.file = (said.file or path.name) if has_places else None
    values = [_column(kept, t, types_of[ours], ours) for ours, t in taken.items()]
    draft.rows = [list(row) for row in zip(*values, strict=True)]
    stands_in_rows = not has_places or "source_ref" in taken or "source_ref" in said.shared
    sheet = draft.sheet(table.with_rows([row.line for row in kept]), stands_in_rows)
    return [sheet], notes if len(kept) < len(table) else []


def _read_mapping(path: Path) -> Mapping:
    plain = parse_yaml(read_text(path, MAX_BYTES, "a mapping"), str(path))
    if not isinstance(plain, dict):
        raise FileProblems([f"{path}: is no mapping; it starts with `sheet: NAME`"])
    try:
        return Mapping.model_validate(plain)
    except ValidationError as error:
        raise FileProblems([f"{path}: {_place(e)}: {sentence(e)}" for e in error.errors()[:_MOST_PROBLEMS]]) from None


def _place(error: Any) -> str:
    return ".".join(str(part) for part in error["loc"] if "[" not in str(part) and part != "Taken") or "all"


def _type_of(kind: str, column: str, mapping: Path) -> Any:
    try:
        return Sheet.model_construct(kind=kind).column_type(column)
    except KeyError:
        near = closest(column, [*COLUMNS[kind], *(METRICS if kind == "results" else ())], 1)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        raise FileProblems([f"{mapping}: columns: a sheet of kind {kind} has no {column!r}{meant}"]) from None


def _is_taken(row: Row, only: dict[str, Any]) -> bool:
    return all(row.cells[column].strip() in _texts(wanted) for column, wanted in only.items())


def _texts(wanted: Any) -> list[str]:
    return [str(w) for w in (wanted if isinstance(wanted, list) else [wanted])]


def _column(rows: list[Row], taken: Taken, kind: Any, ours: str) -> list[Any]:
    """The checked values of a column; all that is wrong with it at once."""
    read, missing = _reader(kind), {cell.casefold() for cell in taken.missing}
    found: list[Any] = []
    problems: list[str] = []
    for row in rows:
        try:
            empty = row.cells[taken.column].strip().casefold() in missing
            found.append(None if empty else read(row, taken))
        except FileProblems as error:
            problems += error.problems
    if not problems:
        problems = _refused(rows, taken, TypeAdapter(list[kind | None]), found, ours)
    if problems:
        raise FileProblems(problems[:_MOST_PROBLEMS])
    return found


def _refused(rows: list[Row], taken: Taken, adapter: TypeAdapter[Any], values: list[Any], ours: str) -> list[str]:
    try:
        adapter.validate_python(values)
    except ValidationError as error:
        return [
            problem
            for e in error.errors()[:_MOST_PROBLEMS]
            for problem in rows[int(e["loc"][0])].refused(taken.column, f"as {ours}: {sentence(e)}").problems
        ]
    return []


def _reader(kind: Any) -> Callable[[Row, Taken], Any]:
    """How a cell becomes a value of a type."""
    plain = _plain_type(kind)
    if plain is bool:
        return _flag
    if plain is int:
        return _whole
    if plain is float:
        return _number
    return lambda row, taken: row.text(taken.column)


def _plain_type(kind: Any) -> Any:
    """The Python type under annotations and `| None`."""
    while get_origin(kind) is not None:
        arguments = get_args(kind)
        is_union = get_origin(kind) in (Union, types.UnionType)
        kind = next(a for a in arguments if a is not type(None)) if is_union else arguments[0]
    return kind


def _number(row: Row, taken: Taken) -> float | None:
    return row.number(taken.column, Decimal(repr(taken.scale)))


def _whole(row: Row, taken: Taken) -> int | None:
    if taken.scale == 1:
        return row.whole(taken.column)
    scaled = _number(row, taken)
    if scaled is not None and not scaled.is_integer():
        raise row.refused(taken.column, f"times {taken.scale:g} is {scaled:g}, no whole number")
    return None if scaled is None else int(scaled)


def _flag(row: Row, taken: Taken) -> bool | None:
    cell = row.text(taken.column)
    if cell is not None and cell.casefold() not in _TRUTH:
        raise row.refused(taken.column, f"{cell!r} is neither true nor false")
    return None if cell is None else _TRUTH[cell.casefold()]

"""How far sources disagree about the values of an answer: asked only when wanted, after the answer itself."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from backbones.store.compile import Compiler
from backbones.store.formats import shown
from backbones.store.references import Reference, parse_reference
from backbones.store.rows import Answer, Column, Row, Rows, Value


class Spread(NamedTuple):
    """What the sources of one value say: the largest less the smallest, and how many different sources there are."""

    spread: float
    n_sources: int

    def __str__(self) -> str:
        """`±0.2, 6 sources`: half of the range on both sides; nothing where one source says one thing."""
        if self.n_sources < 2 and not self.spread:
            return ""
        return f"±{self.spread / 2:.2g}, {self.n_sources} source{'s' if self.n_sources != 1 else ''}"


def spreads(connection: sqlite3.Connection, answer: Answer) -> dict[tuple[int, int], Spread]:
    """Row and column of each metric's value in an answer, and how far its sources disagree."""
    found = {}
    where = {
        key: row
        for key, *row in connection.execute(
            "select result, setting, checkpoint_id, resolution from placement where result in (select value from json_each(?))",
            [json.dumps(answer.keys)],
        )
    }
    for position, column in enumerate(answer.rows.columns):
        reference = parse_reference(column.name)
        if not reference.is_metric:
            continue
        candidates = _candidates(connection, reference, [checkpoint for _, checkpoint, _ in where.values()])
        for i, (row, key) in enumerate(zip(answer.rows, answer.keys, strict=True)):
            setting, checkpoint, resolution = where[key]
            same = [c for c in candidates.get(checkpoint, ()) if c[3] == row[position]]
            same.sort(key=lambda c: (c[0] != key, c[1] != setting, c[2] != resolution))  # as the answer prefers
            if same:
                found[i, position] = Spread(same[0][4], same[0][5])
    return found


def _candidates(
    connection: sqlite3.Connection, reference: Reference, checkpoints: Sequence[int | None]
) -> dict[int | None, list[tuple[int, int, int | None, float, float, int]]]:
    """By checkpoint: result, setting, resolution, value, spread and number of sources of what the reference may mean."""
    chosen = Compiler(connection, reference, measured=False).placements()
    rows = connection.execute(
        f"select p.checkpoint_id, p.result, p.setting, p.resolution, p.value, p.spread, p.n_sources {chosen.sql} "
        "and (p.checkpoint_id is null or p.checkpoint_id in (select value from json_each(?)))",
        [*chosen.parameters, json.dumps(list(dict.fromkeys(checkpoints)))],
    )
    found: dict[int | None, list[tuple[int, int, int | None, float, float, int]]] = {}
    for checkpoint, *candidate in rows:
        found.setdefault(checkpoint, []).append(tuple(candidate))
    return found


def beside(answer: Answer, known: dict[tuple[int, int], Spread]) -> Rows:
    """The answer with `NAME_spread` (the whole range) and `NAME_n_sources` after each metric; for machines."""
    columns: list[Column] = []
    for column in answer.rows.columns:
        columns.append(column)
        if parse_reference(column.name).is_metric:
            columns += [
                Column(f"{column.name}_spread", f"{column.label} spread", "number", column.unit),
                Column(f"{column.name}_n_sources", f"{column.label} sources", "number", decimals=0),
            ]
    rows = []
    for i, row in enumerate(answer.rows):
        values: list[Value] = []
        for position, value in enumerate(row):
            values.append(value)
            if parse_reference(answer.rows.columns[position].name).is_metric:
                values += known.get((i, position), (None, None))
        rows.append(tuple(values))
    return Rows(tuple(columns), tuple(rows))


def within(answer: Answer, known: dict[tuple[int, int], Spread], aligned: bool) -> Rows:
    """The answer with each metric's value as `81.30 ±0.2, 6 sources`; `aligned`: so wide that the numbers stand in line."""
    return _marked(answer.rows, {place: text for place, spread in known.items() if (text := str(spread))}, aligned)


def _marked(rows: Rows, marks: dict[tuple[int, int], str], aligned: bool) -> Rows:
    """The rows with a text after some values; the others of such a column are padded as if they had one."""
    width: dict[int, int] = {}
    for (_, position), mark in marks.items():
        width[position] = max(width.get(position, 0), len(mark))

    def cell(i: int, position: int, value: Value) -> Value:
        if value is None or position not in width:
            return value
        mark = marks.get((i, position), "")
        text = f"{shown(value, rows.columns[position])} {mark}"
        return text + " " * (width[position] - len(mark)) if aligned else text.rstrip()

    return Rows(
        rows.columns,
        tuple(tuple(cell(i, position, value) for position, value in enumerate(row)) for i, row in enumerate(rows)),
    )


def merged(rows: Rows) -> Rows:
    """A page's rows with `n_sources` and `spread` written beside the value that is chosen, instead of in columns of their own."""
    names = [c.name for c in rows.columns]
    if not {"value", "n_sources"} <= set(names):
        return rows
    value, sources = names.index("value"), names.index("n_sources")
    spread = names.index("spread") if "spread" in names else None
    chosen = names.index("chosen") if "chosen" in names else None

    def mark(row: Row) -> str:
        n, width = row[sources], row[spread] if spread is not None else 0.0
        is_other = chosen is not None and row[chosen] == 0
        return "" if is_other or not isinstance(n, int) or isinstance(width, str) else str(Spread(width or 0.0, n))

    marks = {(i, value): text for i, row in enumerate(rows) if (text := mark(row))}
    kept = [i for i in range(len(names)) if i not in (sources, spread)]
    told = _marked(rows, marks, aligned=True)
    return Rows(tuple(rows.columns[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in told))

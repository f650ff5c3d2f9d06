"""A page of several tables: one below the other for people, one table for machines."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from itertools import pairwise

import click

from backbones.cli.session import table_width
from backbones.store.formats import render, shown
from backbones.store.page import Section
from backbones.store.rows import Column, Rows, Value
from backbones.store.sections.tables import is_facts
from backbones.store.spread import merged
from backbones.store.text import printable

Titled = tuple[str, Rows]
"""A titled table."""


def echo_sections(sections: list[Titled], form: str) -> None:
    """Print the sections; in any format but `table` as one table whose first column names the section."""
    if form != "table":
        click.echo(render(in_one(sections), form), nl=False)
        return
    width = table_width()
    for number, (title, rows) in enumerate(sections):
        if number:
            click.echo()
        click.echo(
            card(rows) if len(rows) == 1 and number == 0 else f"{title} ({len(rows)})\n{render(rows, form, width)}",
            nl=False,
        )


def plain(section: Section, width: int | None) -> str:
    """A section for people: heading, note, table; a table that is wider than `width` goes on below, its first columns said again."""
    rows = section.rows
    if is_facts(section):
        return f"{section.title}\n{_note(section, width)}{_lines(rows)}"
    tables = [render(part, "table", width) for part in _parts(merged(rows), width)]
    return f"{printable(section.title)} ({section.total or len(rows):,})\n{_note(section, width)}" + "\n".join(tables)


def _note(section: Section, width: int | None) -> str:
    note = printable(section.note)
    return "".join(f"{line}\n" for line in (textwrap.wrap(note, width) if width else [note]) if line)


def _lines(rows: Rows) -> str:
    size = max((len(str(name)) for name, _ in rows), default=0)
    return "".join(f"{name!s:<{size}}  {shown(value, rows.columns[1])}\n" for name, value in rows)


_WIDEST = 40
"""A text column takes at most so many cells of a part."""


def _parts(rows: Rows, width: int | None) -> Iterable[Rows]:
    """The columns in parts that fit, each with the first text columns (as many as fill less than half of the width)."""
    sizes = [_size(rows, i) for i in range(len(rows.columns))]
    if width is None or sum(sizes) + 2 * (len(sizes) - 1) <= width:
        return [rows]
    sizes = [size if c.kind == "number" else min(size, _WIDEST) for size, c in zip(sizes, rows.columns, strict=True)]
    repeated, start = 0, 0
    while (
        repeated < len(sizes) and rows.columns[repeated].kind != "number" and start + sizes[repeated] + 2 <= width / 2
    ):
        start += sizes[repeated] + 2
        repeated += 1
    cuts, used = [repeated], start
    for i in range(repeated, len(sizes)):
        if used + sizes[i] > width and i > cuts[-1]:
            cuts.append(i)
            used = start
        used += sizes[i] + 2
    return [_only(rows, [*range(repeated), *range(first, last)]) for first, last in pairwise([*cuts, len(sizes)])]


def _size(rows: Rows, position: int) -> int:
    column = rows.columns[position]
    return max(len(column.label), *(len(shown(row[position], column)) for row in rows), 1)


def _only(rows: Rows, kept: list[int]) -> Rows:
    return Rows(tuple(rows.columns[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in rows))


def card(rows: Rows) -> str:
    """One row, a line for each column that has a value."""
    size = max(len(c.label) for c in rows.columns)
    said = [(c, v) for c, v in zip(rows.columns, rows.rows[0], strict=True) if v is not None]
    return "".join(f"{c.label:<{size}}  {shown(v, c)}\n" for c, v in said)


def in_one(sections: list[Titled]) -> Rows:
    """All sections in one table, the first column naming the section; for machines."""
    columns: dict[str, Column] = {}
    for _, rows in sections:
        for column in rows.columns:
            columns.setdefault(column.name, column)
    merged: list[tuple[Value, ...]] = []
    for title, rows in sections:
        merged += [(title, *(record.get(name) for name in columns)) for record in rows.records()]
    return Rows((Column("section", "section"), *columns.values()), tuple(merged))


def as_record(section: Section) -> Rows:
    """A list of facts as one row with a column for each fact; any other section as it is.

    Values of one name, as the five families of a paper, stand in one column, parted by `; `.
    """
    if not is_facts(section):
        return section.rows
    found: dict[str, Value] = {}
    for label, value in section.rows:
        name = str(label).lower().replace(" ", "_")
        if found.get(name) is None:
            found[name] = value
        elif value is not None:
            found[name] = f"{found[name]}; {value}"
    return Rows(tuple(Column(name, name) for name in found), (tuple(found.values()),))

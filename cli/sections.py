"""A page of several tables: one below the other for people, one table for machines."""

from __future__ import annotations

import click

from backbones.cli.session import table_width
from backbones.store.formats import render, shown
from backbones.store.pages import Section
from backbones.store.rows import Column, Rows, Value


def echo_sections(sections: list[Section], form: str) -> None:
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


def card(rows: Rows) -> str:
    """One row, a line for each column that has a value."""
    size = max(len(c.label) for c in rows.columns)
    said = [(c, v) for c, v in zip(rows.columns, rows.rows[0], strict=True) if v is not None]
    return "".join(f"{c.label:<{size}}  {shown(v, c)}\n" for c, v in said)


def in_one(sections: list[Section]) -> Rows:
    """All sections in one table, the first column naming the section; for machines."""
    columns: dict[str, Column] = {}
    for _, rows in sections:
        for column in rows.columns:
            columns.setdefault(column.name, column)
    merged: list[tuple[Value, ...]] = []
    for title, rows in sections:
        merged += [(title, *(record.get(name) for name in columns)) for record in rows.records()]
    return Rows((Column("section", "section"), *columns.values()), tuple(merged))

"""`backbones show`."""

from __future__ import annotations

import click

from backbones.cli.session import Session, catalog_options, format_option, table_width
from backbones.store.formats import render, shown
from backbones.store.pages import KINDS, Section, find, page
from backbones.store.rows import Column, Rows, Value
from backbones.store.spread import merged


@click.command("show")
@click.argument("name")
@click.option("--kind", "-k", type=click.Choice(KINDS), help="What NAME is, where several things have it.")
@format_option
@catalog_options
@click.pass_obj
def command(session: Session, name: str, kind: str | None, form: str) -> None:
    """Everything about one thing: NAME is any spelling or alias of a family, backbone, checkpoint, weights, data set, …

    \b
    backbones show ConvNeXt-T
    backbones show convnext_tiny.fb_in1k
    backbones show V100
    """
    connection = session.connect()
    found, own_name, number = find(connection, name, kind)
    sections = page(connection, found, number)
    if form != "table":
        click.echo(render(_in_one(sections), form), nl=False)
        return
    width = table_width()
    click.echo(f"{own_name} ({'data set' if found == 'dataset' else found})")
    for title, rows in sections:
        click.echo()
        is_card = len(rows) == 1 and title not in ("results", "throughput")
        click.echo(
            _card(rows) if is_card else f"{title} ({len(rows)})\n" + render(merged(rows), "table", width), nl=False
        )


def _card(rows: Rows) -> str:
    """One row, a line for each column."""
    size = max(len(c.label) for c in rows.columns)
    return "".join(f"{c.label:<{size}}  {shown(v, c)}\n" for c, v in zip(rows.columns, rows.rows[0], strict=True))


def _in_one(sections: list[Section]) -> Rows:
    """All sections in one table, the first column naming the section; for machines."""
    columns: dict[str, Column] = {}
    for _, rows in sections:
        for column in rows.columns:
            columns.setdefault(column.name, column)
    names = list(columns)
    merged: list[tuple[Value, ...]] = []
    for title, rows in sections:
        merged += [(title, *(record.get(n) for n in names)) for record in rows.records()]
    return Rows((Column("section", "section"), *columns.values()), tuple(merged))

"""`backbones show`."""

from __future__ import annotations

import click

from backbones.cli.sections import card, in_one
from backbones.cli.session import Session, catalog_options, format_option, table_width
from backbones.store.formats import render
from backbones.store.pages import KINDS, find, page
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
        click.echo(render(in_one(sections), form), nl=False)
        return
    width = table_width()
    click.echo(f"{own_name} ({'data set' if found == 'dataset' else found})")
    for title, rows in sections:
        click.echo()
        is_card = len(rows) == 1 and title not in ("results", "throughput")
        click.echo(
            card(rows) if is_card else f"{title} ({len(rows)})\n" + render(merged(rows), "table", width), nl=False
        )

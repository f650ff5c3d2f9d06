"""`backbones stats`."""

from __future__ import annotations

import click

from backbones.cli.session import Session, catalog_options, format_option
from backbones.store.formats import render
from backbones.store.statistics import figures, lines, markdown, rows_of


@click.command("stats")
@format_option
@catalog_options
@click.pass_obj
def command(session: Session, form: str) -> None:
    """How much the catalogue holds, how complete and how fresh it is, how far its sources disagree.

    \b
    backbones stats
    backbones stats --format markdown    # the compact table of the README
    backbones stats --format json
    """
    found = figures(session.connect())
    if form == "table":
        told = lines(found)
        size = max(len(what) for what, _ in told)
        click.echo("\n".join(f"{what:<{size}}  {value}".rstrip() for what, value in told))
    elif form == "markdown":
        click.echo(markdown(found))
    else:
        click.echo(render(rows_of(found), form), nl=False)

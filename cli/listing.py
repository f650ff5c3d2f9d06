"""`backbones list`."""

from __future__ import annotations

import click

from backbones.cli.session import Session, catalog_options, format_option, say, table_width
from backbones.store.formats import render
from backbones.store.listing import listing
from backbones.store.listings.kinds import KINDS
from backbones.store.rows import Rows


@click.command("list")
@click.argument("kind", type=click.Choice(tuple(KINDS)), metavar="KIND")
@click.option(
    "--match",
    "-m",
    metavar="TEXT",
    default="",
    help="Only rows that hold these words (-word: that do not), or where a column compares: 'swin results > 100'. "
    "Case and punctuation do not count.",
)
@click.option("--sort", "-s", metavar="COLUMN", default="", help="Order by a column; -COLUMN: the largest first.")
@click.option("--limit", "-n", type=click.IntRange(min=0), default=0, help="At most so many rows; 0: all.")
@format_option
@catalog_options
@click.pass_obj
def command(session: Session, kind: str, match: str, sort: str, limit: int, form: str) -> None:
    """List all things of a KIND, the ones with most facts first.

    \b
    KIND: families backbones checkpoints weights results throughput costs datasets heads devices sources collections
          rankings suspects corrections metrics tasks columns aliases matches
    """
    found = listing(session.connect(), kind)
    column, descending = (sort.removeprefix("-"), sort.startswith("-")) if sort else found.first
    keys = found.order(match, column, descending)
    rows = Rows(found.columns, tuple(found.rows(keys[:limit] if limit else keys)))
    click.echo(render(rows, form, table_width() if form == "table" else None), nl=False)
    if len(rows) < len(keys):
        say(f"{len(rows):,} of {len(keys):,} rows")

"""`backbones list`."""

from __future__ import annotations

import click

from backbones.cli.session import Session, catalog_options, format_option, say, table_width
from backbones.store.formats import render
from backbones.store.pages import LISTS, listing
from backbones.store.rows import Rows
from backbones.store.text import fold


@click.command("list")
@click.argument("kind", type=click.Choice(LISTS), metavar="KIND")
@click.option(
    "--match", "-m", metavar="TEXT", help="Only rows in which TEXT occurs; case and punctuation do not count."
)
@click.option("--limit", "-n", type=click.IntRange(min=0), default=0, help="At most so many rows; 0: all.")
@format_option
@catalog_options
@click.pass_obj
def command(session: Session, kind: str, match: str | None, limit: int, form: str) -> None:
    """List all things of a KIND, the ones with most facts first.

    \b
    KIND: families backbones checkpoints weights datasets heads devices sources collections metrics tasks columns
          aliases rankings suspects corrections
    """
    rows = listing(session.connect(), kind)
    if match:
        wanted = fold(match)
        rows = Rows(rows.columns, tuple(r for r in rows if any(wanted in fold(v) for v in r if isinstance(v, str))))
    shown = Rows(rows.columns, rows.rows[:limit] if limit else rows.rows)
    click.echo(render(shown, form, table_width() if form == "table" else None), nl=False)
    if len(shown) < len(rows):
        say(f"{len(shown):,} of {len(rows):,} rows")

"""`backbones aliases`."""

from __future__ import annotations

import click

from backbones.cli.sections import echo_sections
from backbones.cli.session import Session, catalog_options, format_option, say, table_width
from backbones.store.formats import render
from backbones.store.name_page import name_page, name_pair, review
from backbones.store.pages import KINDS


@click.command("aliases")
@click.argument("name", required=False)
@click.argument("other", required=False)
@click.option("--kind", "-k", type=click.Choice(KINDS), help="What NAME is, where several things have it.")
@click.option("--review", "is_review", is_flag=True, help="All pairs of names that nobody could decide on.")
@click.option("--source", metavar="S", help="With --review: only names of this source, as mmpretrain.")
@format_option
@catalog_options
@click.pass_obj
def command(
    session: Session, name: str | None, other: str | None, kind: str | None, is_review: bool, source: str | None, form: str
) -> None:  # fmt: skip
    """What NAME stands for, its other names, and why; with OTHER, whether the two are the same thing.

    Every name shows the source that uses it, and the rule and evidence by which it was found to be the same. Names that
    were looked at and are something else, or may be, follow; then names that are like it, with what the numbers say.

    \b
    backbones aliases convnext_tiny.fb_in22k_ft_in1k
    backbones aliases swin_tiny_patch4_window7_224 Swin-T
    backbones aliases --review --source mmpretrain
    """
    if is_review == (name is not None):
        raise click.UsageError("name something, or give --review" if name is None else "--review takes no NAME")
    if source and not is_review:
        raise click.UsageError("--source goes with --review")
    if other and kind:
        raise click.UsageError("--kind goes with one NAME")
    connection = session.connect()
    width = table_width() if form == "table" else None
    if name is None:
        rows = review(connection, source)
        click.echo(render(rows, form, width), nl=False)
        say(f"{len(rows):,} doubtful {'pair' if len(rows) == 1 else 'pairs'}")
    elif other is None:
        echo_sections(name_page(connection, name, kind), form)
    else:
        verdict, rows = name_pair(connection, name, other)
        if form == "table":
            click.echo(f"{name} and {other}: {verdict}\n")
        click.echo(render(rows, form, width), nl=False)

"""`backbones cite`."""

from __future__ import annotations

import click

from backbones.cli.session import Session, catalog_options, say
from backbones.store.citation import KINDS, bibliography
from backbones.store.pages import find


@click.command("cite")
@click.argument("names", nargs=-1, required=True, metavar="NAME…")
@click.option("--kind", "-k", type=click.Choice(KINDS), help="What the NAMEs are, where several things have one.")
@catalog_options
@click.pass_obj
def command(session: Session, names: tuple[str, ...], kind: str | None) -> int:
    """Print BibTeX for the papers of families, backbones, checkpoints, weights and heads, and for sources.

    Each paper comes once. The catalogue knows no authors: a comment says what to add by hand.

    \b
    backbones cite ConvNeXt-T 'Swin Transformer' > backbones.bib
    backbones cite arxiv:2201.03545 github:huggingface/pytorch-image-models
    """
    connection = session.connect()
    found = [find(connection, name, kind) for name in names]
    things = [(of, own_name) for of, own_name, _ in found]
    click.echo(bibliography(connection, things), nl=False)
    silent = [name for of, name in things if not bibliography(connection, [(of, name)])]
    for name in silent:
        say(f"no paper of {name} is in the catalogue")
    return 1 if len(silent) == len(names) else 0

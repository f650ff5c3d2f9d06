"""`backbones search`."""

from __future__ import annotations

import click

from backbones.cli.session import Session, catalog_options, format_option, say, table_width
from backbones.store.formats import render
from backbones.store.rows import Column, Rows
from backbones.store.search import KINDS, Hit, search

_COLUMNS = (
    Column("name", "name"), Column("kind", "kind"), Column("matched", "matched"),
    Column("score", "score", "number", decimals=0), Column("facts", "facts", "number", decimals=0),
)  # fmt: skip
_LIST_OF = {"family": "families", "weights": "weights"}
"""What `backbones list` calls all of a kind; the others by their plural."""


@click.command("search")
@click.argument("text", nargs=-1, required=True)
@click.option("--kind", "-k", type=click.Choice(KINDS), help="Only things of this kind.")
@click.option("--limit", "-n", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many.")
@format_option
@catalog_options
@click.pass_obj
def command(session: Session, text: tuple[str, ...], kind: str | None, limit: int, form: str) -> int | None:
    """Find things by a name that is nearly right: typing mistakes, beginnings, other spellings and word order do not count.

    The best come first: 100 is the name itself. `matched` is the spelling that was found, where it is another than the name:
    another name, a title of a source or collection, a device's kind or a condition. A word that names a task, or nothing known,
    counts little where the other words are found.

    \b
    backbones search convnxt tiny 22k
    backbones search vit b16 clip laion2b --kind weights
    backbones search mask rcnn
    """
    wanted = " ".join(text)
    hits = search(session.connect(), wanted, kind, limit)
    rows = tuple((h.name, h.kind, _matched(h), h.score, h.facts) for h in hits)
    click.echo(
        render(Rows(_COLUMNS, rows), form, table_width() if form == "table" else None)
        if rows or form != "table"
        else "",
        nl=False,
    )
    if hits:
        return None
    of_kind = f" of kind {kind}" if kind else ""
    say(
        f"nothing{of_kind} has a name like {wanted!r}. Try fewer words, or `backbones list {_LIST_OF.get(kind or 'family', f'{kind}s')}`"
    )
    return 1


def _matched(hit: Hit) -> str | None:
    """The spelling or text that was found, where it is not the name."""
    return hit.about or (hit.matched if hit.matched != hit.name else None)

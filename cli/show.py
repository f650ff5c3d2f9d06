"""`backbones show`."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import click

from backbones.cli.sections import as_record, in_one, plain
from backbones.cli.session import Session, catalog_options, format_option, say, table_width
from backbones.store.errors import UnknownName
from backbones.store.formats import render
from backbones.store.page import Page, Section
from backbones.store.pages import KINDS, page_of
from backbones.store.sections.scope import rows_of
from backbones.store.text import closest, fold, printable

MOST = 30
"""So many rows of a section are printed for people."""


@click.command("show")
@click.argument("words", metavar="[KIND] NAME", nargs=-1, required=True)
@click.option("--kind", "-k", type=click.Choice(KINDS), help="What NAME is, where several things have it.")
@click.option(
    "--section",
    "-s",
    "titles",
    metavar="TITLE",
    multiple=True,
    help="Only the section of that title; may be given more than once.",
)
@click.option(
    "--limit",
    "-n",
    type=click.IntRange(min=0),
    default=None,
    help=f"At most so many rows of a section; 0: all.  [default: {MOST} in a table, else all]",
)
@format_option
@catalog_options
@click.pass_obj
def command(
    session: Session, words: tuple[str, ...], kind: str | None, titles: tuple[str, ...], limit: int | None, form: str
) -> None:
    """Everything about one thing: NAME is any spelling or alias of a family, backbone, checkpoint, weights, data set, …

    `here` is this machine: the device of it that throughput@here is of. A KIND before the name is --kind.

    The page is plain text from top to bottom, each section with a heading: what a screen reader reads.

    \b
    backbones show ConvNeXt-T
    backbones show convnext_tiny.fb_in1k
    backbones show ConvNeXt --section detection --limit 0
    backbones show V100
    backbones show here
    """  # fmt: skip
    name, kind = _meant(words, kind)
    connection = session.connect()
    most = limit if limit is not None else MOST if form == "table" else 0
    page = page_of(connection, name, kind, most)
    chosen = _chosen(page, titles)
    sections = [_read(connection, s, most) for s in chosen]
    if form != "table":
        tables = [(s.title, as_record(s)) for s in sections]
        click.echo(render(tables[0][1] if len(titles) == 1 else in_one(tables), form), nl=False)
        return
    click.echo(f"{printable(page.name)} ({'data set' if page.kind == 'dataset' else page.kind})")
    if page.subtitle:
        click.echo(printable(page.subtitle))
    width = table_width()
    for section in sections:
        click.echo()
        click.echo(plain(section, width), nl=False)
    for copy in page.copies if not titles else ():
        click.echo(f"\n{printable(copy.label)}\n" + "\n".join(map(printable, copy.text.rstrip("\n").split("\n"))))
    if any(s.total > len(s.rows) for s in sections):
        say(f"at most {most:,} rows of a section are shown; --limit 0 shows all")


def _meant(words: tuple[str, ...], kind: str | None) -> tuple[str, str | None]:
    """Name and kind: `device here`, `NVIDIA V100`; of a single word the name."""
    if kind is None and len(words) > 1 and words[0] in KINDS:
        return " ".join(words[1:]), words[0]
    return " ".join(words), kind


def _read(connection: sqlite3.Connection, section: Section, most: int) -> Section:
    """The section with its rows, where they belong to a large list."""
    if section.scope is None:
        return section
    rows = rows_of(connection, section.scope, most)
    limited = f"The first {len(rows):,} of {section.total:,}. " if len(rows) < section.total else ""
    return replace(section, rows=rows, note=limited + section.note)


def _chosen(page: Page, titles: tuple[str, ...]) -> list[Section]:
    """The sections of these titles, all where none is named."""
    known = {fold(s.title): s for s in page.sections}
    if not titles:
        return list(page.sections)
    found = []
    for title in titles:
        if (section := known.get(fold(title))) is None:
            near = closest(title, [s.title for s in page.sections])
            raise UnknownName(title, f"section of {page.name}", near or [s.title for s in page.sections])
        found.append(section)
    return found

"""`backbones export`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from backbones.cli.session import Session, catalog_options, say
from backbones.store.errors import BackbonesError, UnknownName
from backbones.store.formats import SUFFIXES, pieces
from backbones.store.rows import Column, Rows
from backbones.store.schema import VIEWS
from backbones.store.text import closest, fold


@click.command("export")
@click.argument("what")
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="The file to write; stdout otherwise."
)
@click.option(
    "--format",
    "-f",
    "form",
    type=click.Choice(["csv", "json", "jsonl", "markdown", "latex", "yaml", "table"]),
    help="How the rows of a view are written; by the output's suffix, else csv.",
)
@catalog_options
@click.pass_obj
def command(session: Session, what: str, output: Path | None, form: str | None) -> None:
    """Write WHAT to a file or stdout: a public view (all its rows), a family or sheet (its YAML file), or `catalog`.

    \b
    backbones export results --output results.csv
    backbones export ConvNeXt > convnext.yaml
    backbones export catalog --output catalog.db   # for Datasette or any SQLite client
    """
    connection = session.connect()
    if what == "catalog":
        if output is None:
            raise click.UsageError("a catalogue is no text; name a file with --output")
        shutil.copyfile(connection.execute("pragma database_list").fetchone()[2], output)
    elif what in VIEWS:
        cursor = connection.execute(f"select * from {what}")
        rows = Rows(tuple(Column(d[0], d[0]) for d in cursor.description), tuple(cursor))
        _write(pieces(rows, form or _by_suffix(output)), output)
    else:
        files = connection.execute("select name, path from file where name is not null").fetchall()
        _write([_yaml_file(files, what)], output)
    if output is not None:
        say(f"wrote {output}")


def _yaml_file(files: list[tuple[str, str]], what: str) -> str:
    named = {name.partition(" ")[2]: path for name, path in files}
    for name, path in named.items():
        if fold(name) == fold(what):
            return Path(path).read_text(encoding="utf-8")
    raise UnknownName(what, "view, family or sheet", closest(what, [*VIEWS, *named, "catalog"]))


def _by_suffix(output: Path | None) -> str:
    return SUFFIXES.get(output.suffix.lower(), "csv") if output else "csv"


def _write(parts: Iterable[str], output: Path | None) -> None:
    if output is None:
        sys.stdout.writelines(parts)  # click.echo would flush after every row
        return
    try:
        with output.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(parts)
    except OSError as error:
        raise BackbonesError(f"{output} cannot be written: {error.strerror}") from None

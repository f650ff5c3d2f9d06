"""`backbones check`."""

from __future__ import annotations

from pathlib import Path

import click

from backbones.store.errors import FileProblems


@click.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def command(files: tuple[Path, ...]) -> int:
    """Check family files and sheets. Every mistake is a line `file: key.path: sentence`; exit 1 if there is one.

    A folder stands for all YAML files in it.
    """
    from backbones.store.reading import read_document

    wrong = 0
    paths = [p for file in files for p in (sorted(file.rglob("*.y*ml")) if file.is_dir() else [file])]
    for path in paths:
        try:
            read_document(path)
        except FileProblems as error:
            wrong += 1
            click.echo(str(error))
    click.echo(f"{len(paths)} file{'s' if len(paths) != 1 else ''} checked, {wrong} with mistakes", err=True)
    return 1 if wrong else 0

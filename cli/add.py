"""`backbones add`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click

from backbones.cli.session import Bar, Session, catalog_options, say
from backbones.store.errors import BackbonesError
from backbones.store.text import fold


@click.command("add")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Replace a file of yours with the same name.")
@catalog_options
@click.pass_obj
def command(session: Session, file: Path, replace: bool) -> int:
    """Check FILE, copy it to your own YAML files and rebuild. Nothing is changed if it has mistakes.

    A family file takes the place of the shipped file of the same family; a sheet that of the same sheet.
    """
    from backbones.ingest.sheets.slug import slug
    from backbones.store.build import build
    from backbones.store.family_file import FamilyFile
    from backbones.store.reading import read_document

    document = read_document(file)
    folder = session.places.families[0]
    name = document.family if isinstance(document, FamilyFile) else document.sheet
    target = (folder if isinstance(document, FamilyFile) else folder / "sheets") / f"{slug(name)}.yaml"
    if target.exists() and not replace and target.read_bytes() != file.read_bytes():
        raise BackbonesError(f"{target} is there already and differs; --replace takes its place")
    if not target.exists() or target.resolve() != file.resolve():
        _copy(file, target)
    report = build(session.places, Bar("reading YAML files"))
    say(f"added {name} as {target}")
    kind = "family" if isinstance(document, FamilyFile) else "sheet"
    if shipped := _shipped(session, kind, name):
        say(f"it takes the place of the shipped {shipped}; delete it and the shipped numbers are back")
    for problem in report.problems:
        say(problem)
    return 1 if report.problems else 0


def _shipped(session: Session, kind: str, name: str) -> str | None:
    """The shipped family or sheet of that name."""
    rows = session.connect().execute("select name from file where shipped and name like ?", [f"{kind} %"])
    return next((found for (found,) in rows if fold(found) == fold(f"{kind} {name}")), None)


def _copy(source: Path, target: Path) -> None:
    """The whole file or nothing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".add-")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(source.read_bytes())
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise

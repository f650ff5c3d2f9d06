"""`backbones add`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backbones.cli.session import Bar, Session, catalog_options, say
from backbones.store.errors import BackbonesError
from backbones.store.text import fold, printable

if TYPE_CHECKING:
    from backbones.store.family_file import FamilyFile


@click.command("add")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--replace", is_flag=True, help="Replace a file of yours with the same name, or most of a shipped family."
)
@click.option("--draft", "is_draft", is_flag=True, help="Take a draft that nobody has accepted, as it is.")
@catalog_options
@click.pass_obj
def command(session: Session, file: Path, replace: bool, is_draft: bool) -> int:
    """Check FILE, copy it to your own YAML files and rebuild. Nothing is changed if it has mistakes.

    A family file takes the place of the shipped file of the same family; a sheet that of the same sheet. Where there is
    a file of the family already, what changes is shown first; one of yours that differs, or a shipped one of which more
    than half would be gone, is replaced only with --replace. A draft has to be accepted before: see `backbones review`.
    """
    from backbones.ingest.sheets.slug import slug
    from backbones.store.build import build
    from backbones.store.family_file import FamilyFile, draft_refusal
    from backbones.store.reading import read_document

    document = read_document(file)
    if isinstance(document, FamilyFile) and document.draft and not is_draft:
        raise BackbonesError(draft_refusal(file))
    content = _content(file, document)
    folder = session.places.families[0]
    name = document.family if isinstance(document, FamilyFile) else document.sheet
    target = (folder if isinstance(document, FamilyFile) else folder / "sheets") / f"{slug(name)}.yaml"
    is_other = target.exists() and target.read_bytes() != content
    if isinstance(document, FamilyFile):
        _show(session, document, target, replace)
    if is_other and not replace and not _is_same(target, file):
        raise BackbonesError(f"{target} is there already and differs; --replace takes its place")
    if not target.exists() or is_other:
        _write(content, target)
    report = build(session.places, Bar("reading YAML files"))
    say(f"added {name} as {target}")
    if isinstance(document, FamilyFile) and document.draft:
        say("nobody has looked at its numbers")
    kind = "family" if isinstance(document, FamilyFile) else "sheet"
    if shipped := _shipped(session, kind, name):
        say(f"it takes the place of the shipped {shipped}; delete it and the shipped numbers are back")
    for problem in report.problems:
        say(problem)
    return 1 if report.problems else 0


def _content(file: Path, document: object) -> bytes:
    """The file's bytes; a draft without its mark."""
    from backbones.store.documents import dump_yaml, read_yaml
    from backbones.store.family_file import FamilyFile

    if not (isinstance(document, FamilyFile) and document.draft):
        return file.read_bytes()
    return dump_yaml({key: value for key, value in read_yaml(file).items() if key != "draft"}).encode()


def _is_same(target: Path, file: Path) -> bool:
    return target.resolve() == file.resolve()


def _show(session: Session, new: FamilyFile, target: Path, replace: bool) -> None:
    """What changes in the catalogue; BackbonesError where most of a shipped family would be gone unasked."""
    from backbones.ingest.difference import between
    from backbones.store.family_file import FamilyFile
    from backbones.store.reading import read_document

    if target.exists():
        present, what = target, str(target)
    elif (shipped := _shipped_file(session, new.family)) is not None:
        present, what = shipped, f"the shipped {shipped.name}"
    else:
        return
    try:
        old = read_document(present)
    except BackbonesError as error:
        say(f"{what} cannot be compared with it: {error}")
        return
    if not isinstance(old, FamilyFile):
        return
    difference = between(old, new, what)
    if difference.is_none:
        return
    for line in difference.lines():
        click.echo(printable(line))
    if present != target and difference.loses_most and not replace:
        raise BackbonesError(
            f"{len(difference.gone)} numbers of {what} would be gone, more than half of it; add yours to a copy of it "
            f"(`backbones export {new.family}`), or say --replace"
        )


def _shipped_file(session: Session, family: str) -> Path | None:
    """The shipped file of a family."""
    rows = session.connect().execute("select name, path from file where shipped and name like 'family %'")
    return next((Path(path) for name, path in rows if fold(name) == fold(f"family {family}")), None)


def _shipped(session: Session, kind: str, name: str) -> str | None:
    """The shipped family or sheet of that name."""
    rows = session.connect().execute("select name from file where shipped and name like ?", [f"{kind} %"])
    return next((found for (found,) in rows if fold(found) == fold(f"{kind} {name}")), None)


def _write(content: bytes, target: Path) -> None:
    """The whole file or nothing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".add-")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise

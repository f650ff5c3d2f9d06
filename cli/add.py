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

    A family file takes the place of the shipped file of the same family; a sheet that of the same sheet. One that says
    `adds: true`, as drafts of papers on known families do, leaves what is there and adds its numbers to it. Where there
    is a file already, what changes is shown first; one of yours that differs, or a shipped one of which more than half
    would be gone, is replaced only with --replace. A draft has to be accepted before: see `backbones review`.
    """
    from backbones.ingest.sheets.slug import slug
    from backbones.store.build import build
    from backbones.store.family_file import FamilyFile, draft_refusal, file_name
    from backbones.store.reading import read_document

    document = read_document(file)
    if isinstance(document, FamilyFile) and document.draft and not is_draft:
        raise BackbonesError(draft_refusal(file))
    content = _content(file, document)
    if isinstance(document, FamilyFile) and document.draft:
        _tell_doubts(file)
    folder = session.places.families[0]
    if isinstance(document, FamilyFile):
        name, label = document.family, file_name(document)
        target = folder / f"{slug(label.removeprefix('family '))}.yaml"
    else:
        name, label = document.sheet, f"sheet {document.sheet}"
        target = folder / "sheets" / f"{slug(name)}.yaml"
    is_other = target.exists() and target.read_bytes() != content
    if isinstance(document, FamilyFile):
        _show(session, document, target, replace)
    if is_other and not replace and not _is_same(target, file):
        raise BackbonesError(f"{target} is there already and differs; --replace takes its place")
    if not target.exists() or is_other:
        _write(content, target)
    report = build(session.places, Bar("reading YAML files"))
    say(f"added {name} as {target}")
    if shipped := _shipped(session, label):
        say(f"it takes the place of the shipped {shipped}; delete it and the shipped numbers are back")
    for problem in report.problems:
        say(problem)
    return 1 if report.problems else 0


def _content(file: Path, document: object) -> bytes:
    """The file's bytes; a draft without its mark, and as the decisions on it leave it, where its evidence is beside it."""
    from backbones.store.documents import dump_yaml, read_yaml
    from backbones.store.drafts import accepted, evidence_path, read_draft
    from backbones.store.family_file import FamilyFile

    if not (isinstance(document, FamilyFile) and document.draft):
        return file.read_bytes()
    if evidence_path(file).exists():
        return dump_yaml(accepted(read_draft(file))[1]).encode()
    return dump_yaml({key: value for key, value in read_yaml(file).items() if key != "draft"}).encode()


def _tell_doubts(file: Path) -> None:
    """How much of a draft nobody looked at, and what the check says of it."""
    from backbones.store.drafts import evidence_path, read_draft

    if not evidence_path(file).exists():
        say("nobody has looked at its numbers")
        return
    draft = read_draft(file)
    errors = sum(finding.severity == "error" for finding in draft.findings)
    warnings = sum(finding.severity == "warning" for finding in draft.findings)
    say(
        f"nobody has looked at {len(draft.undecided):,} of its {len(draft.evidence):,} numbers; the check found "
        f"{errors} errors and {warnings} warnings"
    )


def _is_same(target: Path, file: Path) -> bool:
    return target.resolve() == file.resolve()


def _show(session: Session, new: FamilyFile, target: Path, replace: bool) -> None:
    """What changes in the catalogue; BackbonesError where most of a shipped family would be gone unasked."""
    from backbones.ingest.difference import against_catalogue, between
    from backbones.ingest.meaning.known import Known
    from backbones.store.family_file import FamilyFile
    from backbones.store.reading import read_document

    if new.adds and not target.exists():
        connection = session.connect()
        for line in found.lines() if (found := against_catalogue(new, Known.of(connection), connection)) else ():
            click.echo(printable(line))
        return
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


def _shipped(session: Session, label: str) -> str | None:
    """The shipped file that is known by that name."""
    rows = session.connect().execute("select name from file where shipped")
    return next((found for (found,) in rows if found and fold(found) == fold(label)), None)


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

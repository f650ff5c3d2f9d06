"""`backbones check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from backbones.cli.session import Bar, Session, catalog_options, say
from backbones.store.errors import BackbonesError, FileProblems

if TYPE_CHECKING:
    from backbones.store.family_file import FamilyFile


@click.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--paper",
    metavar="PAPER.pdf|URL",
    help="Also look every number of family files up in this paper: row, column, setting.",
)
@catalog_options
@click.pass_obj
def command(session: Session, files: tuple[Path, ...], paper: str | None) -> int:
    """Check family files and sheets. Every mistake is a line `file: key.path: sentence`; exit 1 if there is one.

    A folder stands for all YAML files in it.

    With --paper: does each number of a family file stand in its model's row, under its metric's header? A number that
    names another source is not looked up.
    """
    from backbones.store.family_file import FamilyFile
    from backbones.store.reading import read_document

    wrong = 0
    families: list[tuple[Path, FamilyFile]] = []
    paths = [p for file in files for p in (sorted(file.rglob("*.y*ml")) if file.is_dir() else [file])]
    for path in paths:
        try:
            document = read_document(path)
        except FileProblems as error:
            wrong += 1
            click.echo(str(error))
            continue
        if isinstance(document, FamilyFile):
            families.append((path, document))
    if paper is not None:
        if not families and not wrong:
            raise BackbonesError(
                "a paper is held against family files, and none is named; a sheet has a source of its own"
            )
        wrong += _against(session, families, paper) if families else 0
    click.echo(f"{len(paths)} file{'s' if len(paths) != 1 else ''} checked, {wrong} with mistakes", err=True)
    return 1 if wrong else 0


def _against(session: Session, families: list[tuple[Path, FamilyFile]], paper: str) -> int:
    """How many family files have a number that the paper does not bear out."""
    from backbones.cli.ingest import cache_folder, located, names_of, report_findings
    from backbones.ingest.hand_made import check_files
    from backbones.ingest.produce import told_of
    from backbones.ingest.reader import read_paper

    cache = cache_folder(session.places)
    pdf = located(paper, cache)
    pages, again = Bar("reading pages"), Bar("reading numbers again")
    read = read_paper(pdf, cache, lambda done, of: pages(done, of, ""))
    for line in told_of(read):
        say(line)
    known, _ = names_of(session.connect())
    found = check_files([document for _, document in families], read, pdf, known, lambda done, of: again(done, of, ""))
    for (path, _), findings in zip(families, found, strict=True):
        say(f"{path}:")
        report_findings([(str(path), finding) for finding in findings], "table")
    return sum(any(finding.severity == "error" for finding in findings) for findings in found)

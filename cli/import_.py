"""`backbones import`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from backbones.cli.session import Bar, Session, catalog_options, say
from backbones.store.errors import BackbonesError
from backbones.store.text import printable

if TYPE_CHECKING:
    from backbones.ingest.sheets.changes import Changes
    from backbones.store.sheet import Sheet

KINDS: Final = ("timm", "openmmlab", "open_clip", "torchvision", "csv")


@click.command("import")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("--mapping", metavar="MAP.yaml", type=click.Path(path_type=Path), help="For csv: which column is which.")
@click.option(
    "--output", "-o", metavar="DIR", type=click.Path(path_type=Path, file_okay=False),
    help="Write the sheets to this folder instead of your own YAML files.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would change and write nothing.")
@click.option("--replace", is_flag=True, help="Go on although more than half of the rows of a sheet would be gone.")
@click.option("--collection", metavar="NAME", help="Keep the numbers as a collection of their own.")
@catalog_options
@click.pass_obj
def command(
    session: Session,
    kind: str,
    path: Path | None,
    mapping: Path | None,
    output: Path | None,
    dry_run: bool,
    replace: bool,
    collection: str | None,
) -> int:
    """Read a published table into sheets, say what changed, and put them among your own YAML files.

    \b
    timm         timm's results/ folder or one CSV file of it
    open_clip    OpenCLIP's docs/ folder or one CSV file of it
    openmmlab    a repository of OpenMMLab with model metafiles
    torchvision  the weights of the installed torchvision; takes no PATH
    csv          any CSV file, with --mapping

    Each sheet is compared with the one of the same name that the catalogue has now; one that says the same is not
    written. The list of changes goes to stdout. A sheet of yours takes the place of the shipped one of its name:
    delete it, and the shipped numbers are back. One that has lost more than half of the rows needs --replace. Its source
    is declared with today's date and the version: the commit of the checkout or the release of the package read.

    \b
    backbones import timm pytorch-image-models/results --dry-run
    backbones import open_clip open_clip/docs/openclip_results.csv
    backbones import csv accuracy.csv --mapping accuracy.yaml

    \b
    MAP.yaml is the head of a sheet and says which CSV column each of its columns is:
      sheet: my_accuracy
      kind: results
      collection: user
      shared: {dataset: ImageNet-1k, source: my-benchmark}
      columns:
        weights: model
        top_1: {column: acc, scale: 100}     # fraction to percent
        params_m: {column: params, scale: 0.000001}
      missing: ['-1', n/a]                   # cells that say nothing
      only: {status: ok}                     # rows that are taken
    """
    from backbones.ingest.sheets.changes import changes
    from backbones.ingest.sheets.folder import keeping_head, present_sheets, write_sheets
    from backbones.ingest.sheets.provenance import with_sources

    sheets, notes = _read(kind, path, mapping, collection)
    for note in notes:
        say(note)
    folder = output if output is not None else session.places.families[0] / "sheets"
    present = present_sheets(session.places, [sheet.sheet for sheet in sheets])
    former = [present[sheet.sheet][0] if sheet.sheet in present else None for sheet in sheets]
    kept = [keeping_head(sheet, old) for sheet, old in zip(sheets, former, strict=True)]
    if kind != "csv":  # the mapping says its own sources
        kept = with_sources(kept, path)
    pairs = [(sheet, changes(old, sheet)) for sheet, old in zip(kept, former, strict=True)]
    _report([change for _, change in pairs])
    changed = [sheet for sheet, change in pairs if not change.none]
    if not changed:
        say("nothing changed; nothing was written")
        return 0
    replaced = [c for s, c in pairs if output is None or (s.sheet in present and present[s.sheet][1].parent == folder)]
    if not replace and (told := _emptied(replaced)):
        if not dry_run:
            raise BackbonesError(f"{told}; nothing was written")
        say(told)
    if dry_run:
        say(f"would write {_count(changed)} to {folder}; nothing was written")
        return 0
    targets = write_sheets(changed, folder, present)
    say(f"wrote {_count(changed)} to {folder}")
    if output is not None:
        return 0
    shipped = session.places.shipped / "sheets"
    hidden = [s.sheet for s in changed if s.sheet in present and present[s.sheet][1].parent == shipped]
    if hidden:
        say(f"they take the place of the shipped {', '.join(hidden)}; delete them and the shipped numbers are back")
    for sheet in changed:
        if sheet.sheet in present and (other := present[sheet.sheet][1]).parent not in (folder, shipped):
            say(f"{other} has a sheet of the name {sheet.sheet} too, and wins over the one that was written")
    return _rebuild(session, targets)


def _read(kind: str, path: Path | None, mapping: Path | None, collection: str | None) -> tuple[list[Sheet], list[str]]:
    """The sheets and what is to be said about them; each reader is imported when it is asked for."""
    if (mapping is not None) != (kind == "csv"):
        raise click.UsageError("--mapping MAP.yaml belongs to csv: it says which column is which")
    if kind == "torchvision":
        if path is not None or collection is not None:
            raise click.UsageError(
                "torchvision is read from the installed package; it takes no PATH and no --collection"
            )
        from backbones.probe import torchvision_weights

        return torchvision_weights.read_with_notes()
    if path is None:
        raise click.UsageError(f"name the file or folder to import; see backbones import --help for {kind}")
    if kind == "csv":
        from backbones.ingest.sheets import table

        return table.read_with_notes(path, collection, mapping)
    if kind == "timm":
        from backbones.ingest.sheets import timm

        return timm.read_with_notes(path, collection)
    if kind == "open_clip":
        from backbones.ingest.sheets import open_clip

        return open_clip.read_with_notes(path, collection)
    from backbones.ingest.sheets import openmmlab

    return openmmlab.read_with_notes(path, collection)


def _report(found: list[Changes]) -> None:
    for change in found:
        for line in change.lines():
            click.echo(printable(line))


def _emptied(replaced: list[Changes]) -> str | None:
    """What would be lost with sheets of which less than half would be left: a part was given for the whole."""
    each = [
        f"{len(change.gone):,} of the {len(change.gone) + change.rows - len(change.new):,} rows of {change.sheet}"
        for change in replaced
        if change.loses_most
    ]
    return f"{', '.join(each)} would be gone. Name the whole table, or say --replace" if each else None


def _count(sheets: list[Sheet]) -> str:
    return "1 sheet" if len(sheets) == 1 else f"{len(sheets)} sheets"


def _rebuild(session: Session, targets: list[Path]) -> int:
    """Bring the catalogue up to date; 1 where a written file was not taken."""
    from backbones.store.build import build

    report = build(session.places, Bar("reading YAML files"))
    for problem in report.problems:
        say(problem)
    return 1 if any(problem.startswith(str(target)) for problem in report.problems for target in targets) else 0

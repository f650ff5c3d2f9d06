"""`backbones transfer report`: what the outcomes of one data set say, as Markdown and one HTML file."""

from __future__ import annotations

from pathlib import Path

import click

from backbones.cli.session import Session, catalog_options, say


@click.command("report")
@click.argument("data", metavar="NAME_OR_DATA")
@click.option(
    "--output", "-o", metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False),
    help="The folder to write into; transfer-report-NAME otherwise.",
)  # fmt: skip
@click.option("--replace", is_flag=True, help="Write over an earlier report in that folder.")
@catalog_options
@click.pass_obj
def command(session: Session, data: str, output: Path | None, replace: bool) -> None:
    """Write a report on what came of models on your own images: report.md, report.html and pictures.

    It ranks the models, with intervals, says whether ImageNet accuracy predicts yours, draws few-shot curves, and shows the best
    model's classes and confusions, the conditions and the cautions. NAME_OR_DATA is the name of the images, or the folder or CSV itself,
    which is known by its images where it was evaluated under another name.

    \b
    backbones transfer report my-data
    backbones transfer report ~/photos -o ~/photos-report --replace
    """
    from backbones.probe.transfer.images import name_of
    from backbones.probe.transfer.report import data_named, report_of
    from backbones.probe.transfer.report_files import write_report
    from backbones.store.text import fold, slug

    file = session.places.measurements
    name = data_named(file, data)
    if fold(name) not in (fold(data), fold(name_of(Path(data)))):
        say(f"the images of {data} were evaluated last as {name}")
    made = report_of(file, name, session.explorer())
    folder = output or Path(f"transfer-report-{slug(name) or 'data'}")
    written = write_report(made, folder, replace)
    for sentence in made.sentences:
        say(sentence)
    for path in written[:2]:
        click.echo(str(path))
    if len(written) > 2:
        say(f"and {len(written) - 2} picture{'s' if len(written) != 3 else ''} beside them")

"""`backbones build`."""

from __future__ import annotations

import click

from backbones.cli.session import Bar, Session, catalog_options, say


@click.command("build")
@click.option("--fresh", is_flag=True, help="Read every YAML file again and use nothing of the old catalogue.")
@catalog_options
@click.pass_obj
def command(session: Session, fresh: bool) -> int:
    """Build the catalogue from the shipped YAML files and your own. Only changed files are read.

    The old catalogue answers until the new one takes its place. Exit 1 if one of your files has mistakes; the others
    are in the catalogue then. Also brings measurements.db up to date.
    """
    from backbones.store.build import build
    from backbones.store.errors import BackbonesError
    from backbones.store.measurements import migrate

    report = build(session.places, Bar("reading YAML files"), from_scratch=fresh)
    say(f"{report.catalog}: {report.files} files, {report.parsed} read anew, {report.seconds:.1f} s")
    try:
        migrate(session.places.measurements)
    except OSError as error:
        raise BackbonesError(
            f"{session.places.measurements} cannot be written: {error.strerror}. The catalogue itself is built"
        ) from None
    for problem in report.problems:
        click.echo(problem, err=True)
    return 1 if report.problems else 0

"""`backbones audit`."""

from __future__ import annotations

import click
from click.core import ParameterSource

from backbones.cli.session import Session, catalog_options, format_option, say, table_width
from backbones.store.findings import SEVERITIES
from backbones.store.formats import render
from backbones.store.rows import Rows


@click.command("audit")
@click.option(
    "--kind", "-k", "kinds", metavar="KIND", multiple=True, help="Only findings of a kind; may be given more than once."
)
@click.option("--collection", "-c", "collections", metavar="NAME", multiple=True, help="Only facts of a collection.")
@click.option(
    "--severity", "-s", "severities", type=click.Choice(SEVERITIES), multiple=True, help="Only so sure findings."
)
@click.option(
    "--limit", "-n", type=click.IntRange(min=0), help="Print at most so many; 0: all. On a terminal 40 unless given."
)
@click.option("--as-suspects", is_flag=True, help="Write a sheet of suspects (YAML) instead of a table.")
@click.option("--strict", is_flag=True, help="Exit with 1 when something sure is found that is no suspect yet.")
@format_option
@catalog_options
@click.pass_context
def command(
    context: click.Context, kinds: tuple[str, ...], collections: tuple[str, ...], severities: tuple[str, ...], limit: int | None,
    as_suspects: bool, strict: bool, form: str,
) -> int:  # fmt: skip
    """What is doubtful in the catalogue, the surest first. Nothing is changed; it is a report.

    \b
    KIND: conflict, impossible value, outlier, placeholder, date, stale correction, dangling suspect
    sure: cannot be right as it stands. likely: a mistake explains it best. maybe: worth a look.

    \b
    backbones audit --severity sure --severity likely
    backbones audit --kind conflict --collection timm --format csv
    backbones audit --severity sure --as-suspects > my_suspects.yaml
    """
    from backbones.store import audit

    if as_suspects and (limit is not None or context.get_parameter_source("form") is ParameterSource.COMMANDLINE):
        raise click.UsageError("--as-suspects writes a whole sheet in YAML; it takes no --limit and no --format")
    session: Session = context.obj
    _known("--kind", kinds, audit.KINDS)
    connection = session.connect()
    _known("--collection", collections, [n for (n,) in connection.execute("select collection from collection")])
    found = audit.chosen(audit.audit(connection), kinds, collections, severities)
    suspects = audit.known_suspects(connection)
    if as_suspects:
        from backbones.store.documents import dump_yaml

        sheet = audit.as_suspects(found, audit.known_suspects(connection, by_hand=True))
        click.echo(dump_yaml(sheet, "../sheet.schema.json"), nl=False)
    else:
        width = table_width() if form == "table" else None
        most = (40 if width is not None else 0) if limit is None else limit
        rows = audit.rows_of(found, suspects)
        shown = Rows(rows.columns, rows.rows[:most] if most else rows.rows)
        click.echo(render(shown, form, width), nl=False)
        if len(shown) < len(rows):
            say(f"{len(shown):,} of {len(rows):,} findings; --limit 0 prints all")
    for kind, count in audit.counts(found):
        say(f"{count:,} {kind}")
    new = sum(f.severity == "sure" and f.fact not in suspects for f in found)
    if new:
        say(f"{new:,} of them sure and no suspect yet")
    return int(strict and new > 0)


def _known(option: str, given: tuple[str, ...], names: list[str] | tuple[str, ...]) -> None:
    """A name that nothing has is a mistake of usage."""
    for name in given:
        if name not in names:
            raise click.BadParameter(f"{name!r} is none of {', '.join(names)}", param_hint=f"'{option}'")

"""`backbones probe export` and `backbones probe compare`: what was measured, for others and beside others."""

from __future__ import annotations

import click

from backbones.cli.session import Session, catalog_options, format_option, say, table_width
from backbones.store.formats import render
from backbones.store.rows import Rows


@click.command("export")
@click.option("--device", metavar="NAME", default="", help="Only one of several devices.")
@click.option("--every-host", is_flag=True, help="Also what was measured on other machines and merged.")
@click.option(
    "--without-disturbed",
    is_flag=True,
    help="Leave out rows whose figure something disturbed: a busy CPU, heat, a wide spread.",
)
@catalog_options
@click.pass_obj
def export_command(session: Session, device: str, every_host: bool, without_disturbed: bool) -> None:
    """Write what was measured on this machine as a sheet, for others to drop into their catalogue. Never predictions.

    \b
    backbones probe export > my-gpu.yaml
    backbones check my-gpu.yaml
    backbones add my-gpu.yaml        # there, on another machine
    """
    from backbones.store.documents import dump_yaml
    from backbones.store.measuring.export import disturbed, export_sheet

    path = session.places.measurements
    sheet = export_sheet(path, device, every_host, session.connect(), without_disturbed)
    click.echo(dump_yaml(sheet, "../sheet.schema.json"), nl=False)
    exported = len(sheet["rows"])
    say(f"{exported:,} measured row{'' if exported == 1 else 's'}")
    count, by_what = disturbed(path, device, every_host)
    if count:
        why = ", ".join(f"{name.replace('_', ' ')} {n:,}" for name, n in by_what)
        if without_disturbed:
            say(f"left out {count:,} that were disturbed: {why}")
        else:
            say(f"warning: {count:,} of them were disturbed ({why}); --without-disturbed leaves them out")


@click.command("compare")
@click.argument("a", metavar="A")
@click.argument("b", metavar="[B]", default="")
@click.option(
    "--limit", "-n", type=click.IntRange(min=0), help="Print at most so many; 0: all. On a terminal 40 unless given."
)
@click.option(
    "--strict", is_flag=True, help="Exit with 1 when a model is slower by more than the spread of its rounds."
)
@format_option
@catalog_options
@click.pass_obj
def compare_command(session: Session, a: str, b: str, limit: int | None, strict: bool, form: str) -> int:
    """How fast B is beside A, model by model, the slowest first; above 1 B is faster.

    \b
    A, B: a device, `here`, a day (2026-11-20, today, yesterday) or a fingerprint of this machine.
    Without B: this machine beside the device A; or what was measured later than A.

    \b
    backbones probe compare 'RTX 4090'               # this machine beside what is reported
    backbones probe compare yesterday today --strict  # a regression after a driver update?
    backbones probe compare 3fa9c1 77b1d0            # fingerprints: backbones measurements list --runs
    """
    from backbones.store.measuring.comparing import compared

    found = compared(session.connect(), session.places.measurements, a, b)
    width = table_width() if form == "table" else None
    most = (40 if width is not None else 0) if limit is None else limit
    shown = Rows(found.rows.columns, found.rows.rows[:most] if most else found.rows.rows)
    click.echo(render(shown, form, width), nl=False)
    if len(shown) < len(found.rows):
        say(f"{len(shown):,} of {len(found.rows):,} models; --limit 0 prints all")
    for sentence in found.told:
        say(sentence)
    return int(strict and found.slower > 0)

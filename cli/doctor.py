"""`backbones doctor`."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import click

from backbones.cli.session import Session, catalog_options, format_option, say, table_width
from backbones.store.formats import render
from backbones.store.text import printable

if TYPE_CHECKING:
    from backbones.probe.doctor.check import Check

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command("doctor")
@format_option
@catalog_options
@click.pass_obj
def command(session: Session, form: str) -> int:
    """What is in order on this machine and what is not, and what to do: terminal, catalogue, GPU, extras.

    Nothing is changed, nothing is built, no framework is imported. Exit code 1 if a check fails; warnings do not count.

    \b
    backbones doctor
    backbones doctor --format json
    """
    from backbones.probe.doctor.catalogue import catalogue_checks
    from backbones.probe.doctor.check import rows_of, summary
    from backbones.probe.doctor.extras import extra_checks
    from backbones.probe.doctor.gpu import gpu_checks
    from backbones.probe.doctor.terminal import Terminal, terminal_checks

    size = shutil.get_terminal_size()
    is_tty = sys.stdin.isatty() and sys.stdout.isatty()
    terminal = Terminal(os.environ, is_tty, size.columns, size.lines, sys.stdout.encoding or "")
    checks = [*terminal_checks(terminal), *catalogue_checks(session.places), *gpu_checks(), *extra_checks()]
    if form == "table":
        _print_lines(checks, table_width())
    else:
        click.echo(render(rows_of(checks), form), nl=False)
    say(summary(checks))
    return int(any(check.verdict == "fail" for check in checks))


def _print_lines(checks: list[Check], width: int | None) -> None:
    """A line a check, what to do below it; nothing is cut, so that commands can be copied."""
    import textwrap

    size = max(len(check.what) for check in checks)
    area = ""
    for check in checks:
        if check.area != area:
            area = check.area
            click.secho(area, bold=True)
        mark = click.style(f"{check.verdict:<4}", fg=_COLOURS[check.verdict])
        lines = [check.found, *([f"-> {check.advice}"] if check.advice else [])]
        room = max(40, (width or 10_000) - size - 9)
        wrapped = [part for line in lines for part in textwrap.wrap(printable(line), room, break_on_hyphens=False)]
        click.echo(f"  {mark} {check.what:<{size}}  {wrapped[0]}")
        for part in wrapped[1:]:
            click.echo(f"{' ' * (size + 9)}{part}")

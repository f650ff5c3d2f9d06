"""`backbones tui`, `backbones-tui`."""

from __future__ import annotations

import sys

import click

from backbones.cli.session import Session, catalog_options
from backbones.cli.start import overview, screen
from backbones.store.view import View


@click.command("tui")
@click.option("--where", "-w", metavar="FILTER", help="Start with this filter.")
@click.option("--fresh", is_flag=True, help="Start with the default view instead of the last one.")
@click.option("--no-mouse", is_flag=True, help="Leave the mouse to the terminal.")
@catalog_options
@click.pass_obj
def command(session: Session, where: str | None, fresh: bool, no_mouse: bool) -> int:
    """Open the screen: filters, table and plot. Press ? for all keys, q to leave.

    Without a terminal on stdout it prints the summary and the default plot as text.
    """
    view = View(filter=where) if where is not None else (View() if fresh else None)
    if not sys.stdout.isatty():
        return overview(session.connect(), view or View())
    return screen(session.connect(), session.places.state, view, mouse=not no_mouse)

"""`backbones tui`, `backbones-tui`."""

from __future__ import annotations

import sys

import click

from backbones.cli.session import Session, catalog_options
from backbones.cli.start import overview, screen
from backbones.cli.views import complete_name, opened
from backbones.store.view import View


@click.command("tui")
@click.argument("view", required=False, shell_complete=complete_name)
@click.option("--where", "-w", metavar="FILTER", help="Start with this filter.")
@click.option("--fresh", is_flag=True, help="Start with the default view instead of the last one.")
@click.option("--no-mouse", is_flag=True, help="Leave the mouse to the terminal.")
@click.option("--print-keys", is_flag=True, help="List all keys by their ids, ready for the configuration, and leave.")
@catalog_options
@click.pass_obj
def command(
    session: Session, view: str | None, where: str | None, fresh: bool, no_mouse: bool, print_keys: bool
) -> int:
    """Open the screen: filters, table and plot. Press ? for all keys, q to leave.

    VIEW is the name of a view (`backbones views` lists them) or a YAML file with one; without it the screen goes on
    where it was left. Without a terminal on stdout it prints the summary and the default plot as text.
    """
    if print_keys:
        from backbones.tui.key_names import keys_text

        click.echo(f"[keys]\n{keys_text()}")
        return 0
    chosen = opened(session, view) if view is not None else (View() if fresh or where is not None else None)
    if where is not None and chosen is not None:
        chosen = chosen.with_(filter=where)
    if not sys.stdout.isatty():
        return overview(session.connect(), chosen or View())
    here = session.places
    return screen(session.connect(), here.state, chosen, mouse=not no_mouse, config=here.config, own=here)

"""`backbones tui`, `backbones-tui`."""

from __future__ import annotations

import sys

import click

from backbones.cli.session import Session, catalog_options
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
    return start(session, view, mouse=not no_mouse)


def start(session: Session, view: View | None = None, mouse: bool = True) -> int:
    """The screen, or what it would show first where there is no terminal."""
    if not sys.stdout.isatty():
        return _print_overview(session, view or View())
    from backbones.tui.app import run

    return run(session.explorer, view, session.places.state, mouse=mouse)


def _print_overview(session: Session, view: View) -> int:
    from backbones.plot.palette import Look
    from backbones.plot.picture import picture
    from backbones.plot.raster import draw

    explorer = session.explorer()
    answer = explorer.answer(view)
    print(explorer.summary())
    print()
    drawing = picture(answer, view, Look(depth=0, ascii=(sys.stdout.encoding or "").lower().replace("-", "") != "utf8"))
    print(draw(drawing.spec, drawing.points, 100, 30).text())
    return 0

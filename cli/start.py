"""`backbones-tui` without options, the way it is started every day: nothing is imported that the screen does not need.

click and what comes with it cost 20 ms, an eighth of the time to the first paint.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from backbones.store.query import CatalogExplorer
from backbones.store.view import View

if TYPE_CHECKING:
    from backbones.store.places import Places


def tui() -> None:
    """The entry point of `backbones-tui`."""
    try:
        _tui()
    except KeyboardInterrupt:  # before the screen takes the keys
        os.write(2, b"\ninterrupted\n")
        sys.exit(130)


def _tui() -> None:
    if len(sys.argv) == 1 and sys.stdout.isatty():
        from backbones.store.catalog import connect, is_current
        from backbones.store.places import places

        here = places()
        if is_current(here):
            sys.exit(screen(connect(here), here.state, config=here.config, own=here))
    from backbones.cli.main import main

    main(["tui", *sys.argv[1:]])


def screen(
    connection: sqlite3.Connection,
    state: Path,
    view: View | None = None,
    mouse: bool = True,
    config: Path | None = None,
    own: Places | None = None,
) -> int:
    """The screen over an open catalogue; returns the exit code."""
    from backbones.tui.start import run

    return run(lambda: CatalogExplorer(lambda: connection), view, state, mouse=mouse, config_path=config, own=own)


def overview(connection: sqlite3.Connection, view: View) -> int:
    """What the screen would show first, as text."""
    from backbones.plot.palette import Look
    from backbones.plot.picture import picture
    from backbones.plot.raster import draw

    explorer = CatalogExplorer(lambda: connection)
    answer = explorer.answer(view)
    print(explorer.summary())
    print()
    is_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    drawing = picture(answer, view, Look(depth=0, ascii=not is_utf8, plain=True))
    print(draw(drawing.spec, drawing.points, 100, 30).text())
    return 0

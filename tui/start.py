"""From the command line to the screen and back, with nothing imported before it is known that there is a terminal."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from backbones.store.errors import BackbonesError
from backbones.store.view import View

if TYPE_CHECKING:
    from backbones.plot.palette import Look
    from backbones.tui.opening import ExplorerFactory

USAGE_ERROR = 2


def run(
    explorer_factory: ExplorerFactory,
    view: View | None = None,
    state_path: Path | None = None,
    *,
    mouse: bool = True,
    look: Look | None = None,
) -> int:
    """Show the catalogue until the user leaves; returns the exit code.

    Without a `view` it goes on where the last run ended. The catalogue is opened by `explorer_factory` in a thread of
    its own, so a builder that prints has to be done before. 2 where there is no terminal to draw on.
    """
    if reason := why_not(os.environ, all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))):
        sys.stderr.write(f"backbones: {reason}\n")
        return USAGE_ERROR
    gc.disable()  # until the first paint: nothing is thrown away before, and looking for it costs a tenth of the start

    from backbones.tui.opening import Opening
    from backbones.tui.state import load_state

    state = load_state(state_path)
    opening = Opening(explorer_factory, view or state.view).start()

    from backbones.plot.palette import look_from_env

    look = look or look_from_env(os.environ, True, sys.stdout.encoding)
    opening.draw_for(look)
    from backbones.tui.app import BackbonesApp  # 150 ms, in which the first answer is found

    app = BackbonesApp(explorer_factory, look=look, state=state, state_path=state_path, opening=opening)
    try:
        app.run(mouse=mouse)
    finally:
        if opening.explorer is not None:
            opening.explorer.interrupt()
            opening.explorer.close()
    if app.return_code == 1:  # no catalogue, or a traceback on the screen: nothing to go on with next time
        reason = str(opening.error) if isinstance(opening.error, BackbonesError) else None
    else:
        reason = app.keep_state()
    if reason:
        sys.stderr.write(f"backbones: {reason}\n")
    return app.return_code or 0


def why_not(env: Mapping[str, str], is_terminal: bool) -> str | None:
    """The sentence that refuses a place where no screen can be drawn."""
    if not is_terminal:
        return "the screen needs a terminal on stdin, stdout and stderr; `backbones query` works in pipes"
    if env.get("TERM", "dumb") in ("dumb", ""):
        return "TERM=dumb cannot show a screen; `backbones query` prints tables and works everywhere"
    return None

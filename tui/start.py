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
from backbones.tui.config import Config, load_config

if TYPE_CHECKING:
    from backbones.plot.palette import Look
    from backbones.store.places import Places
    from backbones.tui.app import BackbonesApp
    from backbones.tui.opening import ExplorerFactory

USAGE_ERROR = 2


def run(
    explorer_factory: ExplorerFactory,
    view: View | None = None,
    state_path: Path | None = None,
    *,
    mouse: bool = True,
    look: Look | None = None,
    config_path: Path | None = None,
    app_class: type[BackbonesApp] | None = None,
    own: Places | None = None,
) -> int:
    """Show the catalogue until the user leaves; returns the exit code.

    Without a `view` it begins as the configuration says: where the last run ended. The catalogue is opened by
    `explorer_factory` in a thread of its own, so a builder that prints has to be done before. 2 where there is no
    terminal to draw on, 1 after a bug or where there is no catalogue.
    """
    if reason := why_not(os.environ, all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))):
        sys.stderr.write(f"backbones: {reason}\n")
        return USAGE_ERROR
    gc.disable()  # until the first paint: nothing is thrown away before, and looking for it costs a tenth of the start

    from backbones.tui.opening import Opening
    from backbones.tui.state import load_state

    config = load_config(config_path)
    state = load_state(state_path)
    first, problem = (view, None) if view else first_view(config, state.view)
    opening = Opening(explorer_factory, first).start()

    from backbones.plot.palette import look_from_env

    if config != Config():
        from backbones.tui.themes import look_of, prepare

        prepare(config, os.environ)
        look = look or look_of(config, look_from_env(os.environ, True, sys.stdout.encoding))
    look = look or look_from_env(os.environ, True, sys.stdout.encoding)
    opening.draw_for(look)
    if app_class is None:
        from backbones.tui.app import BackbonesApp  # 150 ms, in which the first answer is found

        app_class = BackbonesApp
    app = app_class(explorer_factory, look=look, state=state, state_path=state_path, opening=opening)
    app.places = own
    if config != Config() or problem:
        app.configure(config, config_path, *filter(None, [problem]))
    error: BaseException | None = None
    try:
        app.run(mouse=mouse and config.mouse)
    except Exception as unexpected:  # before or after the loop, where the program cannot catch it itself
        error = unexpected
    finally:
        if opening.explorer is not None:
            opening.explorer.interrupt()
            opening.explorer.close()
    if error := error or app.crash:
        from backbones.tui.crash import Scene, tell

        scene = Scene((app.size.width, app.size.height), app.trail.place.kind, app.last_keys, repr(look))
        tell(error, scene, state_path.parent if state_path else None)
        return 1
    if app.return_code == 1:  # no catalogue: nothing to go on with next time
        reason = str(opening.error) if isinstance(opening.error, BackbonesError) else None
    else:
        reason = app.keep_state()
    if reason:
        sys.stderr.write(f"backbones: {reason}\n")
    return app.return_code or 0


def first_view(config: Config, last: View) -> tuple[View, str | None]:
    """What is shown first, and the sentence that says why it is not what the configuration asks for."""
    if config.start in ("last", "views"):
        return last, None
    if config.start == "default":
        return View(), None
    from backbones.store.places import places
    from backbones.store.saved_views import find_view

    try:
        return find_view(places().measurements, config.start).view, None
    except BackbonesError as error:
        return last, f"the configuration's `start`: {error}"


def why_not(env: Mapping[str, str], is_terminal: bool) -> str | None:
    """The sentence that refuses a place where no screen can be drawn."""
    if not is_terminal:
        return "the screen needs a terminal on stdin, stdout and stderr; `backbones query` works in pipes"
    if env.get("TERM", "dumb") in ("dumb", ""):
        return "TERM=dumb cannot show a screen; `backbones query` prints tables and works everywhere"
    return None

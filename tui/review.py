"""From the command line to the review of a draft and back; nothing is imported before it is known that there is a terminal."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from backbones.store.drafts import Draft, read_draft, settle
from backbones.store.errors import BackbonesError
from backbones.tui.config import Config, load_config
from backbones.tui.start import why_not

if TYPE_CHECKING:
    from backbones.plot.palette import Look
    from backbones.tui.review_app import ReviewApp


@dataclass(frozen=True, slots=True)
class Reviewed:
    """How a review ended."""

    draft: Draft
    """With all decisions; they are in its evidence file, too."""
    written: Path | None = None
    """The accepted family file, where one was written."""
    code: int = 0
    """For the shell: 1 after a bug, or where decisions could not be kept; 128 and a signal's number after that signal."""


def review(
    path: Path,
    target: Path | None = None,
    *,
    mouse: bool = True,
    look: Look | None = None,
    config_path: Path | None = None,
    reports: Path | None = None,
    app_class: type[ReviewApp] | None = None,
) -> Reviewed:
    """Show the draft at `path`, each number beside its cell, until the user leaves; every decision is kept at once.

    Accepting writes the family file to `target`, or in the draft's own place, without its `draft` mark. `config_path`:
    the user's configuration; `reports`: the folder for a report of a crash. BackbonesError where there is no terminal
    to draw on or no draft that can be read.
    """
    read_draft(path)
    if reason := why_not(os.environ, all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))):
        instead = f"Without one, edit {path} by hand, or accept it unseen with `backbones add --draft`"
        raise BackbonesError(f"{reason.partition('; ')[0]}. {instead}")
    draft = settle(path)
    config = load_config(config_path)

    from backbones.plot.palette import look_from_env
    from backbones.tui.themes import look_of, prepare

    prepare(config, os.environ)
    look = look or look_of(config, look_from_env(os.environ, True, sys.stdout.encoding))
    if app_class is None:
        from backbones.tui.review_app import ReviewApp

        app_class = ReviewApp
    app = app_class(draft, target, look=look)
    if config != Config():
        app.configure(config, config_path)
    return _run(app, mouse and config.mouse, reports)


def _run(app: ReviewApp, mouse: bool, reports: Path | None) -> Reviewed:
    """Show it; whatever ends it, decisions that are not written yet are written."""
    error: BaseException | None = None
    try:
        app.run(mouse=mouse)
    except Exception as unexpected:  # before or after the loop, where the program cannot catch it itself
        error = unexpected
    code, unkept = app.return_code or 0, app.keep()
    if unkept:
        sys.stderr.write(f"backbones: {unkept}\n")
        code = code or 1
    if error := error or app.crash:
        from backbones.tui.crash import Scene, tell

        tell(error, Scene((app.size.width, app.size.height), "review", app.last_keys, repr(app.look)), reports)
        code = 1
    return Reviewed(app.session.draft, app.written, code)

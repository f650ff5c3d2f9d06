"""How far a training that was ended has got: a small file beside its checkpoint, which is read without torch."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

FILE: Final = "epochs.json"
AGAIN: Final = "all-images"
"""In the folder of an evaluation: where training on all images stands, after the epochs were chosen on a part of them."""

_AT_LEAST: Final = 0.01
"""The test is left, whatever was trained."""


def note(folder: Path, done: int, planned: int) -> None:
    """So many epochs of so many are in the checkpoint of this folder. Nothing is said where it cannot be written."""
    fresh = folder / f"{FILE}.{os.getpid()}"
    with suppress(OSError):
        fresh.write_text(json.dumps([done, planned]))
        fresh.replace(folder / FILE)


def share_left(folder: Path, trainings: int = 1) -> float:
    """Which share of the epochs of an evaluation is left to train; 1 where nothing is known."""
    done = _done(folder)
    if trainings > 1:
        done = (done + _done(folder / AGAIN)) / 2
    return max(_AT_LEAST, 1 - done)


def _done(folder: Path) -> float:
    try:
        done, planned = json.loads((folder / FILE).read_text())
        return min(1.0, max(0.0, float(done) / float(planned)))
    except (OSError, ValueError, TypeError, ZeroDivisionError):
        return 0.0

"""How far a training that was ended has got: a small file beside its checkpoint, which is read without torch."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

FILE: Final = "epochs.json"
AGAIN: Final = "all-images"
"""In the folder of an evaluation: where training on all images stands, after the epochs were chosen on a part of them."""


class Trained(NamedTuple):
    """How far one training has got."""

    done: int = 0
    """Epochs that are in the checkpoint."""
    planned: int = 0
    """Epochs that it has at most; 0 where nothing is known."""
    best: int = 0
    """Which epoch was the best, once it is over."""

    @property
    def is_over(self) -> bool:
        """Nothing is left to train."""
        return 0 < self.planned <= self.done


class Left(NamedTuple):
    """What earlier runs have left to do of an evaluation."""

    is_done: bool = False
    """Nothing."""
    first: Trained = Trained()
    again: Trained = Trained()
    """On all images, after the first has told for how many epochs."""


def note(folder: Path, done: int, planned: int, best: int = 0) -> None:
    """So many epochs of so many are in the checkpoint of this folder. Nothing is said where it cannot be written."""
    fresh = folder / f"{FILE}.{os.getpid()}"
    with suppress(OSError):
        fresh.write_text(json.dumps([done, planned, best]))
        fresh.replace(folder / FILE)


def left(folder: Path) -> Left:
    """What is left of a training that goes on in the folder of its evaluation."""
    return Left(False, _trained(folder), _trained(folder / AGAIN))


def _trained(folder: Path) -> Trained:
    try:
        found = Trained(*(int(number) for number in json.loads((folder / FILE).read_text())))
    except (OSError, ValueError, TypeError):
        return Trained()
    return found if min(found) >= 0 else Trained()

"""Where training stands, on disk: one file, replaced in one rename, so that an interrupt at any moment leaves a whole one."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

FILE: Final = "training.pt"
KEPT_DAYS: Final = 30
"""A training that was ended and not gone on with for so long is forgotten."""
MOST_OF_TIME: Final = 0.1
"""Share of the time that may go into writing; epochs shorter than this allows are not all written."""


class Checkpoints:
    """The file of one evaluation in a folder of its own; `key` names what it must be of to be gone on from."""

    def __init__(self, folder: Path, key: str, now: Callable[[], float] = time.monotonic) -> None:
        self._file, self._key, self._now = folder / FILE, key, now
        self._not_before = 0.0
        self.problem = ""
        """Why nothing can be written; training goes on without."""

    def read(self) -> dict[str, Any] | None:
        """The last state; None where there is none, or it is of something else, or damaged."""
        import torch

        try:
            found = torch.load(self._file, map_location="cpu", weights_only=True)
        except FileNotFoundError:
            return None
        except Exception:  # of any kind: a file that a full disk or a bad one left
            return None
        return found if isinstance(found, dict) and found.get("key") == self._key else None

    def write(self, state: dict[str, Any], is_due: bool = False) -> bool:
        """Keep a state, unless writing would take too much of the time and it is not `is_due`; whether it is kept."""
        began = self._now()
        if self.problem or (began < self._not_before and not is_due):
            return False
        try:
            replace(self._file, {"key": self._key, **state})
        except (OSError, RuntimeError) as error:  # torch raises RuntimeError for a full disk
            self.problem = f"no checkpoint can be written to {self._file.parent}: {' '.join(str(error).split())[:160]}"
            return False
        ended = self._now()
        self._not_before = ended + (ended - began) / MOST_OF_TIME
        return True


def replace(file: Path, state: Any) -> None:
    """Write a state into a new file that takes the other's place."""
    import torch

    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        with fresh.open("wb") as out:
            torch.save(state, out)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(file)
    except BaseException:
        with suppress(OSError):
            fresh.unlink()
        raise


def forget(folder: Path) -> None:
    """Delete the folder of an evaluation. For when its outcome is kept."""
    shutil.rmtree(folder, ignore_errors=True)


def prune(folder: Path, now: float | None = None) -> None:
    """Delete from the folder of all evaluations what nothing can be gone on from, and what nobody went on with."""
    oldest = (time.time() if now is None else now) - KEPT_DAYS * 86400
    with suppress(OSError):
        for one in list(folder.iterdir()):
            with suppress(OSError):  # another run may be at it
                times = [file.stat().st_mtime for file in one.rglob("*") if file.is_file()]
                if times and max(times) < oldest:
                    shutil.rmtree(one, ignore_errors=True)

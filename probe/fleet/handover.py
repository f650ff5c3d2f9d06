"""What a head leaves to the next one that is given the same command: who holds its files, and which jobs still write there."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from backbones.store.errors import BackbonesError

_LOOK_S: Final = 0.5


class Held(BackbonesError):
    """Another process has what this one wants; `holder` says which."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"held by {holder}")
        self.holder = holder


@contextlib.contextmanager
def holding(file: Path, wait_s: float = 0.0) -> Iterator[None]:
    """Hold a lock until the end; it goes with its process, however that dies. Held where another has it for longer than `wait_s`.

    A file system that has no locks holds nobody up.
    """
    try:
        import fcntl
    except ImportError:  # no such system is a node of a cluster
        yield
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + wait_s
    with open(file, "a+", encoding="utf-8") as held:
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    held.seek(0)
                    raise Held(held.read().strip() or "another process") from None
                time.sleep(min(_LOOK_S, wait_s))
            except OSError:
                break
        held.truncate(0)
        held.write(f"process {os.getpid()} on {platform.node()}")
        held.flush()
        yield


class JobList:
    """The jobs of a run, by shard, as long as somebody has to see to their end; in a file that a kill of the head leaves behind."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def left(self) -> dict[int, str]:
        """Those of a head that did not see them through. BackbonesError for a file that nobody can read."""
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
            return {int(shard): str(job) for shard, job in found.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError) as error:
            raise BackbonesError(
                f"{self._file}, the list of an earlier run's jobs, cannot be read ({error}); when none of them runs any more, delete it"
            ) from None

    def note(self, jobs: Mapping[int, str]) -> None:
        """What runs now. Written beside and put in place: a kill leaves the old list or the new one."""
        if not jobs:
            self._file.unlink(missing_ok=True)
            return
        beside = self._file.with_suffix(".new")
        beside.write_text(json.dumps({str(shard): job for shard, job in jobs.items()}), encoding="utf-8")
        beside.replace(self._file)

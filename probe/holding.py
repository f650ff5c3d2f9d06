"""A lock in the file system: one probe a device, one head a run, one process a shard."""

from __future__ import annotations

import contextlib
import os
import platform
import time
from collections.abc import Iterator
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

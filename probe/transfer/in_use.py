"""Who uses a folder says so by a lock on a file in it, which the system takes back when the program ends, however it ends."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

try:
    import fcntl
except ImportError:  # not on Windows, where a folder with open files cannot be renamed anyway
    fcntl = None  # type: ignore[assignment]

FILE: Final = "in_use.lock"


def hold(folder: Path) -> int | None:
    """Make a folder, and share its lock until the number that is given is closed; None where there are no locks."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        lock = locked(folder, shared=True)
        if lock is None:
            return None
        with suppress(OSError):
            if os.path.samestat(os.fstat(lock), (folder / FILE).stat()):
                return lock
        os.close(lock)  # the folder was removed meanwhile


def locked(folder: Path, shared: bool) -> int | None:
    """The lock of a folder, open; None where there are no locks. BlockingIOError where it is in use and not to be shared."""
    if fcntl is None:
        return None
    try:
        lock = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH if shared else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        if isinstance(error, BlockingIOError):
            raise
        return None
    return lock

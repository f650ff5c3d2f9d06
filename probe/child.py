"""What every worker process does: it has the pipes to its parent for itself, and ends with its parent."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import BinaryIO


def end() -> None:
    """End this process and what it started, without any tidying that could hang in a driver."""
    with suppress(OSError, AttributeError):
        if os.getpgid(0) == os.getpid():  # never the group of somebody else
            os.killpg(0, signal.SIGKILL)
    os._exit(0)


def die_with(parent: int) -> None:
    """On Linux the kernel ends this process with its parent even when it hangs in a driver; elsewhere the closed pipe does."""
    if sys.platform == "linux":
        import ctypes

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if parent and hasattr(os, "getppid") and os.getppid() != parent:
        end()


def own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output as they are now, for us alone; what others read is empty, what they print goes to stderr."""
    orders, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return orders, answers

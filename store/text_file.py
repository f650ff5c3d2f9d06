"""The text of a file that somebody names: bounded, and never a device or a pipe."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from backbones.store.errors import FileProblems


def read_text(path: Path, most: int, what: str, cure: str = "Split it") -> str:
    """The text of a regular file of at most `most` bytes, UTF-8 with or without a mark; `what` it should be: `a table`.
    `cure` is the advice where it is larger; empty: none.

    FileProblems for everything else. No more than the bound is read, whatever the file system says of the size.
    """
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise FileProblems([f"{path}: is no regular file. Save {what} to a file and name that"])
            content = file.read(most + 1)
        if len(content) > most:
            raise FileProblems([f"{path}: too large; {what} may have {_size(most)}" + f". {cure}" * bool(cure)])
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileProblems([f"{path}: byte {error.start}: not UTF-8 text. Save it as UTF-8"]) from None
    except OSError as error:
        raise FileProblems([f"{path}: cannot be read: {error.strerror}"]) from None
    except ValueError as error:  # a NUL in the path
        raise FileProblems([f"{path}: cannot be read: {error}"]) from None


def _size(most: int) -> str:
    return f"{most // 2**20} MB" if most >= 2**20 else f"{most // 2**10} KB"


def _without_waiting(name: str, flags: int) -> int:
    """Opening a FIFO would wait for somebody to write into it."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))

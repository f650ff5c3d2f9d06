"""What is in image files: hash of the content, width and height, or why a file cannot be used. In parallel, remembered."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from backbones.probe.transfer.decoding import MOST_BYTES_AT_ONCE, UnreadableImage, large_images_allowed, measured
from backbones.probe.transfer.seen import Seen, SeenFile

T = TypeVar("T")

Progress = Callable[[int, int, str], None]
"""Hears how many of how many are done, and the name of the last."""

DIGITS: Final = 16
"""Hexadecimal digits of the SHA-256 that name a content: 64 bits, for a million images one clash in 37 million sets."""

_KEEP_EVERY_S: Final = 5.0
_SETTLED_NS: Final = 2_000_000_000
"""A file written within so short a time may be written again without a change of its time: it is not remembered."""
_TICK_NS: Final = 100_000_000
"""The same for the time of change, which nobody can set: the system's clock for files is finer than this."""

_MOST: Final = 2**63 - 1
"""That SQLite takes."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds. Either `problem` is empty, or all else is."""

    digest: str
    """First 16 hex digits of the SHA-256 of the file."""
    width: int
    height: int
    problem: str = ""
    """As the end of a sentence: `is empty`."""


def read_contents(
    paths: Sequence[Path], seen: Seen | None = None, progress: Progress | None = None, threads: int = 0
) -> list[Content]:
    """The contents of files, in their order.

    What `seen` remembers of an unchanged file is not read again: same path, size, times and place on the disk. The time of
    modification alone can be set back, as archives and `cp -p` do. What is new is remembered every few seconds, so that an
    interrupt loses little.
    """
    known = seen.files(paths) if seen else {}
    found: list[Content | None] = [None] * len(paths)
    states = [_state(path) for path in paths]
    missing = []
    for position, (path, state) in enumerate(zip(paths, states, strict=True)):
        before = known.get(path)
        if before and state and before.state == _told(state):
            found[position] = Content(before.digest, before.width, before.height, before.problem)
        else:
            missing.append(position)
    fresh: list[SeenFile] = []
    last = time.monotonic()
    with large_images_allowed():
        try:
            for position, content in in_threads(lambda i: _content(paths[i], states[i]), missing, progress, threads):
                found[position] = content
                if (state := states[position]) and _may_be_remembered(content, state):
                    fresh.append(SeenFile(paths[position], *_told(state), *_plain(content)))
                if seen and time.monotonic() - last > _KEEP_EVERY_S:
                    seen.remember_files(fresh)
                    fresh, last = [], time.monotonic()
        finally:
            if seen:
                seen.remember_files(fresh)
    return [content for content in found if content is not None]


def in_threads(
    work: Callable[[int], T], positions: Sequence[int], progress: Progress | None, threads: int = 0
) -> Iterable[tuple[int, T]]:
    """Positions with what `work` makes of them, as it is done and in order; an interrupt starts nothing more.

    Reading, hashing and decoding let go of the interpreter, so that threads use all cores.
    """
    if not positions:
        return
    pool = ThreadPoolExecutor(threads or min(16, _cores() + 2))
    try:
        for done, (position, result) in enumerate(zip(positions, pool.map(work, positions), strict=True), 1):
            if progress:
                progress(done, len(positions), "")
            yield position, result
    finally:
        pool.shutdown(cancel_futures=True)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _state(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (OSError, ValueError):  # ValueError: a zero byte in the name
        return None


def _content(path: Path, state: os.stat_result | None) -> Content:
    if state is None:
        return Content("", 0, 0, "is not there")
    if not stat.S_ISREG(state.st_mode):  # reading a pipe would wait for ever
        return Content("", 0, 0, "is no file")
    try:
        if state.st_size > MOST_BYTES_AT_ONCE:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            return Content(digest[:DIGITS], *measured(path))
        content = path.read_bytes()
        return Content(hashlib.sha256(content).hexdigest()[:DIGITS], *measured(content))
    except UnreadableImage as error:
        return Content("", 0, 0, str(error))
    except OSError as error:
        return Content("", 0, 0, f"cannot be opened ({(error.strerror or str(error)).lower()})")


def _told(state: os.stat_result) -> tuple[int, int, int, int]:
    return state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino & _MOST  # some have 64 bits without a sign


def _plain(content: Content) -> tuple[str, int, int, str]:
    return content.digest, content.width, content.height, content.problem


def _may_be_remembered(content: Content, state: os.stat_result) -> bool:
    now = time.time_ns()
    is_settled = now - state.st_mtime_ns > _SETTLED_NS and now - state.st_ctime_ns > _TICK_NS
    return not content.problem.startswith("cannot") and is_settled

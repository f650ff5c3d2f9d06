"""`backbones probe` as a child of the app: its events line by line, the end of what it says to people, and its end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

COMMAND: tuple[str, ...] = (sys.executable, "-P", "-m", "backbones.cli.entry")
"""What runs `backbones` with the interpreter and the packages of this program."""
LONGEST_LINE: Final = 1 << 20
"""Bytes; a longer line is no event."""
LINES_KEPT: Final = 40
CHUNK: Final = 1 << 16


class Child:
    """One run of the command in a session of its own: the terminal's signals do not reach it, only this object's do."""

    def __init__(self, arguments: Sequence[str], hear: Callable[[Mapping[str, Any]], object]) -> None:
        self._arguments, self._hear = tuple(arguments), hear
        self._process: asyncio.subprocess.Process | None = None
        self._signals: list[int] = []
        """Sent before the process was there."""
        self.over = asyncio.Event()
        self.tail: deque[str] = deque(maxlen=LINES_KEPT)
        """The last lines that it wrote for people."""

    async def run(self) -> int:
        """Start it and listen until it ends; its exit code, negative for a signal. OSError where it cannot be started."""
        try:
            self._process = await asyncio.create_subprocess_exec(
                *COMMAND, *self._arguments, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE, start_new_session=True,
            )  # fmt: skip
            for number in self._signals:
                self.send(number)
            assert self._process.stdout is not None and self._process.stderr is not None
            await asyncio.gather(
                lines(self._process.stdout, self._event),
                lines(self._process.stderr, self._said),
                return_exceptions=False,
            )
            return await self._process.wait()
        finally:
            self.over.set()

    def send(self, number: int) -> None:
        """Send a signal: SIGINT ends it after the present block, a second one or SIGTERM at once."""
        if self._process is None:
            self._signals.append(number)
        elif self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    def kill(self) -> None:
        """End it and what runs in its session; its workers end with it."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def wait(self, seconds: float) -> bool:
        """Whether it ends within that time."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.over.wait(), seconds)
        return self.over.is_set()

    @property
    def reason(self) -> str:
        """What it said last: the sentence of a refusal, else its last line."""
        lines = [line for line in self.tail if line.strip()]
        begin = next((i for i in range(len(lines) - 1, -1, -1) if lines[i].startswith("backbones: ")), len(lines) - 1)
        return " ".join(line.strip() for line in lines[max(0, begin) :]).removeprefix("backbones: ")

    def _event(self, line: bytes) -> None:
        """Hand an event over; what is none is left out."""
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            return
        if isinstance(found, dict):
            self._hear(found)

    def _said(self, line: bytes) -> None:
        self.tail.append(line.decode(errors="replace")[:2_000])


async def lines(stream: asyncio.StreamReader, take: Callable[[bytes], None]) -> None:
    """Each line of a stream, without its end; too long ones are left out, and so is half a line at the end."""
    kept, is_too_long = b"", False
    while chunk := await stream.read(CHUNK):
        *whole, kept = (kept + chunk).split(b"\n")
        for line in whole:
            if not is_too_long:
                take(line)
            is_too_long = False
        if len(kept) > LONGEST_LINE:
            kept, is_too_long = b"", True
    if kept and not is_too_long:
        take(kept)

"""Starts the screen over made-up rows, without a terminal and with one."""

from __future__ import annotations

import asyncio
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from fcntl import ioctl
from pathlib import Path
from typing import Any, cast

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import quiet  # noqa: E402  # a module of this folder
from fake import FakeExplorer  # noqa: E402

from backbones.store.catalog import connect  # noqa: E402
from backbones.store.places import Places  # noqa: E402
from backbones.store.query import CatalogExplorer  # noqa: E402
from backbones.tui.app import BackbonesApp  # noqa: E402
from backbones.tui.explore import ExploreScreen  # noqa: E402

Started = Callable[..., AbstractAsyncContextManager["Screen"]]


@pytest.fixture(autouse=True)
def measures_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever keys a test presses, nothing is measured on the machine that runs it."""
    refusal = "import sys; sys.exit('backbones: tests measure nothing')"
    monkeypatch.setattr("backbones.tui.measuring_child.COMMAND", (sys.executable, "-c", refusal))


class Screen:
    """The running screen and its pilot."""

    def __init__(self, app: BackbonesApp, pilot: Any, explorer: FakeExplorer) -> None:
        self.app, self.pilot, self.explorer = app, pilot, explorer

    @property
    def explore(self) -> ExploreScreen:
        """The first screen."""
        return self.app.explore

    async def press(self, *keys: str) -> None:
        """Press keys, each after what the one before set off, and wait for the rest of the cursor."""
        await quiet.press(self.app, *keys)

    async def tap(self, key: str) -> None:
        """Press a key and go on at once."""
        await quiet.tap(self.app, key)

    async def settle(self) -> None:
        """Wait for answers and for the cursor's rest."""
        await quiet.rest(self.app)

    async def answered(self) -> None:
        """Wait for all questions."""
        await quiet.answered(self.app)

    async def until(self, claim: Callable[[], bool], seconds: float = 60.0) -> None:
        """Wait until a claim holds."""
        end = time.monotonic() + seconds
        while not claim():
            assert time.monotonic() < end, "it never came true"
            await asyncio.sleep(0.005)

    def text(self) -> str:
        """What is on the screen."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)


@pytest.fixture
def screen() -> Started:
    """`async with screen(size=(120, 40)) as s`."""

    @asynccontextmanager
    async def started(size: tuple[int, int] = (120, 40), explorer: FakeExplorer | None = None, **options: Any) -> Any:
        explorer = explorer or FakeExplorer()
        app = BackbonesApp(lambda: explorer, **options)
        async with app.run_test(size=size, notifications=True) as pilot:
            found = Screen(app, pilot, explorer)
            if not explorer.delay_s:
                await found.until(lambda: found.explore.shown is not None)
                await found.settle()
            yield found

    return started


@pytest.fixture
def catalogue(screen: Started, shipped: Places) -> Started:
    """`async with catalogue(size=(120, 40), view=View(…)) as s`: over the shipped catalogue."""

    def started(size: tuple[int, int] = (120, 40), **options: Any) -> Any:
        explorer = CatalogExplorer(lambda: connect(shipped))
        explorer.delay_s = 0.0  # type: ignore[attr-defined]
        return screen(size=size, explorer=explorer, **options)

    return started


class Terminal:
    """A program in a pseudo-terminal."""

    def __init__(self, *arguments: str, size: tuple[int, int] = (100, 30), **environment: str) -> None:
        paths = os.pathsep.join([*sys.path, os.environ.get("PYTHONPATH", "")])
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
            kept = {
                k: v for k, v in os.environ.items() if k not in ("TMUX", "NO_COLOR", "COLORTERM", "LINES", "COLUMNS")
            }
            os.execve(
                sys.executable,
                [sys.executable, str(HERE / "demo.py"), *arguments],
                {**kept, "TERM": "xterm-256color", "PYTHONPATH": paths, "LC_ALL": "C.UTF-8", **environment},
            )
        self.written = b""
        self.has_ended = False
        self.status: int | None = None

    def read_until(self, marker: bytes, since: int = 0, seconds: float = 10.0) -> None:
        """Read until the marker was written after position `since`."""
        end = time.monotonic() + seconds
        while marker not in self.written[since:]:
            assert not self.has_ended, f"it ended before {marker!r} came: {self.written[since:][-500:]!r}"
            assert time.monotonic() < end, f"{marker!r} never came: {self.written[since:][-500:]!r}"
            self.read(0.1)

    def read(self, seconds: float) -> None:
        """Read what comes within that time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.fd], [], [], left)[0]:
                return
            try:
                self.written += os.read(self.fd, 1 << 16)
            except OSError:
                self.has_ended = True
                time.sleep(min(left, 0.01))
                return

    def rest(self, seconds: float = 20.0) -> None:
        """Read until nothing comes for half a second; what is typed comes in pieces."""
        end, seen = time.monotonic() + seconds, -1
        while seen < len(self.written) and not self.has_ended and time.monotonic() < end:
            seen = len(self.written)
            self.read(0.5)

    def write(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self.fd, keys)

    def wait(self, flags: int = 0, seconds: float = 10.0) -> int:
        """Wait for the program to end (or stop, with WUNTRACED); its raw status."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, flags | os.WNOHANG)
            if pid:
                self.status = status
                self.read(0.2)
                return status
            self.read(0.05)
        raise AssertionError("the program did not end")

    def close(self) -> None:
        """Leave nothing behind."""
        if self.status is None or os.WIFSTOPPED(self.status):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    """`terminal("300")` starts the demo over 300 rows."""
    started: list[Terminal] = []

    def start(*arguments: str, **options: Any) -> Terminal:
        started.append(Terminal(*arguments, **options))
        return started[-1]

    yield cast(Callable[..., Terminal], start)
    for one in started:
        one.close()

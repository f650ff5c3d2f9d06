"""The real program in a pseudo-terminal: sizes, terminals, signals, bugs, a catalogue that is replaced under it."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from fcntl import ioctl
from pathlib import Path

import pytest
from conftest import Terminal

from backbones.tui import crash

HERE = Path(__file__).parent
SWITCHES = re.compile(rb"\x1b\[\?(1049|1000|1002|1003|1006|2004|25)([hl])")
SIZES = ((40, 10), (60, 15), (80, 24), (120, 40), (200, 60))
TERMS = ({"TERM": "xterm-256color"}, {"TERM": "screen-256color"}, {"TERM": "linux"}, {"TERM": "vt100", "NO_COLOR": "1"})


class Program(Terminal):
    """A Python program of ours in a pseudo-terminal."""

    def __init__(self, *arguments: str, size: tuple[int, int] = (100, 30), **environment: str) -> None:
        paths = os.pathsep.join([*sys.path, os.environ.get("PYTHONPATH", "")])
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
            dropped = ("TMUX", "NO_COLOR", "COLORTERM", "LINES", "COLUMNS")
            kept = {k: v for k, v in os.environ.items() if k not in dropped}
            given = {"TERM": "xterm-256color", "PYTHONPATH": paths, "LC_ALL": "C.UTF-8", **environment}
            os.execve(sys.executable, [sys.executable, *arguments], {**kept, **given})
        self.written = b""
        self.has_ended = False
        self.status: int | None = None

    def resize(self, width: int, height: int) -> None:
        """Make the window larger or smaller."""
        ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    @property
    def modes(self) -> set[bytes]:
        """What is switched on: the cursor (25) is at the beginning."""
        state: dict[bytes, bytes] = {b"25": b"h"}
        state |= dict(SWITCHES.findall(self.written))
        return {mode for mode, switch in state.items() if switch == b"h"}

    def ends(self, code: int) -> None:
        """The program ends with that exit code and leaves a usable terminal."""
        assert os.waitstatus_to_exitcode(self.wait()) == code, self.written[-600:]
        assert self.modes == {b"25"}
        flags = termios.tcgetattr(self.fd)[3]
        assert flags & termios.ICANON and flags & termios.ECHO


@pytest.fixture
def program() -> Iterator[Callable[..., Program]]:
    """`program("demo.py", "200")` starts a script of this folder."""
    started: list[Program] = []

    def start(script: str, *arguments: str, **options: object) -> Program:
        command = ["-m", script] if "." in script and not script.endswith(".py") else [str(HERE / script)]
        started.append(Program(*command, *arguments, **options))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_size_paints_and_gives_the_terminal_back(program: Callable[..., Program], size: tuple[int, int]) -> None:
    sentence = b"60 x 15"
    environment = TERMS[SIZES.index(size) % 4]  # all pairs: bench/terminals.py
    t = program("demo.py", "200", size=size, **environment)
    t.read_until(sentence if size < (60, 15) else b"quit")
    t.read(0.1)
    screen = re.sub(rb"\x1b\[[\d;?<>=]*[a-zA-Z]|\x1b\][^\x07]*\x07", b"", t.written)
    if size >= (60, 15):
        assert b"1,500" not in screen and b"200 of 200 rows" in screen
    if environment["TERM"] == "linux":
        assert screen.isascii(), "the console's font has few characters"
        assert b"38;5;" not in t.written and b"38;2;" not in t.written
    if "NO_COLOR" in environment:
        assert not re.search(rb"\x1b\[(?:\d+;)*(?:3[0-7]|38;5;\d+|9[0-7])(?:;\d+)*m", t.written)
    t.write(b"jjG?\x1b")
    t.read(0.15)
    t.write(b"q")
    t.ends(0)


@pytest.mark.parametrize("where", ["key", "worker", "render", "callback", "coroutine", "mount", "answer"])
def test_a_bug_leaves_a_usable_terminal_a_report_and_one_sentence(
    program: Callable[..., Program], where: str, tmp_path: Path
) -> None:
    t = program("breaking.py", where, str(tmp_path / "deep" / "state.json"), HOME=str(tmp_path))
    if where not in ("mount", "answer"):
        t.read_until(b"quit")
        t.write(b"ji")
    t.ends(1)
    (report,) = (tmp_path / "deep").glob("crash-*.txt")
    last = t.written.rstrip().splitlines()[-1]
    assert (
        b"backbones: this is a bug of the program, RuntimeError: the bug [/]" in last and str(report).encode() in last
    )
    assert b"Traceback" not in t.written
    text = report.read_text()
    assert "RuntimeError: the bug [/]" in text and "breaking.py:" in text and "TERM=xterm-256color" in text
    assert str(tmp_path) not in text and oct(report.stat().st_mode)[-3:] == "600"
    if where == "key":
        assert "last keys j i" in text and "100x30" in text


def test_a_bug_that_cannot_be_written_down_is_printed(program: Callable[..., Program], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    t = program("breaking.py", "key", str(tmp_path / "file" / "state.json"), "nowhere")
    t.read_until(b"quit")
    t.write(b"i")
    t.ends(1)
    assert b"no report could be written; it follows" in t.written
    assert b"Traceback:" in t.written and b"last keys i" in t.written


def test_only_old_reports_of_ours_are_removed_and_only_from_our_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = [f"crash-2020010{day}-000000-{day}.txt" for day in range(1, 8)]
    others = ["crash-test-dummy.txt", "crash-1-2.txt", "crash-20200101-000000-1.txt.bak"]
    for folder in (tmp_path / "own", tmp_path / "shared", tmp_path / "sealed"):
        folder.mkdir()
        for name in (*ours, *others):
            (folder / name).write_text("")
    monkeypatch.setattr(crash.tempfile, "gettempdir", lambda: str(tmp_path / "shared"))
    written = crash.write_report("x", tmp_path / "own")
    assert written is not None and written.parent == tmp_path / "own"
    left = {path.name for path in (tmp_path / "own").iterdir()}
    assert left == {*ours[-crash.KEPT + 1 :], *others, written.name}
    (tmp_path / "file").write_text("")
    written = crash.write_report("x", tmp_path / "file" / "no folder")
    assert written is not None and written.parent == tmp_path / "shared"
    assert {path.name for path in (tmp_path / "shared").iterdir()} == {*ours, *others, written.name}
    monkeypatch.setattr(Path, "unlink", _refuse)
    assert crash.write_report("y", tmp_path / "sealed") is not None, "written, whatever cannot be removed"


def _refuse(*_: object, **__: object) -> None:
    raise PermissionError


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_in_a_panel_and_while_typing_ends_cleanly(
    program: Callable[..., Program], number: signal.Signals
) -> None:
    t = program("demo.py", "200")
    t.read_until(b"quit")
    t.write(b"/par")
    t.read(0.1)
    os.kill(t.pid, number)
    t.ends(128 + number)


def test_fifty_resizes_in_two_seconds_are_survived(program: Callable[..., Program]) -> None:
    t = program("demo.py", "200", size=(120, 40))
    t.read_until(b"quit")
    for step in range(50):
        t.resize(40 + (step * 37) % 160, 10 + (step * 13) % 50)
        t.read(0.04)
    t.resize(100, 30)
    t.read(0.5)
    before = len(t.written)
    t.write(b"\x0c")  # paint everything again
    t.read_until(b"quit", before)
    t.read_until(b"200 of 200 rows", before)
    t.write(b"q")
    t.ends(0)


@pytest.mark.parametrize("how", ["newer", "damaged", "overwritten", "gone"])
def test_a_catalogue_replaced_under_the_screen_is_no_bug(
    program: Callable[..., Program], furnish: Callable[[Path], Path], tmp_path: Path, how: str
) -> None:
    home = furnish(tmp_path / "home")
    catalogue, other = home / "catalog.db", home / "other.db"
    shutil.copyfile(catalogue, other)
    if how == "overwritten":
        os.replace(other, catalogue)  # other tests read the file that `furnish` puts there
    t = program("backbones.cli.main", "tui", "--fresh", size=(120, 40), BACKBONES_HOME=str(home))
    t.read_until(b"quit", seconds=30)
    t.read_until(b" rows")
    if how == "newer":
        os.replace(other, catalogue)
    elif how == "damaged":
        other.write_bytes(b"this is no catalogue" * 10_000)
        os.replace(other, catalogue)
    elif how == "gone":
        catalogue.unlink()
    else:  # in place, which we never do ourselves
        with open(catalogue, "r+b") as file:
            file.write(os.urandom(1 << 20))
    before = len(t.written)
    t.write(b"Gb/params_m < 20\r")
    t.rest()
    assert len(t.written) > before
    t.write(b"\x1b")
    t.read(0.2)
    t.write(b"q")
    t.ends(0)
    assert b"Traceback" not in t.written and b"this is a bug" not in t.written


def test_an_idle_screen_costs_nothing(program: Callable[..., Program]) -> None:
    t = program("demo.py", "200")
    t.read_until(b"quit")
    t.read(0.6)

    def ticks() -> int:
        return sum(map(int, Path(f"/proc/{t.pid}/stat").read_text().rpartition(")")[2].split()[11:13]))

    if not Path("/proc/self/stat").exists():
        pytest.skip("needs /proc")
    before, written, began = ticks(), len(t.written), time.monotonic()
    t.read(1.0)
    assert len(t.written) == written
    assert (ticks() - before) / os.sysconf("SC_CLK_TCK") <= 0.02 * (time.monotonic() - began) + 0.01


@pytest.mark.skipif(not hasattr(select, "epoll"), reason="needs epoll")
def test_a_terminal_that_is_gone_ends_it_also_where_no_signal_comes(tmp_path: Path) -> None:
    ours, theirs = os.openpty()  # not its controlling terminal: the kernel tells nobody
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    paths = os.pathsep.join([*sys.path, os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"TERM": "xterm-256color", "PYTHONPATH": paths, "BACKBONES_HOME": str(tmp_path)}
    demo = Path(__file__).with_name("demo.py")
    program = subprocess.Popen(
        [sys.executable, str(demo), "200"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        written, end = b"", time.monotonic() + 30
        while b"quit" not in written and time.monotonic() < end:
            if select.select([ours], [], [], 0.2)[0]:
                written += os.read(ours, 1 << 16)
        assert b"quit" in written
        os.close(ours)
        assert program.wait(20) == 128 + signal.SIGHUP
    finally:
        program.kill()

"""Manners in a real terminal: how the screen begins, ends, and gives the terminal back."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

DEMO = Path(__file__).parent / "demo.py"
PAINTED = b"quit"
SWITCHES = re.compile(rb"\x1b\[\?(1049|1000|1003|1006|2004|25)([hl])")


def switched_on(written: bytes) -> set[bytes]:
    """The modes that are on at the end; the cursor (25) is on by default."""
    state: dict[bytes, bytes] = {b"25": b"h"}
    for mode, switch in SWITCHES.findall(written):
        state[mode] = switch
    return {mode for mode, switch in state.items() if switch == b"h"}


def is_canonical(fd: int) -> bool:
    """True where the terminal echoes and edits lines, as a shell expects."""
    flags = termios.tcgetattr(fd)[3]
    return bool(flags & termios.ICANON) and bool(flags & termios.ECHO)


def test_q_quits_and_gives_the_terminal_back(terminal: Callable[..., Any]) -> None:
    t = terminal("200")
    t.read_until(PAINTED)
    t.write(b"q")
    assert os.waitstatus_to_exitcode(t.wait()) == 0
    assert switched_on(t.written) == {b"25"}


def test_ctrl_z_stops_with_a_usable_terminal_and_fg_paints_again(terminal: Callable[..., Any]) -> None:
    t = terminal("200")
    t.read_until(PAINTED)
    t.read(0.5)
    t.write(b"\x1a")
    status = t.wait(os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    t.read(0.3)
    assert switched_on(t.written) == {b"25"} and is_canonical(t.fd)
    before = len(t.written)
    os.kill(t.pid, signal.SIGCONT)
    t.read_until(PAINTED, before)
    t.read_until("●".encode(), before)
    t.status = None


def test_a_resize_paints_everything_again(terminal: Callable[..., Any]) -> None:
    import struct
    from fcntl import ioctl

    t = terminal("200")
    t.read_until(PAINTED)
    t.read(0.5)
    before = len(t.written)
    ioctl(t.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 140, 0, 0))
    os.kill(t.pid, signal.SIGWINCH)
    t.read_until(PAINTED, before)
    t.read_until(b"checkpoint", before)


@pytest.mark.parametrize(
    ("streams", "says"), [({"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}, "needs a terminal")]
)
def test_without_a_terminal_it_refuses_with_a_sentence(streams: dict[str, int], says: str) -> None:
    done = subprocess.run([sys.executable, str(DEMO)], stderr=subprocess.PIPE, text=True, timeout=20, **streams)  # type: ignore[call-overload]
    assert done.returncode == 2
    assert says in done.stderr and "backbones query" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_dumb_terminal_is_refused_with_a_sentence(terminal: Callable[..., Any]) -> None:
    t = terminal("10", TERM="dumb")
    assert os.waitstatus_to_exitcode(t.wait()) == 2
    assert b"TERM=dumb" in t.written and b"\x1b" not in t.written


@pytest.mark.parametrize("environment", [{"TERM": "xterm"}, {"NO_COLOR": "1"}, {"COLORTERM": "truecolor"}])
def test_it_paints_with_few_colours_or_none(terminal: Callable[..., Any], environment: dict[str, str]) -> None:
    t = terminal("200", **environment)
    t.read_until(PAINTED)
    if "NO_COLOR" in environment:
        assert not re.search(rb"\x1b\[[\d;]*[34]8;[25]", t.written) and not re.search(
            rb"\x1b\[(?:\d+;)*3[0-7]m", t.written
        )
    if environment.get("TERM") == "xterm":
        assert b"38;5;" not in t.written and b"38;2;" not in t.written


def test_the_view_is_kept_for_the_next_run(terminal: Callable[..., Any], tmp_path: Path) -> None:
    state = tmp_path / "deep" / "state.json"
    t = terminal("200", str(state))
    t.read_until(PAINTED)
    t.write(b"b")
    t.read_until(b"best per family")
    t.write(b"q")
    t.wait()
    assert '"best_per": "family"' in state.read_text()
    again = terminal("200", str(state))
    again.read_until(b"best per family")


def test_a_state_that_cannot_be_kept_is_said_once(terminal: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    t = terminal("200", str(tmp_path / "file" / "state.json"))
    t.read_until(PAINTED)
    t.write(b"q")
    assert os.waitstatus_to_exitcode(t.wait()) == 0
    assert t.written.count(b"not kept for the next run") == 1


def test_a_catalogue_that_cannot_be_opened_ends_with_a_sentence(terminal: Callable[..., Any]) -> None:
    t = terminal("broken")
    assert os.waitstatus_to_exitcode(t.wait()) == 1
    assert switched_on(t.written) == {b"25"}
    assert t.written.rstrip().endswith(b"backbones: the catalogue x[/].db is damaged: delete it and it is built again")

"""Copying in a real tmux inside a real terminal: does the text reach the outer one?"""

from __future__ import annotations

import base64
import os
import pty
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
from fcntl import ioctl
from pathlib import Path

import pytest

from backbones.tui.clipboard import LARGEST, LARGEST_IN_TMUX, send

SCRIPT = """
import os, sys, time
from backbones.tui.clipboard import send
def write(text):
    sys.stdout.write(text); sys.stdout.flush()
sent = send({text}, os.environ, write)
time.sleep(0.5)
open({said!r}, "w").write(sent.way)
"""


def outside(tmp_path: Path, text: str, *settings: str) -> tuple[bytes, str, str]:
    """What the outer terminal gets when a program in tmux copies, what is said of it, and tmux's own buffer."""
    said, script, config = tmp_path / "said", tmp_path / "sender.py", tmp_path / "tmux.conf"
    script.write_text(SCRIPT.format(text=text, said=str(said)))
    config.write_text("\n".join(["set -g exit-empty off", *settings]))
    tmux = ["tmux", "-S", str(tmp_path / "socket"), "-f", str(config)]
    environment = {k: v for k, v in os.environ.items() if k not in ("TMUX", "STY")} | {
        "TERM": "xterm-256color",
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        "LC_ALL": "C.UTF-8",
    }
    pid, fd = pty.fork()
    if pid == 0:
        ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        os.execvpe("tmux", [*tmux, "new-session", f"{sys.executable} {script}; sleep 0.5"], environment)
    written, end = b"", time.monotonic() + 20
    try:
        while time.monotonic() < end:
            if select.select([fd], [], [], 0.1)[0]:
                try:
                    written += os.read(fd, 1 << 16)
                except OSError:
                    break
        buffer = subprocess.run([*tmux, "show-buffer"], capture_output=True, text=True, check=False).stdout
    finally:
        subprocess.run([*tmux, "kill-server"], capture_output=True, check=False)
        os.waitpid(pid, 0)
        os.close(fd)
    assert said.exists(), written
    return written, said.read_text(), buffer


@pytest.mark.skipif(shutil.which("tmux") is None, reason="no tmux here")
@pytest.mark.parametrize("setting", [[], ["set -g set-clipboard on"], ["set -g set-clipboard off"]])
def test_in_tmux_a_copy_reaches_the_outer_terminal(tmp_path: Path, setting: list[str]) -> None:
    text = "x[/]y[a1] | 82.9 é"
    written, said, buffer = outside(tmp_path, repr(text), *setting)
    assert said == "copied to tmux and sent to your terminal"
    assert b"\x1b]52;" in written and base64.b64encode(text.encode()) in written
    assert buffer == text


@pytest.mark.skipif(shutil.which("tmux") is None, reason="no tmux here")
def test_in_tmux_too_much_for_a_terminal_stays_in_its_buffer(tmp_path: Path) -> None:
    written, said, buffer = outside(tmp_path, "'row\\n' * 50_000")
    assert "tmux only" in said and "prefix" in said
    assert b"\x1b]52;" not in written
    assert buffer == "row\n" * 50_000


def test_without_tmux_it_is_one_sequence_or_an_honest_no() -> None:
    written: list[str] = []
    assert send("a", {}, written.append).is_gone and written == ["\x1b]52;c;YQ==\x1b\\"]
    sent = send("x" * LARGEST, {}, written.append)
    assert not sent.is_gone and "not copied" in sent.way and len(written) == 1


def test_a_text_with_half_a_character_is_copied_all_the_same() -> None:
    written: list[str] = []
    assert send("a\ud800", {}, written.append).is_gone and written


def test_a_tmux_that_does_not_answer_is_no_copy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    written: list[str] = []
    assert "OSC 52" in send("a", {"TMUX": "x"}, written.append).way
    assert written[0].startswith("\x1bPtmux;")  # wrapped, and bare: one of them arrives where either is allowed
    assert not send("x" * (LARGEST_IN_TMUX + 1), {"TMUX": "x"}, written.append).is_gone

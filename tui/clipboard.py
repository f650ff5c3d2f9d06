"""Copying over SSH: through tmux where it runs, else by an escape sequence that the terminal understands."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass

TMUX_TIMEOUT_S = 0.5
LARGEST = 74_994  # bytes of base64 that terminals accept in one sequence
LARGEST_IN_TMUX = 4_000_000  # characters that one may want to paste inside tmux


@dataclass(frozen=True, slots=True)
class Sent:
    """Which way a text went, in a sentence; `is_gone` is False where it went nowhere."""

    way: str
    is_gone: bool = True


def copy(text: str, env: Mapping[str, str], write: Callable[[str], None]) -> str:
    """Copy the text, and say which way it went."""
    return send(text, env, write).way


def send(text: str, env: Mapping[str, str], write: Callable[[str], None]) -> Sent:
    """Copy the text.

    `tmux load-buffer -w -` reaches the outer terminal with any `set-clipboard` setting; a bare OSC 52 is lost in tmux
    by default. What is too large for a terminal stays in tmux's own buffer. `write` sends a sequence to the terminal.
    May wait half a second: not for the main thread.
    """
    payload = base64.b64encode(text.encode(errors="replace")).decode()
    is_small = len(payload) <= LARGEST
    if env.get("TMUX") and len(text) <= LARGEST_IN_TMUX and _through_tmux(text, to_terminal=is_small):
        if is_small:
            return Sent("copied to tmux and sent to your terminal")
        return Sent("copied to tmux only: too much for a terminal. Paste it with tmux's prefix and ]")
    if not is_small:
        return Sent(f"not copied: {len(payload):,} bytes are more than a terminal takes", is_gone=False)
    write(_wrapped(f"\x1b]52;c;{payload}\x1b\\", env))
    return Sent("sent to your terminal (OSC 52)")


def _through_tmux(text: str, to_terminal: bool) -> bool:
    try:
        done = subprocess.run(
            ["tmux", "load-buffer", *(["-w"] if to_terminal else []), "-"],
            input=text.encode(errors="replace"),
            timeout=TMUX_TIMEOUT_S,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _wrapped(sequence: str, env: Mapping[str, str]) -> str:
    if env.get("TMUX"):
        return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\" + sequence
    if env.get("STY"):
        return "\x1bP" + sequence.replace("\x1b\\", "\x07") + "\x1b\\"
    return sequence

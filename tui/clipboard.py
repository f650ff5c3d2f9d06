"""Copying over SSH: through tmux where it runs, else by an escape sequence that the terminal understands."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable, Mapping

TMUX_TIMEOUT_S = 0.5
LARGEST = 74_994  # bytes of base64 that terminals accept in one sequence


def copy(text: str, env: Mapping[str, str], write: Callable[[str], None]) -> str:
    """Copy the text, and say which way it went.

    `tmux load-buffer -w -` reaches the outer terminal with any `set-clipboard` setting; a bare OSC 52 is lost in tmux
    by default. `write` sends a sequence to the terminal. May wait half a second: not for the main thread.
    """
    if env.get("TMUX") and _through_tmux(text):
        return "copied to tmux and sent to your terminal"
    payload = base64.b64encode(text.encode()).decode()
    if len(payload) > LARGEST:
        return f"not copied: {len(payload):,} bytes are more than a terminal takes"
    write(_wrapped(f"\x1b]52;c;{payload}\x1b\\", env))
    return "sent to your terminal (OSC 52)"


def _through_tmux(text: str) -> bool:
    try:
        done = subprocess.run(
            ["tmux", "load-buffer", "-w", "-"],
            input=text.encode(),
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

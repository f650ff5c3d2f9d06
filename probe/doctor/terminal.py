"""The terminal: colours, characters, size, tmux, and whether a copied text reaches the clipboard."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from backbones.plot.palette import look_from_env
from backbones.probe.doctor.check import Check

Ask = Callable[[Sequence[str]], str | None]
"""Runs a command; what it printed, None where it failed."""

LEAST: Final = (60, 15)
USUAL: Final = (80, 24)
_WITHOUT_OSC_52: Final = {"Apple_Terminal": "Terminal.app"}
_WITH_OSC_52: Final = (
    "kitty",
    "WezTerm",
    "iTerm.app",
    "alacritty",
    "ghostty",
    "foot",
    "contour",
    "rio",
    "Windows Terminal",
)


@dataclass(frozen=True, slots=True)
class Terminal:
    """What is known of the terminal without asking it."""

    env: Mapping[str, str]
    is_tty: bool
    columns: int
    lines: int
    encoding: str


def ask(command: Sequence[str]) -> str | None:
    """What a command prints within two seconds."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=2, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def terminal_checks(terminal: Terminal, ask: Ask = ask) -> list[Check]:
    """What the screen needs of it."""
    if not terminal.is_tty:
        return [_ok("kind", "no terminal: input or output goes elsewhere; colours and size were not looked at")]
    term = terminal.env.get("TERM", "")
    if term in ("", "dumb"):
        advice = "set TERM to what your terminal is, as TERM=xterm-256color"
        return [Check("terminal", "kind", "fail", f"TERM is {term or 'not set'}: the screen cannot be drawn", advice)]
    found = [_ok("kind", " in ".join(filter(None, [terminal.env.get("TERM_PROGRAM", ""), term])))]
    found += [_colours(terminal), _characters(terminal), _size(terminal)]
    if terminal.env.get("TMUX"):
        found += _tmux(ask)
    elif terminal.env.get("STY"):
        found.append(_ok("screen", "GNU screen: texts are copied through it in pieces of 768 bytes at most"))
    return [*found, _copying(terminal)]


def _colours(terminal: Terminal) -> Check:
    env = terminal.env
    depth = look_from_env(env, True, terminal.encoding).depth
    if depth == 24:
        return _ok("colours", "16 million (24 bits)")
    if depth == 8:
        return _ok("colours", "256; COLORTERM=truecolor gives more where your terminal can")
    if depth == 0 and env.get("NO_COLOR"):
        return _ok("colours", "none, as NO_COLOR asks")
    advice = "set TERM=xterm-256color, or COLORTERM=truecolor where your terminal can"
    return Check("terminal", "colours", "warn", "16: groups are harder to tell apart" if depth else "none", advice)


def _characters(terminal: Terminal) -> Check:
    if terminal.encoding.casefold().replace("-", "").replace("_", "") == "utf8":
        return _ok("characters", "UTF-8")
    advice = "set LC_ALL=C.UTF-8 (or a UTF-8 locale of yours), there where the program runs"
    return Check(
        "terminal", "characters", "warn", f"{terminal.encoding or 'unknown'}: everything is drawn in ASCII", advice
    )


def _size(terminal: Terminal) -> Check:
    told = f"{terminal.columns}x{terminal.lines}"
    if terminal.columns < LEAST[0] or terminal.lines < LEAST[1]:
        return Check(
            "terminal", "size", "fail", f"{told}: too small for the screen", f"make it {USUAL[0]}x{USUAL[1]} or larger"
        )
    if terminal.columns < USUAL[0] or terminal.lines < USUAL[1]:
        return Check(
            "terminal", "size", "warn", f"{told}: table and plot take turns", f"{USUAL[0]}x{USUAL[1]} shows both"
        )
    return _ok("size", told)


def _tmux(ask: Ask) -> list[Check]:
    version = (ask(["tmux", "-V"]) or "").removeprefix("tmux ").removeprefix("next-")
    numbers = [int(n) for n in re.findall(r"\d+", version)[:2]]
    if not numbers:
        return [Check("terminal", "tmux", "warn", "TMUX is set, but tmux does not answer", "put tmux into the PATH")]
    found = [_ok("tmux", version)]
    if numbers < [3, 2]:
        advice = "update tmux to 3.2, or copy with its own keys"
        found[0] = Check("terminal", "tmux", "warn", f"{version}: cannot pass copied texts on to your terminal", advice)
    features = ask(["tmux", "display-message", "-p", "#{client_termfeatures}"])
    if features is not None and "RGB" not in features.split(","):
        advice = "in ~/.tmux.conf: set -as terminal-features ',*:RGB', if your terminal has 24-bit colour"
        found.append(Check("terminal", "tmux colours", "warn", "tmux passes no more than 256 colours on", advice))
    return found


def _copying(terminal: Terminal) -> Check:
    env = terminal.env
    program = env.get("TERM_PROGRAM", "") or ("Windows Terminal" if env.get("WT_SESSION") else "")
    if env.get("TMUX"):
        return _ok("copying", "through tmux, which hands it to your terminal by OSC 52 if that takes it")
    if program in _WITHOUT_OSC_52:
        advice = "select with the mouse, or write to a file instead"
        return Check("terminal", "copying", "warn", f"{_WITHOUT_OSC_52[program]} takes no texts by OSC 52", advice)
    if any(
        name.casefold() in (program.casefold(), env.get("TERM", "").removeprefix("xterm-")) for name in _WITH_OSC_52
    ):
        return _ok("copying", "by OSC 52, which your terminal takes unless its settings forbid it")
    return _ok(
        "copying", "by OSC 52; whether your terminal takes it cannot be told from here: copy something and paste it"
    )


def _ok(what: str, found: str) -> Check:
    return Check("terminal", what, "ok", found)

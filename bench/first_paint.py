"""Time from exec to the first full paint in a pty, as a ratio to a bare Textual app: `first_paint.py [-- COMMAND …]`.

Both are started alternately, so that a busy machine slows both. The paint is full when the marker has been written:
the last line of the screen, which both write last. Also prints the memory of both and what was written until then.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import re
import select
import signal
import statistics
import struct
import sys
import termios
import time
from dataclasses import dataclass, field

BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("FULLY-PAINTED")
Bare().run()
"""
ESCAPES = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
GIVE_UP_S = 20.0


@dataclass
class Started:
    """One start: seconds until the marker, bytes until then, bytes in all, MB resident after half a second of rest."""

    seconds: float
    first_bytes: int
    all_bytes: int
    resident_mb: float


@dataclass
class Child:
    """A program in a pseudo-terminal that is read and never answered."""

    command: list[str]
    width: int = 120
    height: int = 40
    environment: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> Child:
        self.started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", self.height, self.width, 0, 0))
            kept = {
                k: v
                for k, v in os.environ.items()
                if not k.startswith(("TMUX", "COLORTERM", "NO_COLOR", "LINES", "COLUMNS"))
            }
            os.execvpe(
                self.command[0],
                self.command,
                {**kept, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **self.environment},
            )
        self.written = b""
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)

    def read(self, timeout_s: float) -> bool:
        """Read what there is; False after a timeout or at the end."""
        if not select.select([self.fd], [], [], timeout_s)[0]:
            return False
        try:
            chunk = os.read(self.fd, 1 << 16)
        except OSError:
            return False
        self.written += chunk
        return bool(chunk)

    def rest(self, quiet_s: float = 0.5) -> None:
        """Read until nothing more comes."""
        while self.read(quiet_s):
            pass

    def wait_for(self, marker: str) -> float:
        """Seconds since the start until the marker was written; TimeoutError when it never is."""
        pattern = re.compile(marker.encode())
        while time.perf_counter() - self.started < GIVE_UP_S:
            self.read(0.05)
            if pattern.search(ESCAPES.sub(b"", self.written)):
                return time.perf_counter() - self.started
        raise TimeoutError(f"{marker!r} was not written by {' '.join(self.command)}: {self.written[-300:]!r}")

    def resident_mb(self) -> float:
        """Memory of the process."""
        with open(f"/proc/{self.pid}/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def start(command: list[str], marker: str) -> Started:
    """Start once and look."""
    with Child(command) as child:
        seconds = child.wait_for(marker)
        first = len(child.written)
        child.rest()
        return Started(seconds, first, len(child.written), child.resident_mb())


def main() -> int:
    """Print medians and the ratio; 1 where it is above the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", nargs="*", default=["backbones-tui"])
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--marker", default=r"(?s)[●▲■◆★].*quit", help="a pattern that table and plot write")
    parser.add_argument("--limit", type=float, default=1.6)
    chosen = parser.parse_args()
    bare = [sys.executable, "-c", BARE]
    starts: dict[str, list[Started]] = {"bare": [], "ours": []}
    for command, marker in ((bare, "FULLY-PAINTED"), (chosen.command, chosen.marker)):
        start(command, marker)  # warms the page cache and writes bytecode
    for _ in range(chosen.runs):
        starts["bare"].append(start(bare, "FULLY-PAINTED"))
        starts["ours"].append(start(chosen.command, chosen.marker))
    for name, found in starts.items():
        seconds = sorted(s.seconds for s in found)
        print(
            f"{name}: median {statistics.median(seconds):.3f} s ({seconds[0]:.3f} to {seconds[-1]:.3f}), "
            f"{found[-1].first_bytes / 1000:.1f} kB until then, {found[-1].all_bytes / 1000:.1f} kB in all, "
            f"{found[-1].resident_mb:.0f} MB"
        )
    ratio = statistics.median(s.seconds for s in starts["ours"]) / statistics.median(s.seconds for s in starts["bare"])
    print(f"ratio {ratio:.2f}, limit {chosen.limit:.2f}")
    return int(ratio > chosen.limit)


if __name__ == "__main__":
    sys.exit(main())

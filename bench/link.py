"""From a key to the screen over a slow link: `link.py [--rtt-ms 150] [--kbit 1000] [-- COMMAND …]`.

The program runs in a pseudo-terminal. What it writes is given to a link that has half the round trip as delay and carries
so many kbit/s, one chunk after the other; a key takes half the round trip too. So the latency of a key is: round trip, the
program's own time, and the time its bytes need. `painted` ends with the first frame, `settled` when nothing more comes:
the detail line that follows a resting cursor, the answer to a filter. 1 where the 95th percentile of `painted` is more
than the round trip and 80 ms.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from first_paint import Child

FRAME_GAP_S = 0.020
"""Chunks that come closer together belong to one frame."""
SETTLED_S = 0.5
MARGIN_MS = 80

KEYS = [
    ("cursor in the table", b"", b"j", 30),
    ("page in the table", b"g", b"\x1b[6~", 20),
    ("a key of the filter", b"g/", b"params_m < 30 and gmacs < 9", 0),
    ("cursor in the plot", b"\x15\r\x1bRg\t", b"l", 30),
    ("zoom in the plot", b"", b"+", 6),
    ("table alone: page", b"0\ttg", b"\x1b[6~", 20),
    ("plot alone: zoom", b"t", b"+", 6),
]
"""What, the keys that lead there, the key, how often; 0: each of the keys once."""


@dataclass
class Link:
    """A queue that carries so many bytes a second and delivers them after half a round trip."""

    rtt_s: float
    bytes_per_s: float
    free_at: float = 0.0

    def delivers(self, size: int, at: float) -> float:
        """When a chunk that was written at that time is on the screen."""
        self.free_at = max(self.free_at, at) + size / self.bytes_per_s
        return self.free_at + self.rtt_s / 2


def latency(child: Child, key: bytes, link: Link) -> tuple[float, float, int]:
    """Seconds until painted and until settled, and the bytes in all."""
    pressed = time.perf_counter()
    os.write(child.fd, key)
    began, painted, settled, size, last = link.rtt_s / 2, 0.0, 0.0, 0, None
    while True:
        before = len(child.written)
        if not child.read(SETTLED_S):
            break
        now = time.perf_counter()
        arrived = link.delivers(len(child.written) - before, now + began) - pressed
        if last is None or (now - last < FRAME_GAP_S and painted == settled):
            painted = arrived
        settled, last = arrived, now
        size += len(child.written) - before
    return painted, settled, size


def main() -> int:
    """Print a line for each kind of key."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", nargs="*", default=["backbones-tui"])
    parser.add_argument("--rtt-ms", type=float, default=150)
    parser.add_argument("--kbit", type=float, default=1000)
    parser.add_argument("--size", default="120x40")
    chosen = parser.parse_args()
    width, height = map(int, chosen.size.split("x"))
    too_slow = 0
    with Child(chosen.command, width, height) as child:
        child.wait_for(r"(?s)[●▲■◆★].*quit")
        child.rest()
        limit = chosen.rtt_ms + MARGIN_MS
        print(
            f"{chosen.size}, round trip {chosen.rtt_ms:.0f} ms, {chosen.kbit:.0f} kbit/s; limit of painted {limit:.0f} ms"
        )
        print(f"{'':<24} {'painted':>8} {'p95':>6} {'settled':>8} {'p95':>6} {'bytes':>7}")
        for what, before, key, times in KEYS:
            for one in before:
                os.write(child.fd, bytes([one]))
                child.rest(0.3)
            found = []
            for one_key in [key] * times if times else [bytes([c]) for c in key]:
                link = Link(chosen.rtt_ms / 1000, chosen.kbit * 1000 / 8)
                took = latency(child, one_key, link)
                if took[2]:
                    found.append(took)
            if not found:
                print(f"{what:<24} nothing was painted")
                too_slow += 1
                continue
            painted, settled = (sorted(t[i] * 1000 for t in found) for i in (0, 1))
            p95 = painted[min(len(painted) - 1, int(0.95 * len(painted)))]
            settled_p95 = settled[min(len(settled) - 1, int(0.95 * len(settled)))]
            size = statistics.mean(t[2] for t in found)
            verdict = "  too slow" if p95 > limit else ""
            print(
                f"{what:<24} {statistics.median(painted):>8.0f} {p95:>6.0f} {statistics.median(settled):>8.0f} {settled_p95:>6.0f} {size:>7,.0f}{verdict}"
            )
            too_slow += p95 > limit
    return int(too_slow > 0)


if __name__ == "__main__":
    sys.exit(main())

"""Memory with everything visited: `memory.py [--limit-mb 110] [-- COMMAND …]`.

The program runs in a pseudo-terminal; all screens and panels are opened and scrolled. Prints the resident memory after the
start and after each round; 1 where it ends above the limit. Needs /proc.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from first_paint import Child

STOPS = [
    ("table and plot", b"GgjjllsG\tll++0\t"),
    ("pickers", b"C\x1bx\x1bc\x1bF\x1bm\x1bz\x1b?\x1bi\x1b"),
    ("page of a checkpoint", b"g\rGjjj\x1b"),
    ("page of a family", b"\x0bconvnext\rGjjj\x1b"),
    ("page of a data set", b"\x0bcoco val\rG\x1b"),
    ("lists", b"2Gjj\rG\x1b2\x1b"),
    ("compare", b"1gjj   v\x1b"),
    ("adviser", b"4jj\r\x1b"),
    ("views", b"5jj\x1b"),
    ("a task with many rows", b"1/top_1@imagenet-1k > 0\rG\x1b"),
    ("detection", b"/\x15box_ap@coco-val > 20\rG\x1bR"),
]
ROUNDS = 2
LOOK_S = 1.5
"""A reader looks at what came; the program tidies up when no key is pressed."""


def main() -> int:
    """Visit everything some times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", nargs="*", default=["backbones-tui"])
    parser.add_argument("--limit-mb", type=float, default=110)
    parser.add_argument("--verbose", action="store_true", help="also after each stop")
    chosen = parser.parse_args()
    with Child(chosen.command, 120, 40) as child:
        child.wait_for(r"(?s)[●▲■◆★].*quit")
        child.rest()
        print(f"{child.resident_mb():6.1f} MB  first screen")
        for round in range(1, ROUNDS + 1):
            for what, keys in STOPS:
                for one in keys:
                    os.write(child.fd, bytes([one]))
                    child.rest(0.12 if one not in b"\r12345\x1b" else 0.4)
                time.sleep(LOOK_S)
                child.rest(0.1)
                if chosen.verbose:
                    print(f"{child.resident_mb():6.1f} MB  {what}")
            print(f"{child.resident_mb():6.1f} MB  after round {round}")
        most = child.resident_mb()
    return int(most > chosen.limit_mb)


if __name__ == "__main__":
    sys.exit(main())

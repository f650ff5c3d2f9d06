"""Bytes that each key sends through a pty at 120x40: `pty_bytes.py [-- COMMAND …]`. Also what an idle second costs."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from first_paint import Child

STEPS = [
    ("cursor in the table, plot follows", b"j", 6, None),
    ("page in the table, plot follows", b"\x1b[6~", 4, None),
    ("to the table alone", b"t", 1, None),
    ("to the first row", b"g", 1, None),
    ("cursor in the table", b"j", 6, 600),
    ("page in the table", b"\x1b[6~", 4, 13_000),
    ("to the plot alone", b"t", 1, None),
    ("cursor in the plot", b"l", 6, 2_500),
    ("zoom in the plot", b"+", 4, 35_000),
    ("both, to the plot", b"t\t", 1, None),
    ("cursor in the plot, table follows", b"l", 6, None),
]


def main() -> int:
    """Print the mean per key; 1 where one is above its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", nargs="*", default=["backbones-tui"])
    parser.add_argument("--size", default="120x40")
    chosen = parser.parse_args()
    width, height = map(int, chosen.size.split("x"))
    too_many = 0
    with Child(chosen.command, width, height) as child:
        child.wait_for(r"(?s)[●▲■◆★].*quit")
        child.rest()
        print(f"{len(child.written):>7,} B  first screen")
        for what, keys, times, limit in STEPS:
            before = len(child.written)
            for _ in range(times):
                os.write(child.fd, keys)
                child.rest(0.25)
            each = (len(child.written) - before) / times
            too_many += limit is not None and each > limit
            print(f"{each:>7,.0f} B  {what}" + (f" (limit {limit:,})" if limit else ""))
        before, began = len(child.written), time.perf_counter()
        while time.perf_counter() - began < 2:
            child.read(0.2)
        print(f"{(len(child.written) - before) / 2:>7,.0f} B  an idle second")
        too_many += len(child.written) > before
    return int(too_many > 0)


if __name__ == "__main__":
    sys.exit(main())

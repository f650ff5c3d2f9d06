"""The list of all results in a pty at 120x40: opened, sorted, filtered, walked through: `big_table.py [-- COMMAND …]`.

From the key to the last byte that it sets off, and how many bytes; beside it, in the same run and on the same machine, what
fetching all rows in order costs without a list. Exits with 1 where something is above its limit.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from first_paint import Child

from backbones.store.catalog import open_catalog
from backbones.store.places import places

QUIET_S = 0.4
LIMIT_MS = 150
STEPS = (
    ("the list of results opened", b"\r", 1, LIMIT_MS, None),
    ("a cursor step", b"j", 6, None, 600),
    ("a page", b"\x1b[6~", 4, None, 13_000),
    ("to the last row", b"G", 1, LIMIT_MS, None),
    ("to the first row", b"g", 1, LIMIT_MS, None),
    ("sorted by checkpoint", b"s", 1, LIMIT_MS, None),
    ("the other way round", b"s", 1, LIMIT_MS, None),
    ("three columns to the right", b"l", 3, None, 13_000),
    ("sorted by value", b"s", 1, LIMIT_MS, None),
    ("into the filter", b"/", 1, None, None),
    ("a key in the filter: c", b"c", 1, LIMIT_MS, None),
    ("co", b"o", 1, LIMIT_MS, None),
    ("coc", b"c", 1, LIMIT_MS, None),
    ("coco", b"o", 1, LIMIT_MS, None),
    ("coco m", b" m", 1, LIMIT_MS, None),
    ("coco ma", b"a", 1, LIMIT_MS, None),
    ("all of it taken back", b"\x15", 1, LIMIT_MS, None),
    ("resolution > 384 in one packet", b"resolution > 384", 1, LIMIT_MS, None),
    ("back to the table", b"\r", 1, None, None),
    ("back to the list of lists", b"\x1b", 1, None, 13_000),
    ("the list of families", b"g\r", 1, LIMIT_MS, 13_000),
    ("a page opened", b"\r", 1, None, 13_000),
    ("its next section", b"]", 6, LIMIT_MS, 13_000),
)


def settled(child: Child, keys: bytes) -> tuple[float, int]:
    """Milliseconds from the keys to the last byte that they set off, and how many bytes."""
    before = len(child.written)
    began = last = time.perf_counter()
    os.write(child.fd, keys)
    while child.read(QUIET_S):
        last = time.perf_counter()
    return (last - began) * 1e3, len(child.written) - before


def fetched_ms() -> float:
    """What all rows of the view in order cost, the better of two."""
    connection = open_catalog(places())
    found = []
    for _ in range(2):
        began = time.perf_counter()
        connection.execute("select * from results order by value").fetchall()
        found.append((time.perf_counter() - began) * 1e3)
    return min(found)


def main() -> int:
    """Print each step; 1 where one is above its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", nargs="*", default=["backbones-tui"])
    command = parser.parse_args().command
    print(f"{fetched_ms():>7,.0f} ms            all results fetched in order, for comparison")
    too_much = 0
    with Child(command, 120, 40) as child:
        child.wait_for(r"(?s)[●▲■◆★].*quit")
        child.rest()
        resident = child.resident_mb()
        settled(child, b"2")
        settled(child, b"jjjj")
        for what, keys, times, limit_ms, limit_bytes in STEPS:
            each = [settled(child, keys) for _ in range(times)]
            ms, size = max(e[0] for e in each), sum(e[1] for e in each) / times
            is_over = (limit_ms is not None and ms > limit_ms) or (limit_bytes is not None and size > limit_bytes)
            too_much += is_over
            limit = f" (limit {limit_ms} ms)" if limit_ms else f" (limit {limit_bytes:,} B)" if limit_bytes else ""
            print(f"{ms:>7,.0f} ms {size:>8,.0f} B  {what}{limit}" + " !" * is_over)
        print(f"{child.resident_mb() - resident:>7,.1f} MB more in memory than on the first screen")
    return int(too_much > 0)


if __name__ == "__main__":
    sys.exit(main())

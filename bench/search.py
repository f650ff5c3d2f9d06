"""How long a search takes over the shipped names and over three times as many, against reading all names with LIKE.

    python bench/search.py

Prints median milliseconds, warm; the floor is one `select … where name like '%text%'`.
"""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from backbones.store.build import build
from backbones.store.places import SHIPPED, Places
from backbones.store.search import search

QUESTIONS = {
    "exact": "convnext_tiny",
    "a beginning": "convnex",
    "words in any order": "vit b16 clip laion2b",
    "a mistake": "convnxt tiny 22k",
    "nothing": "qqqqzzzz",
}
RUNS = 15


def median_ms(work: Callable[[], object], runs: int = RUNS) -> float:
    """The median duration of a call, after one that does not count."""
    work()
    durations = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        durations.append(time.perf_counter() - started)
    return statistics.median(durations) * 1000


def grow(connection: sqlite3.Connection, times: int) -> None:
    """Copies of all names under others, so that there are so many times as many."""
    for copy in range(1, times):
        connection.execute(
            "insert into alias (name, folded, entity, entity_id, kind, source) "
            "select name || '_c' || ?1, folded || 'c' || ?1, entity || '_c' || ?1, 1000000 * ?1 + entity_id, kind, source "
            "from alias where entity_id < 1000000",
            [copy],
        )
    connection.execute("insert into alias_fts(alias_fts) values ('rebuild')")


def main() -> None:
    """Print a line for each question and size."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        places = Places(home / "catalog.db", home / "measurements.db", (), home / "state", SHIPPED)
        build(places)
        print(f"{'names':>7} {'question':<20} {'search':>8} {'LIKE':>8} {'ratio':>7}")
        for times in (1, 3):
            connection = sqlite3.connect(places.catalog)
            grow(connection, times)
            (count,) = connection.execute("select count(*) from alias").fetchone()
            for label, text in QUESTIONS.items():
                floor = "select name from alias where name like '%' || ? || '%'"
                ours = median_ms(lambda: search(connection, text))  # noqa: B023  # called at once
                scan = median_ms(lambda: connection.execute(floor, [text]).fetchall())  # noqa: B023
                print(f"{count:>7,} {label:<20} {ours:8.2f} {scan:8.2f} {ours / scan:6.1f}x")
            connection.close()


if __name__ == "__main__":
    main()

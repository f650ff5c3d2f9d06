"""How long a catalogue takes: all files, one changed file, nothing changed; beside libyaml alone on the same files.

    python bench/store_build.py [RUNS]

Prints the median of the runs in seconds. The full build uses all cores that this process may use; libyaml uses one.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

import backbones.store.reading
from backbones.store.build import build
from backbones.store.catalog import connect, is_current
from backbones.store.places import SHIPPED, Places


def seconds(work: Callable[[], object]) -> float:
    """The duration of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def median(work: Callable[[], object], runs: int) -> float:
    """The median duration of a call."""
    return statistics.median(seconds(work) for _ in range(runs))


def parse_all(files: list[Path]) -> None:
    """libyaml alone: text to plain values."""
    for file in files:
        yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def read_all(files: list[Path]) -> None:
    """Our reader: text to checked documents, on one core."""
    for file in files:
        backbones.store.reading.read_document(file)


def main() -> None:
    """Print the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        shutil.copytree(SHIPPED, home / "shipped", ignore=shutil.ignore_patterns("__pycache__", "*.py"))
        places = Places(
            home / "catalog.db", home / "measurements.db", (home / "own",), home / "state", home / "shipped"
        )
        files = sorted((home / "shipped").rglob("*.yaml"))
        own = home / "own" / "convnext.yaml"
        own.parent.mkdir()
        text = (SHIPPED / "convnext.yaml").read_text(encoding="utf-8")
        changes = iter(range(10**6))

        def change() -> None:
            own.write_text(text + f"# {next(changes)}\n", encoding="utf-8")
            build(places)

        def open_it() -> None:
            assert is_current(places)
            connect(places).close()

        alone = median(lambda: parse_all(files), runs)
        checked = median(lambda: read_all(files), runs)
        whole = median(lambda: build(places, from_scratch=True), runs)
        one = median(change, runs + 2)
        nothing = median(lambda: build(places), runs + 2)
        opening = median(open_it, 20)
        size = sum(f.stat().st_size for f in files) / 2**20
        print(
            f"{len(files)} files, {size:.1f} MiB of YAML, {places.catalog.stat().st_size / 2**20:.1f} MiB of catalogue, {os.cpu_count()} cores"
        )
        for label, value, bound in (
            ("libyaml alone, one core", alone, None), ("read and checked, one core", checked, None), ("full build", whole, 4 * alone),
            ("one changed family file", one, 0.5), ("nothing changed, built all the same", nothing, None), ("opened, up to date", opening, None),
        ):  # fmt: skip
            note = "" if bound is None else f"   bound {bound:.2f}  {'ok' if value <= bound else 'TOO SLOW'}"
            print(f"{label:36} {value:8.3f} s  {value / alone:5.2f} x libyaml{note}")


if __name__ == "__main__":
    main()

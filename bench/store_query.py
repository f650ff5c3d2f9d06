"""How long questions take over the shipped catalogue and over 10 and 30 times as much data.

    python bench/store_query.py [COPIES …]

The larger catalogues hold the shipped files several times under new names. Prints median milliseconds, warm.
"""

from __future__ import annotations

import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backbones.store.build import build
from backbones.store.catalog import connect
from backbones.store.documents import dump_yaml, read_yaml
from backbones.store.places import SHIPPED, Places
from backbones.store.query import CatalogExplorer
from backbones.store.view import Sort, View

QUESTIONS: dict[str, View] = {
    "the first screen": View(),
    "filter of four clauses": View(
        filter="top_1@imagenet-1k > 83 and params_m < 30 and licence_class = permissive and throughput@rtx3090 > 1000"
    ),
    "two data sets and a speed": View(
        columns=("checkpoint", "top_1@imagenet-1k", "top_1@imagenet-a", "mce@imagenet-c", "throughput@rtx4090"), x="throughput@rtx4090:precision=amp"
    ),
    "detection with speed": View(
        columns=("checkpoint", "head", "box_ap@coco", "mask_ap@coco", "gmacs", "throughput@v100"), x="gmacs", y="box_ap@coco", sort=(Sort("box_ap@coco"),)
    ),
    "nothing found, with advice": View(filter="top_1@imagenet-1k > 89 and params_m < 5 and gmacs < 1"),
}  # fmt: skip

NAMED = ("family", "backbone", "checkpoint", "weights", "timm_name", "same_architecture_as", "name", "entity")


def renamed(plain: Any, number: int) -> Any:
    """A copy of a document in which every family, backbone, checkpoint and file has another name."""
    if isinstance(plain, dict) and "rows" in plain:
        ours = plain["kind"] in ("results", "throughput", "costs", "weights", "backbones")
        at = [i for i, c in enumerate(plain["columns"]) if c in NAMED] if ours else []
        rows = [
            [f"{v} c{number}" if i in at and v is not None else v for i, v in enumerate(row)] for row in plain["rows"]
        ]
        return {**plain, "sheet": f"{plain['sheet']} c{number}", "rows": rows}
    if isinstance(plain, dict):
        return {
            k: f"{v} c{number}" if k in NAMED and isinstance(v, str) else _inside(k, v, number)
            for k, v in plain.items()
        }
    return [renamed(v, number) for v in plain] if isinstance(plain, list) else plain


def _inside(key: str, value: Any, number: int) -> Any:
    if key in ("aliases", "weights") and isinstance(value, list):
        return [f"{v} c{number}" if isinstance(v, str) else renamed(v, number) for v in value]
    return value if key in ("sources", "pretraining", "fine_tuning", "values") else renamed(value, number)


def write_copies(folder: Path, copies: int) -> None:
    """The shipped files `copies` times; things that all share (data sets, devices …) once."""
    shared = ("datasets", "heads", "devices", "sources", "collections", "aliases", "suspects", "rankings")
    (folder / "sheets").mkdir(parents=True)
    for file in sorted(SHIPPED.rglob("*.yaml")):
        plain = read_yaml(file)
        name = file.relative_to(SHIPPED)
        (folder / name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
        for number in range(1, copies if plain.get("kind") not in shared else 1):
            target = folder / name.with_stem(f"{name.stem}_c{number}")
            target.write_text(dump_yaml(renamed(plain, number)), encoding="utf-8")


def median_ms(work: Callable[[], object], runs: int) -> float:
    """The median duration of a call, after one that does not count."""
    work()
    durations = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        durations.append(time.perf_counter() - started)
    return statistics.median(durations) * 1000


def measured(copies: int) -> dict[str, float]:
    """Label to number, for a catalogue of so many copies."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        home = Path(folder)
        write_copies(home / "shipped", copies)
        places = Places(home / "catalog.db", home / "measurements.db", (), home / "state", home / "shipped")
        found = {"build, s": build(places, from_scratch=True).seconds}
        explorer = CatalogExplorer(lambda: connect(places))
        stack.callback(explorer.close)
        sql = explorer.connection.execute
        found["catalogue, MiB"] = places.catalog.stat().st_size / 2**20
        found["results"] = sql("select count(*) from result").fetchone()[0]
        runs = 15 if copies == 1 else 5
        for label, view in QUESTIONS.items():
            found[f"{label}, ms"] = median_ms(lambda view=view: explorer.answer(view), runs)  # type: ignore[misc]
        key = explorer.answer(View(filter="checkpoint = 'ConvNeXt-T IN-1k'", columns=("checkpoint",), x="", y="")).keys[
            0
        ]
        lookups: dict[str, Callable[[], object]] = {
            "one checkpoint by name, ms": lambda: explorer.answer(View(filter="checkpoint = convnext-t-in1k", columns=("checkpoint", "params_m"), x="", y="")),
            "facts of a row, ms": lambda: explorer.facts(key),
            "an alias, ms": lambda: sql("select entity from alias where folded = 'convnexttiny' and kind = 'backbone'").fetchall(),
            "results of a backbone (view), ms": lambda: sql("select * from results where backbone = 'ConvNeXt-T'").fetchall(),
            "choices of an axis, ms": lambda: explorer.choices("axis"),
            "is up to date, ms": lambda: __import__("backbones.store.catalog").store.catalog.is_current(places),
        }  # fmt: skip
        for label, work in lookups.items():
            found[label] = median_ms(work, runs)
        return found


def main() -> None:
    """Print the table."""
    sizes = [int(a) for a in sys.argv[1:]] or [1, 10, 30]
    columns = [measured(copies) for copies in sizes]
    print(f"{'':34}" + "".join(f"{copies:>11} x" for copies in sizes))
    for label in columns[0]:
        print(f"{label:34}" + "".join(f"{column[label]:13,.2f}" for column in columns))


if __name__ == "__main__":
    main()

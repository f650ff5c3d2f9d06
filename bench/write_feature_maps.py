"""Writes probe/counting/feature_maps.csv: what each feature map of each model of the installed timm is computed from.

    python bench/write_feature_maps.py [FILE]

At the models' own resolution, in train form; some models a second. Goes on from the lines that FILE has. Needs the extra `probe`.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from backbones.probe.counting import crew
from backbones.probe.counting.feature_maps import COLUMNS, row_of

FILE = Path(__file__).parent.parent / "probe" / "counting" / "feature_maps.csv"


def main() -> None:
    """Find them, and write them sorted by name."""
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    rows = {}
    if file.exists():
        with file.open(newline="", encoding="utf-8") as old:
            rows = {row["model"]: row for row in csv.DictReader(old)}
    requests = [crew.Request(name, features=True) for name in crew.model_names() if name not in rows]
    try:
        for done, one in enumerate(crew.count_all(requests, 1), 1):
            if isinstance(one, crew.Failure):
                print(f"{one.model}: {one.why}")
            else:
                rows[one.model] = row_of(one)
            if done % 100 == 0:
                print(f"{done}/{len(requests)}", flush=True)
    finally:
        with file.open("w", newline="", encoding="utf-8") as new:
            writer = csv.DictWriter(new, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows[name] for name in sorted(rows))


if __name__ == "__main__":
    main()

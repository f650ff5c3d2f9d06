"""Random keys over all screens: `monkey.py [--keys 10000] [--seed 0] [--size 120x40]`.

Prints how many keys each place got, how long the event loop was kept waiting (by itself, by other threads, by other programs)
and how long it computed in one go; 1 where something broke or it computed longer than the limit. What it saves, measures and
exports goes to a folder of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "tui"))

from monkey import Played, come_home, play

from backbones.store.catalog import connect, open_catalog
from backbones.store.places import places
from backbones.store.query import CatalogExplorer
from backbones.tui import measuring_child as child
from backbones.tui.app import BackbonesApp


async def run(seed: int, keys: int, size: tuple[int, int], state: Path) -> tuple[Played, bool]:
    """One session; what happened, and whether the first screen could be reached again."""
    here = places()
    child.COMMAND = (sys.executable, "-c", "import sys; sys.exit(1)")  # random keys must not measure
    app = BackbonesApp(lambda: CatalogExplorer(lambda: connect(here)), state_path=state)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause(1)
        played = await play(app, seed, keys)
        await pilot.pause(0.5)
        await come_home(app)
        return played, app.screen is app.explore


def main() -> int:
    """Play and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", default="120x40")
    parser.add_argument("--limit-ms", type=float, default=200)
    chosen = parser.parse_args()
    width, height = map(int, chosen.size.split("x"))
    os.environ.pop("TMUX", None)
    real = places()
    open_catalog(real, print).close()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # where exports are written
        os.environ["BACKBONES_HOME"] = folder
        shutil.copy(real.catalog, places().catalog)
        began = time.perf_counter()
        played, is_home = asyncio.run(run(chosen.seed, chosen.keys, (width, height), Path(folder) / "state.json"))
    lags = sorted(played.lags)
    print(f"{played.keys:,} keys in {time.perf_counter() - began:.0f} s, seed {chosen.seed}, {chosen.size}")
    print("  " + ", ".join(f"{name} {count:,}" for name, count in played.places.most_common()))
    p99 = lags[int(len(lags) * 0.99)]
    waited = f"median {statistics.median(lags) * 1e3:.1f} ms, p99 {p99 * 1e3:.0f} ms, longest {played.slowest_s * 1e3:.0f} ms"
    print(f"loop waited: {waited} after {' '.join(played.slowest_keys)}")
    computed = f"longest {played.hardest_s * 1e3:.0f} ms after {' '.join(played.hardest_keys)}"
    print(f"loop computed: {computed} (limit {chosen.limit_ms:.0f})")
    print("back on the first screen" if is_home else "NOT back on the first screen")
    return int(not is_home or played.hardest_s * 1e3 > chosen.limit_ms)


if __name__ == "__main__":
    sys.exit(main())

"""`backbones query` as a process against `python -c "import click, sqlite3"`, alternately: the ratio must be at most 3.

`python bench/command_start.py [RUNS]`, with a warm catalogue. Also lists slow modules that were imported (must be none).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

QUERY = ["query", "top_1@imagenet-1k > 83 and params_m < 30", "--limit", "5"]
OURS = [sys.executable, "-c", f"import sys; from backbones.cli.main import main; main({QUERY!r})"]
FLOOR = [sys.executable, "-c", "import click, sqlite3"]
SLOW = ("pydantic", "yaml", "textual", "sqlite_utils", "numpy", "torch")


def seconds(command: list[str]) -> float:
    """Wall time of one process."""
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def main() -> int:
    """Print both medians and the ratio."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    seconds(OURS)
    pairs = [(seconds(OURS), seconds(FLOOR)) for _ in range(runs)]
    ours, floor = (statistics.median(p[i] for p in pairs) for i in (0, 1))
    print(
        f"query {ours * 1e3:.0f} ms, floor {floor * 1e3:.0f} ms, ratio {statistics.median(a / b for a, b in pairs):.2f}, limit 3"
    )
    code = f"import sys; from backbones.cli.main import run; run({QUERY!r}); print([m for m in {SLOW!r} if m in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    print(f"slow modules imported: {done.stderr.splitlines()[-1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

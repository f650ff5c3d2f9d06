"""Time per frame of the scatter raster for 2,000 points, beside plotext building the same points.

    python bench/plot_frame.py

Prints the median of many runs in milliseconds. The plotext column is blank where it is not installed.
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Callable
from functools import partial

from backbones.plot.palette import Look
from backbones.plot.raster import draw
from backbones.plot.scatter import Scatter, scatter
from backbones.plot.spec import Axis

POINTS, GROUPS, RUNS = 2000, 40, 60
SIZES = ((80, 24), (120, 40), (200, 60))


def sample(count: int = POINTS) -> Scatter:
    """Accuracies that rise with log cost, in groups of very different size."""
    rng = random.Random(1)
    costs = [10 ** rng.uniform(-1.5, 3) for _ in range(count)]
    scores = [78 + 4 * math.log10(c) + rng.gauss(0, 3) for c in costs]
    groups = [f"family{min(int(rng.expovariate(0.12)), GROUPS - 1)}" for _ in range(count)]
    names = [f"{group}_{i}.tag" for i, group in enumerate(groups)]
    x, y = Axis("GMACs (log)", "log"), Axis("top-1 [%]")
    return scatter(costs, scores, names, groups, x=x, y=y, look=Look(8), title="sample")


def median_ms(work: Callable[[], object], runs: int = RUNS) -> float:
    """The median duration of a call, after three that do not count."""
    durations = []
    for run in range(runs + 3):
        start = time.perf_counter()
        work()
        if run >= 3:
            durations.append(time.perf_counter() - start)
    return statistics.median(durations) * 1e3


def plotext_build(plot: Scatter, width: int, height: int) -> Callable[[], object] | None:
    """A call that builds the same points with plotext, one signal per group; None where it is not installed."""
    try:
        import plotext as plt  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        return None
    points, groups = plot.points, range(len(plot.spec.groups))
    columns: list[tuple[list[float], list[float]]] = [([], []) for _ in groups]
    for x, y, group in zip(points.x, points.y, points.group, strict=True):
        columns[group][0].append(math.log10(x))
        columns[group][1].append(y)

    def build() -> object:
        plt.terminal.limit(False, False)
        figure = plt.figure
        figure.clear()
        figure.plot_size(width, height)
        for xs, ys in columns:
            if xs:
                figure.draw(figure.signal(xs, ys, marker=plt.marker("braille")))
        return figure.build()

    return build


def main() -> None:
    """Print one line per size."""
    plot = sample()
    print(f"{POINTS} points, median of {RUNS} frames [ms]")
    print(f"{'size':>8} {'raster':>8} {'+ ansi':>8} {'plotext':>8} {'ratio':>7}")
    for width, height in SIZES:
        frame = partial(draw, plot.spec, plot.points, width, height, 7)
        ours, sent = median_ms(frame), median_ms(lambda: frame().ansi(8))  # noqa: B023  # called at once
        build = plotext_build(plot, width, height)
        theirs = median_ms(build, 15) if build else math.nan
        print(f"{width:>4}x{height:<3} {ours:8.2f} {sent:8.2f} {theirs:8.2f} {theirs / ours:6.1f}x")


if __name__ == "__main__":
    main()

"""How long a count takes beside torch's own FlopCounterMode, and whether both count the same.

    python bench/count_models.py [MODELS] [--all]

Builds each model once on the meta device and counts it by both in turns, three times after a first one; prints every model on
which they differ or that torch's counter cannot count, seconds a model, and the ratio of the times. Needs the extra `probe`.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import timm
import torch
from torch.utils.flop_counter import FlopCounterMode

from backbones.probe.counting.meter import Meter
from backbones.probe.counting.model import model_names

RUNS = 3


def seconds(work: Callable[[], object]) -> float:
    """The duration of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def ours(model: Any, image: Any) -> int:
    """Multiply-accumulates by our meter."""
    with torch.inference_mode(), Meter() as meter:
        model(image)
    return meter.macs


def torchs(model: Any, image: Any) -> int | None:
    """Multiply-accumulates by torch's counter; None where it fails."""
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            model(image)
    except Exception:  # `Expected gradient function to be set` and whatever else it meets
        return None
    return int(counter.get_total_flops()) // 2


def compared(name: str) -> tuple[float, float | None, bool]:
    """Seconds by ours, seconds by torch's counter (None where it fails), and whether they agree; what differs is printed."""
    with torch.device("meta"):
        model = timm.create_model(name).eval().requires_grad_(False)
    _, height, width = timm.data.resolve_model_data_config(model, use_test_size=True)["input_size"]
    image = torch.empty(1, 3, height, width, device="meta")
    mine, theirs = ours(model, image), torchs(model, image)
    runs = [(seconds(lambda: ours(model, image)), seconds(lambda: torchs(model, image))) for _ in range(RUNS)]
    own_s, other_s = (statistics.median(times) for times in zip(*runs, strict=True))
    if theirs is None:
        print(f"{name}: FlopCounterMode fails; {mine / 1e9:.3f} GMACs by ours")
        return own_s, None, False
    if theirs != mine:
        print(f"{name}: {mine} by ours, {theirs} by FlopCounterMode")
    return own_s, other_s, theirs == mine


def main() -> None:
    """Print the comparison."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    names = model_names()
    if "--all" not in sys.argv:
        wanted = next((int(a) for a in sys.argv[1:] if a.isdigit()), 40)
        names = sorted(random.Random(0).sample(names, min(wanted, len(names))))
    found = {name: compared(name) for name in names}
    timed = [(own, other) for own, other, _ in found.values() if other is not None]
    equal, slowest = sum(agree for *_, agree in found.values()), max(found, key=lambda name: found[name][0])
    print(
        f"{len(found)} models: {equal} equal, {len(timed) - equal} differ, {len(found) - len(timed)} that only ours counts"
    )
    print(
        f"ours {statistics.mean(own for own, *_ in found.values()):.3f} s a model, the slowest {slowest} {found[slowest][0]:.2f} s; "
        f"{sum(own for own, _ in timed) / sum(other for _, other in timed):.2f} of FlopCounterMode's time where both count"
    )


if __name__ == "__main__":
    main()

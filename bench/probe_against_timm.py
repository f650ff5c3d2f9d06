"""The probe's timing against timm's, in the same process and on the same step: `probe_against_timm.py [--rounds 3] MODEL…`.

timm's benchmark script runs 10 steps, then 40 that it synchronises one by one, and takes the mean. That loop is written again here,
around the probe's own model, images and step: what is compared is how time is taken and put together, not how a model is made,
and timm's script itself is not run. Each model is made once, and both ways take turns on it, so that the drift of the machine hits
both. Prints the median of the ratios of neighbours and half of its 95 % interval; 1 where one is off by more than `--tolerance`. On
a CPU it starts itself again with the malloc settings of the probe. Needs torch and timm.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from statistics import mean, median, stdev

from backbones.probe.speed.bench import set_up
from backbones.probe.speed.conditions import MALLOC
from backbones.probe.speed.devices import Cpu, open_device
from backbones.probe.speed.protocol import Block, Budget, Device, Step, first_call, time_blocks, warm_up
from backbones.probe.speed.quick_init import Pool
from backbones.probe.speed.subject import Subject, allow_tf32
from backbones.store.measuring.sample import half_width
from backbones.store.measuring.visit import Task

WARM_UP, STEPS = 10, 40
MODELS = ("test_resnet", "test_vit", "mobilenetv3_small_100", "resnet18")


class ProcessorTime(Cpu):
    """A CPU by the time that this process had it: what others do counts only through caches and memory."""

    def now(self) -> float:
        return time.process_time()

    def block(self, step: Step, steps: int) -> Block:
        began = self.now()
        for _ in range(steps):
            step()
        return Block(self.now() - began, self.now() - began, 0.0)

    def single(self, step: Step) -> float:
        began = self.now()
        step()
        return self.now() - began

    def busy_elsewhere_s(self) -> float:
        return 0.0


def timm_way(device: Device, step: Step, batch: int) -> float:
    """Images a second as timm's script says them."""
    for _ in range(WARM_UP):
        device.single(step)
    began = device.now()
    for _ in range(STEPS):
        device.single(step)
    return STEPS * batch / (device.now() - began)


def our_way(device: Device, step: Step, batch: int) -> float:
    """Images a second as the probe says them."""
    budget = Budget()
    first_call(device, step)
    warm = warm_up(device, step, budget)
    return batch / time_blocks(device, step, warm.step_s, budget).median


def main() -> int:
    """Measure and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0: as torch likes")
    parser.add_argument("--processor-time", action="store_true", help="for a busy machine; together with --threads 1")
    parser.add_argument("--tolerance", type=float, default=0.0, help="0: 5 %% on a CPU, 2 %% elsewhere")
    chosen = parser.parse_args()
    if chosen.device == "cpu" and any(name not in os.environ for name in MALLOC):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **MALLOC})
    import torch

    set_up(chosen.device)
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    device, pool = ProcessorTime() if chosen.processor_time else open_device(chosen.device), Pool()
    allow_tf32(chosen.precision == "tf32")
    tolerance = chosen.tolerance or (0.05 if chosen.device == "cpu" else 0.02)
    ratios = []
    print(f"{'':34} {'timm':>10} {'CV':>6} {'s':>6} {'ours':>10} {'CV':>6} {'s':>6} {'ratio':>6}")
    for model in chosen.models:
        subject = Subject(Task(model, "throughput", chosen.device, chosen.precision), chosen.device, pool)
        step = subject.step(chosen.batch_size)
        found: dict[str, list[float]] = {"timm": [], "ours": []}
        spent = {"timm": 0.0, "ours": 0.0}
        for turn in range(chosen.rounds):
            ways = [("timm", timm_way), ("ours", our_way)]
            for name, way in ways if turn % 2 else reversed(ways):
                began = time.perf_counter()
                found[name].append(way(device, step, chosen.batch_size))
                spent[name] += (time.perf_counter() - began) / chosen.rounds
        pairs = [ours / timms for ours, timms in zip(found["ours"], found["timm"], strict=True)]
        ratio = median(pairs)
        ratios.append(ratio)
        cells = " ".join(f"{median(found[w]):10.1f} {_variation(found[w]):6.1%} {spent[w]:6.1f}" for w in found)
        print(f"{model:34} {cells} {ratio:6.3f} ±{half_width(pairs):.3f}", flush=True)
    print(f"median ratio {median(ratios):.3f}, from {min(ratios):.3f} to {max(ratios):.3f}")
    return int(any(abs(ratio - 1) > tolerance for ratio in ratios))


def _variation(values: list[float]) -> float:
    return stdev(values) / mean(values) if len(values) > 1 else 0.0


if __name__ == "__main__":
    sys.exit(main())

"""Whose memory the peak of a visit is: the step's own, not the last model's, not the compiler's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest
from fake_device import MIB, FakeDevice

from backbones.probe.speed import load
from backbones.probe.speed.devices import Cpu
from backbones.probe.speed.protocol import Budget
from backbones.probe.speed.taking import take
from backbones.store.measuring.visit import Task

TASK = Task("a", "throughput", "cpu", "fp32", batch_size=4)


class Compiled:
    """Its first step leaves 140 MiB of compiler in the process; each needs 10 MiB while it runs."""

    is_training, params_m, resolution, height = False, 1.0, 224, 0

    def __init__(self, device: FakeDevice) -> None:
        self.device, self.is_first, self.is_compiled = device, True, False

    def compile(self) -> None:
        self.is_compiled = True

    def step(self, batch: int) -> Callable[[], object]:
        self.device.resting += batch * MIB  # the images

        def step() -> None:
            if self.is_first and self.is_compiled:
                self.device.resting += 140 * MIB
            self.is_first = False
            self.device.peak = max(self.device.peak, self.device.resting + 10 * MIB)

        return step

    def check(self, output: object) -> None: ...

    def settle(self) -> None: ...


@pytest.mark.parametrize(
    ("task", "mib"),
    [(TASK, 14), (replace(TASK, compiled=True), 14), (replace(TASK, compiled=True, quantity="training"), None)],
)
def test_the_compiler_is_no_memory_of_the_model(task: Task, mib: float | None) -> None:
    device = FakeDevice()
    taken = take(task, Compiled(device), device, Budget(), 0, lambda phase: None, lambda: False)
    assert taken.seen.peak_memory_mib == mib


FREED = """
from backbones.probe.speed.devices import Cpu
device = Cpu()
device.begin()
device.reset_peak()
blocks = [bytearray(b"x") * 60_000 for _ in range(4000)]
first = device.peak_memory()
top = bytearray(b"x") * 60_000
del blocks
device.reset_peak()
print(first >> 20, device.peak_memory() >> 20)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peaks are told anew by Linux")
def test_what_an_earlier_step_freed_and_malloc_kept_is_not_in_the_peak() -> None:
    from backbones.probe.speed.conditions import MALLOC

    done = subprocess.run(
        [sys.executable, "-c", FREED], env=os.environ | MALLOC, capture_output=True, text=True, check=True
    )
    first, second = map(int, done.stdout.split())
    assert first > 200 and second < 40


def test_code_that_comes_in_with_a_step_is_not_in_the_peak(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {"VmRSS": 500 * MIB, "RssFile": 100 * MIB, "VmHWM": 0}
    monkeypatch.setattr(load, "_status", held.__getitem__)
    monkeypatch.setattr(load, "reset_peak_resident", lambda: True)
    device = Cpu()
    device.begin()
    held.update(VmRSS=560 * MIB, RssFile=120 * MIB)
    device.reset_peak()
    held.update(VmHWM=570 * MIB)
    assert device.peak_memory() == 50 * MIB


def test_where_the_kernel_tells_no_new_peak_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "reset_peak_resident", lambda: False)
    device = Cpu()
    device.begin()
    device.reset_peak()
    assert device.peak_memory() is None

"""What is handed to which worker while others are busy, over workers that do nothing."""

from __future__ import annotations

from typing import Any

import pytest

from backbones.probe.speed import lane
from backbones.probe.speed.lane import Job
from backbones.probe.speed.supervisor import Run
from backbones.probe.speed.wire import Order
from backbones.store.measuring.visit import Conditions, Quantity, Task

UNDER = Conditions("0123456789ab", "GPU", "gpu", 1, "", "", "", "2.9", "1", "3", "Linux", 1, False, True, "")


class Idle:
    """A worker that takes orders."""

    def __init__(self, device: str, inbox: object, command: object) -> None:
        self.visits, self.pid = 0, 1
        self.orders: list[Order] = []

    def give(self, order: Order) -> None:
        self.orders.append(order)

    def kill(self) -> int:
        return 0


def run_of(*quantities: Quantity) -> tuple[Run, list[Any]]:
    """A task on each of several GPUs, each with a worker that is ready."""
    todo = [Task("a", quantity, f"cuda:{n}", "fp32") for n, quantity in enumerate(quantities)]
    run = Run(todo, lambda visit: None)
    lanes = list(run._lanes.values())
    for one, task in zip(lanes, todo, strict=True):
        one.start()
        one.ready(UNDER)
        one.queue.append(Job(task, 1))
    return run, lanes


@pytest.fixture(autouse=True)
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "WorkerProcess", Idle)


def test_latency_waits_for_a_worker_that_is_starting() -> None:
    run, (first, other) = run_of("latency", "throughput")
    other.end()
    other.start()  # it imports torch, which keeps a CPU busy for seconds
    run._give_out([first, other])
    assert first.job is None and other.job is None
    other.ready(UNDER)
    run._give_out([first, other])
    assert first.job is not None and other.job is None


def test_no_worker_starts_while_latency_is_timed() -> None:
    run, (first, other) = run_of("latency", "throughput")
    run._give_out([first, other])
    assert first.job is not None
    other.end()
    run._give_out([first, other])
    assert other.worker is None
    first.job = None
    run._give_out([first, other])
    assert other.worker is not None


def test_throughput_waits_for_nobody() -> None:
    run, (first, other) = run_of("throughput", "throughput")
    other.end()
    other.start()
    run._give_out([first, other])
    assert first.job is not None

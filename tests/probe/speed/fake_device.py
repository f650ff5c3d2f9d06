"""A device with a clock of its own: what a step costs, who disturbs, and how much memory there is, are said by the test."""

from __future__ import annotations

from collections.abc import Callable

from backbones.probe.speed.protocol import Block, Step

MIB = 1 << 20


class FakeDevice:
    """Seconds pass only while steps run. `cost(now)` says what a step takes at a time; `disturbed(now)` the share lost to others."""

    def __init__(
        self,
        cost: Callable[[float], float] = lambda now: 0.01,
        disturbed: Callable[[float], float] = lambda now: 0.0,
        limit: int | None = None,
        launch: float = 1.0,
    ) -> None:
        self.cost, self.disturbed, self.limit, self.launch = cost, disturbed, limit, launch
        self.clock = self.lost = 0.0
        self.steps = 0
        self.peak = self.resting = self.set_apart = 0
        self.released = 0

    def now(self) -> float:
        return self.clock

    def begin(self) -> None:
        self.peak = 0

    def block(self, step: Step, steps: int) -> Block:
        began, lost = self.clock, self.lost
        for _ in range(steps):
            self._run(step)
        seconds = self.clock - began
        return Block(seconds, seconds * self.launch, (self.lost - lost) / seconds)

    def single(self, step: Step) -> float:
        began = self.clock
        self._run(step)
        return self.clock - began

    def _run(self, step: Step) -> None:
        step()
        self.steps += 1
        seconds, share = self.cost(self.clock), self.disturbed(self.clock)
        self.clock += seconds
        self.lost += seconds * share

    def busy_elsewhere_s(self) -> float:
        return self.lost

    def held(self) -> int:
        return self.resting

    def reset_peak(self, set_apart: int = 0) -> None:
        self.peak = self.resting
        self.set_apart = set_apart

    def peak_memory(self) -> int | None:
        return self.peak - self.set_apart if self.peak else None

    def memory_limit(self) -> int | None:
        return self.limit

    def is_out_of_memory(self, error: BaseException) -> bool:
        return isinstance(error, MemoryError)

    def release(self) -> None:
        self.released += 1


def nothing() -> None:
    """A step that does nothing: the device says what it costs."""

"""The way of measuring, for any device: first call apart, warm up until stable, blocks until the median is certain."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median
from typing import Final, Protocol

from backbones.store.measuring.sample import half_width

Step = Callable[[], object]
"""One step: a forward pass, or forward, backward and optimiser."""

LEAST_FOR_P90: Final = 64
LEAST_FOR_P99: Final = 662
"""Steps below which MLPerf's LoadGen does not let a percentile be claimed."""


class Stopped(Exception):
    """The user asked to end before enough was seen to be kept."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some steps, timed together."""

    device_s: float
    """By the device's own events where it has such, else wall clock."""
    wall_s: float
    interference: float
    """Share of the time in which something else held the device or the CPU back."""
    ahead: float | None = None
    """Steps that the device still had before it when the last was launched; None where the CPU computes itself."""


class Device(Protocol):
    """What the protocol needs of a device; `probe.speed.devices` has torch's, the tests have one with a clock of its own."""

    def now(self) -> float:
        """Seconds of a clock that never goes back."""

    def begin(self) -> None:
        """A model is about to be made: what is held until now is not its memory."""

    def block(self, step: Step, steps: int) -> Block:
        """Run so many steps without a synchronisation in between and wait for the last."""

    def single(self, step: Step) -> float:
        """Seconds of one step with a synchronisation at its end."""

    def busy_elsewhere_s(self) -> float:
        """Seconds lost to others so far; differences tell the interference of a stretch of time."""

    def held(self) -> int:
        """Bytes that are in use while no step runs."""

    def reset_peak(self, set_apart: int = 0) -> None:
        """Begin to look for the peak of memory anew; so many bytes of it are the compiler's. GPUs hold none for it."""

    def peak_memory(self) -> int | None:
        """Bytes at the peak since then; None where nobody can tell."""

    def memory_limit(self) -> int | None:
        """Bytes that may be in use at most without trouble; None where nobody can tell."""

    def is_out_of_memory(self, error: BaseException) -> bool:
        """Whether an error means that memory ran out."""

    def release(self) -> None:
        """Give back what is held without need."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How long and how exactly; the values were found by trying, see docs/measuring.md."""

    block_s: float = 0.1
    warm_up_s: float = 0.25
    most_warm_up_s: float = 2.0
    agreement: float = 0.03
    """The last three blocks of a warm-up agree within this."""
    timed_s: float = 0.5
    most_timed_s: float = 0.75
    blocks: int = 6
    """At least so many before the interval is asked."""
    interval: float = 0.01
    """Half width of the median's interval at which more blocks are not worth their time."""
    interference: float = 0.03
    """A block that was disturbed for more than this share is set aside."""
    search_s: float = 10.0
    """No larger batch is tried when it would end later than this."""
    most_batch: int = 0
    """Largest batch of the search; 0: what the device is usually given."""

    def quick(self) -> Budget:
        """For one point of the search for the batch size."""
        return replace(
            self,
            block_s=self.block_s / 2,
            warm_up_s=self.warm_up_s / 5,
            most_warm_up_s=self.most_warm_up_s / 4,
            agreement=0.05,
            timed_s=self.timed_s / 4,
            most_timed_s=self.most_timed_s / 5,
            blocks=3,
            interval=0.05,
        )


@dataclass(frozen=True, slots=True)
class WarmUp:
    """What came before the timed part."""

    seconds: float
    is_stable: bool
    step_s: float
    """The fastest seen, for choosing how many steps make a block."""


@dataclass(frozen=True, slots=True)
class Timed:
    """The timed part: seconds a step of every block."""

    blocks: tuple[float, ...]
    set_aside: tuple[float, ...]
    steps_a_block: int
    wall_over_device: float
    seconds: float
    ahead: float | None = None
    """Steps by which the CPU is ahead of the device at the end of a block, the median of all; None where nobody can tell."""

    @property
    def median(self) -> float:
        """Seconds a step."""
        return median(self.blocks)

    @property
    def ci(self) -> float:
        """Half of the interval of the median, as a share of it."""
        return half_width(self.blocks)

    @property
    def steps(self) -> int:
        """All that were run, those set aside too."""
        return (len(self.blocks) + len(self.set_aside)) * self.steps_a_block


def never() -> bool:
    """Nobody asks to stop."""
    return False


def first_call(device: Device, step: Step) -> float:
    """Seconds of the very first step, which also allocates, tunes and compiles."""
    return device.single(step)


def warm_up(device: Device, step: Step, budget: Budget, is_stopped: Callable[[], bool] = never) -> WarmUp:
    """Run until the last three blocks agree."""
    began = device.now()
    seconds = [device.block(step, 1).device_s]
    steps = _steps_a_block(seconds[0], budget)
    while True:
        if is_stopped():
            raise Stopped
        elapsed = device.now() - began
        last = seconds[-3:]
        is_stable = len(last) == 3 and (max(last) - min(last)) < budget.agreement * median(last)
        if (is_stable and elapsed >= budget.warm_up_s) or elapsed >= budget.most_warm_up_s:
            return WarmUp(elapsed, is_stable, min(seconds))
        seconds.append(device.block(step, steps).device_s / steps)


def _steps_a_block(step_s: float, budget: Budget) -> int:
    return max(1, min(100_000, math.ceil(budget.block_s / max(step_s, 1e-7))))


def time_blocks(
    device: Device, step: Step, step_s: float, budget: Budget, is_stopped: Callable[[], bool] = never
) -> Timed:
    """Blocks until the median is certain, or the time is up: what throughput is made of."""
    steps = _steps_a_block(step_s, budget)
    clean: list[float] = []
    disturbed: list[float] = []
    ratios: list[float] = []
    ahead: list[float] = []
    began = device.now()
    while True:
        block = device.block(step, steps)
        (disturbed if block.interference > budget.interference else clean).append(block.device_s / steps)
        ratios.append(block.wall_s / block.device_s if block.device_s else 1.0)
        ahead += [] if block.ahead is None else [block.ahead]
        elapsed = device.now() - began
        if is_stopped() or _is_enough(clean, len(clean) + len(disturbed), elapsed, budget):
            break
    timed = _timed(clean, disturbed, steps, median(ratios), elapsed, is_stopped())
    return replace(timed, ahead=median(ahead)) if ahead else timed


def _is_enough(clean: list[float], run: int, elapsed: float, budget: Budget) -> bool:
    if elapsed >= budget.most_timed_s:  # a step of many seconds is not waited for three times
        return run >= 3 or elapsed >= 4 * budget.most_timed_s
    return elapsed >= budget.timed_s and len(clean) >= budget.blocks and half_width(clean) < budget.interval


def time_steps(device: Device, step: Step, budget: Budget, is_stopped: Callable[[], bool] = never) -> Timed:
    """Single synchronised steps: what latency is made of. As many as percentiles need, where there is time."""
    clean: list[float] = []
    disturbed: list[float] = []
    began = device.now()
    while True:
        bunch: list[float] = []
        since, lost = device.now(), device.busy_elsewhere_s()
        while not bunch or device.now() - since < budget.block_s:  # the counters tick too slowly for single steps
            bunch.append(device.single(step))
        share = (device.busy_elsewhere_s() - lost) / max(device.now() - since, 1e-9)
        (disturbed if share > budget.interference else clean).extend(bunch)
        elapsed = device.now() - began
        if is_stopped() or _are_steps_enough(clean, elapsed, budget):
            break
    return _timed(clean, disturbed, 1, 1.0, elapsed, is_stopped())


def _are_steps_enough(clean: list[float], elapsed: float, budget: Budget) -> bool:
    if len(clean) >= LEAST_FOR_P99:
        return elapsed >= budget.timed_s
    if elapsed < budget.most_timed_s:
        return False
    return len(clean) >= LEAST_FOR_P90 or elapsed >= 2 * budget.most_timed_s


def _timed(
    clean: list[float], disturbed: list[float], steps: int, ratio: float, elapsed: float, stopped: bool
) -> Timed:
    """What counts: the undisturbed blocks; where there are fewer than three, all, since nothing better was to be had."""
    if stopped and len(clean) + len(disturbed) < 3:
        raise Stopped
    if len(clean) < 3:
        clean, disturbed = clean + disturbed, []
    return Timed(tuple(clean), tuple(disturbed), steps, ratio, elapsed)

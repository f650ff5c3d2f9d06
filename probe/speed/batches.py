"""The best batch size: grow while throughput grows, and never step where memory is predicted to run out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from backbones.probe.speed.protocol import Budget, Device, Step, Stopped, never, time_blocks, warm_up

GAIN: Final = 0.03
"""What a larger batch must bring, and how far below the peak the chosen one may stay."""
MIB: Final = 1 << 20
Ending = Literal["flat", "memory", "time", "limit", "stopped", "error"]


@dataclass(frozen=True, slots=True)
class Point:
    """One batch size that was tried."""

    batch_size: int
    throughput_img_s: float
    peak_memory_mib: float
    """0: unknown."""


@dataclass(frozen=True, slots=True)
class Search:
    """All that were tried, and why it went no further."""

    points: tuple[Point, ...]
    ending: Ending

    @property
    def best(self) -> int:
        """The smallest batch within 3 % of the highest throughput."""
        peak = max(point.throughput_img_s for point in self.points)
        return min(point.batch_size for point in self.points if point.throughput_img_s >= peak * (1 - GAIN))


def predicted_memory(points: Sequence[Point], batch_size: int) -> float | None:
    """MiB at a batch size, by a + c·batch through the last two points; None where two are not known."""
    known = [point for point in points if point.peak_memory_mib][-2:]
    if len(known) < 2:
        return None
    before, last = known
    slope = (last.peak_memory_mib - before.peak_memory_mib) / (last.batch_size - before.batch_size)
    return last.peak_memory_mib + max(0.0, slope) * (batch_size - last.batch_size)


def search_batch(
    device: Device,
    step_for: Callable[[int], Step],
    budget: Budget,
    start: int,
    most: int,
    is_stopped: Callable[[], bool] = never,
    trying: Callable[[int], None] = lambda batch: None,
) -> Search:
    """Double the batch while that brings anything. Raises the device's error where not even an image fits.

    An error at a larger batch than one that went well ends the search: some kernels count in 32 bits. If it broke the device,
    the next step says so.
    """
    points: list[Point] = []
    limit, began, batch = device.memory_limit(), device.now(), start
    while batch <= most:
        memory = predicted_memory(points, batch)
        if limit and memory and memory * MIB > limit:
            return Search(tuple(points), "memory")
        if points and _end(points, batch, device.now() - began) > budget.search_s:
            return Search(tuple(points), "time")
        trying(batch)
        failure: Ending | None = None
        try:
            points.append(_point(device, step_for(batch), batch, budget, is_stopped))
        except Stopped:
            if points:
                return Search(tuple(points), "stopped")
            raise
        except Exception as error:
            failure = "memory" if device.is_out_of_memory(error) else "error"
            if not points and (failure == "error" or batch == 1):
                raise
        if failure:  # not above: as long as an error is handled, its traceback holds the tensors
            device.release()
            if points:
                return Search(tuple(points), failure)
            batch //= 2
            most = batch
            continue
        if is_flat(points):
            return Search(tuple(points), "flat")
        batch *= 2
    return Search(tuple(points), "limit")


def is_flat(points: Sequence[Point]) -> bool:
    """Whether the last two doublings brought less than 3 % each."""
    if len(points) < 3:
        return False
    earlier = max(point.throughput_img_s for point in points[:-2])
    return all(point.throughput_img_s < earlier * (1 + GAIN) for point in points[-2:])


def _point(device: Device, step: Step, batch: int, budget: Budget, is_stopped: Callable[[], bool]) -> Point:
    quick = budget.quick()
    device.reset_peak()
    device.single(step)
    warm = warm_up(device, step, quick, is_stopped)
    timed = time_blocks(device, step, warm.step_s, quick, is_stopped)
    return Point(batch, batch / timed.median, (device.peak_memory() or 0) / MIB)


def _end(points: Sequence[Point], batch: int, elapsed: float) -> float:
    """When a batch would be through: a first call, a warm-up and at least one block."""
    step_s = batch / points[-1].throughput_img_s
    return elapsed + max(0.3, 4 * step_s)

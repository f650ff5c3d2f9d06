"""What is to be said against a measurement: a closed set of sentences that end in advice, and when each holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Final

from backbones.store.measuring.sample import outliers, spread
from backbones.store.measuring.visit import Conditions, Seen, Task

CAUTIONS: Final[dict[str, str]] = {
    "throttled": "The device slowed itself down because it was hot; improve its cooling, or let it rest, and measure again.",
    "power_limited": "The device may draw less power than its maker allows; compare it only with devices under the same limit, or raise the limit.",
    "shared_device": "Other processes had the device open; stop them and measure again.",
    "busy_cpu": "Other processes kept the CPU busy; stop them and measure again.",
    "batch_reduced": "Throughput was still growing when memory or time ended the search for the batch size; give --batch-size to go further.",
    "wide_spread": "The blocks of this visit differ by more than 2 % around their median; measure again when the machine is quiet.",
    "rounds_disagree": "Visits at different times differ by more than 3 %; add rounds, or look for what else runs on this machine.",
    "unstable_warm_up": "Speed had not settled when the warm-up ended; measure again, and distrust differences of a few percent.",
    "slow_first_call": "The first call took more than 100 steps' time and more than 5 s; keep a process alive instead of starting one for each request.",
    "launch_bound": "The CPU that launches the work limits, not the device; try --compile or a larger batch.",
    "page_faults": "Memory went back to the system and was fetched again during the timed steps; set MALLOC_TRIM_THRESHOLD_ as the probe does.",
    "memory_nearly_full": "More than 90 % of the device's memory was in use; take a smaller batch before you rely on it.",
    "few_steps": "Too few steps were timed for a reliable median; give it more time, or a smaller batch.",
    "outliers": "More than a tenth of the blocks stand apart from the others; something ran now and then: look for it and measure again.",
    "unknown_clocks": "The device's clocks could not be read, so nobody knows whether it was throttled; install nvidia-ml-py, or watch the clocks yourself.",
}  # fmt: skip
"""Name -> sentence."""

MOST_DISAGREEMENT: Final = 0.03
"""Range over median of the visits from which further rounds are worth their time."""
WIDE: Final = 0.02
SLOW_FIRST_CALL_S: Final = 5.0
LEAST_STEPS: Final = 8
LEAST_LATENCY_STEPS: Final = 64
LAUNCH_BOUND: Final = 1.05
LEAST_AHEAD: Final = 0.25
"""Steps: a device that has less before it at the end of a block waits for the CPU."""
FAULTS_A_STEP: Final = 100
NEARLY_FULL: Final = 0.9
STILL_GROWING: Final = 1.03
SHARED: Final = "shared_device"
SAID_ONCE: Final = frozenset({"batch_reduced", "slow_first_call"})
"""Only the first visit searches for the batch size, and later ones may find the worker warm: what one says holds for all."""


def cautions_of(task: Task, conditions: Conditions, seen: Seen) -> tuple[str, ...]:
    """Names of the cautions that one visit deserves, in the order of `CAUTIONS`."""
    gpu = conditions.device_kind == "gpu"
    holds = {
        "throttled": _share_throttled(seen) > 0.01,
        "power_limited": _is_power_limited(conditions),
        SHARED: gpu and seen.other_processes > 0,
        "busy_cpu": _is_cpu_busy(seen, gpu),
        "batch_reduced": not task.batch_size and _grew_to_the_end(seen),
        "wide_spread": seen.ci > WIDE,
        "unstable_warm_up": not seen.is_stable,
        "slow_first_call": _is_first_call_slow(seen),
        "launch_bound": gpu and _is_launch_bound(task, seen),
        "page_faults": not gpu and seen.page_faults_a_step > FAULTS_A_STEP,
        "memory_nearly_full": _is_memory_nearly_full(conditions, seen),
        "few_steps": _steps(seen) < (LEAST_LATENCY_STEPS if task.quantity == "latency" else LEAST_STEPS),
        "outliers": len(outliers(seen.blocks)) * 10 > len(seen.blocks),
        "unknown_clocks": gpu and seen.clock_mhz is None,
    }
    return tuple(name for name in CAUTIONS if holds.get(name))


def cautions_of_visits(cautions: Sequence[Sequence[str]], figures: Sequence[float]) -> tuple[str, ...]:
    """What is to be said of several visits together: what holds for at least half of them, and whether they disagree."""
    said = Counter(name for visit in cautions for name in visit)
    together = {name for name, count in said.items() if count * 2 >= len(cautions) or name in SAID_ONCE}
    if spread(figures) > MOST_DISAGREEMENT:
        together.add("rounds_disagree")
    return tuple(name for name in CAUTIONS if name in together)


def _steps(seen: Seen) -> int:
    return len(seen.blocks) * seen.steps_a_block


def _share_throttled(seen: Seen) -> float:
    timed_s = sum((*seen.blocks, *seen.set_aside)) * seen.steps_a_block
    return (seen.throttled_ms or 0) / 1e3 / timed_s if timed_s else 0.0


def _is_power_limited(conditions: Conditions) -> bool:
    limit, usual = conditions.extra.get("power_limit_w"), conditions.extra.get("default_power_limit_w")
    return bool(limit and usual and limit < 0.99 * usual)


def _is_cpu_busy(seen: Seen, gpu: bool) -> bool:
    blocks = len(seen.blocks) + len(seen.set_aside)
    return seen.waiting_share > 0.03 or (
        not gpu and (seen.other_processes > 0 or len(seen.set_aside) * 5 > max(1, blocks))
    )


def _is_launch_bound(task: Task, seen: Seen) -> bool:
    """Events lie in the device's own queue, so its pauses count as its time: only a queue that runs dry tells.

    A training step waits for the device now and then by itself, and single steps always do.
    """
    if task.quantity == "latency":
        return False
    is_dry = task.quantity == "throughput" and seen.steps_ahead is not None and seen.steps_ahead < LEAST_AHEAD
    return is_dry or seen.wall_over_device > LAUNCH_BOUND


def _grew_to_the_end(seen: Seen) -> bool:
    if len(seen.batches) < 2:
        return False
    (_, before, _), (_, last, _) = seen.batches[-2:]
    return last > before * STILL_GROWING


def _is_first_call_slow(seen: Seen) -> bool:
    if not seen.blocks:
        return False
    return seen.first_call_s > max(SLOW_FIRST_CALL_S, 100 * median(seen.blocks))


def _is_memory_nearly_full(conditions: Conditions, seen: Seen) -> bool:
    return (
        bool(conditions.device_memory_mib) and (seen.peak_memory_mib or 0) > NEARLY_FULL * conditions.device_memory_mib
    )

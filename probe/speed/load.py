"""What else happens on this CPU, as the kernel counts it: waiting threads, other processes, page faults, memory. No torch."""

from __future__ import annotations

import ctypes
import gc
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TICK_S: Final = 0.02
"""Others' CPU time is counted in ticks of 10 ms; less than two of them says nothing."""


def waiting_s() -> float:
    """Seconds in which our threads were ready to run but did not, all together; 0 where the kernel does not tell."""
    waited = 0
    try:
        for thread in os.scandir("/proc/self/task"):
            with suppress(OSError, ValueError, IndexError):  # it ended meanwhile
                waited += int(Path(thread.path, "schedstat").read_text().split()[1])
    except OSError:
        return 0.0
    return waited / 1e9


def foreign_s() -> float:
    """CPU seconds used by everybody else since the machine started; 0 where the kernel does not tell."""
    try:
        with open("/proc/stat") as file:
            ticks = [int(word) for word in file.readline().split()[1:9]]
    except (OSError, ValueError):
        return 0.0
    own = os.times()
    idle, waiting_for_disk = ticks[3], ticks[4]
    return (sum(ticks) - idle - waiting_for_disk) / os.sysconf("SC_CLK_TCK") - own.user - own.system


def page_faults() -> int:
    """Minor page faults of this process so far."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def cpus() -> int:
    """CPUs that this process may use: its affinity, cut to the quota of its control group."""
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    quota = cpu_quota()
    return max(1, min(count, int(quota))) if quota else count


def cpu_quota() -> float | None:
    """CPUs' worth of time that the control group may use; None: as much as there is."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class Load:
    """What a stretch of time was like."""

    waiting_share: float
    foreign_cpus: float
    """CPUs that others kept busy."""
    faults: int


class Watch:
    """Counts from its making on."""

    def __init__(self, now: float) -> None:
        self._since, self._waiting, self._foreign, self._faults = now, waiting_s(), foreign_s(), page_faults()

    def until(self, now: float) -> Load:
        """What was seen until now."""
        elapsed = max(now - self._since, 1e-9)
        foreign = foreign_s() - self._foreign
        return Load(
            max(0.0, waiting_s() - self._waiting) / elapsed,
            max(0.0, foreign - TICK_S) / elapsed,
            page_faults() - self._faults,
        )


def lost_s() -> float:
    """Seconds that others cost us so far: our threads' waiting, or others' CPU time spread over all CPUs."""
    return max(waiting_s(), foreign_s() / cpus())


def resident_bytes() -> int:
    """Memory of this process now; 0 where the kernel does not tell."""
    return _status("VmRSS")


def peak_resident_bytes() -> int:
    """Its peak since `reset_peak_resident`."""
    return _status("VmHWM")


def reset_peak_resident() -> None:
    """Look for the peak anew, where the kernel can."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _status(name: str) -> int:
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return 0


def memory_bytes() -> int:
    """Memory that this process may use: of the machine, or of its control group."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return 0
    with suppress(OSError, ValueError):
        whole = min(whole, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return whole


def available_bytes() -> int:
    """Memory that can still be had without pushing others out."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return min(int(line.split()[1]) * 1024, memory_bytes())
    except (OSError, ValueError):
        pass
    return memory_bytes()


def give_memory_back() -> None:
    """Collect garbage and return the free part of the heap, which the worker's malloc settings keep otherwise."""
    gc.collect()
    with suppress(OSError, AttributeError):  # no glibc
        ctypes.CDLL(None).malloc_trim(0)

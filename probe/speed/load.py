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
_STAT: Final = Path("/proc/stat")
_QUOTA: Final = Path("/sys/fs/cgroup/cpu.max")


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
    """CPU seconds that everybody else used so far on the CPUs that this process may use; 0 where that says nothing.

    Others on other CPUs of a shared node take nothing from us. Under a quota nobody can tell whether others took time that was
    ours: there only `waiting_s` does.
    """
    if _is_under_quota():
        return 0.0
    try:
        ticks = _busy_ticks(_STAT.read_text(), _own_cpus())
    except (OSError, ValueError, IndexError):
        return 0.0
    own = os.times()
    return ticks / os.sysconf("SC_CLK_TCK") - own.user - own.system


def _busy_ticks(text: str, own: frozenset[int] | None) -> int:
    """Ticks in which these CPUs were busy; None: all."""
    ticks: dict[int, int] = {}
    for line in text.splitlines():
        name, *words = line.split()
        if name.startswith("cpu") and name != "cpu":
            counted = [int(word) for word in words[:8]]
            ticks[int(name[3:])] = sum(counted) - counted[3] - counted[4]  # idle, waiting for the disk
    if own is None or not own <= ticks.keys():  # some containers number the CPUs they show from 0
        return sum(ticks.values())
    return sum(ticks[cpu] for cpu in own)


def page_faults() -> int:
    """Minor page faults of this process so far."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def cpus() -> int:
    """CPUs that this process may use: its affinity, cut to the quota of its control group."""
    count = _allowed_cpus()
    quota = cpu_quota()
    return max(1, min(count, int(quota))) if quota else count


def _own_cpus() -> frozenset[int] | None:
    """The numbers of the CPUs that this process may run on; None where the system does not tell."""
    return frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def _allowed_cpus() -> int:
    return len(_own_cpus() or ()) or os.cpu_count() or 1


def _is_under_quota() -> bool:
    quota = cpu_quota()
    return quota is not None and quota < _allowed_cpus()


def cpu_quota() -> float | None:
    """CPUs' worth of time that the control group may use; None: as much as there is."""
    try:
        quota, period = _QUOTA.read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class Load:
    """What a stretch of time was like."""

    waiting_share: float
    foreign_cpus: float
    """Of the CPUs that this process may use, how many others kept busy."""
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
    """Seconds that others cost us so far: our threads' waiting, or others' CPU time spread over our CPUs."""
    return max(waiting_s(), foreign_s() / cpus())


def resident_bytes() -> int:
    """Memory of this process now; 0 where the kernel does not tell."""
    return _status("VmRSS")


def resident_file_bytes() -> int:
    """The part of it that lies in files: code and tables of libraries, which come in as they are first used."""
    return _status("RssFile")


def peak_resident_bytes() -> int:
    """Its peak since `reset_peak_resident`."""
    return _status("VmHWM")


def reset_peak_resident() -> bool:
    """Look for the peak anew; False where the kernel cannot."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


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
    """Collect garbage and return the free part of the heap."""
    gc.collect()
    trim()


def trim() -> None:
    """Return the free part of the heap, which the worker's malloc settings keep otherwise."""
    with suppress(OSError, AttributeError):  # no glibc
        ctypes.CDLL(None).malloc_trim(0)

"""What the driver knows of a GPU while a model is timed: clocks, throttling, energy, other processes. By NVML, without torch."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from statistics import median
from typing import Any, Final

from backbones.store.measuring.visit import Seen

UNHEARD: Final = 0.03
"""Share of a GPU's time that others may take without being heard of: a screen takes some."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The counters at one moment; None: the driver does not tell."""

    clock_mhz: float | None = None
    energy_mj: int | None = None
    """Since the driver was loaded."""
    thermal_ns: int | None = None
    """Throttled for heat since then."""
    processes: int | None = None
    """That compute on the device, ours among them."""


@dataclass(frozen=True, slots=True)
class Others:
    """Who else computed on the device for a while."""

    processes: int
    share: float
    """Of the device's time; 1 is all of it."""


class Gpu:
    """One NVIDIA GPU as NVML sees it; every question may go unanswered."""

    def __init__(self, nvml: Any, handle: Any, whole: Any = None) -> None:
        """`whole`: of a MIG instance the GPU that it is a part of, whose clocks it has."""
        self._nvml, self._handle, self._whole = nvml, handle, handle if whole is None else whole
        self._watched_us = int(time.time() * 1e6)
        self._is_split = bool(self._first(self._ask_whole("nvmlDeviceGetMigMode")))

    def mark(self) -> Mark:
        """The counters now."""
        nvml = self._nvml
        clock = self._ask_whole("nvmlDeviceGetClockInfo", getattr(nvml, "NVML_CLOCK_SM", 1))
        thermal = self._ask_whole("nvmlDeviceGetViolationStatus", getattr(nvml, "NVML_PERF_POLICY_THERMAL", 1))
        processes = self._ask("nvmlDeviceGetComputeRunningProcesses")
        return Mark(
            None if clock is None else float(clock),
            None if self._is_split else self._ask("nvmlDeviceGetTotalEnergyConsumption"),  # of all instances together
            None if thermal is None else int(thermal.violationTime),
            None if processes is None else len(processes),
        )

    def watch(self) -> None:
        """What others compute counts from now on."""
        self._watched_us = int(time.time() * 1e6)

    def others(self, own: int) -> Others | None:
        """What processes other than `own` computed since `watch`, by the driver's samples; None where it does not tell.

        It takes a sample of each process about once a second: they say how the device was shared over a visit, not in which block.
        """
        running = self._ask("nvmlDeviceGetComputeRunningProcesses") or ()
        if all(process.pid != own for process in running):
            return None  # in a container the driver says the host's numbers, and nobody can tell which process is ours
        samples = self._ask("nvmlDeviceGetProcessUtilization", self._watched_us) or ()
        until: dict[int, int] = {}
        """Each process has samples of its own, often of the same moments as the others'."""
        busy_us: dict[int, float] = {}
        for sample in sorted(samples, key=lambda one: one.timeStamp):
            since = until.get(sample.pid, self._watched_us)
            if sample.timeStamp > since:
                used = (sample.timeStamp - since) * min(sample.smUtil, 100) / 100
                busy_us[sample.pid] = busy_us.get(sample.pid, 0.0) + used
                until[sample.pid] = sample.timeStamp
        if not until:
            return None
        foreign = [used for pid, used in busy_us.items() if pid != own and used]
        return Others(len(foreign), sum(foreign) / (max(until.values()) - self._watched_us))

    def facts(self) -> dict[str, Any]:
        """What stays the same: limits, modes, driver. Only what the driver tells."""
        nvml = self._nvml
        limit = self._ask_whole("nvmlDeviceGetPowerManagementLimit")  # what is enforced, laptops change by the minute
        usual = self._ask_whole("nvmlDeviceGetPowerManagementDefaultLimit")
        found = {
            "driver": self._text(self._ask_system("nvmlSystemGetDriverVersion")),
            "power_limit_w": None if limit is None else float(round(limit / 1000)),
            "default_power_limit_w": None if usual is None else float(round(usual / 1000)),
            "most_clock_mhz": self._ask_whole("nvmlDeviceGetMaxClockInfo", getattr(nvml, "NVML_CLOCK_SM", 1)),
            "mig": self._first(self._ask_whole("nvmlDeviceGetMigMode")),
            "ecc": self._first(self._ask_whole("nvmlDeviceGetEccMode")),
            "persistence": self._ask_whole("nvmlDeviceGetPersistenceMode"),
            "vbios": self._text(self._ask_whole("nvmlDeviceGetVbiosVersion")),
        }
        return {name: value for name, value in found.items() if value is not None}

    def _ask(self, question: str, *arguments: Any) -> Any:
        return self._ask_system(question, self._handle, *arguments)

    def _ask_whole(self, question: str, *arguments: Any) -> Any:
        return self._ask_system(question, self._whole, *arguments)

    def _ask_system(self, question: str, *arguments: Any) -> Any:
        try:
            return getattr(self._nvml, question)(*arguments)
        except (self._nvml.NVMLError, AttributeError):
            return None

    @staticmethod
    def _text(value: Any) -> str | None:
        return value.decode() if isinstance(value, bytes) else value

    @staticmethod
    def _first(value: Any) -> Any:
        return value[0] if isinstance(value, (tuple, list)) and value else value


def _library(load: Callable[[], Any] | None) -> Any:
    """NVML, ready to be asked; None without nvidia-ml-py or driver."""
    try:
        nvml = load() if load else __import__("pynvml")
    except ImportError:
        return None
    try:
        nvml.nvmlInit()
    except nvml.NVMLError:
        return None
    return nvml


def gpu_uuid(number: int, load: Callable[[], Any] | None = None) -> str:
    """The UUID of the GPU that the driver gives this number; empty where nobody tells."""
    if (nvml := _library(load)) is None:
        return ""
    try:
        return str(Gpu._text(nvml.nvmlDeviceGetUUID(nvml.nvmlDeviceGetHandleByIndex(number))) or "")
    except nvml.NVMLError:
        return ""


def open_gpu(uuid: str, load: Callable[[], Any] | None = None) -> Gpu | None:
    """The GPU with this UUID; None without nvidia-ml-py, driver or such a GPU."""
    if (nvml := _library(load)) is None:
        return None
    for name in (
        [uuid] if uuid.startswith(("GPU-", "MIG-")) else [f"GPU-{uuid}", f"MIG-{uuid}"]
    ):  # torch leaves the kind away
        with suppress(nvml.NVMLError):
            handle, whole = nvml.nvmlDeviceGetHandleByUUID(name), None
            if name.startswith("MIG-"):
                whole = nvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(handle)
            return Gpu(nvml, handle, whole)
    return None


def completed(seen: Seen, marks: Sequence[Mark], images: int, others: Others | None = None) -> Seen:
    """What was seen, with what the driver told between the first and the last mark of the timed part.

    Other processes: those that computed, where together they took more than a little; where the driver does not tell who computes,
    those that had the device open.
    """
    if others is not None:
        seen = replace(seen, other_processes=others.processes if others.share > UNHEARD else 0)
    if len(marks) < 2:
        return seen
    first, last = marks[0], marks[-1]
    clocks = [mark.clock_mhz for mark in marks if mark.clock_mhz is not None]
    busy = clocks[1:-1] or clocks  # at both ends the device may be idle
    energy = _difference(first.energy_mj, last.energy_mj)
    thermal = _difference(first.thermal_ns, last.thermal_ns)
    processes = [mark.processes for mark in marks if mark.processes is not None]
    return replace(
        seen,
        clock_mhz=median(busy) if busy else None,
        throttled_ms=None if thermal is None else thermal / 1e6,
        energy_j_per_image=energy / 1e3 / images if energy is not None and images else None,
        other_processes=max(0, max(processes) - 1) if processes and others is None else seen.other_processes,
    )


def _difference(first: int | None, last: int | None) -> int | None:
    return None if first is None or last is None else max(0, last - first)

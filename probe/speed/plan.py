"""From models, devices and settings to tasks, and roughly how long they will take. No torch here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from backbones.probe.speed.protocol import Budget
from backbones.probe.speed.schedule import Rounds
from backbones.store.errors import BackbonesError
from backbones.store.measuring.visit import MemoryFormat, Precision, Quantity, Task

Wanted = tuple[str, int]
"""A model of timm's and a resolution; 0: its own test resolution."""

START_S: Final = 10.0
"""torch and timm are imported twice before the first model: once to ask for models and devices, once in the worker."""
_COMPILE_S: Final = 15.0
_SIMPLE: Final[Mapping[str, Precision]] = {"cuda": "amp_fp16", "xpu": "amp_fp16"}
"""What the published tables of GPUs are in, so that one's own column stands beside them; elsewhere fp32."""
_DURATION: Final = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?:in)?)?(?:(\d+(?:\.\d+)?)s)?")


@dataclass(frozen=True, slots=True)
class How:
    """In which settings and how carefully models are measured."""

    precisions: tuple[Precision, ...] = ()
    """Empty: the device's usual one."""
    memory_format: MemoryFormat = "contiguous"
    compiled: bool = False
    fused: bool = False
    batch_size: int = 0
    latency: bool | None = None
    """None: unless it is quick."""
    train: bool = False
    rounds: int = 3
    quick: bool = False
    """One round, of throughput unless latency is asked for, with less time for each, which a later careful run goes on from."""

    def quantities(self) -> tuple[Quantity, ...]:
        """What is measured of each model."""
        found: list[Quantity] = ["throughput"]
        has_latency = not self.quick if self.latency is None else self.latency
        found += ["latency"] if has_latency else []
        found += ["training"] if self.train else []
        return tuple(found)

    def schedule(self) -> Rounds:
        """How often: as many rounds as said, the last only where visits disagree."""
        most = 1 if self.quick else self.rounds
        return Rounds(min(2, most), most)

    def budget(self) -> Budget:
        """How long for each."""
        whole = Budget()
        return replace(whole, timed_s=0.25, most_timed_s=0.5, most_warm_up_s=1.0, search_s=3.0) if self.quick else whole


def usual_precision(device: str) -> Precision:
    """What is measured on a device where nothing is said."""
    return _SIMPLE.get(device.partition(":")[0], "fp32")


def tasks_of(wanted: Iterable[Wanted], devices: Sequence[str], how: How) -> list[Task]:
    """One task for each model, device, precision and quantity."""
    models = list(dict.fromkeys(wanted))
    return [
        Task(model, quantity, device, precision, how.memory_format, how.compiled, how.fused, resolution, _batch(how, quantity))
        for device in devices
        for precision in how.precisions or (usual_precision(device),)
        for model, resolution in models
        for quantity in how.quantities()
    ]  # fmt: skip


def spread(wanted: Iterable[Wanted], groups: Iterable[Sequence[str]], how: How) -> list[Task]:
    """Each model on one device of every group of like ones: on the one that is expected to be free first.

    The same models in the same order always get the same devices.
    """
    models = list(dict.fromkeys(wanted))
    found: list[Task] = []
    for group in groups:
        busy_s = dict.fromkeys(group, 0.0)
        for model in models:
            device = min(busy_s, key=busy_s.__getitem__)
            own = tasks_of([model], [device], how)
            busy_s[device] += sum(_task_s(task, how) for task in own)
            found += own
    return found


def _batch(how: How, quantity: Quantity) -> int:
    """A batch size is for throughput; latency is that of one image."""
    return 0 if quantity == "latency" else how.batch_size


def expected_s(tasks: Sequence[Task], how: How) -> float:
    """About how long the tasks take. Large models take longer than this.

    Devices are measured side by side, but latency on one at a time, and the CPU after them.
    """
    by_device: dict[str, float] = {}
    alone = 0.0
    for task in tasks:
        by_device.setdefault(task.device, START_S)
        if task.quantity == "latency" and task.device != "cpu":
            alone += _task_s(task, how)
        else:
            by_device[task.device] += _task_s(task, how)
    accelerators = [seconds for device, seconds in by_device.items() if device != "cpu"]
    return max(accelerators, default=0.0) + alone + by_device.get("cpu", 0.0)


def _task_s(task: Task, how: How) -> float:
    """Making and warming up a model, the search for its batch size once, and its visits."""
    budget, rounds = how.budget(), how.schedule()
    cpu = task.device == "cpu"
    visit = (
        (1.0 if cpu else 0.5)
        + 2 * budget.warm_up_s
        + (1.5 if cpu else 1.0) * (budget.timed_s + budget.most_timed_s) / 2
    )
    searches = task.quantity != "latency" and not task.batch_size
    search = (0.6 if cpu else 0.3) * budget.search_s if searches else 0.0
    compiling = _COMPILE_S if task.compiled else 0.0
    visits = min(rounds.most, rounds.least + cpu)  # on a CPU visits seldom agree within 3 %
    return search + visits * (visit + compiling)


def duration_s(text: str) -> float:
    """Seconds of `90s`, `30m`, `1h30m`; BackbonesError for anything else."""
    found = _DURATION.fullmatch(text.strip().lower().replace(" ", ""))
    if not found or not any(found.groups()):
        raise BackbonesError(f"{text!r} is no duration; write 90s, 30m or 1h30m")
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    if not (total := hours * 3600 + minutes * 60 + seconds):
        raise BackbonesError("a duration of nothing leaves no time to measure")
    return total


def in_words(seconds: float) -> str:
    """`40 s`, `12 min`, `3.5 h`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"

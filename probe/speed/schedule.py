"""What is visited when: all tasks once, then again spaced in time, and more often only where visits disagree."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from backbones.probe.speed.subject import Setting, setting_of
from backbones.store.measuring.cautions import MOST_DISAGREEMENT, SHARED
from backbones.store.measuring.sample import spread
from backbones.store.measuring.summary import value_of
from backbones.store.measuring.visit import QUANTITIES, Task, Visit


@dataclass(frozen=True, slots=True)
class Rounds:
    """How often tasks are visited. Longer visits do not help against drift; visits at other times do."""

    least: int = 2
    """All tasks get so many: one visit cannot disagree with itself."""
    most: int = 3
    agreement: float = MOST_DISAGREEMENT
    """Range over median up to which visits agree."""

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.most:
            raise ValueError(f"rounds must be at least 1 and at most what comes after: {self.least}, {self.most}")


@dataclass(slots=True)
class History:
    """What is known of one task from this run and earlier ones."""

    figures: list[float] = field(default_factory=list)
    batch_size: int = 0
    """What the first visit found to be best."""
    has_failed: bool = False
    was_shared: bool = False
    """Others computed on the GPU during a visit: nobody knows which of its blocks they disturbed."""

    def add(self, visit: Visit) -> None:
        """One more visit."""
        value = value_of(visit)
        if visit.seen is None or value is None:
            self.has_failed = True
            return
        self.figures.append(value)
        self.was_shared = self.was_shared or SHARED in visit.cautions
        self.batch_size = self.batch_size or visit.seen.batch_size


class Schedule:
    """Says for every round which tasks of a device are visited, in which order."""

    def __init__(
        self, tasks: Iterable[Task], rounds: Rounds, seed: int = 0, needs_more: Callable[[Task], bool] | None = None
    ) -> None:
        self._rounds, self._seed, self._needs_more = rounds, seed, needs_more
        self.histories = {task: History() for task in tasks}

    @property
    def devices(self) -> tuple[str, ...]:
        """In the order in which the tasks name them."""
        return tuple(dict.fromkeys(task.device for task in self.histories))

    def admit(self, task: Task) -> History:
        """A task that comes later than the others, or what is known of it."""
        return self.histories.setdefault(task, History())

    def remember(self, task: Task, visits: Iterable[Visit]) -> None:
        """Visits of earlier runs count like those of this one."""
        for visit in visits:
            self.histories[task].add(visit)

    def add(self, visit: Visit) -> None:
        """A visit of this run."""
        self.histories[visit.task].add(visit)

    def is_due(self, task: Task, round: int) -> bool:
        """Whether a round visits a task."""
        history = self.histories[task]
        if history.has_failed or len(history.figures) >= min(round, self._rounds.most):
            return False
        return (
            round <= self._rounds.least
            or history.was_shared
            or spread(history.figures) > self._rounds.agreement
            or (self._needs_more is not None and self._needs_more(task))
        )

    def round(self, round: int, device: str) -> list[Task]:
        """The tasks of a round, models in random order, so that heat and drift hit no family in particular.

        Tasks of one model in one setting stay together: the worker makes the model once.
        """
        groups: dict[Setting, list[Task]] = {}
        for task in self.histories:
            if task.device == device and self.is_due(task, round):
                groups.setdefault(setting_of(task), []).append(task)
        settings = list(groups)
        random.Random(f"{self._seed}/{round}/{device}").shuffle(settings)
        return [task for setting in settings for task in sorted(groups[setting], key=_place)]

    def due(self, round: int, devices: Sequence[str]) -> int:
        """How many tasks a round will visit on some devices."""
        return sum(task.device in devices and self.is_due(task, round) for task in self.histories)


def _place(task: Task) -> tuple[int, int]:
    return QUANTITIES.index(task.quantity), task.batch_size


def stages(devices: Sequence[str]) -> list[tuple[str, ...]]:
    """Devices that may be measured at the same time: all accelerators, and the CPU, which feeds them, afterwards."""
    accelerators = tuple(device for device in devices if device != "cpu")
    return [stage for stage in (accelerators, tuple(device for device in devices if device == "cpu")) if stage]

"""Measures what an answer asks for, one model after another, in one run whose workers stay."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from backbones.probe.predicting.tables import Key
from backbones.probe.speed import events, worker_process
from backbones.probe.speed.conditions import under
from backbones.probe.speed.events import Event
from backbones.probe.speed.protocol import Budget
from backbones.probe.speed.schedule import Rounds
from backbones.probe.speed.supervisor import CannotMeasure, Run
from backbones.store.measuring.keeping import visits
from backbones.store.measuring.summary import alike, value_of
from backbones.store.measuring.visit import Conditions, Task, Visit

APART_S: Final = 10.0
"""Between two visits to the same model at least: what disturbs a machine lasts for seconds."""
_LOOK_S: Final = 0.1


class Interrupted(Exception):
    """The user ended the run before there was an answer."""


class Measurer:
    """`measure` for `asking.ask`: images a second of a model on one device, in the setting of `like`.

    What is asked for first is told in advance, so that it is measured in one go. Each time a model is asked for it is visited once.
    """

    def __init__(
        self,
        like: Task,
        first: Iterable[Key],
        native: Mapping[str, int],
        keep: Callable[[Visit], object],
        earlier: Callable[[str], Iterable[Visit]] | None = None,
        budget: Budget | None = None,
        tell: Callable[[Event], object] = lambda event: None,
        command: Sequence[str] = (),
        apart_s: float | None = None,
    ) -> None:
        """`native` has the models' own resolutions: a task at that one is the task that a plain run has."""
        self._like, self._native, self._tell, self._apart_s = (
            like,
            native,
            tell,
            APART_S if apart_s is None else apart_s,
        )
        self._figures: dict[Task, list[float | None]] = defaultdict(list)
        self._given: Counter[Task] = Counter()
        """How many of the figures of a task were handed over."""
        self._last: dict[Task, float] = {}
        self._waiting: Task | None = None
        self.conditions: Conditions | None = None
        self.run = Run(
            map(self._task, first), keep, earlier=earlier, more=self._asked_for, rounds=Rounds(1, 1), budget=budget,
            command=command or worker_process.TORCH,
        )  # fmt: skip
        self._events = self.run.events()

    def start(self) -> Conditions:
        """Wait for the worker: under which conditions it measures. CannotMeasure where there is none."""
        while self.conditions is None:
            self._go_on()
        return self.conditions

    def measure(self, key: Key) -> float | None:
        """Images a second of one visit; None where it cannot be measured here. Interrupted where the user ends the run."""
        task = self._task(key)
        self._wait(task)
        self._waiting = task
        while not self._has_new(task):
            self._go_on()
        self._given[task] += 1
        return self._figures[task][self._given[task] - 1]

    def _wait(self, task: Task) -> None:
        """Until a visit would be one at another time."""
        until = self._last.get(task, float("-inf")) + self._apart_s if self._given[task] else float("-inf")
        while time.monotonic() < until and not self.run.is_stopping:
            time.sleep(_LOOK_S)

    def _has_new(self, task: Task) -> bool:
        return len(self._figures[task]) > self._given[task]

    def end(self, is_early: bool = False) -> None:
        """Nothing more is asked: end the worker. `is_early`: also what was told in advance is not wanted any more."""
        self._waiting = None
        if is_early:
            self.run.stop()
        for event in self._events:
            self._hear(event)

    def _go_on(self) -> None:
        event = next(self._events, None)
        if event is None:
            raise CannotMeasure(f"no worker is left to measure on {self._like.device}")
        self._hear(event)
        if isinstance(event, events.DeviceLost):
            raise CannotMeasure(event.error)
        if isinstance(event, events.Finished) and event.is_stopped:
            raise Interrupted

    def _hear(self, event: Event) -> None:
        if isinstance(event, events.WorkerReady):
            self.conditions = event.conditions
        elif isinstance(event, events.Taken):
            self._figures[event.visit.task].append(value_of(event.visit))
            self._last[event.visit.task] = time.monotonic()
        self._tell(event)

    def _asked_for(self) -> list[Task]:
        asked, self._waiting = self._waiting, None
        return [asked] if asked is not None and not self._has_new(asked) else []

    def _task(self, key: Key) -> Task:
        model, resolution = key
        return replace(self._like, model=model, resolution=0 if self._native.get(model) == resolution else resolution)


def visited_before(path: Path, like: Task, conditions: Conditions) -> dict[Key, list[float]]:
    """Images a second of all visits of earlier runs under the same conditions and in the setting of `like`, the oldest first."""
    here = under(conditions, like)
    found = visits(
        path, host=here.host, device=here.device, quantity=like.quantity, status="ok", fingerprint=here.fingerprint
    )
    groups: dict[Key, list[Visit]] = defaultdict(list)
    for visit in found:
        if visit.seen is not None and replace(visit.task, model="", resolution=0) == replace(
            like, model="", resolution=0
        ):
            groups[visit.task.model, visit.seen.resolution].append(visit)
    return {key: [value for visit in alike(group) if (value := value_of(visit))] for key, group in groups.items()}

"""Measures what an answer asks for, one model after another, in one run whose workers stay."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from backbones.probe.predicting.tables import Key
from backbones.probe.speed import events, worker_process
from backbones.probe.speed.events import Event
from backbones.probe.speed.protocol import Budget
from backbones.probe.speed.schedule import Rounds
from backbones.probe.speed.supervisor import CannotMeasure, Run
from backbones.store.measuring.summary import value_of
from backbones.store.measuring.visit import Conditions, Task, Visit


class Interrupted(Exception):
    """The user ended the run before there was an answer."""


class Measurer:
    """`measure` for `asking.ask`: images a second of a model on one device, in the setting of `like`.

    What is asked for first is told in advance, so that it is measured in one go; each gets one visit.
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
    ) -> None:
        """`native` has the models' own resolutions: a task at that one is the task that a plain run has."""
        self._like, self._native, self._tell = like, native, tell
        self._figures: dict[Task, float | None] = {}
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
        """Images a second; None where it cannot be measured here. Interrupted where the user ends the run."""
        task = self._task(key)
        self._waiting = task
        while task not in self._figures:
            self._go_on()
        return self._figures[task]

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
            self._figures[event.visit.task] = value_of(event.visit)
        self._tell(event)

    def _asked_for(self) -> list[Task]:
        asked, self._waiting = self._waiting, None
        return [asked] if asked is not None and asked not in self._figures else []

    def _task(self, key: Key) -> Task:
        model, resolution = key
        return replace(self._like, model=model, resolution=0 if self._native.get(model) == resolution else resolution)

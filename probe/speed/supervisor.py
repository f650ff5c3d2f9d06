"""Sees a list of tasks through: one worker a device, replaced when it fails; every visit is kept before the next begins."""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, Protocol

from backbones.probe.speed import events
from backbones.probe.speed.events import Event
from backbones.probe.speed.keeper import Keeper
from backbones.probe.speed.lane import Job, Lane, death
from backbones.probe.speed.protocol import Budget
from backbones.probe.speed.schedule import Rounds, Schedule, stages
from backbones.probe.speed.wire import Failed, InPhase, Measured, Order, Ready, Refused
from backbones.probe.speed.worker_process import TORCH, Ended, unset
from backbones.store.errors import BackbonesError
from backbones.store.measuring.visit import Status, Task, Visit, key_of

RECYCLE_AFTER: Final = 25
"""Visits after which a worker is replaced: memory falls to pieces in long processes."""
MOST_STARTS: Final = 2
LOOK_S: Final = 0.1
"""How often a GPU's clocks are looked at while it is timed."""
AGAIN: Final = frozenset({"crash", "timeout", "out_of_memory"})
"""Failures that a fresh worker may not have."""


class CannotMeasure(BackbonesError):
    """The worker says why it cannot work here: a missing extra, an unknown device."""


class Run:
    """Measures tasks. `keep` gets every visit as soon as it is taken; what it raises ends the run, unless the file is only locked."""

    def __init__(
        self,
        tasks: Iterable[Task],
        keep: Callable[[Visit], object],
        *,
        earlier: Callable[[str], Iterable[Visit]] | None = None,
        needs_more: Callable[[Task], bool] | None = None,
        more: Callable[[], Iterable[Task]] | None = None,
        rounds: Rounds | None = None,
        budget: Budget | None = None,
        seed: int = 0,
        deadlines: Mapping[str, float] | None = None,
        recycle_after: int = RECYCLE_AFTER,
        command: Sequence[str] = TORCH,
    ) -> None:
        """`earlier` gives the visits of a key that are kept already: the run goes on from there.

        `more` is asked whenever all rounds are over: what it gives is visited once, with the same workers, until it gives nothing.
        """
        self.rounds = rounds or Rounds()
        self.schedule = Schedule(tasks, self.rounds, seed, needs_more)
        self._keeper = Keeper(keep)
        self._earlier, self._more = earlier or (lambda key: ()), more or (lambda: ())
        self._budget, self._recycle_after = budget or Budget(), recycle_after
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._lanes = {device: Lane(device, self._inbox, command, deadlines or {}) for device in self.schedule.devices}
        self._visits: Counter[Status] = Counter()
        self._done, self._planned = 0, 0
        self._is_stopping = self._is_aborted = False

    @property
    def is_stopping(self) -> bool:
        """Somebody asked to end."""
        return self._is_stopping

    def stop(self) -> None:
        """End after the present block of every worker; safe in a signal handler and from other threads."""
        self._is_stopping = True
        self._inbox.put(None)

    def abort(self) -> None:
        """End at once; the visits in hand are lost."""
        self._is_aborted = True
        self.stop()

    def events(self) -> Iterator[Event]:
        """Do it, and tell what happens. Leaving the loop early ends the workers."""
        began = time.monotonic()
        yield events.Started(self.schedule.devices, len(self.schedule.histories))
        try:
            for stage in stages(self.schedule.devices):
                if self._is_stopping:
                    break
                yield from self._stage([self._lanes[device] for device in stage])
        finally:
            for lane in self._lanes.values():
                lane.end()
            not_kept = self._keeper.end()
        if not_kept is not None:
            yield not_kept
        yield events.Finished(events.count(self._visits), round(time.monotonic() - began, 3), self._is_stopping)

    def _stage(self, lanes: Sequence[Lane]) -> Iterator[Event]:
        """All rounds of some devices that are measured side by side."""
        for lane in lanes:
            lane.start()
        yield from self._pump(lanes)
        for number in range(1, self.rounds.most + 1):
            lanes = [lane for lane in lanes if lane.conditions is not None]
            for lane in lanes:
                lane.queue.extend(Job(task, number) for task in self.schedule.round(number, lane.device))
            self._done, self._planned = 0, sum(len(lane.queue) for lane in lanes)
            if not self._planned:
                continue
            yield from self._pump(lanes)
            if self._is_stopping:
                break
            again = self.schedule.due(number + 1, [lane.device for lane in lanes]) if number < self.rounds.most else 0
            yield events.RoundDone(number, self._done, again)
        while lanes and not self._is_stopping and (tasks := list(self._more())):
            for task in tasks:
                lane = next(lane for lane in lanes if lane.device == task.device)
                if task not in self.schedule.histories:
                    self.schedule.admit(task)
                    self._recall(lane, task)
                lane.queue.append(Job(task, len(self.schedule.histories[task].figures) + 1))
            self._done, self._planned = 0, len(tasks)
            yield from self._pump(lanes)
            lanes = [lane for lane in lanes if lane.conditions is not None]
        for lane in lanes:
            lane.end()

    def _pump(self, lanes: Sequence[Lane]) -> Iterator[Event]:
        """Give out what is queued and listen until every worker is idle."""
        is_told = False
        while True:
            if self._is_stopping and not is_told:
                is_told = True
                for lane in lanes:
                    lane.queue.clear()
                    lane.stop()
            if self._is_aborted:
                return
            self._give_out(lanes)
            if not any(lane.is_busy for lane in lanes):
                return
            wait = max(0.0, min(lane.deadline for lane in lanes) - time.monotonic())
            if any(lane.is_timed for lane in lanes):
                wait = min(wait, LOOK_S)
            try:
                found = self._inbox.get(timeout=min(wait, threading.TIMEOUT_MAX))
            except queue.Empty:
                found = None
            for lane in lanes:
                if lane.is_timed:
                    lane.look()
                if found is not None and found[0] is lane.worker:
                    yield from self._heard(lane, found[1])
                elif lane.is_busy and time.monotonic() >= lane.deadline:
                    yield from self._is_late(lane)

    def _give_out(self, lanes: Sequence[Lane]) -> None:
        """Hand the next tasks out. Latency is taken with all other devices at rest, and no worker starting: they share the CPU."""
        idle = [lane for lane in lanes if not lane.is_busy and lane.queue]
        if any(_is_latency(lane) for lane in idle) and len(lanes) > 1:
            idle = [] if any(lane.is_busy for lane in lanes) else [next(lane for lane in idle if _is_latency(lane))]
        if any(lane.job is not None and lane.job.task.quantity == "latency" for lane in lanes):
            return
        for lane in idle:
            job = lane.queue[0]
            if lane.worker is not None and job.attempt > 1 and lane.worker.visits:
                lane.end()
            if lane.worker is None:
                lane.start()
                continue
            lane.queue.popleft()
            lane.give(job, Order(job.task, self.schedule.histories[job.task].batch_size, self._budget))

    def _heard(self, lane: Lane, message: Ready | InPhase | Measured | Failed | Refused | Ended) -> Iterator[Event]:
        match message:
            case Ready(conditions, import_s):
                is_first = lane.conditions is None
                lane.ready(conditions)
                yield events.WorkerReady(lane.device, conditions, import_s, unset(os.environ))
                if is_first:
                    yield from self._resume(lane)
            case InPhase(phase) if lane.job is not None:
                lane.goes_on(phase)
                yield events.InPhase(lane.job.task, lane.job.round, phase)
            case Measured() if lane.job is not None:
                task = lane.job.task
                yield from self._kept(lane, lane.visit(message))
                self._renew(lane, task, message.is_spent)
            case Failed("stopped"):
                lane.job = None
            case Failed(status, error, is_spent) if lane.job is not None:
                yield from self._failed(lane, status, error, is_spent)  # type: ignore[arg-type]
            case Refused(error):
                lane.end()
                if len(self._lanes) == 1:
                    raise CannotMeasure(error)
                yield self._lost(lane, error)
            case Ended():
                yield from self._died(lane)

    def _resume(self, lane: Lane) -> Iterator[Event]:
        """Look up what is kept of earlier runs, now that the conditions are known."""
        enough = 0
        for task in self.schedule.histories:
            if task.device == lane.device:
                self._recall(lane, task)
                enough += not any(self.schedule.is_due(task, n + 1) for n in range(self.rounds.most))
        if enough:
            yield events.Resumed(lane.device, enough)

    def _recall(self, lane: Lane, task: Task) -> None:
        from backbones.probe.speed.conditions import under

        assert lane.conditions is not None
        self.schedule.remember(task, self._earlier(key_of(task, under(lane.conditions, task))))

    def _died(self, lane: Lane) -> Iterator[Event]:
        assert lane.worker is not None
        code, tail = lane.worker.death()
        phase = lane.job.phase if lane.job else "import"
        lane.end()
        if self._is_stopping:
            lane.job = None
        elif lane.job is not None:
            yield from self._failed(lane, "crash", death(code, phase, tail), False)
        else:
            yield from self._not_started(lane, death(code, phase, tail))

    def _is_late(self, lane: Lane) -> Iterator[Event]:
        phase = lane.job.phase if lane.job else "import"
        lane.end()
        if self._is_stopping:
            lane.job = None
        elif lane.job is not None:
            yield from self._failed(lane, "timeout", f"nothing was heard in time during {phase}", False)
        else:
            yield from self._not_started(lane, "the worker did not get ready in time")

    def _not_started(self, lane: Lane, error: str) -> Iterator[Event]:
        lane.failed_starts += 1
        if lane.failed_starts < MOST_STARTS and not self._is_stopping:
            lane.start()
        else:
            yield self._lost(lane, error)

    def _lost(self, lane: Lane, error: str) -> Event:
        tasks = len(lane.queue) or sum(task.device == lane.device for task in self.schedule.histories)
        lane.queue.clear()
        lane.conditions = None
        return events.DeviceLost(lane.device, error, tasks)

    def _failed(self, lane: Lane, status: Status, error: str, is_spent: bool) -> Iterator[Event]:
        """A first failure that a fresh worker may not have is tried again; any other is a row."""
        job = lane.job
        assert job is not None
        was_fresh = lane.worker is not None and lane.worker.visits == 1
        may_pass = (status in AGAIN or is_spent) and not (status == "out_of_memory" and was_fresh)
        if job.attempt == 1 and may_pass and not self._is_stopping:
            lane.job = None
            lane.queue.append(Job(job.task, job.round, attempt=2))
            yield events.Retrying(job.task, job.round, status, error)
        else:
            yield from self._kept(lane, lane.failure(status, error))
        self._renew(lane, job.task, is_spent)

    def _kept(self, lane: Lane, visit: Visit) -> Iterator[Event]:
        began = time.monotonic()
        waiting = self._keeper.keep(visit)
        lane.job = None
        for other in self._lanes.values():  # what they said meanwhile lies in the inbox
            other.deadline += time.monotonic() - began
        if waiting is not None:
            yield waiting
        self.schedule.add(visit)
        self._visits[visit.status] += 1
        self._done += 1
        yield events.Taken(visit, self._done, self._planned)

    def _renew(self, lane: Lane, task: Task, is_spent: bool) -> None:
        """End a worker that a fresh one is better than; the next task starts it. What was compiled stays in a process."""
        worker = lane.worker
        lane.deadline = float("inf")
        if worker is not None and (is_spent or task.compiled or worker.visits >= self._recycle_after):
            lane.end()


def _is_latency(lane: Lane) -> bool:
    return lane.queue[0].task.quantity == "latency"


class Stoppable(Protocol):
    """A run of any kind of worker."""

    @property
    def is_stopping(self) -> bool:
        """Somebody asked to end."""

    def stop(self) -> None:
        """End soon, with what is in hand kept."""

    def abort(self) -> None:
        """End at once."""


@contextmanager
def ended_by_signals(run: Stoppable) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the run after the present block; a second one at once. For the main thread."""

    def end(number: int, frame: FrameType | None) -> None:
        if run.is_stopping:
            run.abort()
        else:
            run.stop()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

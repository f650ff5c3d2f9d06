"""One device in the supervisor: its worker, the task in hand, and until when something must be heard."""

from __future__ import annotations

import queue
import signal
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from backbones.probe.speed import telemetry
from backbones.probe.speed.conditions import under
from backbones.probe.speed.wire import Measured, Order
from backbones.probe.speed.worker_process import WorkerProcess
from backbones.store.measuring.cautions import cautions_of
from backbones.store.measuring.visit import Conditions, Status, Task, Visit
from backbones.store.text import printable

DEADLINES: Final[Mapping[str, float]] = {
    "import": 180, "start": 30, "create": 120, "search": 180, "first_call": 180, "compile": 900, "warm_up": 180, "measure": 180,
    "finish": 60, "stop": 10,
}  # fmt: skip
"""Seconds after which a worker that says nothing is taken for hung, by what it is doing."""


@dataclass(slots=True)
class Job:
    """A task in a round, at its first or second attempt."""

    task: Task
    round: int
    attempt: int = 1
    began: float = field(default_factory=time.monotonic)
    started: str = ""
    phase: str = "start"
    marks: list[telemetry.Mark] = field(default_factory=list)


class Lane:
    """Starts, feeds and ends the workers of one device, one at a time."""

    def __init__(
        self, device: str, inbox: queue.SimpleQueue[Any], command: Sequence[str], deadlines: Mapping[str, float]
    ) -> None:
        self.device = device
        self.worker: WorkerProcess | None = None
        self.conditions: Conditions | None = None
        self.queue: deque[Job] = deque()
        self.job: Job | None = None
        self.is_ready = False
        self.failed_starts = 0
        self.deadline = float("inf")
        self._inbox, self._command, self._deadlines = inbox, command, {**DEADLINES, **deadlines}
        self._gpu: telemetry.Gpu | None = None
        self._is_stopping = False

    @property
    def is_busy(self) -> bool:
        """A task is in hand, or a worker is getting ready."""
        return self.job is not None or (self.worker is not None and not self.is_ready)

    @property
    def is_timed(self) -> bool:
        """A GPU whose clocks are worth looking at is being timed just now."""
        return self._gpu is not None and self.job is not None and self.job.phase == "measure"

    def start(self) -> None:
        """Start a worker."""
        self.worker = WorkerProcess(self.device, self._inbox, self._command)
        self.is_ready = False
        self._wait("import")

    def ready(self, conditions: Conditions) -> None:
        """The worker has its framework."""
        self.conditions, self.is_ready, self.failed_starts = conditions, True, 0
        self.deadline = float("inf")
        uuid = conditions.extra.get("uuid")
        if uuid and self._gpu is None:
            self._gpu = telemetry.open_gpu(str(uuid))

    def give(self, job: Job, order: Order) -> None:
        """Hand a task to the worker."""
        assert self.worker is not None
        self.job = job
        job.began, job.started, job.phase = time.monotonic(), _utc(), "start"
        if self._gpu is not None:
            self._gpu.watch()
        self._wait("start")
        self.worker.give(order)

    def goes_on(self, phase: str) -> None:
        """The worker has begun a phase; the timed one is marked at both ends."""
        if self.job is None:
            return
        if "measure" in (phase, self.job.phase):
            self.look()
        self.job.phase = phase
        if not self._is_stopping:
            self._wait(phase)

    def look(self) -> None:
        """Note the GPU's counters."""
        if self._gpu is not None and self.job is not None:
            self.job.marks.append(self._gpu.mark())

    def stop(self) -> None:
        """Ask the worker to end after the present block."""
        self._is_stopping = True
        if self.worker is not None and self.job is not None:
            self.worker.stop()
            self._wait("stop")
        else:
            self.end()

    def end(self) -> int:
        """End the worker and whatever it started; its exit code."""
        code = self.worker.kill() if self.worker is not None else 0
        self.worker, self.is_ready, self.deadline = None, False, float("inf")
        return code

    def visit(self, measured: Measured) -> Visit:
        """What the worker saw, with what the driver and the cautions have to say."""
        job, conditions = self._in_hand()
        others = self._gpu.others(self.worker.pid) if self._gpu is not None and self.worker is not None else None
        seen = telemetry.completed(measured.seen, job.marks, measured.images, others)
        cautions = cautions_of(job.task, conditions, seen)
        return Visit(job.task, conditions, job.round, job.started, self._duration(job), "ok", seen, cautions)

    def failure(self, status: Status, error: str) -> Visit:
        """A visit that gave nothing but its status."""
        job, conditions = self._in_hand()
        return Visit(job.task, conditions, job.round, job.started, self._duration(job), status, error=error)

    def _in_hand(self) -> tuple[Job, Conditions]:
        assert self.job is not None and self.conditions is not None
        return self.job, under(self.conditions, self.job.task)

    def _duration(self, job: Job) -> float:
        return round(time.monotonic() - job.began, 3)

    def _wait(self, phase: str) -> None:
        self.deadline = time.monotonic() + self._deadlines.get(phase, 60)


def death(code: int, phase: str, tail: str) -> str:
    """How a worker died, in a sentence."""
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        how = f"killed by {name}" + ("; the system does that when memory runs out" if name == "SIGKILL" else "")
    else:
        how = f"ended with exit code {code}"
    last = tail.splitlines()[-1] if tail else ""
    return f"the worker was {how} during {phase}" + (f"; it last printed: {printable(last)[:300]}" if last else "")


def _utc() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

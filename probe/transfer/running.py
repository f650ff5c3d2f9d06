"""Sees a plan of evaluations through: one worker, replaced when it fails; every outcome is kept before the next begins."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from backbones.probe.speed.device_names import cpu_name, this_cpu
from backbones.probe.speed.lane import death
from backbones.probe.speed.worker_process import Ended as PipeEnded
from backbones.probe.speed.worker_process import WorkerProcess
from backbones.probe.transfer import happenings
from backbones.probe.transfer.happenings import Happening
from backbones.probe.transfer.installed import installed_version, torch_version
from backbones.probe.transfer.messages import Evaluated, Failed, InPhase, Order, Ready, Refused, heard
from backbones.store.errors import BackbonesError
from backbones.store.machine import host_id
from backbones.store.transferring.cautions import cautions_of
from backbones.store.transferring.outcome import Cost, Outcome, Scores, Status

DEADLINES: Final[Mapping[str, float]] = {
    "import": 180, "start": 120, "create": 3600, "extract": 900, "k-NN": 900, "linear probing": 1800, "train": 1800, "epoch": 1800,
    "going on": 1800, "stop": 120,
}  # fmt: skip
"""Seconds after which a worker that says nothing is taken for hung; `create` may fetch weights."""
RECYCLE_AFTER: Final = 200
"""Evaluations after which a worker is replaced: memory falls to pieces in long processes."""
GRACE_S: Final = 10.0
"""How much longer than its limit an evaluation may take before its worker is ended."""
AGAIN: Final = frozenset({"crash", "timeout"})
"""Failures that a fresh worker may not have."""
SMALL_BATCH: Final = 4
"""With which extraction is tried again after the system ended the worker, as it does when memory runs out."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a plan hears of an order that it gave."""

    outcome: Outcome | None
    """None where there is nothing to keep: the time was over, or the user ended the run."""
    status: str
    accuracy: float | None = None
    """On the images that settings were chosen by, percent."""
    duration_s: float = 0.0
    img_s: float | None = None
    """Of an extraction that the time did not suffice for."""


@dataclass(frozen=True, slots=True)
class Wish:
    """An order with what the outcome has to say about it that the worker does not know."""

    order: Order
    cautions: tuple[str, ...] = ()


Plan = Generator[Wish | Happening, Result | None, None]
"""Gives wishes and hears their results; what else it gives is told."""


class CannotEvaluate(BackbonesError):
    """The worker says why it cannot work here."""


@dataclass(slots=True)
class _InHand:
    wish: Wish
    began: float = field(default_factory=time.monotonic)
    started: str = field(default_factory=lambda: _utc())
    phase: str = "start"


class TransferRun:
    """Evaluates what a plan wishes. `keep` gets every outcome as soon as there is one; what it raises ends the run."""

    def __init__(
        self,
        plan: Plan,
        keep: Callable[[Outcome], object],
        device: str,
        command: Sequence[str],
        *,
        earlier: Callable[[str], Outcome | None] = lambda key: None,
        variables: Mapping[str, str] | None = None,
        deadlines: Mapping[str, float] | None = None,
        grace_s: float = GRACE_S,
    ) -> None:
        """`command` starts a worker, to which the device and our process's number are added; `earlier` knows kept outcomes."""
        self._plan, self._keep, self._device, self._command, self._earlier = plan, keep, device, command, earlier
        self._variables, self._deadlines, self._grace_s = variables, {**DEADLINES, **(deadlines or {})}, grace_s
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._worker: WorkerProcess | None = None
        self._is_ready = False
        self._deadline = float("inf")
        self._evaluations = 0
        self._is_stopping = self._is_aborted = False
        self._processor = _processor() if device == "cpu" else ""

    @property
    def is_stopping(self) -> bool:
        """Somebody asked to end."""
        return self._is_stopping

    def stop(self) -> None:
        """End after the present batch; safe in a signal handler and from other threads."""
        self._is_stopping = True
        self._inbox.put(None)

    def abort(self) -> None:
        """End at once; features that were extracted in the last seconds are lost."""
        self._is_aborted = True
        self.stop()

    def events(self) -> Iterator[Happening]:
        """Do it, and tell what happens. Leaving the loop early ends the worker."""
        began = time.monotonic()
        result: Result | None = None
        try:
            while not self._is_stopping:
                try:
                    wanted = self._plan.send(result)
                except StopIteration:
                    break
                result = None
                if isinstance(wanted, Wish):
                    result = yield from self._fulfil(wanted)
                else:
                    yield wanted
        finally:
            self._plan.close()
            self._end_worker()
        yield happenings.Ended(self._evaluations, round(time.monotonic() - began, 3), self._is_stopping)

    def _fulfil(self, wish: Wish) -> Generator[Happening, None, Result]:
        """One evaluation, from what is kept or anew, with a second attempt where that may help."""
        kept = self._earlier(wish.order.evaluation.key)
        if kept is not None and is_of(kept, self._device):
            yield happenings.Taken(kept, is_resumed=True)
            return Result(kept, kept.status, accuracy_in(kept.chosen))
        result = yield from self._attempt(wish)
        if result.status in AGAIN and not self._is_stopping and result.outcome is not None:
            yield happenings.Retrying(wish.order.evaluation, result.status, result.outcome.error)
            small = replace(wish, order=replace(wish.order, batch_size=SMALL_BATCH))
            result = yield from self._attempt(small if "SIGKILL" in result.outcome.error else wish)
        if result.outcome is not None:
            self._keep(result.outcome)
            self._evaluations += 1
            yield happenings.Taken(result.outcome)
        return result

    def _attempt(self, wish: Wish) -> Generator[Happening, None, Result]:
        if self._worker is not None and self._worker.visits >= RECYCLE_AFTER:
            self._end_worker()
        job = _InHand(wish)
        if self._worker is None:
            self._start_worker()
        is_given = False
        allowed_s = wish.order.limit_s + self._grace_s if wish.order.limit_s else float("inf")
        last = job.began + allowed_s
        while True:
            if self._is_aborted:
                return Result(None, "stopped")
            assert self._worker is not None
            if self._is_ready and not is_given:
                is_given = True
                self._worker.give(wish.order)
                self._wait("start")
                last = time.monotonic() + allowed_s
            message = self._listen(min(self._deadline, last))
            if message is None:
                if self._is_stopping and job.phase != "stop":
                    if not is_given:
                        return Result(None, "stopped")
                    job.phase = "stop"
                    self._worker.stop()
                    self._wait("stop")
                elif time.monotonic() >= min(self._deadline, last):
                    return self._late(job, time.monotonic() >= last)
                continue
            if isinstance(message, InPhase):
                if job.phase != "stop":
                    job.phase = message.phase
                    self._wait(message.phase)
                yield happenings.InPhase(wish.order.evaluation, message.phase, message.done, message.planned)
            elif isinstance(message, Ready):
                self._is_ready = True
            elif isinstance(message, Refused):
                raise CannotEvaluate(message.error)
            else:
                return self._answered(job, message)

    def _answered(self, job: _InHand, message: Evaluated | Failed | PipeEnded) -> Result:
        duration = time.monotonic() - job.began
        if isinstance(message, Evaluated):
            outcome = self._outcome(
                job, "ok", message.device, message.torch, message.timm, message.scores, message.cost, message.chosen, message.cautions,
                notes=message.notes,
            )  # fmt: skip
            result = Result(outcome, "ok", message.accuracy, duration)
        elif isinstance(message, PipeEnded):
            assert self._worker is not None
            code, tail = self._worker.death()
            self._end_worker()
            if self._is_stopping:
                return Result(None, "stopped")
            return Result(self._failure(job, "crash", death(code, job.phase, tail)), "crash", None, duration)
        elif message.status in ("stopped", "out_of_time"):
            return Result(None, message.status, None, duration, message.img_s)
        else:
            status: Status = message.status  # type: ignore[assignment]
            result = Result(self._failure(job, status, message.error), message.status, None, duration)
        self._deadline = float("inf")
        if message.is_spent:
            self._end_worker()
        return result

    def _late(self, job: _InHand, is_limit: bool) -> Result:
        duration = time.monotonic() - job.began
        self._end_worker()
        if self._is_stopping:
            return Result(None, "stopped")
        if is_limit:
            return Result(None, "out_of_time", None, duration)
        error = f"nothing was heard in time during {job.phase}"
        return Result(self._failure(job, "timeout", error), "timeout", None, duration)

    def _failure(self, job: _InHand, status: Status, error: str) -> Outcome:
        return self._outcome(
            job, status, self._processor, torch_version(), installed_version("timm"), None, Cost(), "", (), error
        )  # fmt: skip

    def _outcome(
        self, job: _InHand, status: Status, device: str, torch: str, timm: str, scores: Scores | None, cost: Cost, chosen: str,
        cautions: tuple[str, ...], error: str = "", notes: tuple[str, ...] = (),
    ) -> Outcome:  # fmt: skip
        asked = job.wish.order.evaluation
        found = cautions_of(asked, scores, (*job.wish.cautions, *cautions)) if status == "ok" else ()
        return Outcome(
            asked, status, host_id(), device, torch, timm, job.started, round(time.monotonic() - job.began, 3), scores, cost, chosen,
            found, error[:2000], tuple(note[:1000] for note in notes),
        )  # fmt: skip

    def _listen(self, until: float) -> InPhase | Ready | Evaluated | Failed | Refused | PipeEnded | None:
        """The next message of our worker; None where nothing came in time, or the run is to end."""
        wait = max(0.0, min(until - time.monotonic(), 3600.0))
        try:
            found = self._inbox.get(timeout=wait)
        except queue.Empty:
            return None
        return found[1] if found is not None and found[0] is self._worker else None

    def _start_worker(self) -> None:
        self._worker = WorkerProcess(self._device, self._inbox, self._command, heard, self._variables)
        self._is_ready = False
        self._wait("import")

    def _end_worker(self) -> None:
        if self._worker is not None:
            self._worker.kill()
        self._worker, self._is_ready, self._deadline = None, False, float("inf")

    def _wait(self, phase: str) -> None:
        self._deadline = time.monotonic() + self._deadlines.get(phase, 600)


def is_of(kept: Outcome, device: str) -> bool:
    """Whether an outcome is of a device of torch's here: what took so long, or did not fit, elsewhere says nothing about it.

    The names of GPUs need torch, so that all but this machine's processor count as one.
    """
    return (kept.device == _processor()) == (device == "cpu")


@cache
def _processor() -> str:
    return cpu_name(this_cpu())


def accuracy_in(chosen: str) -> float | None:
    """The accuracy that settings were chosen by, as `Outcome.chosen` tells it."""
    found = dict(part.partition("=")[::2] for part in chosen.split(",") if part)
    return float(found["validation"]) if "validation" in found else None


def _utc() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""One or two processes that count models; a model that breaks its process costs that process and no other model."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from types import TracebackType
from typing import Any, Final, Self

from backbones.store.errors import BackbonesError
from backbones.store.measuring.count import Count, FeatureMap

MOST: Final = 2
"""Processes: each holds torch, 0.8 GB."""
WORTH_A_SECOND: Final = 12
"""Models from which a second process, which takes seconds to start, is of use."""
WORKER: Final = ("-m", "backbones.probe.counting.worker")
"""What Python runs to count."""
START_S: Final = 300.0
MODEL_S: Final = 120.0
"""How long a model may take; the largest of timm take about a second."""


@dataclass(frozen=True, slots=True)
class Request:
    """A model to be counted."""

    name: str
    """timm's."""
    resolution: int | None = None
    """None: the model's own test resolution."""
    fused: bool = False
    features: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """A model that was not counted."""

    model: str
    why: str


def timm_version() -> str | None:
    """The version of the timm that is installed with torch; None where one of them is missing. Imports neither."""
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("timm") is None:
        return None
    return metadata.version("timm")


def model_names() -> list[str]:
    """All architectures of the installed timm, in some seconds."""
    with _Worker() as worker:
        return [str(name) for name in worker.ask(None, START_S)["names"]]


def count_all(requests: Sequence[Request], processes: int | None = None) -> Iterator[Count | Failure]:
    """Count models, each as soon as it is done. Left early, it ends its processes.

    BackbonesError where no process starts.
    """
    if processes is None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        processes = min(MOST, cores, 1 + len(requests) // WORTH_A_SECOND)
    waiting: queue.SimpleQueue[Request] = queue.SimpleQueue()
    for request in requests:
        waiting.put(request)
    done: queue.SimpleQueue[Count | Failure | Exception] = queue.SimpleQueue()
    workers = [_Worker() for _ in range(processes)]
    threads = [threading.Thread(target=_work_through, args=(w, waiting, done), daemon=True) for w in workers]
    for thread in threads:
        thread.start()
    try:
        for _ in requests:
            one = done.get()
            if isinstance(one, Exception):
                raise one
            yield one
    finally:
        for worker, thread in zip(workers, threads, strict=True):
            worker.end()
            thread.join(5)


def _work_through(
    worker: _Worker, waiting: queue.SimpleQueue[Request], done: queue.SimpleQueue[Count | Failure | Exception]
) -> None:
    while True:
        try:
            request = waiting.get_nowait()
        except queue.Empty:
            return
        try:
            done.put(_counted(request, worker.ask(asdict(request), MODEL_S)))
        except _Broken as error:
            done.put(Failure(request.name, str(error)))
        except Exception as error:  # ends the run: no process starts, or its answers are no answers
            done.put(error)
            return


def _counted(request: Request, answer: dict[str, Any]) -> Count | Failure:
    if "error" in answer:
        return Failure(request.name, answer["error"])
    maps = answer.pop("feature_maps")
    answer["uncounted"] = tuple(answer["uncounted"])
    return Count(**answer, feature_maps=None if maps is None else tuple(FeatureMap(**one) for one in maps))


class _Broken(Exception):
    """The process ended, or was ended, with a model in hand."""


class _Worker:
    """One process that counts; started when it is first asked, and again after it broke."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._has_ended = False
        self._lock = threading.Lock()
        self._said = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 closed by `end`

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()

    def end(self) -> None:
        """Kill the process, whatever it is at; none is started after this."""
        with self._lock:
            self._has_ended = True
            process, self._process = self._process, None
        if process is not None:
            _end(process)
        self._said.close()

    def ask(self, request: dict[str, Any] | None, seconds: float) -> dict[str, Any]:
        """The answer to a request. _Broken where the process did not live to give it, BackbonesError where none starts."""
        process = self._started()
        answer, is_late = _exchange(process, json.dumps(request) + "\n", seconds)
        if not answer:
            raise _Broken(self._why_it_broke(process, seconds if is_late else None))
        found: dict[str, Any] = json.loads(answer)
        return found

    def _started(self) -> subprocess.Popen[str]:
        with self._lock:
            if self._has_ended:
                raise _Broken("the run was ended")
            if self._process is not None:
                return self._process
            self._said.truncate(0)
            process = self._process = subprocess.Popen(
                [sys.executable, *WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, text=True,
                encoding="utf-8", env=_environment(),
            )  # fmt: skip
        ready, is_late = _exchange(process, "", START_S)  # its first line says that torch and timm are there
        if not ready:
            why = self._why_it_broke(process, START_S if is_late else None)
            raise BackbonesError(f"the process that counts models does not start: {why}")
        return process

    def _why_it_broke(self, process: subprocess.Popen[str], late_s: float | None) -> str:
        with self._lock:
            if self._has_ended:
                return "the run was ended"
            self._process = None
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)  # its output ended: so does it
            _end(process)
            self._said.seek(0)
            lines = [line.strip() for line in self._said if line.strip()]
        if late_s is not None:
            return f"it took longer than {late_s:g} s"
        return f"its process ended with status {process.returncode}" + (f": {lines[-1][:200]}" if lines else "")


def _exchange(process: subprocess.Popen[str], text: str, seconds: float) -> tuple[str, bool]:
    """What the process answers, nothing where it ended; and whether it was killed for being late."""
    assert process.stdin is not None and process.stdout is not None
    late = threading.Event()

    def give_up() -> None:
        late.set()
        process.kill()

    deadline = threading.Timer(seconds, give_up)
    deadline.start()
    try:
        process.stdin.write(text)
        process.stdin.flush()
        return process.stdout.readline(), late.is_set()
    except (OSError, ValueError):
        return "", late.is_set()
    finally:
        deadline.cancel()


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError, ValueError):
            assert pipe is not None
            pipe.close()


def _environment() -> dict[str, str]:
    """One thread, no accelerator, no network: nothing is computed and no weights are loaded."""
    return os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1"}


def require_extra(what: str) -> str:
    """The version of timm; BackbonesError, with the extra to install, where `what` needs one and it is not there."""
    if (version := timm_version()) is None:
        raise BackbonesError(f"{what} needs torch and timm: pip install 'backbones[probe]'")
    return version

"""Slurm by submitit: one array element a GPU with a shard of models. submitit is imported only here, and only when asked for."""

from __future__ import annotations

import contextlib
import getpass
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from backbones.probe.fleet.driver import Job, Lost, Refused
from backbones.probe.fleet.shard import Outcome, Shard, measure
from backbones.store.errors import BackbonesError

MINUTES: Final = 120
MEMORY_GB: Final = 16
NO_SUBMITIT: Final = "measuring on Slurm needs submitit; install it with: pip install 'backbones[slurm]'"
SQUEUE_S: Final = 60.0
_REFUSALS: Final = frozenset({"BackbonesError", "CannotMeasure"})
"""What no other try would change."""
_ERROR: Final = re.compile(r"[\w.]+(?:Error|CannotMeasure|Exception): ")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a job asks Slurm for."""

    partition: str = ""
    constraint: str = ""
    minutes: int = MINUTES
    gpus: int = 1
    cpus: int = 8
    memory_gb: int = MEMORY_GB
    further: Mapping[str, str] = field(default_factory=dict)
    """Other options of sbatch, as it calls them."""

    def parameters(self) -> dict[str, Any]:
        """For submitit."""
        found: dict[str, Any] = {
            "name": "backbones", "timeout_min": self.minutes, "gpus_per_node": self.gpus, "cpus_per_task": self.cpus,
            "mem_gb": self.memory_gb, "nodes": 1, "tasks_per_node": 1,
        }  # fmt: skip
        if self.partition:
            found["slurm_partition"] = self.partition
        if self.constraint:
            found["slurm_constraint"] = self.constraint
        if self.further:
            found["slurm_additional_parameters"] = dict(self.further)
        return found


class ShardCall:
    """What a job runs. Slurm's signal before the end of its time, or at a preemption, hands the same shard in again."""

    def __init__(self, shard: Shard, does: Callable[[Shard], Outcome] = measure) -> None:
        self.shard, self.does = shard, does

    def __call__(self) -> Outcome:
        """Measure the shard."""
        return self.does(self.shard)

    def checkpoint(self) -> Any:
        """The shard's file holds all that was taken: the same call goes on from there."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


class SlurmJob:
    """A job of submitit's."""

    def __init__(self, job: Any) -> None:
        self._job = job

    @property
    def label(self) -> str:
        """The number that squeue shows."""
        return str(self._job.job_id)

    def is_over(self) -> bool:
        """Asked of submitit, which asks Slurm now and then."""
        return bool(self._job.done())

    def outcome(self) -> Outcome:
        """What the shard gave back."""
        from submitit.core.utils import FailedJobError

        failed = self._job.exception()
        if failed is None:
            outcome = self._job.result()
            assert isinstance(outcome, Outcome)
            return outcome
        if isinstance(failed, FailedJobError):
            kind, sentence = _raised(str(failed))
            if kind in _REFUSALS:
                raise Refused(sentence)
            raise Lost(f"{kind}: {sentence}; its log is {self._job.paths.stderr}")
        raise Lost(f"{_first_line(failed)}; its log is {self._job.paths.stderr}")

    def cancel(self) -> None:
        """scancel."""
        with contextlib.suppress(Exception):  # it may have ended this moment
            self._job.cancel(check=False)


class SlurmEngine:
    """Submits arrays. `cluster` is `slurm`; `local` runs the same jobs as processes of this machine, for tests."""

    def __init__(
        self,
        folder: Path,
        wishes: Wishes | None = None,
        cluster: str = "slurm",
        does: Callable[[Shard], Outcome] = measure,
    ) -> None:
        """BackbonesError where submitit is missing, or Slurm is."""
        try:
            import submitit
        except ImportError:
            raise BackbonesError(NO_SUBMITIT) from None
        self._does = does
        try:
            self._executor = submitit.AutoExecutor(folder=str(folder / "jobs"), cluster=cluster)
            self._executor.update_parameters(**(wishes or Wishes()).parameters())
        except (RuntimeError, FileNotFoundError) as error:
            raise BackbonesError(
                f"Slurm cannot be used from here: {_first_line(error)}; run this on a login node"
            ) from None

    def submit(self, shards: Sequence[Shard]) -> list[Job]:
        """One array."""
        with self._executor.batch():
            jobs = [self._executor.submit(ShardCall(shard, self._does)) for shard in shards]
        return [SlurmJob(job) for job in jobs]

    def running(self, jobs: Sequence[str]) -> list[str]:
        """Asked of squeue, which knows jobs that wait or run."""
        if not jobs:
            return []
        command = ["squeue", "--noheader", "--array", "--format=%i", f"--user={getpass.getuser()}"]
        try:
            told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=SQUEUE_S).stdout
        except (OSError, subprocess.SubprocessError) as error:
            said = str(getattr(error, "stderr", "") or error)
            raise BackbonesError(f"squeue does not say which jobs run: {_first_line(said)}") from None
        known = set(told.split())
        return [job for job in jobs if job in known]


def _raised(trace: str) -> tuple[str, str]:
    """The error's class and sentence of a traceback that came as text."""
    lines = [line.strip() for line in trace.splitlines() if _ERROR.match(line.strip())]
    path, _, sentence = (lines or [_first_line(trace)])[-1].partition(": ")
    return path.rpartition(".")[2], sentence[:300]


def _first_line(said: object) -> str:
    return (str(said).strip().splitlines() or [type(said).__name__])[0][:300]

"""Hands shards to an engine, merges what each wrote as it ends, and hands those that were lost out again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from backbones.probe.fleet.shard import Outcome, Shard
from backbones.store.measuring.merging import merge

MOST_ATTEMPTS: Final = 3
LOOK_S: Final = 2.0
"""How often jobs are asked whether they have ended."""
PAUSE: Final = 5
"""So many looks before a shard is handed out again: a cluster takes a while to see that a node is gone, and would choose it."""


class Job(Protocol):
    """A shard on its way."""

    @property
    def label(self) -> str:
        """What the cluster calls it."""

    def is_over(self) -> bool:
        """Whether there is nothing to wait for any more."""

    def outcome(self) -> Outcome:
        """Of a job that is over. Lost where it did not see its shard through; Refused where another try is of no use."""

    def cancel(self) -> None:
        """End it; what it has written stays."""


class Engine(Protocol):
    """What runs jobs: Slurm, Ray."""

    def submit(self, shards: Sequence[Shard]) -> list[Job]:
        """One job a shard, each with a GPU of its own."""

    def running(self, jobs: Sequence[str]) -> list[str]:
        """Those of the jobs of an earlier head, by their labels, that wait or run. BackbonesError where nobody can tell."""


class Lost(Exception):
    """A job ended before its shard did: its node was lost, its time was over, it was killed."""


class Refused(Exception):
    """A job says why it cannot measure at all."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A shard was handed out."""

    shard: int
    job: str
    tasks: int
    attempt: int


@dataclass(frozen=True, slots=True)
class ShardOver:
    """A shard has ended, well or not, and what it wrote is merged."""

    shard: int
    job: str
    new: int
    """Visits that were not here yet."""
    outcome: Outcome | None
    """None: it was lost or refused."""
    why: str = ""
    again: bool = False
    """Whether it is handed out once more."""


FleetEvent = Submitted | ShardOver


@dataclass(slots=True)
class Fleet:
    """The shards of a run; `events` sees them through."""

    engine: Engine
    shards: Sequence[Shard]
    measurements: Path
    """Where everything is merged."""
    attempts: int = MOST_ATTEMPTS
    look_s: float = LOOK_S
    wait: Callable[[float], object] = time.sleep
    note: Callable[[Mapping[int, str]], object] = lambda jobs: None
    """Told which jobs there are, by shard, whenever that has changed."""
    _jobs: dict[int, Job] = field(default_factory=dict)
    _attempt: dict[int, int] = field(default_factory=dict)

    def events(self) -> Iterator[FleetEvent]:
        """Do it, and tell what happens. Leaving early cancels the jobs; what they wrote is merged all the same."""
        self._attempt = dict.fromkeys((shard.number for shard in self.shards), 0)
        by_number = {shard.number: shard for shard in self.shards}
        try:
            yield from self._submit(list(self.shards))
            while self._jobs:
                over = [number for number, job in self._jobs.items() if job.is_over()]
                again = []
                for number in over:
                    told = self._over(by_number[number], self._jobs.pop(number))
                    again += [by_number[number]] if told.again else []
                    self._tell_of_jobs()
                    yield told
                if again:
                    self.wait(PAUSE * self.look_s)
                    yield from self._submit(again)
                elif not over:
                    self.wait(self.look_s)
        finally:
            for job in self._jobs.values():
                job.cancel()
            for number in self._jobs:
                self._merge(by_number[number])
            self.note({})

    def _submit(self, shards: list[Shard]) -> Iterator[FleetEvent]:
        for shard, job in zip(shards, self.engine.submit(shards), strict=True):
            self._attempt[shard.number] += 1
            self._jobs[shard.number] = job
        self._tell_of_jobs()
        for shard in shards:
            yield Submitted(shard.number, self._jobs[shard.number].label, len(shard.tasks), self._attempt[shard.number])

    def _tell_of_jobs(self) -> None:
        self.note({number: job.label for number, job in self._jobs.items()})

    def _over(self, shard: Shard, job: Job) -> ShardOver:
        outcome, why, again = None, "", False
        try:
            outcome = job.outcome()
        except Refused as refused:
            why = str(refused)
        except Lost as lost:
            why, again = str(lost), self._attempt[shard.number] < self.attempts
        new, unread = self._merge(shard)
        return ShardOver(shard.number, job.label, new, outcome, "; ".join(filter(None, (why, unread))), again)

    def _merge(self, shard: Shard) -> tuple[int, str]:
        """How many visits of the shard are new here; a sentence where its file cannot be read."""
        if not shard.file.exists():
            return 0, ""
        merged, refused = merge(self.measurements, [shard.file])
        return sum(one.new for one in merged), "; ".join(refused)

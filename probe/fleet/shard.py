"""A part of a run that one GPU sees through: it writes a file of its own, and goes on from there when it is started again."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from backbones.probe.fleet.earlier import kept_in_all
from backbones.probe.holding import Held, holding
from backbones.probe.speed import worker_process
from backbones.probe.speed.conditions import under
from backbones.probe.speed.events import DeviceLost, NotKept, WorkerReady
from backbones.probe.speed.protocol import Budget
from backbones.probe.speed.schedule import Rounds
from backbones.probe.speed.supervisor import Run
from backbones.store.errors import BackbonesError
from backbones.store.measuring.keeping import keep
from backbones.store.measuring.visit import Task, key_of

WAIT_S: Final = 90.0
"""How long a shard waits for the job that had it before: one that is cancelled or preempted has some time to end."""


@dataclass(frozen=True, slots=True)
class Shard:
    """All that a job has to know; it travels to another machine."""

    number: int
    tasks: tuple[Task, ...]
    file: Path
    """Measurements of this shard alone, on a file system that the head sees too."""
    rounds: Rounds = field(default_factory=Rounds)
    budget: Budget = field(default_factory=Budget)
    command: tuple[str, ...] = ()
    """Of the worker; empty: the real one."""
    retry: bool = False
    """Try again what failed when the shard was run before."""
    earlier: Path | None = None
    """Measurements from before, which count as the shard's own do; nothing is written there."""


class NodeError(BackbonesError):
    """Not here or not now: no worker can be had on this machine, another job has the shard, or its file could not be written."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a shard that saw its tasks through."""

    number: int
    ok: int
    failed: int
    keys: tuple[str, ...] = field(default=(), compare=False)
    """Of all its tasks, under the conditions of its node."""


def measure(shard: Shard) -> Outcome:
    """Measure a shard's tasks where this runs. What was measured before under the same conditions is left out.

    CannotMeasure where a worker says why it cannot work, NodeError where none starts or another job has the shard. A kill at any
    moment costs the visit in hand.
    """
    shard.file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with holding(shard.file.with_suffix(".lock"), WAIT_S):
            return _measure(shard)
    except Held as held:
        raise NodeError(f"shard {shard.number} is still being measured by {held.holder}") from None


def _measure(shard: Shard) -> Outcome:
    files = [file for file in (shard.earlier, shard.file) if file is not None]
    run = Run(
        shard.tasks, lambda visit: keep(shard.file, visit), earlier=kept_in_all(files, shard.retry), rounds=shard.rounds,
        budget=shard.budget, command=shard.command or worker_process.TORCH,
    )  # fmt: skip
    conditions = {}
    lost = []
    for event in run.events():
        if isinstance(event, WorkerReady):
            conditions[event.device] = event.conditions
        elif isinstance(event, DeviceLost):
            lost.append(event.error)
        elif isinstance(event, NotKept):
            lost.append(f"{len(event.visits)} visits could not be kept: {event.error}")
    if lost:
        raise NodeError(lost[-1])
    histories = run.schedule.histories.values()
    return Outcome(
        shard.number, sum(bool(one.figures) for one in histories), sum(one.has_failed and not one.figures for one in histories),
        tuple(key_of(task, under(conditions[task.device], task)) for task in shard.tasks if task.device in conditions),
    )  # fmt: skip


def shards_of(
    tasks: Sequence[Task],
    count: int,
    folder: Path,
    rounds: Rounds,
    budget: Budget,
    retry: bool = False,
    earlier: Path | None = None,
) -> list[Shard]:
    """So many parts of about the same length, fewer where there are not so many models.

    The tasks of a model stay together. Models are dealt out in a random order that the same tasks always have, so that a
    command given again finds the files of its shards.
    """
    by_model: dict[tuple[str, int], list[Task]] = {}
    for task in tasks:
        by_model.setdefault((task.model, task.resolution), []).append(task)
    models = list(by_model)
    random.Random(len(models)).shuffle(models)
    parts = [models[start::count] for start in range(min(count, len(models)))]
    return [
        Shard(
            number,
            tuple(task for model in part for task in by_model[model]),
            folder / f"shard-{number}.db",
            rounds,
            budget,
            retry=retry,
            earlier=earlier,
        )
        for number, part in enumerate(parts)
    ]


def name_of(tasks: Sequence[Task], count: int, rounds: Rounds, budget: Budget) -> str:
    """12 hex digits of what a fleet's run is about: the folder in which the same command finds what it had."""
    plain = json.dumps([[asdict(task) for task in tasks], count, asdict(rounds), asdict(budget)], sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()[:12]

"""What a run goes on from: the visits that stand in measurements already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from backbones.probe.speed.schedule import Rounds, Schedule
from backbones.store.machine import host_id
from backbones.store.measuring.keeping import visits
from backbones.store.measuring.visit import Task, Visit


def kept_in(file: Path, retry: bool = False) -> Callable[[str], list[Visit]]:
    """For `Run`: what is kept of a key. A failure stands in the way of another try only where nothing went well, unless `retry`."""

    def earlier(key: str) -> list[Visit]:
        found = visits(file, key=key)
        return [visit for visit in found if visit.status == "ok"] or ([] if retry else found)

    return earlier


def done_before(file: Path, tasks: Sequence[Task], rounds: Rounds, retry: bool = False) -> frozenset[Task]:
    """Tasks that need no visit if this machine is as it was when each was last visited: only a worker knows whether it is."""
    kept: dict[Task, list[Visit]] = {task: [] for task in tasks}
    for model in dict.fromkeys(task.model for task in tasks):
        for visit in visits(file, host=host_id(), model=model):
            if visit.task in kept:
                kept[visit.task].append(visit)
    schedule = Schedule(tasks, rounds)
    for task, found in kept.items():
        latest = [visit for visit in found if visit.key == found[-1].key]
        well = [visit for visit in latest if visit.status == "ok"]
        schedule.remember(task, well or ([] if retry else latest))
    return frozenset(task for task in tasks if not any(schedule.is_due(task, n + 1) for n in range(rounds.most)))

"""Shards: how tasks are dealt out, and a shard that is started twice."""

from __future__ import annotations

import pickle
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from backbones.probe.fleet.shard import NodeError, Outcome, Shard, measure, name_of, shards_of
from backbones.probe.speed.protocol import Budget
from backbones.probe.speed.schedule import Rounds
from backbones.probe.speed.supervisor import CannotMeasure
from backbones.store.measuring.keeping import visits
from backbones.store.measuring.visit import Task

WORKER = Path(__file__).parent.parent / "speed" / "fake_worker.py"
COMMAND = (sys.executable, "-P", str(WORKER))
ONCE = Rounds(1, 1)


def tasks(*models: str, device: str = "cpu") -> list[Task]:
    return [Task(model, quantity, device, "fp32") for model in models for quantity in ("throughput", "latency")]  # type: ignore[arg-type]


def test_each_task_is_in_one_shard_and_a_model_in_no_two(tmp_path: Path) -> None:
    todo = tasks(*(f"m{number}" for number in range(10)))
    shards = shards_of(todo, 4, tmp_path, ONCE, Budget())
    assert Counter(task for shard in shards for task in shard.tasks) == Counter(todo)
    assert sorted(len(shard.tasks) for shard in shards) == [4, 4, 6, 6]
    homes = {(task.model, shard.number) for shard in shards for task in shard.tasks}
    assert len(homes) == 10
    assert shards == shards_of(todo, 4, tmp_path, ONCE, Budget())
    assert len({shard.file for shard in shards}) == 4


def test_no_shard_is_empty(tmp_path: Path) -> None:
    assert len(shards_of(tasks("a", "b"), 5, tmp_path, ONCE, Budget())) == 2


def test_another_run_has_another_folder() -> None:
    names = {
        name_of(tasks("a"), 2, ONCE, Budget()),
        name_of(tasks("b"), 2, ONCE, Budget()),
        name_of(tasks("a"), 3, ONCE, Budget()),
    }
    assert len(names) == 3 and name_of(tasks("a"), 2, ONCE, Budget()) in names


def test_a_shard_travels() -> None:
    shard = Shard(3, tuple(tasks("a")), Path("x.db"), ONCE, Budget(block_s=0.01), COMMAND)
    assert pickle.loads(pickle.dumps(shard)) == shard


def test_a_shard_that_is_started_again_leaves_out_what_it_has(tmp_path: Path) -> None:
    shard = Shard(0, tuple(tasks("a", "error")), tmp_path / "new" / "shard.db", ONCE, command=COMMAND)
    assert measure(shard) == Outcome(0, ok=2, failed=2)
    assert measure(shard) == Outcome(0, ok=2, failed=2)
    assert len(visits(shard.file)) == 4
    assert measure(replace(shard, tasks=tuple(tasks("a", "b")))) == Outcome(0, ok=4, failed=0)
    assert Counter(visit.task.model for visit in visits(shard.file)) == {"a": 2, "error": 2, "b": 2}


def test_failures_are_tried_again_where_that_is_asked_for(tmp_path: Path) -> None:
    shard = Shard(0, tuple(tasks("a", "error")), tmp_path / "shard.db", ONCE, command=COMMAND)
    measure(shard)
    time.sleep(1.1)  # a visit is known by the second in which it began
    measure(replace(shard, retry=True))
    assert Counter(visit.task.model for visit in visits(shard.file)) == {"a": 2, "error": 4}


def test_a_shard_without_a_device_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotMeasure, match="nowhere"):
        measure(Shard(0, tuple(tasks("a", device="nowhere")), tmp_path / "shard.db", ONCE, command=COMMAND))
    with pytest.raises(NodeError, match="exit code 7"):
        measure(Shard(0, tuple(tasks("a", device="dies")), tmp_path / "shard.db", ONCE, command=COMMAND))

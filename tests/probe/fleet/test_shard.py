"""Shards: how tasks are dealt out, and a shard that is started twice."""

from __future__ import annotations

import pickle
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from backbones.probe.fleet import shard as shards
from backbones.probe.fleet.earlier import hand_along
from backbones.probe.fleet.shard import NodeError, Outcome, Shard, measure, name_of, shards_of
from backbones.probe.holding import holding
from backbones.probe.speed.protocol import Budget
from backbones.probe.speed.schedule import Rounds
from backbones.probe.speed.supervisor import CannotMeasure
from backbones.store.measuring.file import Busy
from backbones.store.measuring.keeping import keep, visits
from backbones.store.measuring.visit import Task, Visit

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
    measure(replace(shard, retry=True))
    assert Counter(visit.task.model for visit in visits(shard.file)) == {"a": 2, "error": 4}


def test_a_shard_without_a_device_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotMeasure, match="nowhere"):
        measure(Shard(0, tuple(tasks("a", device="nowhere")), tmp_path / "shard.db", ONCE, command=COMMAND))
    with pytest.raises(NodeError, match="exit code 7"):
        measure(Shard(0, tuple(tasks("a", device="dies")), tmp_path / "shard.db", ONCE, command=COMMAND))


def test_what_was_measured_elsewhere_under_the_same_conditions_is_left_out(tmp_path: Path) -> None:
    before = Shard(0, tuple(tasks("a", "b", "other")), tmp_path / "before.db", ONCE, command=COMMAND)
    measure(before)
    todo = tasks("a", "b", "c")
    for visit in visits(before.file):  # of these another machine took b
        elsewhere = replace(visit.conditions, host="ba9876543210") if visit.task.model == "b" else visit.conditions
        keep(tmp_path / "measurements.db", replace(visit, conditions=elsewhere))
    earlier = tmp_path / "earlier.db"
    assert hand_along(tmp_path / "nothing.db", todo, earlier) == 0 and not earlier.exists()
    assert hand_along(tmp_path / "measurements.db", todo, earlier) == 4
    later = Shard(1, tuple(todo), tmp_path / "later.db", ONCE, command=COMMAND, earlier=earlier)
    outcome = measure(later)
    assert outcome == Outcome(1, ok=6, failed=0)
    taken = visits(later.file)
    assert Counter(visit.task.model for visit in taken) == {"b": 2, "c": 2}
    known = {visit.key for visit in visits(before.file) if visit.task.model == "a"}
    assert set(outcome.keys) == known | {visit.key for visit in taken} and len(outcome.keys) == 6


def test_a_visit_that_is_known_twice_counts_once(tmp_path: Path) -> None:
    shard = Shard(0, tuple(tasks("a")), tmp_path / "shard.db", ONCE, command=COMMAND)
    measure(shard)
    hand_along(shard.file, shard.tasks, tmp_path / "earlier.db")
    twice = replace(shard, earlier=tmp_path / "earlier.db", rounds=Rounds(2, 2))
    assert measure(twice) == Outcome(0, ok=2, failed=0)
    assert [visit.round for visit in visits(shard.file)] == [1, 1, 2, 2]


def test_failures_elsewhere_count_unless_another_try_is_asked_for(tmp_path: Path) -> None:
    before = Shard(0, tuple(tasks("error")), tmp_path / "before.db", ONCE, command=COMMAND)
    measure(before)
    hand_along(before.file, before.tasks, tmp_path / "earlier.db")
    later = replace(before, file=tmp_path / "later.db", earlier=tmp_path / "earlier.db")
    assert measure(later) == Outcome(0, ok=0, failed=2) and not visits(later.file)
    measure(replace(later, retry=True))
    assert len(visits(later.file)) == 2


def test_a_shard_is_measured_by_one_job_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "WAIT_S", 0.1)
    shard = Shard(3, tuple(tasks("a")), tmp_path / "shard.db", ONCE, command=COMMAND)
    with (
        holding(shard.file.with_suffix(".lock")),
        pytest.raises(NodeError, match=r"shard 3 is still being measured by process \d+ on"),
    ):
        measure(shard)
    assert not visits(shard.file)
    assert measure(shard) == Outcome(3, ok=2, failed=0)


def test_what_cannot_be_kept_is_no_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(file: Path, visit: Visit) -> None:
        raise Busy(file)

    monkeypatch.setattr(shards, "keep", locked)
    shard = Shard(0, tuple(tasks("a")), tmp_path / "shard.db", ONCE, command=COMMAND)
    with pytest.raises(NodeError, match="2 visits could not be kept"):
        measure(shard)

"""A file that another program has locked ends no run: visits wait in memory, and at last lie in a file beside it."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from backbones.probe.speed import events, supervisor
from backbones.probe.speed.events import plain
from backbones.probe.speed.keeper import Keeper
from backbones.probe.speed.schedule import Rounds
from backbones.probe.speed.supervisor import Run
from backbones.store.errors import BackbonesError
from backbones.store.measuring import file as measurements_file
from backbones.store.measuring.file import Busy, reading
from backbones.store.measuring.keeping import keep, visits
from backbones.store.measuring.visit import Conditions, Seen, Task, Visit

WORKER = Path(__file__).with_name("fake_worker.py")
UNDER = Conditions("0123456789ab", "CPU", "cpu", 1, "", "", "", "2.9", "1", "3", "Linux", 1, False, True, "")
FIRST = Visit(
    Task("a", "throughput", "cpu", "fp32"), UNDER, 1, "2026-11-21T10:00:00Z", 1.0, "ok", Seen(8, 224, 100.0, blocks=(0.1,))
)  # fmt: skip
SECOND = replace(FIRST, task=replace(FIRST.task, model="b"), started="2026-11-21T10:00:05Z")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(measurements_file, "BUSY_S", 0.02)
    keep(tmp_path / "measurements.db", FIRST)
    return tmp_path / "measurements.db"


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("begin exclusive")
        yield


def test_a_lock_is_told_from_other_errors(file: Path, tmp_path: Path) -> None:
    with locked(file):
        with pytest.raises(Busy, match=r"another program has had .*measurements\.db for itself"):
            keep(file, SECOND)
        with pytest.raises(Busy), reading(file):
            pass
    (tmp_path / "text.db").write_text("no database, but a text that is long enough to be looked at " * 20)
    with pytest.raises(BackbonesError) as found:
        keep(tmp_path / "text.db", FIRST)
    assert not isinstance(found.value, Busy)


def test_what_waits_is_kept_with_the_next_in_its_order(file: Path) -> None:
    keeper = Keeper(lambda visit: keep(file, visit))
    with locked(file):
        waiting = keeper.keep(SECOND)
        assert waiting is not None and waiting.visits == 1 and "measurements.db" in waiting.error
    third = replace(SECOND, round=2, started="2026-11-21T10:00:09Z")
    assert keeper.keep(third) is None and keeper.end() is None
    assert visits(file) == [FIRST, SECOND, third]


def test_what_waits_at_the_end_is_tried_once_more(file: Path) -> None:
    keeper = Keeper(lambda visit: keep(file, visit))
    with locked(file):
        keeper.keep(SECOND)
    assert keeper.end() is None and visits(file) == [FIRST, SECOND]


def test_what_cannot_be_kept_at_last_lies_beside(file: Path) -> None:
    keeper = Keeper(lambda visit: keep(file, visit))
    with locked(file):
        keeper.keep(SECOND)
        told = keeper.end()
    assert told is not None and told.visits == ("b throughput fp32 cpu",) and Path(told.file).parent == file.parent
    assert visits(Path(told.file)) == [SECOND] and visits(file) == [FIRST]


def test_what_can_be_put_nowhere_is_listed(tmp_path: Path) -> None:
    (tmp_path / "no folder").touch()

    def busy(visit: Visit) -> None:
        raise Busy(tmp_path / "no folder" / "measurements.db")

    keeper = Keeper(busy)
    assert keeper.keep(FIRST) is not None
    told = keeper.end()
    assert told is not None and told.file == "" and len(told.visits) == 1


def test_a_full_disk_still_ends_the_run() -> None:
    def full(visit: Visit) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        Keeper(full).keep(FIRST)


def run_of(models: str, keeps: object) -> tuple[Run, list[events.Event]]:
    todo = [Task(model, "throughput", "cpu", "fp32") for model in models]
    run = Run(todo, keeps, rounds=Rounds(1, 1), command=[sys.executable, "-P", str(WORKER)])  # type: ignore[arg-type]
    return run, list(run.events())


def test_a_lock_does_not_end_a_run() -> None:
    kept: list[str] = []
    tries = iter([False, False, True])

    def sometimes(visit: Visit) -> None:
        if not next(tries, True):
            raise Busy(Path("measurements.db"))
        kept.append(visit.task.model)

    _, told = run_of("abcd", sometimes)
    assert sorted(kept) == list("abcd") and sum(isinstance(event, events.Taken) for event in told) == 4
    assert [event.visits for event in told if isinstance(event, events.Waiting)] == [1, 2]
    assert isinstance(told[-1], events.Finished) and not any(isinstance(event, events.NotKept) for event in told)


def test_a_run_under_a_lock_says_at_its_end_where_its_visits_are(file: Path) -> None:
    with locked(file):
        _, told = run_of("xy", lambda visit: keep(file, visit))
    not_kept = told[-2]
    assert isinstance(not_kept, events.NotKept) and len(not_kept.visits) == 2 and isinstance(told[-1], events.Finished)
    assert {visit.task.model for visit in visits(Path(not_kept.file))} == {"x", "y"}
    assert plain(not_kept)["event"] == "not_kept" and plain(not_kept)["file"] == not_kept.file


def test_time_spent_on_a_lock_makes_no_other_worker_late(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(supervisor, "time", SimpleNamespace(monotonic=lambda: clock[0]))

    def slow(visit: Visit) -> None:
        clock[0] += 30

    todo = [replace(FIRST.task, device=device) for device in ("cuda:0", "cuda:1")]
    run = Run(todo, slow)
    first, other = run._lanes.values()
    other.deadline = 1020.0
    (taken,) = run._kept(first, replace(FIRST, task=todo[0]))
    assert isinstance(taken, events.Taken) and other.deadline == 1050.0

"""One model after another through one worker, as an answer asks for them."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from backbones.probe.predicting.measuring import Interrupted, Measurer, visited_before
from backbones.probe.predicting.tables import Key
from backbones.probe.speed import events
from backbones.probe.speed.supervisor import CannotMeasure
from backbones.store.measuring.keeping import keep
from backbones.store.measuring.visit import Task, Visit

WORKER = Path(__file__).parent.parent / "speed" / "fake_worker.py"
NATIVE = {"a": 224, "b": 288}


def measurer_of(
    first: Sequence[Key], told: list[events.Event], kept: list[Visit], device: str = "cpu", apart_s: float = 0.0
) -> Measurer:
    like = Task("", "throughput", device, "fp32")
    command = [sys.executable, "-P", str(WORKER), "--slow", "0.5"]
    return Measurer(like, first, NATIVE, kept.append, tell=told.append, command=command, apart_s=apart_s)


def test_what_is_asked_later_is_measured_by_the_same_worker() -> None:
    told: list[events.Event] = []
    kept: list[Visit] = []
    measurer = measurer_of([("a", 224), ("b", 224)], told, kept)
    assert measurer.start().device == "AMD EPYC 9575F" and not kept
    assert measurer.measure(("b", 224)) == pytest.approx(1600)
    assert measurer.measure(("c", 160)) == pytest.approx(1600)
    assert measurer.measure(("error", 224)) is None
    assert measurer.measure(("a", 224)) == pytest.approx(1600)
    measurer.end()
    assert {v.round for v in kept} == {1}
    assert sorted((v.task.model, v.task.resolution) for v in kept) == [("a", 0), ("b", 224), ("c", 160), ("error", 224)]
    assert sum(isinstance(event, events.WorkerReady) for event in told) == 1
    assert isinstance(told[-1], events.Finished) and not told[-1].is_stopped


def test_asked_again_it_is_another_visit_at_another_time_and_batch_sizes_are_not_searched_again() -> None:
    kept: list[Visit] = []
    measurer = measurer_of([("a", 224)], [], kept, apart_s=0.4)
    measurer.start()
    for _ in range(3):
        assert measurer.measure(("a", 224)) == pytest.approx(1600)
    measurer.measure(("b", 288))
    measurer.end()
    rounds = [(visit.task.model, visit.round) for visit in kept]
    assert rounds == [("a", 1), ("a", 2), ("a", 3), ("b", 1)]
    moments = [datetime.fromisoformat(visit.started) for visit in kept]
    gaps = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(moments)]
    assert min(gaps[:2]) >= 0.35 and gaps[2] < 0.35
    assert len({visit.key for visit in kept}) == 2


def test_visits_of_earlier_runs_count_under_the_same_conditions_only(tmp_path: Path) -> None:
    file, kept = tmp_path / "measurements.db", list[Visit]()
    measurer = measurer_of([("a", 224)], [], kept)
    conditions = measurer.start()
    measurer.measure(("a", 224))
    measurer.measure(("a", 224))
    measurer.end()
    like = Task("", "throughput", "cpu", "fp32")
    first, second = kept
    fixed = replace(first, task=replace(first.task, batch_size=4), round=3)
    older = replace(first, conditions=replace(conditions, torch="2.5"))
    for visit in (first, second, fixed, older, replace(first, task=replace(first.task, precision="bf16"))):
        keep(file, visit)
    speeds = [visit.seen.throughput_img_s for visit in (first, second) if visit.seen]
    assert visited_before(file, like, conditions) == {("a", 224): speeds}
    assert list(visited_before(file, replace(like, batch_size=4), conditions).values()) == [speeds[:1]]
    assert visited_before(tmp_path / "nothing.db", like, conditions) == {}


def test_an_early_end_leaves_out_what_was_told_in_advance() -> None:
    kept: list[Visit] = []
    measurer = measurer_of([(f"sleep{number}", 224) for number in range(4)], [], kept)
    measurer.start()
    measurer.end(is_early=True)
    assert len(kept) <= 1


def test_the_user_may_end_it() -> None:
    measurer = measurer_of([("sleep1", 224), ("sleep2", 224)], [], [])
    measurer.start()
    measurer.run.stop()
    with pytest.raises(Interrupted):
        measurer.measure(("sleep2", 224))
    measurer.end()


@pytest.mark.parametrize(("device", "why"), [("nowhere", "no device 'nowhere'"), ("dies", "exit code 7")])
def test_without_a_worker_there_is_no_answer(device: str, why: str) -> None:
    with pytest.raises(CannotMeasure, match=why):
        measurer_of([("a", 224)], [], [], device).start()

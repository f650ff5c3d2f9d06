"""One model after another through one worker, as an answer asks for them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from backbones.probe.predicting.measuring import Interrupted, Measurer
from backbones.probe.predicting.tables import Key
from backbones.probe.speed import events
from backbones.probe.speed.supervisor import CannotMeasure
from backbones.store.measuring.visit import Task, Visit

WORKER = Path(__file__).parent.parent / "speed" / "fake_worker.py"
NATIVE = {"a": 224, "b": 288}


def measurer_of(first: Sequence[Key], told: list[events.Event], kept: list[Visit], device: str = "cpu") -> Measurer:
    like = Task("", "throughput", device, "fp32")
    command = [sys.executable, "-P", str(WORKER), "--slow", "0.5"]
    return Measurer(like, first, NATIVE, kept.append, tell=told.append, command=command)


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
    assert sorted((v.task.model, v.task.resolution) for v in kept) == [("a", 0), ("b", 224), ("c", 160), ("error", 224)]
    assert sum(isinstance(event, events.WorkerReady) for event in told) == 1
    assert isinstance(told[-1], events.Finished) and not told[-1].is_stopped


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

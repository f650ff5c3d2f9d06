"""A run with a worker that only tells stories: failures, interrupts, going on."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from backbones.probe.speed.device_names import cpu_name, this_cpu
from backbones.probe.transfer import happenings
from backbones.probe.transfer.messages import Evaluated, InPhase, Order, heard, order_from, say
from backbones.probe.transfer.preparation import Preparation
from backbones.probe.transfer.request import one_by_one
from backbones.probe.transfer.running import CannotEvaluate, Plan, TransferRun, Wish, accuracy_in, is_of
from backbones.store.errors import BackbonesError
from backbones.store.transferring.keeping import done, keep, outcomes
from backbones.store.transferring.listed import listed_outcomes
from backbones.store.transferring.outcome import ClassScore, Cost, Evaluation, Outcome, Scores

STORY = (sys.executable, "-P", str(Path(__file__).with_name("story_worker.py")))
PREPARED = Preparation(224, "bicubic", 0.9, "center", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


def wish(model: str, limit_s: float = 0.0, protocol: str = "k-NN") -> Wish:
    asked = Evaluation(model, "random", "mine", "0" * 16, protocol, 224, "fp32")  # type: ignore[arg-type]
    return Wish(Order(asked, PREPARED, limit_s=limit_s))


def told(run: TransferRun) -> list[happenings.Happening]:
    return list(run.events())


def taken(found: Sequence[happenings.Happening]) -> dict[str, Outcome]:
    return {one.outcome.evaluation.model: one.outcome for one in found if isinstance(one, happenings.Taken)}


def run_of(
    *wishes: Wish, kept: Callable[[Outcome], object] = lambda outcome: None, device: str = "cpu", **settings: object
) -> TransferRun:
    return TransferRun(one_by_one(wishes), kept, device, STORY, **settings)  # type: ignore[arg-type]


def test_failures_of_models_do_not_end_the_run_and_every_outcome_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "measurements.db"
    names = ["good", "crash", "error", "memory", "weights", "noise", "last"]
    found = taken(told(run_of(*map(wish, names), kept=lambda outcome: keep(file, outcome))))
    assert {name: one.status for name, one in found.items()} == {
        "good": "ok", "crash": "crash", "error": "error", "memory": "out_of_memory", "weights": "no_weights", "noise": "ok", "last": "ok",
    }  # fmt: skip
    assert "SIGSEGV" in found["crash"].error and "layer 3" in found["crash"].error
    assert "cannot be multiplied" in found["error"].error
    assert [one.evaluation.model for one in outcomes(file)] == names
    good = done(file, wish("good").order.evaluation.key)
    assert good is not None and good.scores == found["good"].scores and good.device == cpu_name(this_cpu())
    assert {"random_weights", "no_validation"} <= set(good.cautions)


def test_a_failure_names_pytorch_as_a_success_does() -> None:
    torch = pytest.importorskip("torch")
    timm = pytest.importorskip("timm")
    found = taken(told(run_of(wish("error"), wish("crash"))))
    assert {(one.torch, one.timm) for one in found.values()} == {(torch.__version__, timm.__version__)}


def test_what_was_done_otherwise_is_kept_and_told(tmp_path: Path) -> None:
    file = tmp_path / "measurements.db"
    found = taken(told(run_of(wish("small"), wish("good"), kept=lambda outcome: keep(file, outcome))))
    assert found["small"].notes == ("gradients of 3 images at a time are added up",) and not found["good"].notes
    assert [one.notes for one in outcomes(file)] == [found["small"].notes, ()]
    rows = listed_outcomes(file)
    assert dict(zip(rows.values("model"), rows.values("notes"), strict=True)) == {
        "small": "gradients of 3 images at a time are added up",
        "good": None,
    }


def test_a_crash_that_a_fresh_worker_does_not_have_is_tried_once_more(tmp_path: Path) -> None:
    found = told(run_of(wish(f"once@{tmp_path / 'mark'}")))
    assert [one.status for one in found if isinstance(one, happenings.Retrying)] == ["crash"]
    assert [one.status for one in taken(found).values()] == ["ok"]


def test_a_worker_that_hangs_is_replaced() -> None:
    found = taken(told(run_of(wish("hang"), wish("good"), deadlines={"create": 0.3})))
    assert {name: one.status for name, one in found.items()} == {"hang": "timeout", "good": "ok"}
    assert "during create" in found["hang"].error


def test_what_is_kept_is_not_done_again(tmp_path: Path) -> None:
    file = tmp_path / "measurements.db"
    told(run_of(wish("good"), kept=lambda outcome: keep(file, outcome)))
    again = told(run_of(wish("good"), wish("other"), kept=lambda o: keep(file, o), earlier=lambda key: done(file, key)))
    assert [(one.outcome.evaluation.model, one.is_resumed) for one in again if isinstance(one, happenings.Taken)] == [
        ("good", True),
        ("other", False),
    ]
    assert len(outcomes(file)) == 2


def test_another_device_is_evaluated_anew_and_each_keeps_its_costs(tmp_path: Path) -> None:
    file = tmp_path / "measurements.db"

    def devices(device: str) -> list[tuple[str, bool]]:
        run = run_of(wish("good"), device=device, kept=lambda o: keep(file, o), earlier=lambda key: done(file, key))
        return [(one.outcome.device, one.is_resumed) for one in told(run) if isinstance(one, happenings.Taken)]

    assert devices("cpu") == [(cpu_name(this_cpu()), False)]
    assert devices("cuda:0") == [("NVIDIA H200", False)]
    assert devices("cuda:0") == [("NVIDIA H200", True)]
    both = outcomes(file)
    assert [is_of(one, "cpu") for one in both] == [True, False]
    assert [is_of(one, "cuda:1") for one in both] == [False, True]


def test_memory_that_a_gpu_lacks_does_not_keep_the_processor_from_trying(tmp_path: Path) -> None:
    file = tmp_path / "measurements.db"

    def earlier(key: str) -> Outcome | None:
        return (outcomes(file, key=key) or [None])[-1]

    for device, is_resumed in (("cuda:0", False), ("cuda:0", True), ("cpu", False), ("cpu", True)):
        found = told(run_of(wish("memory"), device=device, kept=lambda o: keep(file, o), earlier=earlier))
        assert [one.is_resumed for one in found if isinstance(one, happenings.Taken)] == [is_resumed], device


def test_nothing_starts_a_worker_where_all_is_kept() -> None:
    kept = taken(told(run_of(wish("good"))))["good"]
    run = TransferRun(
        one_by_one([wish("good")]), lambda outcome: None, "cpu", ("/no/such/program",), earlier=lambda key: kept
    )
    assert list(taken(told(run))) == ["good"]


def test_an_interrupt_ends_after_the_present_batch_and_keeps_nothing_half_done() -> None:
    run = run_of(wish("slow"), wish("good"))
    began = time.monotonic()
    found = []
    for one in run.events():
        found.append(one)
        if isinstance(one, happenings.InPhase) and one.phase == "extract":
            run.stop()
    assert not taken(found)
    assert isinstance(found[-1], happenings.Ended) and found[-1].is_stopped
    assert time.monotonic() - began < 20


def test_a_second_interrupt_ends_at_once() -> None:
    run = run_of(wish("hang"))
    for one in run.events():
        if isinstance(one, happenings.InPhase):
            run.abort()
    assert run.is_stopping


def test_a_limit_ends_an_evaluation_without_an_outcome() -> None:
    results: list[Any] = []

    def plan() -> Plan:
        results.append((yield wish("slow", limit_s=0.2)))
        results.append((yield wish("hang", limit_s=0.2)))
        results.append((yield wish("good", limit_s=30)))

    found = told(TransferRun(plan(), lambda outcome: None, "cpu", STORY, grace_s=0.5))
    assert [(one.status, one.outcome is None) for one in results] == [
        ("out_of_time", True),
        ("out_of_time", True),
        ("ok", False),
    ]
    assert results[0].img_s == 12.5
    assert results[2].accuracy == 81.5
    assert list(taken(found)) == ["good"]


def test_a_worker_that_cannot_work_here_says_why() -> None:
    with pytest.raises(CannotEvaluate, match="no device 'nowhere'"):
        told(run_of(wish("good"), device="nowhere"))


def test_a_full_disk_ends_the_run_with_its_sentence() -> None:
    def full(outcome: Outcome) -> None:
        raise BackbonesError("the disk is full")

    with pytest.raises(BackbonesError, match="the disk is full"):
        told(run_of(wish("good"), wish("other"), kept=full))


def test_a_model_without_weights_is_not_tried_with_every_protocol() -> None:
    found = told(run_of(wish("weights"), wish("weights", protocol="linear probing"), wish("good")))
    assert [one.outcome.status for one in found if isinstance(one, happenings.Taken)] == ["no_weights", "ok"]


def test_messages_come_back_as_they_were() -> None:
    scores = Scores(9, 80.0, 70.0, 90.0, 79.0, 78.0, (ClassScore("a", 9, 1.0, 2.0, 3.0),), (("a", "b", 2),), 95.0)
    done_well = Evaluated(
        scores, Cost(1.0, 2.0, 3.0, None), "k=1", None, ("no_validation",), "d", "t", "t", notes=("a", "b")
    )
    for message in (done_well, InPhase("extract", 3, 9)):
        assert heard(say(message)) == message
    order = wish("good", limit_s=2.5).order
    import json

    assert order_from(json.loads(order.line())) == order
    with pytest.raises(ValueError, match="no message"):
        heard(b'{"say": "Hello"}')


def test_the_accuracy_that_was_chosen_by_is_read_back() -> None:
    assert accuracy_in("k=5,validation=81.50,vote=plain") == 81.5
    assert accuracy_in("") is None

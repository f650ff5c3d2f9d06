"""Who is visited in which round."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from backbones.probe.speed.schedule import Rounds, Schedule, stages
from backbones.store.measuring.visit import Conditions, Seen, Task, Visit

HERE = Conditions(
    "0123456789ab", "AMD EPYC 9575F", "cpu", 1000, "", "", "", "2.9", "1.0", "3.11", "Linux", 2, False, False, ""
)


def task(model: str, **words: Any) -> Task:
    return replace(Task(model, "throughput", "cpu", "fp32"), **words)


def visit(of: Task, throughput: float, round: int = 1, status: Any = "ok") -> Visit:
    seen = (
        Seen(16, 224, throughput, 1000 / throughput if of.quantity == "latency" else None) if status == "ok" else None
    )
    return Visit(of, HERE, round, "2026-11-21T10:00:00Z", 1.0, status, seen)


def schedule(*tasks: Task, **words: Any) -> Schedule:
    return Schedule(tasks, words.pop("rounds", Rounds()), **words)


def test_all_tasks_are_visited_twice_and_a_third_time_only_where_visits_disagree() -> None:
    calm, wild = task("calm"), task("wild")
    plan = schedule(calm, wild)
    assert sorted(plan.round(1, "cpu"), key=str) == [calm, wild]
    plan.add(visit(calm, 100)), plan.add(visit(wild, 100))
    assert plan.due(2, ["cpu"]) == 2
    plan.add(visit(calm, 102, 2)), plan.add(visit(wild, 104, 2))
    assert plan.round(3, "cpu") == [wild]
    plan.add(visit(wild, 90, 3))
    assert plan.due(4, ["cpu"]) == 0


def test_an_answer_that_hangs_on_a_task_asks_for_more_visits() -> None:
    near, far = task("near"), task("far")
    plan = schedule(near, far, rounds=Rounds(1, 3), needs_more=lambda one: one is near)
    for one in (near, far):
        plan.add(visit(one, 100))
    assert plan.round(2, "cpu") == [near]


def test_latency_disagrees_by_its_milliseconds() -> None:
    one = task("m", quantity="latency")
    plan = schedule(one)
    plan.add(visit(one, 100)), plan.add(visit(one, 110))
    assert plan.is_due(one, 3)


def test_a_visit_to_a_gpu_that_others_used_is_followed_by_another() -> None:
    one, other = task("m"), task("n")
    plan = schedule(one, other)
    for number in (1, 2):
        plan.add(visit(one, 100, number))
        plan.add(replace(visit(other, 100, number), cautions=("shared_device",) if number == 1 else ()))
    assert plan.round(3, "cpu") == [other]
    plan.add(visit(other, 100, 3))
    assert plan.due(4, ["cpu"]) == 0


def test_a_task_that_failed_is_not_visited_again() -> None:
    one = task("m")
    plan = schedule(one)
    plan.add(visit(one, 0, status="timeout"))
    assert plan.due(2, ["cpu"]) == 0


def test_visits_of_earlier_runs_count() -> None:
    one, other = task("one"), task("other")
    plan = schedule(one, other)
    plan.remember(one, [visit(one, 100), visit(one, 101, 2)])
    plan.remember(other, [visit(other, 100)])
    assert plan.round(1, "cpu") == []
    assert plan.round(2, "cpu") == [other]
    assert plan.histories[other].batch_size == 16


def test_order_is_random_but_repeatable_and_tasks_of_a_model_stay_together() -> None:
    tasks = [task(f"m{n}", quantity=q) for q in ("latency", "throughput") for n in range(20)]
    first, second = schedule(*tasks, seed=1), schedule(*tasks, seed=2)
    order = [one.model for one in first.round(1, "cpu")]
    assert order[::2] == order[1::2]
    assert [one.quantity for one in first.round(1, "cpu")] == ["throughput", "latency"] * 20
    assert order == [one.model for one in schedule(*tasks, seed=1).round(1, "cpu")]
    assert order != [one.model for one in second.round(1, "cpu")]
    assert order != [one.model for one in first.round(2, "cpu")]
    assert order != sorted(order)


def test_the_cpu_is_measured_when_the_accelerators_have_ended() -> None:
    assert stages(["cpu", "cuda:0", "cuda:1"]) == [("cuda:0", "cuda:1"), ("cpu",)]
    assert stages(["cpu"]) == [("cpu",)]


def test_rounds_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="rounds"):
        Rounds(3, 2)

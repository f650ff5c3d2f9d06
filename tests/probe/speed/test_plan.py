"""From models and settings to tasks, and how long they are expected to take."""

from __future__ import annotations

from collections import Counter

import pytest

from backbones.probe.speed.plan import How, duration_s, expected_s, in_words, spread, tasks_of, usual_precision
from backbones.store.errors import BackbonesError

WANTED = [("resnet18", 0), ("resnet50", 160), ("resnet18", 0)]


def test_each_model_is_a_task_for_each_device_precision_and_quantity() -> None:
    tasks = tasks_of(WANTED, ["cuda:0", "cpu"], How(train=True))
    assert len(tasks) == len(set(tasks)) == 2 * 2 * 3
    assert {(task.device, task.precision) for task in tasks} == {("cuda:0", "amp_fp16"), ("cpu", "fp32")}
    assert {task.resolution for task in tasks if task.model == "resnet50"} == {160}


def test_latency_is_of_one_image_whatever_the_batch_size() -> None:
    tasks = tasks_of(WANTED, ["cpu"], How(batch_size=32))
    assert {(task.quantity, task.batch_size) for task in tasks} == {("throughput", 32), ("latency", 0)}


def test_quick_is_one_round_of_throughput_in_the_tasks_of_a_careful_run() -> None:
    quick, careful = How(quick=True), How()
    assert set(tasks_of(WANTED, ["cpu"], quick)) < set(tasks_of(WANTED, ["cpu"], careful))
    assert (quick.schedule().least, quick.schedule().most) == (1, 1)
    assert (careful.schedule().least, careful.schedule().most) == (2, 3) and How(rounds=1).schedule().least == 1
    assert quick.budget().timed_s < careful.budget().timed_s


def test_accelerators_are_expected_side_by_side_and_the_cpu_after_them() -> None:
    how = How(latency=False)
    one, two, both = (
        expected_s(tasks_of(WANTED, devices, how), how)
        for devices in (["cuda:0"], ["cuda:0", "cuda:1"], ["cuda:0", "cpu"])
    )
    assert one == two < both
    assert expected_s(tasks_of(WANTED, ["cpu"], How(quick=True)), How(quick=True)) < both - one


def test_latency_is_expected_on_one_device_at_a_time() -> None:
    def expected(devices: list[str], latency: bool) -> float:
        return expected_s(tasks_of(WANTED, devices, How(latency=latency)), How(latency=latency))

    one, two = (expected(devices, True) - expected(devices, False) for devices in (["cuda:0"], ["cuda:0", "cuda:1"]))
    assert two == pytest.approx(2 * one)
    assert expected(["cpu"], True) > expected(["cpu"], False)


def test_models_are_spread_over_devices_of_one_name() -> None:
    wanted, cards = [(f"m{n}", 0) for n in range(10)], ["cuda:0", "cuda:1", "cuda:2"]
    tasks = spread([*wanted, *wanted], [cards], How())
    where = {task.model: task.device for task in tasks}
    assert len(tasks) == len(set(tasks)) == 2 * 10 and {(t.model, t.device) for t in tasks} == set(where.items())
    assert sorted(Counter(where.values()).values()) == [3, 3, 4]
    assert {t.model: t.device for t in spread([*wanted, ("m10", 0)], [cards], How())}.items() > where.items()
    both = spread(wanted, [cards, ["cpu"]], How())
    assert {t.precision for t in both if t.device == "cpu"} == {"fp32"} and len(both) == 40
    assert expected_s(tasks, How()) < expected_s(tasks_of(wanted, cards[:1], How()), How())


def test_usual_precisions() -> None:
    assert [usual_precision(device) for device in ("cuda:1", "xpu:0", "mps", "cpu")] == [
        "amp_fp16",
        "amp_fp16",
        "fp32",
        "fp32",
    ]


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("1h30m", 5400), ("1.5 h", 5400), ("2min", 120)]
)
def test_durations(text: str, seconds: float) -> None:
    assert duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "30", "-5m", "0s", "5m 3h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(BackbonesError, match="duration"):
        duration_s(text)


def test_times_in_words() -> None:
    assert [in_words(seconds) for seconds in (0.2, 40, 700, 12_600)] == ["1 s", "40 s", "12 min", "3.5 h"]

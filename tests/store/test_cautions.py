"""What is said against a measurement, and the statistics behind it."""

from __future__ import annotations

import random
from dataclasses import replace
from statistics import median
from typing import Any

import pytest

from backbones.store.measuring.cautions import CAUTIONS, cautions_of, cautions_of_visits
from backbones.store.measuring.sample import half_width, outliers, quantile, spread
from backbones.store.measuring.visit import Conditions, Seen, Task

TASK = Task("resnet18", "throughput", "cuda:0", "fp32", batch_size=16)
GPU = Conditions(
    "0123456789ab",
    "NVIDIA H200",
    "gpu",
    140_000,
    "570",
    "CUDA 13.2",
    "9.1",
    "2.9",
    "1.0",
    "3.11",
    "Linux",
    8,
    False,
    True,
    "",
)
CPU = replace(GPU, device="AMD EPYC 9575F", device_kind="cpu")
GOOD = Seen(
    16, 224, 1600.0, blocks=(0.01,) * 10, steps_a_block=10, clock_mhz=1980.0, throttled_ms=0.0, peak_memory_mib=500.0
)


def test_a_good_measurement_needs_no_caution() -> None:
    assert cautions_of(TASK, GPU, GOOD) == ()
    assert cautions_of(replace(TASK, device="cpu"), CPU, replace(GOOD, clock_mhz=None)) == ()


@pytest.mark.parametrize(
    ("name", "conditions", "changes"),
    [
        ("throttled", GPU, {"throttled_ms": 20.0}),
        ("power_limited", replace(GPU, extra={"power_limit_w": 300, "default_power_limit_w": 700}), {}),
        ("shared_device", GPU, {"other_processes": 1}),
        ("busy_cpu", CPU, {"other_processes": 1}),
        ("busy_cpu", CPU, {"set_aside": (0.02,) * 4}),
        ("busy_cpu", GPU, {"waiting_share": 0.2}),
        ("batch_reduced", GPU, {"batches": ((8, 100.0, 1.0), (16, 150.0, 2.0))}),
        ("wide_spread", GPU, {"ci": 0.03}),
        ("unstable_warm_up", GPU, {"is_stable": False}),
        ("slow_first_call", GPU, {"first_call_s": 6.0}),
        ("launch_bound", GPU, {"wall_over_device": 1.2}),
        ("page_faults", CPU, {"page_faults_a_step": 4000.0}),
        ("memory_nearly_full", GPU, {"peak_memory_mib": 135_000.0}),
        ("few_steps", GPU, {"blocks": (0.01, 0.01, 0.01), "steps_a_block": 1}),
        ("outliers", GPU, {"blocks": (0.01, 0.0101, 0.0099, 0.01, 0.0101, 0.0099, 0.02, 0.03)}),
        ("unknown_clocks", GPU, {"clock_mhz": None}),
    ],
)  # fmt: skip
def test_each_caution_has_its_reason(name: str, conditions: Conditions, changes: dict[str, Any]) -> None:
    task = replace(TASK, batch_size=0)
    assert cautions_of(task, conditions, replace(GOOD, **changes)) == (name,)


def test_a_batch_that_was_asked_for_is_not_reduced() -> None:
    seen = replace(GOOD, batches=((8, 100.0, 1.0), (16, 150.0, 2.0)))
    assert cautions_of(TASK, GPU, seen) == ()


def test_latency_needs_more_steps_and_is_always_bound_by_its_launch() -> None:
    task = replace(TASK, quantity="latency")
    assert cautions_of(task, GPU, replace(GOOD, steps_a_block=1, wall_over_device=2.0)) == ("few_steps",)


def test_every_sentence_ends_in_advice() -> None:
    for name, text in CAUTIONS.items():
        assert name.islower() and " " not in name
        assert text.endswith(".") and (";" in text), text


def test_of_several_visits_what_holds_for_half_of_them_and_their_disagreement() -> None:
    visits = [("busy_cpu", "wide_spread"), ("busy_cpu",), ()]
    assert cautions_of_visits(visits, [100, 101, 102]) == ("busy_cpu",)
    assert cautions_of_visits(visits, [100, 101, 110]) == ("busy_cpu", "rounds_disagree")
    assert cautions_of_visits([("batch_reduced", "outliers"), (), ()], [100, 100, 100]) == ("batch_reduced",)
    assert cautions_of_visits([], []) == ()


def test_the_interval_of_the_median_covers_it_as_often_as_it_says() -> None:
    source = random.Random(0)
    for count in (6, 8, 15, 40):
        covered = 0
        for _ in range(2000):
            values = [source.expovariate(1.0) + 0.1 for _ in range(count)]
            ordered, width = sorted(values), half_width(values)
            low = next(v for v in ordered if any(abs((w - v) / 2 / median(values) - width) < 1e-12 for w in ordered))
            high = low + 2 * width * median(values)
            covered += low - 1e-9 <= 0.1 + 0.693147 <= high + 1e-9
        assert covered / 2000 > 0.94, count


def test_a_handful_of_values_is_as_wide_as_its_range() -> None:
    assert half_width([1.0]) == 0
    assert half_width([1.0, 1.2]) == pytest.approx(0.1 / 1.1)


def test_quantile_spread_and_outliers() -> None:
    assert quantile([1, 2, 3, 4, 5], 0.5) == 3
    assert quantile([1, 2], 0.9) == pytest.approx(1.9)
    assert spread([100, 103]) == pytest.approx(3 / 101.5)
    assert spread([100]) == 0
    assert outliers([1.0, 1.01, 0.99, 1.0, 1.02, 5.0]) == (5,)
    assert outliers([1.0, 1.0]) == ()

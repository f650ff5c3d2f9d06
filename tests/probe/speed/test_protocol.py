"""The way of measuring, over a device with a clock of its own."""

from __future__ import annotations

from math import inf

import pytest
from fake_device import FakeDevice, nothing

from backbones.probe.speed.protocol import LEAST_FOR_P90, Budget, Stopped, first_call, time_blocks, time_steps, warm_up

BUDGET = Budget()


def test_first_call_is_timed_apart() -> None:
    device = FakeDevice(lambda now: 5.0 if now == 0 else 0.01)
    assert first_call(device, nothing) == pytest.approx(5.0)
    assert time_blocks(device, nothing, 0.01, BUDGET).median == pytest.approx(0.01)


def test_warm_up_goes_on_until_three_blocks_agree() -> None:
    device = FakeDevice(lambda now: 0.02 - 0.01 * min(now, 1.0))  # clocks rise for a second
    warm = warm_up(device, nothing, BUDGET)
    assert warm.is_stable
    assert 1.0 < warm.seconds < 1.6
    assert warm.step_s == pytest.approx(0.01)


def test_warm_up_takes_at_least_a_quarter_of_a_second() -> None:
    device = FakeDevice(lambda now: 0.001)
    warm = warm_up(device, nothing, BUDGET)
    assert warm.is_stable and BUDGET.warm_up_s <= warm.seconds < 0.5


def test_warm_up_that_never_settles_ends_and_says_so() -> None:
    device = FakeDevice(lambda now: 0.01 * (1 + int(now * 10) % 3))
    warm = warm_up(device, nothing, BUDGET)
    assert not warm.is_stable
    assert BUDGET.most_warm_up_s <= warm.seconds < BUDGET.most_warm_up_s + 0.5


@pytest.mark.parametrize("step_s", [1e-5, 0.003, 0.1, 0.7])
def test_blocks_are_long_enough_for_the_clock(step_s: float) -> None:
    timed = time_blocks(FakeDevice(lambda now: step_s), nothing, step_s, BUDGET)
    assert timed.steps_a_block * step_s >= BUDGET.block_s * 0.999
    assert timed.median == pytest.approx(step_s)


def test_a_steady_device_is_left_after_half_a_second() -> None:
    device = FakeDevice()
    timed = time_blocks(device, nothing, 0.01, BUDGET)
    assert len(timed.blocks) == BUDGET.blocks and timed.seconds < 0.7
    assert timed.ci == pytest.approx(0)


def test_a_noisy_device_is_watched_until_the_median_is_certain() -> None:
    device = FakeDevice(lambda now: 0.01 if int(now * 50) % 5 else 0.0104)
    timed = time_blocks(device, nothing, 0.01, BUDGET)
    assert timed.ci < BUDGET.interval


def test_the_budget_ends_what_never_becomes_certain() -> None:
    device = FakeDevice(lambda now: 0.01 * (1 + int(now * 10) % 2))
    timed = time_blocks(device, nothing, 0.01, BUDGET)
    assert timed.ci > BUDGET.interval
    assert BUDGET.most_timed_s <= timed.seconds < BUDGET.most_timed_s + 0.3


@pytest.mark.parametrize(("times", "blocks"), [(0.7, 3), (1.0, 3), (2.5, 2), (20.0, 1)])
def test_steps_longer_than_their_time_are_not_waited_for_again_and_again(times: float, blocks: int) -> None:
    step_s = times * BUDGET.most_timed_s
    timed = time_blocks(FakeDevice(lambda now: step_s), nothing, step_s, BUDGET)
    assert len(timed.blocks) == blocks


def test_disturbed_blocks_are_set_aside_and_counted() -> None:
    device = FakeDevice(
        lambda now: 0.03 if 0.2 < now < 0.6 else 0.01, disturbed=lambda now: 0.5 if 0.2 < now < 0.6 else 0.0
    )
    timed = time_blocks(device, nothing, 0.01, BUDGET)
    assert timed.median == pytest.approx(0.01)
    assert timed.set_aside and min(timed.set_aside) > 0.01
    assert all(value == pytest.approx(0.01) for value in timed.blocks)


def test_where_every_block_is_disturbed_all_count() -> None:
    timed = time_blocks(FakeDevice(disturbed=lambda now: 0.9), nothing, 0.01, BUDGET)
    assert len(timed.blocks) >= 8 and not timed.set_aside


def test_wall_clock_beside_device_time_shows_what_launches_too_slowly() -> None:
    assert time_blocks(FakeDevice(launch=1.3), nothing, 0.01, BUDGET).wall_over_device == pytest.approx(1.3)


def test_latency_takes_as_many_steps_as_percentiles_need() -> None:
    timed = time_steps(FakeDevice(lambda now: 0.001), nothing, BUDGET)
    assert len(timed.blocks) >= 662 and timed.steps_a_block == 1


@pytest.mark.parametrize("step_s", [0.01, 0.05, 1.0, 30.0])
def test_latency_of_slow_models_keeps_its_time(step_s: float) -> None:
    steps = len(time_steps(FakeDevice(lambda now: step_s), nothing, BUDGET).blocks)
    in_time = BUDGET.most_timed_s / step_s
    wanted = max(in_time, min(LEAST_FOR_P90, 2 * in_time))  # twice the time for a 90th percentile
    assert wanted - 1 <= steps <= wanted + BUDGET.block_s / step_s + 2


def test_disturbed_steps_of_latency_are_set_aside() -> None:
    until = 3 * BUDGET.block_s
    device = FakeDevice(lambda now: 0.004, disturbed=lambda now: 0.2 if now < until else 0.0)
    timed = time_steps(device, nothing, BUDGET)
    assert until / 0.004 - 1 <= len(timed.set_aside) <= until / 0.004 + BUDGET.block_s / 0.004 + 2
    assert len(timed.blocks) >= LEAST_FOR_P90


def test_a_stop_keeps_what_is_enough_and_drops_what_is_not() -> None:
    device = FakeDevice()
    timed = time_blocks(device, nothing, 0.01, BUDGET, lambda: device.now() > 0.35)
    assert 3 <= len(timed.blocks) <= 4
    device = FakeDevice()
    with pytest.raises(Stopped):
        time_blocks(device, nothing, 0.01, BUDGET, lambda: True)
    with pytest.raises(Stopped):
        warm_up(device, nothing, BUDGET, lambda: True)


def test_a_point_of_the_search_costs_a_fraction() -> None:
    quick = BUDGET.quick()
    device = FakeDevice()
    warm_up(device, nothing, quick)
    time_blocks(device, nothing, 0.01, quick)
    assert device.now() < 0.5
    assert quick.interval < inf

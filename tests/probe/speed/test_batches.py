"""The search for the batch size, over a device whose throughput and memory follow a formula."""

from __future__ import annotations

import weakref

import pytest
from fake_device import MIB, FakeDevice

from backbones.probe.speed.batches import Point, is_flat, predicted_memory, search_batch
from backbones.probe.speed.protocol import Budget, Step

BUDGET = Budget()


class Model:
    """A step takes `fixed + each · batch` seconds and `held + per_image · batch` MiB; above `full` MiB there are none."""

    def __init__(self, fixed: float, each: float, held: int = 100, per_image: int = 10, full: int = 1 << 30) -> None:
        self.fixed, self.each, self.held, self.per_image, self.full = fixed, each, held, per_image, full
        self.batch = 0
        self.tried: list[int] = []
        self.device = FakeDevice(lambda now: self.fixed + self.each * self.batch)

    def step(self, batch: int) -> Step:
        self.tried.append(batch)

        def run() -> None:
            self.batch = batch
            memory = self.held + self.per_image * batch
            if memory > self.full:
                raise MemoryError
            self.device.peak = max(self.device.peak, memory * MIB)

        return run


def found(model: Model, start: int = 1, most: int = 1024) -> tuple[int, str]:
    search = search_batch(model.device, model.step, BUDGET, start, most)
    return search.best, search.ending


def test_it_grows_while_growing_helps_and_takes_the_smallest_near_the_peak() -> None:
    model = Model(fixed=0.002, each=0.001)  # 333/s at 1, 500 at 2 … 941 at 32, 970 at 64, 985 at 128, 992 at 256
    assert found(model) == (64, "flat")
    assert model.tried == [1, 2, 4, 8, 16, 32, 64, 128, 256]


def test_it_ends_after_two_doublings_that_bring_nothing() -> None:
    model = Model(fixed=0.0, each=0.01)
    assert found(model) == (1, "flat")
    assert model.tried == [1, 2, 4]


def test_memory_that_would_run_out_is_never_asked_for() -> None:
    model = Model(fixed=0.01, each=1e-5, held=100, per_image=10, full=700)
    model.device.limit = 630 * MIB
    best, ending = found(model)
    assert (best, ending) == (32, "memory")
    assert max(model.tried) == 32  # 64 would need 740 MiB


def test_memory_that_ran_out_all_the_same_ends_the_search() -> None:
    model = Model(fixed=0.01, each=1e-5, full=300)
    assert found(model) == (16, "memory")
    assert model.tried[-1] == 32
    assert model.device.released == 1


def test_a_first_batch_that_does_not_fit_is_halved() -> None:
    model = Model(fixed=0.01, each=1e-5, full=130)
    assert found(model, start=8)[0] == 2
    assert model.tried == [8, 4, 2]


def test_a_single_image_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(MemoryError):
        found(Model(fixed=0.01, each=1e-5, full=50), start=4)


def test_other_errors_are_not_taken_for_memory() -> None:
    device = FakeDevice()

    def step(batch: int) -> Step:
        raise RuntimeError("expected 3 channels")

    with pytest.raises(RuntimeError, match="channels"):
        search_batch(device, step, BUDGET, 1, 8)


def test_an_error_at_a_larger_batch_keeps_what_went_well() -> None:
    model = Model(fixed=0.01, each=1e-5)

    def step(batch: int) -> Step:
        if batch > 32:
            raise RuntimeError("input tensor must fit into 32-bit index math")
        return model.step(batch)

    search = search_batch(model.device, step, BUDGET, 8, 2048)
    assert (search.best, search.ending, model.device.released) == (32, "error", 1)


def test_nothing_of_a_batch_that_did_not_fit_is_held_when_memory_is_given_back() -> None:
    model = Model(fixed=0.01, each=1e-5, full=300)
    alive: list[weakref.ref[Images]] = []
    held: list[int] = []

    class Images:
        """What a step computes with."""

    def step(batch: int) -> Step:
        images = Images()
        alive.append(weakref.ref(images))
        run = model.step(batch)

        def once() -> None:
            assert images
            run()

        return once

    class Device(FakeDevice):
        def release(self) -> None:
            held.append(sum(one() is not None for one in alive))

    model.device = Device(model.device.cost)
    assert search_batch(model.device, step, BUDGET, 1, 1024).ending == "memory"
    assert held == [0]


def test_a_batch_that_would_take_too_long_is_not_begun() -> None:
    model = Model(fixed=1.0, each=0.1)
    assert found(model)[1] == "time"
    assert model.device.now() < BUDGET.search_s


def test_it_goes_no_further_than_it_may() -> None:
    assert found(Model(fixed=0.01, each=1e-5), most=16) == (16, "limit")


def test_memory_is_predicted_from_two_points() -> None:
    points = [Point(8, 1.0, 180), Point(16, 1.0, 260)]
    assert predicted_memory(points, 32) == pytest.approx(420)
    assert predicted_memory(points[:1], 32) is None
    assert predicted_memory([Point(8, 1.0, 0), Point(16, 1.0, 0)], 32) is None
    assert predicted_memory([Point(8, 1.0, 300), Point(16, 1.0, 260)], 32) == 260  # a peak does not shrink


def test_slow_but_steady_growth_is_not_flat() -> None:
    assert not is_flat([Point(1, 100, 0), Point(2, 102.5, 0), Point(4, 105, 0)])
    assert is_flat([Point(1, 100, 0), Point(2, 102.5, 0), Point(4, 102.9, 0)])

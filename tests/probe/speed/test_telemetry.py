"""What becomes of the driver's counters. The driver is a stand-in: no GPU is needed, and none was looked at."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from backbones.probe.speed.conditions import uuid_of
from backbones.probe.speed.telemetry import Gpu, Mark, Others, completed, gpu_uuid, open_gpu
from backbones.store.measuring.visit import Seen

SEEN = Seen(16, 224, 100.0)


class Driver:
    """As nvidia-ml-py answers; questions in `silent` it does not know."""

    NVML_CLOCK_SM = 1
    NVML_PERF_POLICY_THERMAL = 1

    class NVMLError(Exception):
        """Its own."""

    def __init__(self, *silent: str, running: tuple[int, ...] = (10,)) -> None:
        self.silent, self.running = silent, running
        self.samples: list[Any] = []

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("nvml") and name in object.__getattribute__(self, "silent"):
            raise Driver.NVMLError("Not Supported")
        return object.__getattribute__(self, name)

    def nvmlInit(self) -> None: ...

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:
        if uuid not in ("GPU-1", "MIG-7"):
            raise Driver.NVMLError("Not Found")
        return uuid

    def nvmlDeviceGetDeviceHandleFromMigDeviceHandle(self, handle: str) -> str:
        return {"MIG-7": "GPU-1"}[handle]

    def nvmlDeviceGetClockInfo(self, handle: str, kind: int) -> int:
        if handle.startswith("MIG"):
            raise Driver.NVMLError("Not Supported")
        return 1980

    def nvmlDeviceGetViolationStatus(self, handle: str, policy: int) -> Any:
        return SimpleNamespace(violationTime=5_000_000)

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: str) -> int:
        return 1000

    def nvmlDeviceGetComputeRunningProcesses(self, handle: str) -> list[Any]:
        return [SimpleNamespace(pid=pid) for pid in self.running]

    def nvmlDeviceGetProcessUtilization(self, handle: str, since: int) -> list[Any]:
        return [sample for sample in self.samples if sample.timeStamp > since]

    def nvmlSystemGetDriverVersion(self) -> str:
        return "570.1"

    def nvmlDeviceGetPowerManagementLimit(self, handle: str) -> int:
        return 350_000


def test_differences_of_counters_go_into_what_was_seen() -> None:
    marks = [Mark(300, 1_000, 0, 1), Mark(1900, 2_000, 0, 2), Mark(1980, 3_000, 0, 1), Mark(600, 5_000, 2_000_000, 1)]
    seen = completed(SEEN, marks, images=8)
    assert seen.clock_mhz == 1940
    assert seen.energy_j_per_image == pytest.approx(0.5)
    assert seen.throttled_ms == pytest.approx(2.0)
    assert seen.other_processes == 1


def test_what_the_driver_does_not_tell_stays_unknown() -> None:
    seen = completed(SEEN, [Mark(), Mark()], images=8)
    assert (seen.clock_mhz, seen.energy_j_per_image, seen.throttled_ms, seen.other_processes) == (None, None, None, 0)
    assert completed(SEEN, [Mark(1980)], images=8) == SEEN


def test_the_driver_is_asked_by_uuid_and_may_be_silent() -> None:
    assert open_gpu("2", Driver) is None
    gpu = open_gpu("1", Driver)
    assert gpu is not None
    assert gpu.mark() == Mark(1980.0, 1000, 5_000_000, 1)
    assert gpu.facts() == {"driver": "570.1", "power_limit_w": 350.0}
    quiet = open_gpu("GPU-1", lambda: Driver("nvmlDeviceGetViolationStatus", "nvmlDeviceGetTotalEnergyConsumption"))
    assert quiet is not None and quiet.mark() == Mark(1980.0, None, None, 1)


def test_no_library_or_no_driver_is_no_gpu() -> None:
    def missing() -> Any:
        raise ImportError

    assert open_gpu("1", missing) is None
    assert open_gpu("1", lambda: Driver("nvmlInit")) is None


def sample(at: int, pid: int, use: int) -> Any:
    return SimpleNamespace(timeStamp=at, pid=pid, smUtil=use)


def watched(driver: Driver) -> tuple[Gpu, int]:
    """A GPU that is looked at from now on, and that moment in the driver's clock."""
    gpu = open_gpu("1", lambda: driver)
    assert gpu is not None
    gpu.watch()
    return gpu, gpu._watched_us


def test_who_else_computes_is_judged_by_all_samples_of_a_visit() -> None:
    driver = Driver(running=(10, 11, 12))
    gpu, now = watched(driver)
    driver.samples = [sample(now - 500_000, 11, 100)]
    driver.samples += [
        sample(now + 1_000_000 * n, pid, use) for n in (1, 2) for pid, use in ((10, 90), (11, 20), (12, 0))
    ]
    others = gpu.others(own=10)
    assert others is not None and others.processes == 1 and others.share == pytest.approx(0.2)
    gpu.watch()
    driver.samples = [sample(gpu._watched_us + 1_000_000, 10, 100)]
    assert gpu.others(own=10) == Others(0, 0.0)


def test_processes_that_are_sampled_at_the_same_moment_all_count() -> None:
    driver = Driver(running=(10, 11, 12))
    gpu, now = watched(driver)
    driver.samples = [sample(now + 1_000_000, pid, 30) for pid in (10, 11, 12)]
    others = gpu.others(own=10)
    assert others is not None and others.processes == 2 and others.share == pytest.approx(0.6)


def test_what_computed_little_is_not_heard_of_and_what_only_has_the_device_open_neither() -> None:
    marks = [Mark(1980, processes=3), Mark(1980, processes=3)]
    for others, told in ((Others(1, 0.5), 1), (Others(2, 0.01), 0), (Others(0, 0.0), 0), (None, 2)):
        assert completed(SEEN, marks, 8, others).other_processes == told
    assert completed(SEEN, [], 8, Others(1, 0.5)).other_processes == 1


def test_an_instance_has_the_clocks_of_its_gpu_and_no_energy_of_its_own() -> None:
    class Split(Driver):
        def nvmlDeviceGetMigMode(self, handle: str) -> list[int]:
            return [1, 1]

    for uuid in ("7", "MIG-7", "1"):  # torch leaves the kind away; older ones tell the whole GPU's
        part = open_gpu(uuid, Split)
        assert part is not None
        assert part.mark() == Mark(1980.0, None, 5_000_000, 1) and part.facts()["mig"] == 1


def test_in_a_container_nobody_can_tell_whose_work_it_is() -> None:
    driver = Driver(running=(4711,))
    gpu, now = watched(driver)
    driver.samples = [sample(now + 1_000_000, 4711, 100)]
    assert gpu.others(own=10) is None


@pytest.mark.parametrize("silent", ["nvmlDeviceGetProcessUtilization", "nvmlDeviceGetComputeRunningProcesses"])
def test_a_driver_without_samples_tells_of_nobody(silent: str) -> None:
    gpu, _ = watched(Driver(silent))
    assert gpu.others(own=10) is None


def test_the_power_limit_is_the_one_that_is_set_in_whole_watts() -> None:
    class Laptop(Driver):
        enforced = iter((79_400, 62_100))

        def nvmlDeviceGetEnforcedPowerLimit(self, handle: str) -> int:
            return next(self.enforced)

        def nvmlDeviceGetPowerManagementLimit(self, handle: str) -> int:
            return 79_995

        def nvmlDeviceGetPowerManagementDefaultLimit(self, handle: str) -> int:
            return 80_004

    gpu = open_gpu("1", Laptop)
    assert gpu is not None and gpu.facts() == gpu.facts()
    assert gpu.facts() == {"driver": "570.1", "power_limit_w": 80.0, "default_power_limit_w": 80.0}


def test_a_card_s_uuid_is_the_driver_s_where_torch_tells_none() -> None:
    class Numbered(Driver):
        def nvmlDeviceGetHandleByIndex(self, number: int) -> str:
            if number:
                raise Driver.NVMLError("Not Found")
            return "GPU-1"

        def nvmlDeviceGetUUID(self, handle: str) -> bytes:
            return b"GPU-12345678-aaaa"

    assert gpu_uuid(0, Numbered) == "GPU-12345678-aaaa" and gpu_uuid(1, Numbered) == ""
    told = partial(uuid_of, environment={}, by_number=lambda index: gpu_uuid(index, Numbered))
    assert told(SimpleNamespace(uuid="12345678-aaaa"), 0) == told(SimpleNamespace(), 0) == "12345678-aaaa"
    assert told(SimpleNamespace(uuid="00000000-0000-0000"), 0) == "12345678-aaaa" and told(SimpleNamespace(), 1) == ""
    part = uuid_of(SimpleNamespace(uuid="12345678-aaaa"), 0, {"CUDA_VISIBLE_DEVICES": "MIG-7"})
    assert part == "MIG-7", "torch may tell the whole card's"

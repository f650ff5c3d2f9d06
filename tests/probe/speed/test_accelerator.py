"""What a GPU does and a CPU does not, over a stand-in for `torch.cuda`: no GPU was looked at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backbones.probe.speed import devices
from backbones.probe.speed.conditions import kernel_driver, switches
from backbones.probe.speed.devices import Accelerator
from backbones.probe.speed.worker_process import environment, unset
from backbones.store.measuring.cautions import cautions_of
from backbones.store.measuring.visit import Conditions, Seen, Task

GPU = Conditions(
    "0123456789ab", "NVIDIA H200", "gpu", 140_000, "580.65", "CUDA 13.2", "9.10.2", "2.15", "1.0.31", "3.12", "Linux", 8, False, True, ""
)  # fmt: skip


class Cuda:
    """A device whose steps take `cost` seconds each, in a queue; memory is what the allocator keeps until it is emptied."""

    def __init__(self, cost: float = 0.0) -> None:
        self.cost, self.busy_until, self.reserved, self.emptied = cost, 0.0, 8 << 30, 0
        self.clock = 100.0

    def set_device(self, index: int) -> None: ...

    def launch(self) -> None:
        self.busy_until = max(self.busy_until, self.clock) + self.cost

    def Event(self, enable_timing: bool) -> Any:
        cuda = self

        class Event:
            def record(self) -> None:
                self.at = max(cuda.busy_until, cuda.clock)

            def synchronize(self) -> None:
                cuda.clock = max(cuda.clock, self.at)

            def elapsed_time(self, other: Any) -> float:
                return float(1e3 * (other.at - self.at))

        return Event()

    def empty_cache(self) -> None:
        self.reserved, self.emptied = 0, self.emptied + 1


def test_the_last_model_s_memory_goes_back_before_the_next_one_comes() -> None:
    cuda = Cuda()
    Accelerator("cuda", cuda, 0).begin()
    assert cuda.emptied == 1 and cuda.reserved == 0


@pytest.mark.parametrize(
    ("launch_s", "cost", "is_bound"), [(0.0001, 0.004, False), (0.0035, 0.004, False), (0.004, 0.0005, True)]
)  # fmt: skip
def test_a_queue_that_runs_dry_tells_that_the_cpu_limits(
    launch_s: float, cost: float, is_bound: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuda = Cuda(cost)
    monkeypatch.setattr(devices, "time", SimpleNamespace(perf_counter=lambda: cuda.clock))

    def step() -> None:
        cuda.clock += launch_s
        cuda.launch()

    block = Accelerator("cuda", cuda, 0).block(step, 10)
    assert block.ahead is not None and (block.ahead < 0.25) == is_bound
    assert block.wall_s / block.device_s < 1.05 or not is_bound  # events alone do not tell
    task = Task("a", "throughput", "cuda:0", "bf16")
    seen = Seen(8, 224, 100.0, blocks=(0.1,) * 8, clock_mhz=1900.0, steps_ahead=block.ahead)
    assert ("launch_bound" in cautions_of(task, GPU, seen)) == is_bound
    for quantity in ("latency", "training"):
        said = cautions_of(replace(task, quantity=quantity), GPU, replace(seen, latency_ms=1.0))  # type: ignore[arg-type]
        assert "launch_bound" not in said


@pytest.mark.parametrize(
    ("text", "is_memory"),
    [("CUDA out of memory. Tried to allocate 2.00 GiB", True), ("cuDNN error: CUDNN_STATUS_ALLOC_FAILED", True),
     ("CUDA error: out of memory", True), ("UR_RESULT_ERROR_OUT_OF_DEVICE_MEMORY", True),
     ("CUDA error: an illegal memory access was encountered", False), ("cuDNN error: CUDNN_STATUS_NOT_SUPPORTED", False)],
)  # fmt: skip
def test_memory_that_ran_out_is_told_from_other_errors(text: str, is_memory: bool) -> None:
    assert Accelerator("cuda", Cuda(), 0).is_out_of_memory(RuntimeError(text)) == is_memory


def test_gpus_are_counted_as_nvidia_smi_does_unless_the_user_chose_by_number() -> None:
    assert environment("cuda:0", {})["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
    assert environment("cuda:0", {"CUDA_DEVICE_ORDER": "FASTEST_FIRST"})["CUDA_DEVICE_ORDER"] == "FASTEST_FIRST"
    chosen = environment("cuda:0", {"CUDA_VISIBLE_DEVICES": "1"})
    assert "CUDA_DEVICE_ORDER" not in chosen and chosen["CUDA_VISIBLE_DEVICES"] == "1"
    assert "CUDA_DEVICE_ORDER" not in environment("cpu", {}) and environment("cpu", {})["MALLOC_TRIM_THRESHOLD_"]


@pytest.mark.parametrize("device", ["cpu", "cuda:0"])
def test_variables_that_overrule_what_is_asked_for_reach_no_worker(device: str) -> None:
    outer = {"NVIDIA_TF32_OVERRIDE": "0", "CUDA_LAUNCH_BLOCKING": "1", "TIMM_FUSED_ATTN": "0"}
    assert set(environment(device, outer)) & set(outer) == {"TIMM_FUSED_ATTN"}
    assert unset(outer) == ("NVIDIA_TF32_OVERRIDE", "CUDA_LAUNCH_BLOCKING") and unset({"TIMM_FUSED_ATTN": "0"}) == ()


def test_variables_that_change_speed_are_told_each_by_its_name() -> None:
    outer = {"TIMM_FUSED_ATTN": "0", "OMP_NUM_THREADS": "2", "CUBLAS_WORKSPACE_CONFIG": ":4096:8", "KMP_AFFINITY": ""}
    assert switches("cpu", outer) == {"switches": {"TIMM_FUSED_ATTN": "0"}}
    assert switches("cuda", outer) == {"switches": {"CUBLAS_WORKSPACE_CONFIG": ":4096:8", "TIMM_FUSED_ATTN": "0"}}
    assert switches("cuda", {}) == {}
    others = replace(GPU, extra=switches("cuda", outer))
    assert others.fingerprint != GPU.fingerprint


def test_no_block_of_a_gpu_is_judged_by_a_driver_that_looks_once_a_second() -> None:
    device = Accelerator("cuda", Cuda(0.01), 0)
    assert device.block(lambda: None, 3).interference == device.busy_elsewhere_s() == 0


@pytest.mark.parametrize(
    ("text", "version"),
    [("NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\nGCC version: 12.2.0\n", "550.54.15"),
     ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (dvs-builder)\n", "580.65.06"), ("", "")],
)  # fmt: skip
def test_without_nvidia_ml_py_the_kernel_tells_the_driver(tmp_path: Path, text: str, version: str) -> None:
    (tmp_path / "version").write_text(text)
    assert kernel_driver(tmp_path / "version") == version
    assert kernel_driver(tmp_path / "nothing") == ""


def test_a_broken_device_is_told_from_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    from backbones.probe.speed.bench import TorchBench

    bench = object.__new__(TorchBench)
    bench._device, bench._subject = Accelerator("cuda", Cuda(), 0), SimpleNamespace()
    for text, status, is_spent in (
        ("CUDA error: unspecified launch failure", "error", True),
        ("Triton Error [CUDA]: an illegal memory access was encountered", "error", True),
        ("CUDA out of memory. Tried to allocate 2.00 GiB", "out_of_memory", True),
        ("backend='inductor' raised: cannot find a C compiler", "error", False),
        ("expected Half but found Float", "error", False),
    ):
        failed = bench.failure(RuntimeError(text))
        assert (failed.status, failed.is_spent, bench._subject) == (status, is_spent, None)

"""A real GPU under the protocol, in this process: events, peaks of memory, TF32, and memory that runs out during the search."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

torch = pytest.importorskip(
    "torch", reason="measuring needs torch: pip install 'backbones[probe]'", exc_type=ImportError
)
pytest.importorskip("timm", reason="measuring needs timm: pip install 'backbones[probe]'", exc_type=ImportError)

from backbones.probe.speed.batches import MIB, search_batch  # noqa: E402
from backbones.probe.speed.devices import Accelerator, open_device  # noqa: E402
from backbones.probe.speed.protocol import Budget  # noqa: E402
from backbones.probe.speed.quick_init import Pool  # noqa: E402
from backbones.probe.speed.subject import Subject, allow_tf32  # noqa: E402
from backbones.store.measuring.visit import Task  # noqa: E402

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU here"),
    pytest.mark.filterwarnings("ignore"),  # of torch and timm, whichever versions are installed
]
ROOM_MIB = 700
"""What a process may have in the test of memory that runs out: resnet50 fits, a batch of hundreds does not."""


@pytest.fixture
def device() -> Iterator[Accelerator]:
    found = open_device("cuda:0")
    assert isinstance(found, Accelerator)
    yield found
    found.release()


def test_events_and_wall_clock_agree_on_work_that_keeps_the_device_busy(device: Accelerator) -> None:
    one = torch.randn(4096, 4096, device="cuda:0")

    def step() -> object:
        return one @ one

    device.single(step)
    block = device.block(step, 50)
    assert 0 < block.device_s <= 1.01 * block.wall_s < 2 * block.device_s
    assert block.ahead is not None and block.ahead > 1  # launched long before they are computed
    assert device.single(step) >= 0.5 * block.device_s / 50  # with the wait for its end


def test_the_peak_is_what_tensors_took_at_most(device: Accelerator) -> None:
    device.begin()
    device.reset_peak()
    before = device.peak_memory()
    held = torch.empty(256 * MIB, dtype=torch.uint8, device="cuda:0")
    peak = device.peak_memory()
    assert before is not None and peak is not None and 256 * MIB <= peak - before < 300 * MIB
    del held
    device.reset_peak()
    again = device.peak_memory()
    assert again is not None and again < peak
    limit = device.memory_limit()
    assert limit is not None and 0 < limit < torch.cuda.get_device_properties(0).total_memory


@pytest.mark.parametrize("kind", ["matrix product", "convolution"])
def test_tf32_computes_with_ten_bits_only_where_it_is_allowed(kind: str) -> None:
    if torch.version.hip or torch.cuda.get_device_properties(0).major < 8:
        pytest.skip("TF32 is of NVIDIA GPUs from Ampere on")
    torch.manual_seed(0)
    images, weights = torch.randn(8, 256, 32, 32, device="cuda:0"), torch.randn(256, 256, 3, 3, device="cuda:0")
    one = torch.randn(1024, 1024, device="cuda:0")

    def compute(dtype: Any) -> Any:
        if kind == "convolution":
            return torch.nn.functional.conv2d(images.to(dtype), weights.to(dtype), padding=1).double()
        return (one.to(dtype) @ one.to(dtype)).double()

    exact = compute(torch.float64)
    errors = {}
    try:
        for allowed in (True, False):
            allow_tf32(allowed)
            errors[allowed] = float((compute(torch.float32) - exact).norm() / exact.norm())
    finally:
        allow_tf32(False)
    assert errors[False] < 1e-5 < 1e-4 < errors[True] < 1e-2, errors


def test_the_search_ends_where_memory_runs_out_and_the_device_goes_on(device: Accelerator) -> None:
    """Torch is allowed less than the device has free, so that the search does not see the end come."""
    total = torch.cuda.get_device_properties(0).total_memory
    one = Subject(Task("resnet50", "training", "cuda:0", "fp32"), "cuda:0", Pool())
    device.release()
    torch.cuda.set_per_process_memory_fraction(min(1.0, (torch.cuda.memory_reserved(0) + ROOM_MIB * MIB) / total), 0)
    try:
        search = search_batch(device, one.step, Budget(search_s=60.0), 1, 4096)
        assert search.ending == "memory", search
        assert 1 <= search.best <= search.points[-1].batch_size < 256
        assert all(point.throughput_img_s > 0 and point.peak_memory_mib > 0 for point in search.points)
        with pytest.raises(torch.cuda.OutOfMemoryError) as error:
            one.step(2048)()
        assert device.is_out_of_memory(error.value)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, 0)
    del error
    device.release()
    one.check(one.step(search.best)())

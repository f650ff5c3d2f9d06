"""Runs on a real GPU through the real worker. What is asserted holds for any GPU; figures are printed (`-rP`), to be looked at."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from statistics import mean, median, stdev
from typing import Any

import pytest

torch = pytest.importorskip(
    "torch", reason="measuring needs torch: pip install 'backbones[probe]'", exc_type=ImportError
)
pytest.importorskip("timm", reason="measuring needs timm: pip install 'backbones[probe]'", exc_type=ImportError)

from backbones.probe.speed.conditions import under  # noqa: E402
from backbones.probe.speed.schedule import Rounds  # noqa: E402
from backbones.probe.speed.supervisor import Run  # noqa: E402
from backbones.probe.speed.telemetry import open_gpu  # noqa: E402
from backbones.store.measuring.visit import Seen, Task, Visit, key_of  # noqa: E402

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.slow,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU here"),
    pytest.mark.filterwarnings("ignore"),  # of torch and timm, whichever versions are installed
]
MIB = 1 << 20


def task(model: str = "resnet50", **words: Any) -> Task:
    return replace(Task(model, "throughput", "cuda:0", "fp32", batch_size=32), **words)


def tell(text: str) -> None:
    sys.stdout.write(text + "\n")


def measured(todo: Sequence[Task], rounds: int = 1) -> list[Visit]:
    kept: list[Visit] = []
    for _ in Run(todo, kept.append, rounds=Rounds(rounds, rounds)).events():
        pass
    return kept


def seen_of(visit: Visit) -> Seen:
    assert visit.status == "ok" and visit.seen is not None, visit.error
    return visit.seen


@pytest.fixture(scope="module")
def visits() -> dict[tuple[str, str], Visit]:
    """resnet50 in three quantities and two precisions, by quantity and precision."""
    todo = [
        task(quantity=quantity, precision=precision, batch_size=0 if quantity == "latency" else 32)
        for precision in ("fp32", "amp_fp16")
        for quantity in ("throughput", "latency", "training")
    ]
    kept = measured(todo)
    for visit in kept:
        seen = seen_of(visit)
        tell(
            f"{visit.task.quantity} {visit.task.precision}: {seen.throughput_img_s:.1f} img/s ±{seen.ci:.2%}, {seen.latency_ms} ms, "
            f"{seen.peak_memory_mib} MiB, {seen.clock_mhz} MHz, {seen.energy_j_per_image} J/image, cautions {visit.cautions}"
        )
    return {(visit.task.quantity, visit.task.precision): visit for visit in kept}


@pytest.mark.parametrize("precision", ["fp32", "amp_fp16"])
def test_throughput_is_timed_by_events(visits: dict[tuple[str, str], Visit], precision: str) -> None:
    visit = visits["throughput", precision]
    seen = seen_of(visit)
    assert seen.throughput_img_s == pytest.approx(32 / median(seen.blocks), rel=1e-4) and seen.batch_size == 32
    assert 0.99 <= seen.wall_over_device < 2 and seen.steps_ahead is not None
    assert len(seen.blocks) + len(seen.set_aside) >= 3 and seen.first_call_s > median(seen.blocks)
    assert visit.conditions.device_kind == "gpu" and visit.conditions.cudnn_benchmark and not visit.conditions.tf32
    assert visit.conditions.device_memory_mib * MIB <= torch.cuda.get_device_properties(0).total_memory


@pytest.mark.parametrize("precision", ["fp32", "amp_fp16"])
def test_latency_is_of_one_image_and_has_percentiles(visits: dict[tuple[str, str], Visit], precision: str) -> None:
    seen = seen_of(visits["latency", precision])
    assert seen.batch_size == 1 and seen.latency_ms and seen.latency_p90_ms
    assert 0 < seen.latency_ms <= seen.latency_p90_ms <= (seen.latency_p99_ms or float("inf"))
    assert seen.latency_ms == pytest.approx(1e3 * median(seen.blocks), rel=1e-4) and seen.steps_a_block == 1


@pytest.mark.parametrize("precision", ["fp32", "amp_fp16"])
def test_training_is_slower_and_needs_more_memory(visits: dict[tuple[str, str], Visit], precision: str) -> None:
    training, forward = seen_of(visits["training", precision]), seen_of(visits["throughput", precision])
    assert training.throughput_img_s and forward.throughput_img_s
    assert training.throughput_img_s < forward.throughput_img_s
    assert training.peak_memory_mib and forward.peak_memory_mib
    assert training.peak_memory_mib > forward.peak_memory_mib > forward.params_m * 4e6 / MIB  # type: ignore[operator]


def test_memory_does_not_depend_on_what_came_before(visits: dict[tuple[str, str], Visit]) -> None:
    alone = seen_of(measured([task(quantity="latency", batch_size=0)])[0])
    assert seen_of(visits["latency", "fp32"]).peak_memory_mib == pytest.approx(alone.peak_memory_mib, rel=0.25, abs=64)


def test_a_batch_that_does_not_fit_is_a_row_and_the_next_model_is_measured() -> None:
    kept = measured([task(batch_size=10_000_000), task("resnet18", batch_size=8)])
    found = {visit.task.model: visit for visit in kept}
    assert found["resnet50"].status == "out_of_memory" and "memory" in found["resnet50"].error.lower()
    assert seen_of(found["resnet18"]).throughput_img_s


def test_tf32_is_another_measurement_and_faster() -> None:
    properties = torch.cuda.get_device_properties(0)
    if torch.version.hip or properties.major < 8:
        pytest.skip("TF32 is of NVIDIA GPUs from Ampere on")
    kept = {
        visit.task.precision: visit
        for visit in measured([task("vit_base_patch16_224", precision=p) for p in ("fp32", "tf32")])
    }
    plain, fast = kept["fp32"], kept["tf32"]
    assert not plain.conditions.tf32 and fast.conditions.tf32 and plain.key != fast.key
    speeds = [seen_of(visit).throughput_img_s or 0.0 for visit in (plain, fast)]
    tell(f"fp32 {speeds[0]:.1f}, tf32 {speeds[1]:.1f} img/s")
    assert speeds[1] > 1.05 * speeds[0]


def test_the_driver_tells_clocks_and_energy(visits: dict[tuple[str, str], Visit]) -> None:
    if torch.version.hip:
        pytest.skip("ROCm's driver is not asked")
    pytest.importorskip(
        "pynvml", reason="clocks need nvidia-ml-py: pip install 'backbones[probe]'", exc_type=ImportError
    )
    gpu = open_gpu(str(torch.cuda.get_device_properties(0).uuid))
    assert gpu is not None, "the driver does not know the GPU that torch sees"
    told = gpu.mark()
    for visit in visits.values():
        seen = seen_of(visit)
        assert visit.conditions.driver and visit.conditions.extra["uuid"]
        assert (seen.clock_mhz is None) is (told.clock_mhz is None)
        assert ("unknown_clocks" in visit.cautions) is (told.clock_mhz is None)
        if seen.clock_mhz is not None:
            assert 100 < seen.clock_mhz <= visit.conditions.extra.get("most_clock_mhz", 10_000)
    if told.thermal_ns is not None:
        assert all(seen_of(visit).throttled_ms is not None for visit in visits.values())
    if told.energy_mj is None:
        pytest.skip("this driver does not count energy: an older GPU, or a MIG instance")
    energy = seen_of(visits["throughput", "fp32"]).energy_j_per_image
    assert energy is not None and 0 < energy < 100


def test_repeated_visits_are_near_each_other() -> None:
    """The aim is a coefficient of variation of 1 % on a quiet GPU; what fails here is a way of measuring that does not hold at all."""
    kept = measured([task(model) for model in ("resnet50", "vit_base_patch16_224")], rounds=5)
    for model in ("resnet50", "vit_base_patch16_224"):
        speeds = [seen_of(visit).throughput_img_s or 0.0 for visit in kept if visit.task.model == model]
        variation = stdev(speeds) / mean(speeds)
        tell(f"{model}: five visits, coefficient of variation {variation:.2%}, {', '.join(f'{s:.1f}' for s in speeds)}")
        assert len(speeds) == 5 and variation < 0.05


def test_a_compiled_model_is_measured_after_its_compilation() -> None:
    pytest.importorskip("triton", reason="compiling for a GPU needs Triton", exc_type=ImportError)
    (visit,) = measured([task("resnet18", compiled=True, precision="amp_fp16")])
    seen = seen_of(visit)
    assert seen.compile_s > 20 * median(seen.blocks) and not seen.first_call_s
    tell(f"compiled: {seen.throughput_img_s:.1f} img/s after {seen.compile_s:.1f} s")


def test_a_measurement_has_the_key_that_its_conditions_say(visits: dict[tuple[str, str], Visit]) -> None:
    for visit in visits.values():
        assert visit.key == key_of(visit.task, under(visit.conditions, visit.task))

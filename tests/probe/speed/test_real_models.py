"""timm's own test models, measured on this machine's CPU through the real worker. No figure is asserted: others use this CPU too."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

torch = pytest.importorskip(
    "torch", reason="measuring needs torch: pip install 'backbones[probe]'", exc_type=ImportError
)
timm = pytest.importorskip("timm", reason="measuring needs timm: pip install 'backbones[probe]'", exc_type=ImportError)

from backbones.probe.speed.batches import MIB  # noqa: E402
from backbones.probe.speed.choice import look_around  # noqa: E402
from backbones.probe.speed.devices import Cpu, open_device  # noqa: E402
from backbones.probe.speed.protocol import Budget  # noqa: E402
from backbones.probe.speed.quick_init import Pool, quick_init  # noqa: E402
from backbones.probe.speed.schedule import Rounds  # noqa: E402
from backbones.probe.speed.subject import Subject, Unsupported, allow_tf32  # noqa: E402
from backbones.probe.speed.supervisor import Run  # noqa: E402
from backbones.probe.speed.taking import NotFinite, take  # noqa: E402
from backbones.store.measuring.visit import Task, Visit  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # of torch and timm, whichever versions are installed
POOL = Pool()
SHORT = Budget(
    block_s=0.01, warm_up_s=0.02, most_warm_up_s=0.05, timed_s=0.05, most_timed_s=0.1, search_s=1.0, most_batch=4
)


@pytest.fixture(autouse=True)
def one_thread() -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def task(model: str = "test_vit", **words: Any) -> Task:
    return replace(Task(model, "throughput", "cpu", "fp32"), **words)


def subject(of: Task) -> Subject:
    return Subject(of, "cpu", POOL)


@pytest.mark.slow
def test_a_run_measures_real_models_and_says_under_which_conditions() -> None:
    kept: list[Visit] = []
    todo = [
        task(model, quantity=q) for model in ("test_vit", "test_resnet") for q in ("throughput", "latency", "training")
    ]
    run = Run([*todo, task("no_such_model")], kept.append, rounds=Rounds(1, 1), budget=SHORT)
    for _ in run.events():
        pass
    assert sorted(visit.status for visit in kept) == ["ok"] * 6 + ["unsupported"]
    for visit in kept:
        if visit.status == "unsupported":
            assert "no model 'no_such_model'" in visit.error
            continue
        seen, here = visit.seen, visit.conditions
        assert seen is not None and seen.throughput_img_s and seen.throughput_img_s > 0
        assert seen.blocks and seen.resolution == 160 and seen.params_m and 0.3 < seen.params_m < 0.6
        assert seen.first_call_s > 0 and seen.peak_memory_mib is not None
        assert (seen.latency_ms is not None) == (visit.task.quantity == "latency")
        assert bool(seen.batches) == (visit.task.quantity != "latency")
        assert here.torch == torch.__version__ and here.timm == timm.__version__ and here.threads >= 1
        assert here.device_kind == "cpu" and here.device and here.device_memory_mib > 100 and not here.tf32
        assert "trim_threshold=17179869184" in here.allocator


@pytest.mark.slow
def test_models_and_devices_are_told_by_a_process_of_their_own() -> None:
    here = look_around()
    assert {"resnet50", "test_vit"} <= set(here.models)
    assert here.devices[-1] == "cpu"


@pytest.mark.parametrize("precision", ["fp32", "bf16", "amp_bf16"])
@pytest.mark.parametrize("quantity", ["throughput", "training"])
def test_a_step_in_each_precision_is_finite(precision: Any, quantity: Any) -> None:
    one = subject(task("test_resnet", precision=precision, quantity=quantity, memory_format="channels_last"))
    output = one.step(2)()
    one.check(output)
    assert isinstance(output, torch.Tensor)
    if quantity == "throughput":
        assert output.dtype == (torch.float32 if precision == "fp32" else torch.bfloat16)
        assert output.shape == (2, 1000)


def test_a_training_step_changes_the_weights_and_an_inference_step_does_not() -> None:
    for quantity, changes in (("training", True), ("throughput", False)):
        one = subject(task("test_resnet", quantity=quantity))
        weight = next(one._model.parameters())
        before = weight.detach().clone()
        one.step(2)()
        assert bool((weight != before).any()) is changes


def test_a_precision_that_the_device_has_not_is_a_sentence() -> None:
    with pytest.raises(Unsupported, match="TF32"):
        subject(task(precision="tf32"))


def test_resolution_is_taken_where_the_model_takes_it() -> None:
    assert subject(task("test_resnet", resolution=96)).resolution == 96
    assert subject(task("test_vit", resolution=96)).resolution == 96
    assert subject(task("resnet18")).resolution == 288  # the test resolution
    for model in ("test_vit", "test_coatnet", "test_maxvit"):
        with pytest.raises(Unsupported, match=f"{model} takes no images of 200 px"):
            subject(task(model, resolution=200))


def test_branches_are_merged_where_there_are_any() -> None:
    plain, merged = subject(task("repvgg_a0")), subject(task("repvgg_a0", fused=True))
    assert merged.params_m < plain.params_m
    merged.check(merged.step(1)())
    with pytest.raises(Unsupported, match="no branches"):
        subject(task("test_vit", fused=True))


def test_quick_weights_are_distributed_like_real_ones() -> None:
    torch.manual_seed(0)  # one in 2**24 numbers of a truncated normal lands on its limit, a hundred deviations away
    for model in ("test_vit", "test_convnext", "resnet18", "mixer_s32_224"):
        real = timm.create_model(model)
        with quick_init(POOL):
            quick = timm.create_model(model)
        for (name, one), other in zip(real.named_parameters(), quick.parameters(), strict=True):
            if one.numel() >= 10_000:
                assert float(other.std()) == pytest.approx(float(one.std()), rel=0.15, abs=1e-8), (model, name)
                assert float(other.mean()) == pytest.approx(float(one.mean()), abs=0.1 * float(one.std()) + 1e-8), name
    assert torch.Tensor.normal_.__name__ == "normal_" and "quick_init" not in torch.Tensor.normal_.__qualname__


def test_rows_of_a_quick_matrix_differ() -> None:
    with quick_init(POOL):
        weight = torch.empty(2048, 2048).normal_()
    assert len({tuple(row) for row in weight[:, :8].tolist()}) == 2048


class Growing(torch.nn.Module):  # type: ignore[misc]
    """Every layer is ten times as loud as the one before, unless normalised."""

    num_classes = 2

    def __init__(self) -> None:
        super().__init__()
        self.norms = torch.nn.ModuleList(torch.nn.BatchNorm2d(3) for _ in range(60))

    def forward(self, images: Any) -> Any:
        for norm in self.norms:
            images = 10 * norm(images)
        return images.mean((2, 3))


def test_a_network_that_only_grows_without_statistics_gets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    one = subject(task("test_resnet"))
    one._model = one._called = Growing().eval()
    with pytest.raises(NotFinite):
        one.check(one.step(2)())
    one.settle()
    one.check(one.step(2)())
    one._model = one._called = Growing().eval()
    taken = take(task("test_resnet", batch_size=2), one, Cpu(), SHORT, 0, lambda phase: None, lambda: False)
    assert taken.seen.throughput_img_s and taken.images >= 2


def test_memory_of_a_model_is_counted_from_before_it_came() -> None:
    device = Cpu()
    device.begin()
    device.reset_peak()
    held = torch.ones(64, 1024, 1024 // 4)  # 64 MiB
    peak = device.peak_memory()
    assert peak is not None and held.numel() * 4 * 0.9 < peak < held.numel() * 4 + 32 * MIB


@pytest.mark.slow
def test_latency_after_throughput_has_a_peak_of_its_own() -> None:
    kept: list[Visit] = []
    todo = [task(batch_size=64), task(quantity="latency")]  # one worker, one model, throughput first
    for _ in Run(todo, kept.append, rounds=Rounds(1, 1), budget=SHORT).events():
        pass
    peaks = {visit.task.quantity: visit.seen.peak_memory_mib for visit in kept if visit.seen}
    assert peaks["throughput"] and peaks["latency"] and peaks["latency"] < 0.5 * peaks["throughput"], peaks


def test_a_device_that_is_not_here_is_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"cuda:99.*cpu"):
        open_device("cuda:99")


def test_tf32_is_set_both_ways() -> None:
    for allowed in (True, False):
        allow_tf32(allowed)
        assert (torch.backends.cuda.matmul.fp32_precision == "tf32") is allowed


def test_the_supervisor_needs_no_torch() -> None:
    code = (
        "import sys, backbones.probe.speed.supervisor, backbones.probe.speed.choice;"
        "print(*sorted({'torch', 'timm', 'numpy', 'pydantic', 'click', 'textual'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert found.stdout.strip() == ""


@pytest.mark.slow
@pytest.mark.skipif(
    not any(map(shutil.which, ("g++", "c++", "clang++"))), reason="compiling for a CPU needs a C++ compiler"
)
def test_a_compiled_model_is_measured_after_its_compilation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # on a busy machine two threads wait for each other
    kept: list[Visit] = []
    todo = [task("test_vit", compiled=True, batch_size=2, quantity=q) for q in ("throughput", "latency")]
    for _ in Run(todo, kept.append, rounds=Rounds(1, 1), budget=SHORT).events():
        pass
    assert [visit.status for visit in kept] == ["ok", "ok"], [visit.error for visit in kept]
    for visit in kept:
        seen = visit.seen
        assert seen is not None and seen.throughput_img_s and visit.task.compiled
        assert seen.compile_s > max(seen.blocks)  # it is apart from all timed steps
        assert not seen.first_call_s and seen.warm_up_s > 0

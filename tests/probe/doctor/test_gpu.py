"""What is said of driver, PyTorch and GPUs, from canned answers of NVML and nvidia-smi: no GPU is needed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backbones.probe.doctor import gpu
from backbones.probe.doctor.cards import Card, Driver, driver_by_nvml, driver_by_smi
from backbones.probe.doctor.check import Check
from backbones.probe.doctor.extras import Torch, extra_checks, torch_build
from backbones.probe.doctor.gpu import graphics_cards, judged

GIB = 2**30
CUDA = Torch("2.15.0+cu132", "13.2", None)


class NVMLError(Exception):
    """As of the package."""


class NVMLError_LibraryNotFound(NVMLError):
    """No driver."""


def nvml(trouble: NVMLError | None = None, **changes: Any) -> Any:
    """A module that answers as nvidia-ml-py does for two boards; a name set to None is a question that is not answered."""
    answers: dict[str, Any] = {
        "nvmlInit": None, "nvmlShutdown": None, "nvmlDeviceGetCount": 2, "nvmlSystemGetDriverVersion": "580.65.06",
        "nvmlSystemGetCudaDriverVersion_v2": 13_000, "nvmlDeviceGetName": "NVIDIA H200", "nvmlDeviceGetUUID": "GPU-1",
        "nvmlDeviceGetMemoryInfo": SimpleNamespace(total=141 * GIB, used=2 * GIB), "nvmlDeviceGetPersistenceMode": 1,
        "nvmlDeviceGetMigMode": [0, 0], "nvmlDeviceGetEccMode": [1, 1], "nvmlDeviceGetComputeMode": 0, "nvmlDeviceGetTemperature": 31,
        "nvmlDeviceGetEnforcedPowerLimit": 700_000, "nvmlDeviceGetPowerManagementDefaultLimit": 700_000,
        "nvmlDeviceGetCurrentClocksEventReasons": 0x4, "nvmlDeviceGetComputeRunningProcesses": [],
    } | changes  # fmt: skip

    def answer(name: str) -> Any:
        def asked(*_: Any) -> Any:
            if name == "nvmlInit" and trouble is not None:
                raise trouble
            if answers[name] is None and name not in ("nvmlInit", "nvmlShutdown"):
                raise NVMLError("Not Supported")
            return answers[name]

        return asked

    functions = {name: answer(name) for name in answers}
    functions["nvmlDeviceGetHandleByIndex"] = lambda index: index
    return SimpleNamespace(NVMLError=NVMLError, NVMLError_LibraryNotFound=NVMLError_LibraryNotFound, **functions)


def told(checks: list[Check]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for check in checks:
        found.setdefault(check.verdict, []).append(f"{check.what}: {check.found} -> {check.advice}")
    return found


def test_a_machine_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", nvml())
    driver = gpu.driver(lambda _: None)
    assert driver is not None and [c.index for c in driver.cards] == [0, 1]
    checks = judged(driver, Torch("2.9.0", "13.0", None), ["NVIDIA", "NVIDIA"])
    assert {check.verdict for check in checks} == {"ok"}
    assert "knows CUDA up to 13.0; 2 GPUs (by nvidia-ml-py)" in checks[0].found
    assert checks[2].found == "NVIDIA H200, 2,048 of 144,384 MiB used, 31 °C"


def test_everything_that_disturbs_is_said_with_advice() -> None:
    module = nvml(
        nvmlDeviceGetCount=1, nvmlDeviceGetPersistenceMode=0, nvmlDeviceGetMigMode=[1, 1], nvmlDeviceGetComputeMode=3,
        nvmlDeviceGetCurrentClocksEventReasons=0x4 | 0x40, nvmlDeviceGetEnforcedPowerLimit=500_000,
        nvmlDeviceGetComputeRunningProcesses=[SimpleNamespace(pid=42, usedGpuMemory=1)],
    )  # fmt: skip
    found = told(judged(driver_by_nvml(module), CUDA, ["NVIDIA"]))
    assert "fail" not in found and len(found["warn"]) == 6
    for words in (
        "1 other process compute",
        "hot (hardware)",
        "nvidia-smi -pm 1",
        "MIG",
        "compute mode",
        "500 W of its usual 700 W",
    ):
        assert any(words in line for line in found["warn"]), words
    assert all(line.partition(" -> ")[2] for line in found["warn"])


def test_a_power_cap_under_load_is_normal() -> None:
    driver = driver_by_nvml(nvml(nvmlDeviceGetCurrentClocksEventReasons=0x4 | 0x1))
    assert driver is not None and driver.cards[0].throttled_by == ()


@pytest.mark.parametrize(
    "known, torch, verdict, words",
    [("13.2", CUDA, "ok", "knows it"), ("13.0", CUDA, "ok", "same major version"), ("12.4", CUDA, "fail", "knows CUDA up to 12.4"),
     ("13.0", Torch("2.6.0+cu124", "12.4", None), "ok", "knows it"), ("13.0", Torch("2.15.0+cpu", None, None), "fail", "does not use the NVIDIA"),
     ("13.0", None, "warn", "cannot be measured"), ("", CUDA, "ok", "not told")],
)  # fmt: skip
def test_driver_and_pytorch_are_matched(known: str, torch: Torch | None, verdict: str, words: str) -> None:
    driver = Driver("580", known, (Card(0, "NVIDIA H200"),), "nvidia-ml-py")
    check = next(c for c in judged(driver, torch, ["NVIDIA"]) if c.what == "PyTorch")
    assert check.verdict == verdict and words in check.found
    assert bool(check.advice) == (verdict != "ok")


def test_a_driver_that_does_not_answer_fails_and_none_at_all_is_no_fault() -> None:
    trouble = driver_by_nvml(nvml(NVMLError("Driver/library version mismatch")))
    found = told(judged(trouble, CUDA, ["NVIDIA"]))
    assert "mismatch" in found["fail"][0] and "restart" in found["fail"][0]
    assert driver_by_nvml(nvml(NVMLError_LibraryNotFound("x"))) is None
    assert "no driver answers" in told(judged(None, CUDA, ["NVIDIA"]))["fail"][0]
    for hardware, torch in ((["Intel"], CUDA), ([], None), (["AMD"], Torch("2.9", None, "6.4"))):
        assert set(told(judged(None, torch, hardware))) == {"ok"}
    assert "ROCm" in told(judged(None, CUDA, ["AMD"]))["warn"][0]


def test_questions_that_a_board_does_not_answer_are_left_out() -> None:
    names = [
        n
        for n in vars(nvml())
        if n.startswith("nvmlDevice") and n not in ("nvmlDeviceGetCount", "nvmlDeviceGetHandleByIndex")
    ]
    driver = driver_by_nvml(nvml(**dict.fromkeys(names)))
    assert driver is not None and driver.cards[0] == Card(0, "GPU")
    assert "fail" not in told(judged(driver, CUDA, ["NVIDIA"]))


SMI = (
    "0, NVIDIA A100-SXM4-80GB, GPU-aa, 81920, 1234, Disabled, Disabled, Enabled, Default, 44, 400.00, 400.00, 0x0000000000000020, 550.54\n"
    "1, NVIDIA T4, GPU-bb, 15360, 0, Enabled, [N/A], [N/A], E. Process, 40, [N/A], [N/A], 0x0000000000000000, 550.54\n"
)


def smi(command: Sequence[str]) -> str | None:
    if "compute-apps" in command[1]:
        return "GPU-aa, 77\nGPU-aa, 12\n"
    return SMI


def test_without_the_package_the_program_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    driver = gpu.driver(smi)
    assert driver == driver_by_smi(smi) and driver is not None
    first, second = driver.cards
    assert (first.processes, first.throttled_by, first.persistence, first.mig) == (
        (12, 77),
        ("hot (driver)",),
        False,
        False,
    )
    assert (second.mig, second.exclusive, second.power_limit_w, second.memory_mib) == (None, True, None, 15360)
    assert any("nvidia-ml-py" in line for line in told(judged(driver, CUDA, ["NVIDIA"]))["warn"])


@pytest.mark.parametrize("answer", [None, "", "No devices were found", "garbage, in, columns\n\n,,,\n"])
def test_a_program_that_says_nothing_useful_is_no_driver(answer: str | None) -> None:
    assert driver_by_smi(lambda _: answer) is None


def test_graphics_cards_are_found_on_the_bus(tmp_path: Path) -> None:
    for name, kind, vendor in (
        ("0", "0x030200", "0x10de"),
        ("1", "0x010802", "0x10de"),
        ("2", "0x030000", "0x1002"),
        ("3", "0x0300", "0xffff"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "class").write_text(kind + "\n")
        (tmp_path / name / "vendor").write_text(vendor + "\n")
    (tmp_path / "4").mkdir()
    assert graphics_cards(tmp_path) == ["NVIDIA", "AMD"] and graphics_cards(tmp_path / "none") == []


@pytest.mark.parametrize(
    "text, torch",
    [("__version__ = '2.15.0+cu132'\ncuda: Optional[str] = '13.2'\nhip: Optional[str] = None\n", CUDA),
     ("__all__ = ['__version__', 'cuda']\n__version__ = '2.9.0+cpu'\ncuda = None\n", Torch("2.9.0+cpu", None, None)), ("", None)],
)  # fmt: skip
def test_what_pytorch_was_built_for_is_read_from_its_file(tmp_path: Path, text: str, torch: Torch | None) -> None:
    (tmp_path / "version.py").write_text(text)
    assert torch_build(tmp_path) == torch and torch_build(tmp_path / "none") is None


def test_extras_are_told_by_their_versions() -> None:
    there = {"torch": "2.5.1", "timm": "1.0.31", "altair": "6.3.0", "submitit": "1.5.4"}
    found = {check.what: check for check in extra_checks(there.get, has_nvidia=False)}
    assert (found["probe"].verdict, found["export"].verdict, found["slurm"].verdict, found["ray"].verdict) == (
        "warn",
        "warn",
        "ok",
        "ok",
    )
    assert "older than torch 2.6" in found["probe"].found and "no vl-convert-python" in found["export"].found
    assert found["ray"].advice == "pip install 'backbones[ray]'" and not found["slurm"].advice


@pytest.mark.parametrize(
    ("changes", "verdict", "said"),
    [
        ({}, "ok", "scikit-learn 1.9.1, torch 2.15.0, timm 1.0.31, torchvision 0.30.0"),
        ({"torchvision": "0.20.1"}, "warn", "older than torchvision 0.21"),
        ({"torchvision": None}, "warn", "but no torchvision; needed to evaluate models on your own images"),
        ({"scikit-learn": None}, "ok", "not installed"),  # torchvision came with timm
        (
            {"torch": None, "timm": None, "torchvision": None},
            "ok",
            "not installed",
        ),  # scikit-learn is there for something else
    ],
)
def test_what_transfer_needs_is_told(changes: dict[str, str | None], verdict: str, said: str) -> None:
    there = {"scikit-learn": "1.9.1", "torch": "2.15.0", "timm": "1.0.31", "torchvision": "0.30.0"} | changes
    found = next(check for check in extra_checks(there.get, has_nvidia=False) if check.what == "transfer")
    assert found.verdict == verdict and said in found.found
    assert verdict == "ok" or "backbones[transfer]" in str(found.advice)


@pytest.mark.parametrize(
    "package, has_nvidia, verdict",
    [(None, True, "warn"), (None, False, "ok"), ("12.500", True, "warn"), ("12.500", False, "ok"), ("13.615.71", True, "ok")],
)  # fmt: skip
def test_nvidia_ml_py_is_missed_only_where_such_a_gpu_is(package: str | None, has_nvidia: bool, verdict: str) -> None:
    there = {"torch": "2.15.0", "timm": "1.0.31"} | ({"nvidia-ml-py": package} if package else {})
    probe = next(check for check in extra_checks(there.get, has_nvidia) if check.what == "probe")
    assert probe.verdict == verdict and bool(probe.advice) == (verdict != "ok")
    assert verdict == "ok" or "nvidia-ml-py" in probe.found
    nothing = next(check for check in extra_checks({}.get, has_nvidia) if check.what == "probe")
    assert nothing.verdict == "ok"  # nobody measures here


def test_the_extras_are_those_of_the_package() -> None:
    import tomllib

    from backbones.probe.doctor.extras import BESIDES, EXTRAS, WITH_NVIDIA

    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    for extra, (_, needs) in EXTRAS.items():
        asked = " ".join(project["optional-dependencies"][extra])
        if extra in BESIDES:
            assert "backbones[probe]" in asked
            asked += " ".join(project["optional-dependencies"]["probe"])
        needs = needs | BESIDES.get(extra, {}) | WITH_NVIDIA.get(extra, {})
        assert all(f"{package}>={least}" in asked for package, least in needs.items()), extra

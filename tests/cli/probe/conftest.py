"""`backbones probe` with a worker that tells stories."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backbones.cli.main import run
from backbones.probe.speed import choice, worker_process
from backbones.probe.speed.choice import Here

WORKER = Path(__file__).parents[2] / "probe" / "speed" / "fake_worker.py"
MODELS = (
    "resnet18", "resnet50", "convnext_tiny", "error_net", "crash_net", "sleep_a", "sleep_b", "sleep_c", "test_vit", "mobilenetv3_small_100",
    "vit_base_patch16_224", "swin_tiny_patch4_window7_224", "convnext_base", "mixer_s32_224", "coatnet_0_rw_224", "efficientnet_b3",
    "vit_tiny_patch16_224", "repvgg_a2", "darknet53", "levit_256",
)  # fmt: skip

Probe = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(
    tmp_path: Path, furnish: Callable[[Path], Path], slowly: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A home with the shipped catalogue; what is measured is made up."""
    folder = furnish(tmp_path / "home")
    monkeypatch.setenv("BACKBONES_HOME", str(folder))
    monkeypatch.setattr(choice, "look_around", lambda: Here(MODELS, ("cpu",)))
    slowly(0.4)
    return folder


@pytest.fixture
def probe(home: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Exit code, stdout and stderr of `backbones probe`."""

    def command(*words: str) -> tuple[int, str, str]:
        code = run(["probe", *words])
        out, err = capfd.readouterr()
        return code, out, err

    return command


@pytest.fixture
def models() -> tuple[str, ...]:
    """What timm has here."""
    return MODELS


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Makes the worker take so many seconds for a model that sleeps."""

    def slow(seconds: float) -> None:
        monkeypatch.setattr(worker_process, "TORCH", (sys.executable, "-P", str(WORKER), "--slow", str(seconds)))

    return slow

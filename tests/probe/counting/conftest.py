"""Marks for what needs torch, and measurements.db of a test."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def torch_and_timm() -> None:
    """Skips a test where the extra `probe` is not installed."""
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("timm") is None:
        pytest.skip("torch and timm are not installed (extra `probe`)")


@pytest.fixture
def measurements(tmp_path: Path) -> Path:
    """Where a measurements.db may be; there is none yet."""
    return tmp_path / "home" / "measurements.db"


@pytest.fixture
def fake_crew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A timm 9.9.9 seems to be installed, and what counts is a small script."""
    from backbones.probe.counting import crew

    monkeypatch.setattr(crew, "WORKER", (str(Path(__file__).with_name("fake_worker.py")),))
    monkeypatch.setattr(crew, "timm_version", lambda: "9.9.9")


@pytest.fixture
def no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on the base install."""
    from backbones.probe.counting import crew

    monkeypatch.setattr(crew, "timm_version", lambda: None)

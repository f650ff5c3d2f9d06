"""Painted images, and a home of each test's own. Without torch the tests of frozen features are skipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from backbones.probe.transfer.images import ImageData, load_data


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered of images elsewhere."""
    monkeypatch.setenv("BACKBONES_HOME", str(tmp_path / "home"))


@pytest.fixture
def data(tmp_path: Path) -> ImageData:
    """Classes that differ in colour."""
    from painted import paint

    return load_data(paint(tmp_path / "painted"))

"""Measured with torch, where it is there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backbones.cli.main import run


@pytest.fixture
def real(tmp_path: Path, furnish: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    pytest.importorskip("timm", reason="measuring needs timm: pip install 'backbones[probe]'", exc_type=ImportError)
    folder = furnish(tmp_path / "home")
    monkeypatch.setenv("BACKBONES_HOME", str(folder))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    yield folder


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_this_machine_answers_after_measuring(real: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["probe", "test_vit", "--quick", "--batch-size", "1", "--devices", "cpu"]) == 0
    out, err = capfd.readouterr()
    assert "test_vit" in out and "1 model, throughput in fp32 on cpu" in err
    assert run(["query", "throughput@here > 0", "-c", "backbone,throughput@here", "--format", "json"]) == 0
    (row,) = json.loads(capfd.readouterr().out)
    assert row["backbone"] == "test_vit" and row["throughput@here"] > 0

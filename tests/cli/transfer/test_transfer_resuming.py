"""What a run goes on from, of what is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from backbones.cli.transfer_run import earlier_in
from backbones.probe.speed.device_names import cpu_name, this_cpu
from backbones.probe.transfer import other_versions
from backbones.store.transferring.keeping import keep
from backbones.store.transferring.outcome import Cost, Evaluation, Outcome, Scores

ASKED = Evaluation("resnet18.a1_in1k", "pretrained", "flowers", "0" * 16, "k-NN", 224, "fp32")
SCORES = Scores(500, 80.0, 76.0, 84.0, 79.0, 78.0)


def test_each_device_goes_on_from_its_own_outcome_even_if_another_came_later(tmp_path: Path) -> None:
    file = tmp_path / "measurements.db"
    gpu = Outcome(ASKED, "ok", "h", "NVIDIA H200", "2.9", "1.0", "2026-01-01T00:00:00.000Z", 1.0, SCORES, Cost(900.0))
    cpu = replace(gpu, device=cpu_name(this_cpu()), started="2026-01-02T00:00:00.000Z", cost=Cost(9.0))
    keep(file, gpu)
    options = SimpleNamespace(resume=True, retry=False, save_weights=None)
    assert earlier_in(file, options, "cpu")(ASKED.key) is None  # type: ignore[arg-type]
    keep(file, cpu)
    assert earlier_in(file, options, "cpu")(ASKED.key) == cpu  # type: ignore[arg-type]
    assert earlier_in(file, options, "cuda:0")(ASKED.key) == gpu  # type: ignore[arg-type]


def test_memory_that_a_gpu_lacked_is_no_reason_not_to_try_the_processor(tmp_path: Path) -> None:
    file = tmp_path / "measurements.db"
    lacked = Outcome(ASKED, "out_of_memory", "h", "", "2.9", "1.0", "2026-01-01T00:00:00.000Z", 1.0, error="no memory")
    keep(file, lacked)
    options = SimpleNamespace(resume=True, retry=False, save_weights=None)
    assert earlier_in(file, options, "cuda:0")(ASKED.key) == lacked  # type: ignore[arg-type]
    assert earlier_in(file, options, "cpu")(ASKED.key) is None  # type: ignore[arg-type]


def test_what_was_evaluated_with_other_versions_stays_and_that_is_said(
    transfer: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(other_versions, "torch_version", lambda: "2.9.4")  # the worker says 2.9.1
    knn = ("-m", "good,best", "--protocol", "k-NN")
    assert transfer("-m", "good", "--protocol", "k-NN")[0] == 0
    monkeypatch.setattr(other_versions, "installed_version", lambda package: "1.0.31")
    assert "--no-resume" not in transfer(*knn, "--dry-run")[2]
    monkeypatch.setattr(other_versions, "installed_version", lambda package: "1.0.40")
    said = "1 of those evaluated before was with timm 1.0.31 (now 1.0.40); --no-resume evaluates them anew"
    assert said in transfer(*knn, "--dry-run")[2]
    code, out, err = transfer(*knn)
    assert code == 0 and err.count(said) == 2, "as it begins, and above the table"
    assert "good (random weights)" in out and "good k-NN: top-1" not in err
    again = transfer(*knn)[2]
    assert again.count("2 of those evaluated before were with timm 1.0.31") == 1
    assert "of those" not in transfer(*knn, "--no-resume")[2]

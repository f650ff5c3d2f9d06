"""`backbones transfer DATA --budget` as a user runs it, with a worker that tells stories."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from backbones.cli.transfer_run import Found
from backbones.probe.transfer import halving, happenings
from backbones.store.transferring.keeping import drop, keep, outcomes
from backbones.store.transferring.outcome import Cost, Evaluation, Outcome, Scores

Transfer = Callable[..., tuple[int, str, str]]
ASKED = Evaluation("resnet18.a1_in1k", "pretrained", "flowers", "0" * 16, "k-NN", 224, "fp32", details="images=15")
SCORES = Scores(500, 80.0, 76.0, 84.0, 79.0, 78.0)


def test_a_budget_gives_one_row_a_model(transfer: Transfer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halving, "clock", lambda: lambda: 1.0)  # however busy this machine is
    code, out, err = transfer("-m", "good,best,late", "--budget", "1h", "--format", "json")
    assert code == 0, err
    rows = json.loads(out)
    assert [row["model"] for row in rows][:2] == ["best (random weights)", "good (random weights)"]
    assert "round 1: 3 models, k-NN" in err
    assert "late is left out" in err


def test_a_budget_is_told_as_it_was_given(transfer: Transfer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halving, "clock", lambda: lambda: 1.0)
    assert "1 model in fp32 on cpu, at most 90s" in transfer("-m", "good", "--budget", "90s")[2]


def test_what_a_round_gave_up_is_forgotten_but_for_what_an_earlier_run_kept(tmp_path: Path) -> None:
    file = tmp_path / "measurements.db"
    mine, earlier, counted = (
        Outcome(replace(ASKED, model=model), "ok", "h", "EPYC", "2.9", "1.0", "2026-01-01T00:00:00.000Z", 1.0, SCORES, Cost())
        for model in ("mine", "earlier", "counted")
    )  # fmt: skip
    for one in (mine, earlier, counted):
        keep(file, one)
    found = Found(partial(drop, file))
    for one in (mine, earlier, counted):
        found.hear(happenings.Taken(one, is_resumed=one is earlier))
    found.hear(happenings.GivenUp(15, (mine.key, earlier.key)))
    assert found.outcomes == [counted]
    assert [one.evaluation.model for one in outcomes(file)] == ["earlier", "counted"]

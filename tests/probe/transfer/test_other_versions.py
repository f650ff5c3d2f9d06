"""What is said of outcomes that were evaluated with other versions than today's."""

from __future__ import annotations

import pytest

from backbones.probe.transfer import other_versions as module
from backbones.probe.transfer.other_versions import other_versions
from backbones.store.transferring.outcome import Cost, Evaluation, Outcome, Scores

ASKED = Evaluation("resnet18.a1_in1k", "pretrained", "flowers", "0" * 16, "k-NN", 224, "fp32")
SCORES = Scores(500, 80.0, 76.0, 84.0, 79.0, 78.0)


def of(timm: str, torch: str) -> Outcome:
    return Outcome(ASKED, "ok", "h", "EPYC", torch, timm, "2026-01-01T00:00:00.000Z", 1.0, SCORES, Cost())


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "installed_version", lambda package: "1.0.31")
    monkeypatch.setattr(module, "torch_version", lambda: "2.15.0+cu132")


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ([], ""),
        ([of("1.0.31", "2.15.1+cpu")], ""),
        ([of("", "")], ""),
        (
            [of("1.0.20", "2.15.0"), of("1.0.31", "2.15.0"), of("1.0.20", "2.15.0")],
            "2 of those evaluated before were with timm 1.0.20 (now 1.0.31); --no-resume evaluates them anew",
        ),
        (
            [of("1.0.31", "2.9.1+cu128"), of("1.0.31", "2.15.0")],
            "1 of those evaluated before was with torch 2.9 (now 2.15); --no-resume evaluates them anew",
        ),
        (
            [of("1.0.9", "2.9.1"), of("1.0.24", "2.9.0"), of("1.0.24", "2.15.0")],
            "3 of those evaluated before were with timm 1.0.9 or 1.0.24 (now 1.0.31), 2 with torch 2.9 (now 2.15); "
            "--no-resume evaluates them anew",
        ),
    ],
)
def test_other_versions_of_timm_and_torch_are_told(kept: list[Outcome], said: str) -> None:
    assert other_versions(kept) == said


def test_where_nothing_is_installed_nothing_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "installed_version", lambda package: "")
    monkeypatch.setattr(module, "torch_version", lambda: "")
    assert other_versions([of("1.0.20", "2.9.1")]) == ""

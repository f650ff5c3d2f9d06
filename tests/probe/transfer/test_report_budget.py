"""The report where a time budget left images out for some models and not for others."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from reported import outcome, written

from backbones.store.transferring.keeping import keep
from backbones.store.transferring.outcome import Outcome

Reported = Callable[[list[Outcome]], tuple[str, list[tuple[str, str, str]]]]


@pytest.fixture
def reported(tmp_path: Path, furnish: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch) -> Reported:
    """What the report on outcomes says at first, and model, protocol and top-1 of its ranking."""
    folder = furnish(tmp_path / "home")
    monkeypatch.setenv("BACKBONES_HOME", str(folder))

    def report(found: list[Outcome]) -> tuple[str, list[tuple[str, str, str]]]:
        for one in found:
            keep(folder / "measurements.db", replace(one, evaluation=replace(one.evaluation, data="mine")))
        code, said = written(["mine", "-o", str(tmp_path / "out"), "--replace"])
        assert code == 0, said
        text = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
        table = text[text.index("## Ranking") :].partition("\n## ")[0]
        lines = [[cell.strip() for cell in row.split("|")[1:-1]] for row in re.findall(r"^\|.*\|$", table, re.M)]
        wanted = "model", "protocol", "top-1"
        model, protocol, top_1 = (next(at for at, name in enumerate(lines[0]) if name.startswith(n)) for n in wanted)
        return text, [(row[model], row[protocol], row[top_1]) for row in lines[2:]]

    return report


def trial(top_1: float, minute: int, **changes: object) -> Outcome:
    return outcome("resnet50", top_1, minute, weights="random", **changes)


def test_a_budget_s_trial_of_random_weights_changes_nothing_of_real_ones(reported: Reported) -> None:
    real = [
        outcome("a.x", 90.0), outcome("b.x", 80.0, 1), outcome("a.x", 70.0, 2, protocol="k-NN"), outcome("b.x", 75.0, 3, protocol="k-NN")
    ]  # fmt: skip
    before, rows = reported(real)
    assert rows == [
        ("a.x", "linear probing", "90.00"), ("b.x", "linear probing", "80.00"), ("b.x", "k-NN", "75.00"), ("a.x", "k-NN", "70.00"),
    ]  # fmt: skip
    halved = [
        trial(20.0, 4, protocol="k-NN", details="images=20"),
        trial(21.0, 5, protocol="k-NN", details="train_images=20"),
        trial(22.0, 6, details="images=50"),
    ]
    after, with_trial = reported(halved)
    assert with_trial == [*rows, ("resnet50 (random weights)", "linear probing", "22.00")]
    for text in (before, after):
        assert "a.x is best: 90.00 % top-1" in text and "b.x is best: 75.00 % top-1 (72.00 to 78.00) by k-NN" in text
        assert "budget" not in text.partition("## Conditions")[0]


def test_where_only_random_weights_were_tried_each_is_shown_by_what_it_got_furthest_with(reported: Reported) -> None:
    text, rows = reported([trial(20.0, 0, details="images=20", protocol="k-NN"), trial(10.0, 1)])
    assert rows == [("resnet50 (random weights)", "linear probing", "10.00")] and "With a time budget" in text


def test_what_was_evaluated_without_a_budget_stands_beside_what_was_with_one(reported: Reported) -> None:
    text, rows = reported([
        outcome("a.x", 60.0, 0, protocol="k-NN", details="images=20"), outcome("a.x", 85.0, 1),
        outcome("b.x", 95.0, 2, protocol="k-NN", details="images=20"),
        outcome("c.x", 70.0, 3, protocol="k-NN"), outcome("c.x", 80.0, 4),
    ])  # fmt: skip
    assert rows == [
        ("a.x", "linear probing", "85.00"), ("c.x", "linear probing", "80.00"), ("c.x", "k-NN", "70.00"), ("b.x", "k-NN", "95.00"),
    ]  # fmt: skip
    assert "a.x is best: 85.00 % top-1 (82.00 to 88.00) by linear probing" in text
    assert "c.x is best: 70.00 % top-1 (67.00 to 73.00) by k-NN" in text, "b.x was tested on other images"
    assert "beside what was evaluated on all images" in text

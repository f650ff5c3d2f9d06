"""Results on one's own images at the command line: asked for, plotted, listed, merged and forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from backbones.cli.main import run
from backbones.store.machine import host_id
from backbones.store.transferring.keeping import keep
from backbones.store.transferring.outcome import ClassScore, Cost, Evaluation, Outcome, Scores

MODELS = {
    "resnet50.a1_in1k": 95.0,
    "convnext_tiny.fb_in22k_ft_in1k": 97.0,
    "swin_tiny_patch4_window7_224.ms_in1k": 88.0,
}


def outcome(model: str, top_1: float, data: str = "my-data", weights: str = "pretrained", seed: int = 0) -> Outcome:
    asked = Evaluation(model, weights, data, "ab" * 8, "linear probing", 224, "fp32", seed=seed)
    scores = Scores(
        200,
        top_1,
        top_1 - 2,
        top_1 + 2,
        top_1,
        top_1,
        (ClassScore("a", 100, 1.0, 1.0, 1.0), ClassScore("b", 100, 1.0, 1.0, 1.0)),
    )
    return Outcome(
        asked, "ok", host_id(), "Home CPU", "2.15.0", "1.0.31", f"2026-11-21T10:00:{seed:02}.000Z", 1.0, scores,
        Cost(100.0, 2.0, 0.5, None, 450.0), notes=("memory was short", "so was time"),
    )  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, furnish: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped catalogue, and three models on `my-data`."""
    folder = furnish(tmp_path / "home")
    monkeypatch.setenv("BACKBONES_HOME", str(folder))
    for model, top_1 in MODELS.items():
        keep(folder / "measurements.db", outcome(model, top_1))
    return folder


def read(capfd: pytest.CaptureFixture[str]) -> tuple[str, str]:
    captured = capfd.readouterr()
    return captured.out, captured.err


def test_own_results_are_filtered_and_stand_beside_the_papers(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    columns = "weights,top_1@my-data,top_1@imagenet-1k,source_ref"
    assert run(["query", "top_1@my-data > 90", "-c", columns, "--format", "json"]) == 0
    rows = json.loads(read(capfd)[0])
    assert [(row["weights"], row["top_1@my-data"]) for row in rows] == [
        ("convnext_tiny.fb_in22k_ft_in1k", 97.0),
        ("resnet50.a1_in1k", 95.0),
    ]
    assert all(
        79 < row["top_1@imagenet-1k"] < 84 and row["source_ref"].startswith("measured 2026-11-21") for row in rows
    )


def test_they_are_plotted_against_imagenet(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["plot", "-x", "top_1@imagenet-1k", "-y", "top_1@my-data", "--width", "80", "--height", "20"]) == 0
    out, err = read(capfd)
    assert (
        "top-1 my-data by top-1 ImageNet-1k" in out and "ConvNeXt" in out and "Swin" in out and "not drawn" not in err
    )


def test_a_page_and_values_tell_where_they_are_from(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["show", "my-data"]) == 0
    assert "on your own images (3)" in read(capfd)[0]
    assert run(["values", "resnet50.a1_in1k", "top_1@my-data", "--format", "json"]) == 0
    (row,) = json.loads(read(capfd)[0])
    assert (
        row["source_ref"] == "measured 2026-11-21; 95 % 93.00-97.00; seed 0" and row["source"] == f"probe:{host_id()}"
    )


def test_a_mistyped_data_set_is_refused_with_a_suggestion(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["query", "top_1@my-dta > 90"]) == 1
    assert "did you mean my-data" in read(capfd)[1]


def test_outcomes_are_listed_merged_and_forgotten(
    home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["measurements", "list", "--results", "resnet*", "--format", "json"]) == 0
    (row,) = json.loads(read(capfd)[0])
    assert (row["model"], row["top_1"], row["low"], row["status"]) == ("resnet50.a1_in1k", 95.0, 93.0, "ok")
    assert (row["extraction_img_s"], row["model_img_s"]) == (100.0, 450.0)
    assert row["notes"] == "memory was short; so was time"
    keep(tmp_path / "shard.db", outcome("resnet18.a1_in1k", 70.0))
    assert run(["measurements", "merge", str(tmp_path / "shard.db")]) == 0
    assert "0 new of 0 visits" in (said := read(capfd)[1]) and "1 new of 1 outcomes" in said
    assert run(["measurements", "forget", "--results", "resnet*", "--yes"]) == 0
    assert "forgot 2 outcomes" in read(capfd)[1]
    assert run(["query", "top_1@my-data > 0", "-c", "weights", "--format", "json"]) == 0
    assert len(json.loads(read(capfd)[0])) == 2


def test_forgetting_tells_that_a_name_stands_for_two_sets_of_images(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    newer = outcome("resnet18.a1_in1k", 70.0, seed=9)
    keep(home / "measurements.db", replace(newer, evaluation=replace(newer.evaluation, data_hash="cd" * 8)))
    assert run(["measurements", "forget", "--results", "--data", "my-data"]) == 1
    told = "4 outcome(s) of 4 model(s), on 2 sets of images: my-data (1), my-data (abababab) (3)"
    assert f"{told} would be gone for good" in read(capfd)[1]
    assert run(["measurements", "forget", "--results", "--data", "my-data (abababab)", "--yes"]) == 0
    assert "forgot 3 outcomes\n" in read(capfd)[1]
    assert run(["measurements", "list", "--results", "--format", "json"]) == 0
    assert [(row["data"], row["model"]) for row in json.loads(read(capfd)[0])] == [("my-data", "resnet18.a1_in1k")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list", "--data", "x"], "say --results too"),
        (["forget", "--data", "x", "--yes"], "say --results too"),
        (["forget", "--results", "--fingerprint", "ab", "--yes"], "about speeds"),
        (["forget", "--results", "--yes"], "say which outcomes"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    home: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run(["measurements", *arguments]) == 1
    assert said in read(capfd)[1]


def test_nothing_to_list_is_said(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["measurements", "list", "--results", "nothing*", "--format", "json"]) == 0
    out, err = read(capfd)
    assert json.loads(out) == [] and "nothing was evaluated that answers to that" in err
    assert run(["measurements", "forget", "--results", "nothing*", "--yes"]) == 0
    assert "no outcome answers to that" in read(capfd)[1]

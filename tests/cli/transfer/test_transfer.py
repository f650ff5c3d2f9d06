"""`backbones transfer` as a user runs it, with a worker that tells stories; one test evaluates a real model where torch is there."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from made_up_timm import made_up

from backbones.cli import transfer_run
from backbones.cli.main import run
from backbones.probe.holding import holding
from backbones.probe.transfer import halving
from backbones.probe.transfer import installed as installing
from backbones.probe.transfer.installed import Installed
from backbones.probe.transfer.preparation import ModelFacts, Preparation
from backbones.store.errors import BackbonesError
from backbones.store.transferring import keeping
from backbones.store.transferring.keeping import outcomes
from backbones.store.transferring.outcome import Outcome

Transfer = Callable[..., tuple[int, str, str]]
BAD = "recipe: mine\nabout: a try\nbatch_size: 8\nstages:\n  - {optimiser: adamm, learning_rate: 0.001, epochs: 3}\n"


def test_models_are_ranked_kept_and_left_out_the_next_time(transfer: Transfer, home: Path) -> None:
    code, out, err = transfer("--models", "good,best", "--format", "json")
    assert code == 0
    rows = json.loads(out)
    assert [(row["model"], row["protocol"], row["top_1"]) for row in rows] == [
        ("best (random weights)", "k-NN", 90.0),
        ("best (random weights)", "linear probing", 90.0),
        ("good (random weights)", "k-NN", 80.0),
        ("good (random weights)", "linear probing", 80.0),
    ]
    assert "photos: 4 classes, 20 images to train on, 4 to test on" in err
    assert "4/4" in err and "top-1 80.00 (75.00-85.00)" in err
    kept = outcomes(home / "measurements.db")
    assert len(kept) == 4 and {one.evaluation.data for one in kept} == {"photos"}
    code, out, err = transfer("--models", "good,best", "--format", "json")
    assert code == 0 and json.loads(out) == rows
    assert "4 were evaluated before" in err
    assert len(outcomes(home / "measurements.db")) == 4


def test_a_model_that_fails_is_told_and_the_others_are_ranked(transfer: Transfer) -> None:
    code, out, err = transfer("-m", "crash,error,good", "--protocol", "knn")
    assert code == 0
    assert "good (random weights)" in out and "crash" not in out
    assert "2 could not be evaluated:" in err and "SIGSEGV" in err and "cannot be multiplied" in err
    assert "The weights were random" in err
    code, _, err = transfer("-m", "error", "--protocol", "knn")
    assert code == 1 and "nothing could be evaluated" in err and "1 were evaluated before" in err
    code, _, err = transfer("-m", "error", "--protocol", "knn", "--retry")
    assert code == 1 and "were evaluated before" not in err


def test_classes_and_confusions_are_told_when_asked_for(transfer: Transfer) -> None:
    code, out, err = transfer("-m", "best", "--per-class")
    assert code == 0 and "recall" in out and "91.00" in out
    assert "9 of red taken for blue" in err


def test_shots_and_seeds_are_evaluations_of_their_own(transfer: Transfer, home: Path) -> None:
    code, out, _ = transfer(
        "-m", "good", "--protocol", "linear", "--shots", "1,3,all", "--seeds", "2", "--format", "json"
    )
    assert code == 0
    kept = outcomes(home / "measurements.db")
    assert sorted((one.evaluation.shots, one.evaluation.seed) for one in kept) == [
        (0, 42),
        (1, 42),
        (1, 43),
        (3, 42),
        (3, 43),
    ]
    assert {(row["shots"], row["seeds"]) for row in json.loads(out)} == {(None, 1), (1, 2), (3, 2)}


def test_a_plan_is_told_and_nothing_done(transfer: Transfer, home: Path) -> None:
    code, out, err = transfer("-m", "good,best", "--shots", "1,all", "--dry-run", "--format", "json")
    assert code == 0 and len(json.loads(out)) == 8
    assert "would take at least 7 s, as nothing is known yet of the speed of good, best here" in err
    assert not outcomes(home / "measurements.db")


def test_what_was_evaluated_before_is_told_at_the_start(transfer: Transfer, home: Path) -> None:
    knn = ("--protocol", "k-NN")
    assert transfer("-m", "good", *knn)[0] == 0
    code, out, err = transfer("-m", "good,best", *knn, "--dry-run", "--format", "json")
    assert code == 0 and [(row["model"], row["before"]) for row in json.loads(out)] == [("good", "ok"), ("best", None)]
    assert "nothing is known yet of the speed of best here" in err and "; 1 of 2 evaluations were done before" in err
    code, out, err = transfer("-m", "good", *knn, "--dry-run", "--format", "json")
    assert code == 0 and "nothing is left to do: all were evaluated before" in err
    assert (
        "2 evaluations of 2 models in fp32 on cpu, 1 of them evaluated before: at least"
        in transfer("-m", "good,best", *knn)[2]
    )
    assert "before" not in transfer("-m", "good", *knn, "--no-resume", "--dry-run")[2]


def test_a_plan_without_weights_is_refused_as_the_run_is(transfer: Transfer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backbones.probe.transfer.at_hand.is_here", lambda model: model.name.startswith("good"))
    monkeypatch.setattr("backbones.probe.transfer.at_hand._why_unreachable", lambda model: "no answer from the hub")
    code, out, err = transfer("-m", "best", "--dry-run", weights="")
    assert (code, out) == (1, "") and "the weights of best.a1_in1k are not on this machine" in err
    code, out, err = transfer("-m", "best,good", "--protocol", "k-NN", "--dry-run", "--format", "json", weights="")
    assert code == 0 and [row["model"] for row in json.loads(out)] == ["good.a1_in1k"] and "best.a1_in1k" in err


def test_a_second_run_waits_for_the_first_and_a_plan_does_not(
    transfer: Transfer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(halving, "clock", lambda: lambda: 5.0)
    lock = home / "transfer" / "running" / "cpu.lock"
    with holding(lock):
        code, _, err = transfer("-m", "good", "--budget", "1s")
        assert (
            code == 1
            and "another run evaluates on cpu (process" in err
            and "1s are over, and cpu is still used by" in err
        )
        assert transfer("-m", "good", "--dry-run")[0] == 0
        assert not outcomes(home / "measurements.db")
    code, _, err = transfer("-m", "good", "--protocol", "k-NN")
    assert code == 0 and "another run" not in err


def test_shots_that_no_class_has_are_told(transfer: Transfer) -> None:
    code, out, err = transfer("-m", "good", "--shots", "50", "--dry-run", "--format", "json")
    assert code == 0 and {row["shots"] for row in json.loads(out)} == {None}
    assert "--shots 50: no class has so many training images (at most 5), so all are used" in err


def test_a_recipe_with_an_optimiser_that_timm_lacks_is_refused_before_all(transfer: Transfer, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD)
    code, out, err = transfer("-m", "good", "--protocol", "fine-tuning", "--recipe", str(tmp_path / "bad.yaml"))
    assert (code, out) == (1, "") and "bad.yaml: stages.0.optimiser: timm has no optimiser 'adamm'" in err


@pytest.mark.parametrize(
    ("missing", "code", "said"), [(False, 1, "did you mean 'adamw'?"), (True, 0, "are not checked: no torch")]
)
def test_a_recipe_of_ones_own_is_checked_with_timm(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    missing: bool,
    code: int,
    said: str,
) -> None:
    def asked(folder: Path) -> Installed:
        if missing:
            raise BackbonesError("no torch")
        return made_up()

    monkeypatch.setattr(installing, "installed", asked)
    (tmp_path / "bad.yaml").write_text(BAD)
    assert run(["transfer", "recipes", str(tmp_path / "bad.yaml")]) == code
    out, err = capfd.readouterr()
    assert said in err and bool(out) == missing


def test_events_are_lines_of_json(transfer: Transfer) -> None:
    code, out, _ = transfer("-m", "good", "--progress", "jsonl")
    events = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and [one["event"] for one in events][:2] == ["planned", "began"]
    assert [one["outcome"]["scores"]["top_1"] for one in events if one["event"] == "taken"] == [80.0, 80.0]
    assert events[-1]["event"] == "ended" and not events[-1]["is_stopped"]


def test_an_interrupt_keeps_what_was_finished(transfer: Transfer, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep = keeping.keep

    def keep_and_interrupt(file: Path, outcome: Outcome) -> None:
        keep(file, outcome)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(keeping, "keep", keep_and_interrupt)
    code, out, err = transfer("-m", "good,slow", "--protocol", "k-NN")
    assert code == 130 and "the same command goes on from there" in err
    assert "good" in out and [one.evaluation.model for one in outcomes(home / "measurements.db")] == ["good"]


@pytest.mark.parametrize("wanted", ["all", "cuda:0,cuda:1"])
def test_more_than_one_device_is_refused(transfer: Transfer, monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    """All but the first would be left idle without a word."""
    two = replace(made_up(), devices=("cuda:0", "cuda:1", "cpu"))
    monkeypatch.setattr(transfer_run, "installed", lambda cache: two)
    code, out, err = transfer("-m", "good", "--device", wanted)
    assert (code, out) == (1, "") and f"--device {wanted} means cuda:0, cuda:1" in err and "a command for each" in err
    assert transfer("-m", "good", "--device", "cuda", "--dry-run")[0] == 0


def test_a_filter_of_the_catalogue_picks_models_with_their_tags(
    transfer: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backbones.probe.transfer.at_hand.is_here", lambda model: True)
    code, out, err = transfer("--pick", "backbone = ConvNeXt-T", "--dry-run", "--format", "json", weights="")
    assert code == 0, err
    models = {row["model"] for row in json.loads(out)}
    assert models == {"convnext_tiny.a1_in1k"}
    code, _, err = transfer("--pick", "params_m < 0", "--dry-run")
    assert code == 1 and "no row passes" in err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "name models"),
        (["-m", "good", "--pick", "params_m < 3"], 2, "give one of both"),
        (["-m", "resnet5"], 1, "did you mean"),
        (["-m", "resnet50.a9_in1k"], 1, "resnet50.a1_in1k"),
        (["-m", "nothing_*"], 1, "no model of timm is called"),
        (["-m", "good", "--shots", "1,many"], 1, "'many' is no number of images"),
        (["-m", "good", "--protocol", "zero-shot"], 1, "no protocol is called 'zero-shot'"),
        (["-m", "good", "--budget", "soon"], 1, "'soon' is no duration"),
        (["-m", "good", "--budget", "10m", "--shots", "1"], 2, "leave --shots away"),
        (["-m", "good", "--device", "cuda:7"], 1, "there is no device 'cuda:7'"),
        (["-m", "good", "--recipe", "clash", "--protocol", "k-NN"], 1, "--recipe is of fine-tuning"),
        (["-m", "good", "--save-weights", "kept"], 1, "--save-weights is of fine-tuning"),
        (["-m", "good", "--protocol", "fine-tuning", "--recipe", "clsh"], 1, "clash"),
    ],
)
def test_mistakes_are_sentences(transfer: Transfer, words: list[str], code: int, said: str) -> None:
    weights = "" if any("." in word for word in words) else "--random-weights"
    found, out, err = transfer(*words, weights=weights)
    assert (found, out) == (code, "")
    assert said in err


def test_help_and_the_other_commands_need_no_torch(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["transfer", "--help"]) == 0
    out, _ = capfd.readouterr()
    assert "DATA" in out and "report" in out and "recipes" in out and " run " not in out.splitlines()[0]
    assert run(["transfer", "recipes", "--format", "json"]) == 0
    assert {row["recipe"] for row in json.loads(capfd.readouterr()[0])} >= {"clash", "rsb-100"}


@pytest.mark.slow
@pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("torch", "timm", "sklearn")),
    reason="the extra `transfer` is not installed",
)
def test_a_real_model_is_evaluated(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    real = Installed(
        {"test_resnet": "test_resnet.r160_in1k"},
        {"test_resnet": ModelFacts("test_resnet", Preparation(160, "bicubic", 0.95, "center", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)))},
        ("cpu",),
        {"cpu": "fp32"},
    )  # fmt: skip
    monkeypatch.setattr(transfer_run, "installed", lambda cache: real)
    monkeypatch.setattr(transfer_run, "WORKER", (sys.executable, "-P", "-m", "backbones.probe.transfer.worker"))
    words = [
        "transfer",
        str(tmp_path / "photos"),
        "-m",
        "test_resnet",
        "--random-weights",
        "-r",
        "32",
        "--format",
        "json",
    ]
    assert run(words) == 0
    rows = json.loads(capfd.readouterr()[0])
    assert [row["top_1"] for row in rows] == [100.0, 100.0]
    assert "other_resolution" in outcomes(home / "measurements.db")[0].cautions
    assert (home / "transfer" / "features").is_dir()


def test_what_other_images_of_that_name_are_called_from_now_on_is_said(transfer: Transfer, tmp_path: Path) -> None:
    assert "had the name" not in transfer("-m", "good", "--protocol", "knn")[2]
    (tmp_path / "photos" / "red" / "0.png").unlink()
    assert "other images had the name 'photos'" in transfer("-m", "good", "--protocol", "knn", "--dry-run")[2]

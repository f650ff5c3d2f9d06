"""`backbones transfer` as a user runs it, with a worker that tells stories; one test evaluates a real model where torch is there."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("PIL", reason="reads images by Pillow")

from backbones.cli import transfer_run
from backbones.cli.main import run
from backbones.probe.transfer import halving, request
from backbones.probe.transfer import installed as installing
from backbones.probe.transfer.installed import Installed
from backbones.probe.transfer.messages import Order
from backbones.probe.transfer.preparation import ModelFacts, Preparation
from backbones.probe.transfer.tuned import file_of
from backbones.store.errors import BackbonesError
from backbones.store.transferring import keeping
from backbones.store.transferring.keeping import outcomes
from backbones.store.transferring.outcome import Outcome

HERE = Path(__file__).parent.parent / "probe" / "transfer"
sys.path.insert(0, str(HERE))
from painted import paint  # noqa: E402

PREPARED = Preparation(224, "bicubic", 0.9, "center", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
NAMES = (
    "good",
    "best",
    "crash",
    "error",
    "slow",
    "late",
    "resnet50",
    "convnext_tiny",
    "convnext_base",
    "swin_tiny_patch4_window7_224",
)
Transfer = Callable[..., tuple[int, str, str]]


def facts(name: str) -> ModelFacts:
    return ModelFacts(name, PREPARED, hub_id=f"timm/{name}" if "." in name else "")


def made_up() -> Installed:
    """A timm with a few models, each with one tag."""
    tags = {name: f"{name}.a1_in1k" for name in NAMES}
    return Installed(tags, {name: facts(name) for name in (*NAMES, *tags.values())}, ("cpu",), {"cpu": "fp32"})


@pytest.fixture
def home(tmp_path: Path, furnish: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the shipped catalogue, images, and a timm that is made up."""
    folder = furnish(tmp_path / "home")
    monkeypatch.setenv("BACKBONES_HOME", str(folder))
    monkeypatch.setattr(transfer_run, "installed", lambda cache: made_up())
    monkeypatch.setattr(transfer_run, "WORKER", (sys.executable, "-P", str(HERE / "story_worker.py")))
    paint(tmp_path / "photos", count=6, side=8)
    return folder


@pytest.fixture
def transfer(home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Transfer:
    """Exit code, stdout and stderr of `backbones transfer PHOTOS`, with random weights unless said otherwise."""

    def command(*words: str, weights: str = "--random-weights") -> tuple[int, str, str]:
        code = run(["transfer", str(tmp_path / "photos"), *words, *([weights] if weights else [])])
        out, err = capfd.readouterr()
        return code, out, err

    return command


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


def test_weights_that_are_not_here_are_said_at_once(
    transfer: Transfer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Path
) -> None:
    monkeypatch.setattr("backbones.probe.transfer.at_hand.is_here", lambda model: model.name.startswith("good"))
    monkeypatch.setattr("backbones.probe.transfer.at_hand._why_unreachable", lambda model: "no answer from the hub")
    code, _, err = transfer("-m", "resnet50", weights="")
    assert code == 1 and not outcomes(home / "measurements.db")
    for words in ("resnet50.a1_in1k", "timm/resnet50.a1_in1k", "--weights", "HF_HOME", "--random-weights"):
        assert words in err
    code, out, err = transfer("-m", "resnet50,good", "--protocol", "k-NN", "--format", "json", weights="")
    assert code == 0 and [row["model"] for row in json.loads(out)] == ["good.a1_in1k"]
    assert "timm/resnet50.a1_in1k" in err
    (tmp_path / "own.pth").write_bytes(b"weights")
    code, out, _ = transfer("-m", "best", "--weights", f"best={tmp_path / 'own.pth'}", "--protocol", "k-NN", weights="")
    assert code == 0
    asked = outcomes(home / "measurements.db")[-1].evaluation
    assert (asked.model, asked.weights) == ("best", hashlib.sha256(b"weights").hexdigest()[:16])
    code, _, err = transfer("-m", "best", "--weights", "best=/no/such/file", weights="")
    assert code == 1 and "/no/such/file" in err


def with_a_second_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    """`best` has weights of CLIP too, which want their images otherwise."""
    timm, clip = made_up(), replace(PREPARED, mean=(0.48, 0.46, 0.41))
    timm.facts["best.clip"] = replace(timm.facts["best"], name="best.clip", preparation=clip)
    monkeypatch.setattr(transfer_run, "installed", lambda cache: timm)


def test_a_file_of_weights_is_of_the_model_with_the_tag_that_it_names(
    transfer: Transfer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Path
) -> None:
    with_a_second_tag(monkeypatch)
    (tmp_path / "own.pth").write_bytes(b"weights")
    file, digest = tmp_path / "own.pth", hashlib.sha256(b"weights").hexdigest()[:16]
    orders: list[Order] = []
    kept_wish = request.wish
    monkeypatch.setattr(request, "wish", lambda *a, **k: (orders.append((w := kept_wish(*a, **k)).order), w)[1])
    knn = ("--protocol", "k-NN", "--format", "json")
    monkeypatch.setattr("backbones.probe.transfer.at_hand.is_here", lambda model: True)
    code, _, err = transfer("-m", "best.a1_in1k,best.clip", "--weights", f"best.clip={file}", *knn, weights="")
    assert code == 0, err
    assert [(o.evaluation.model, o.evaluation.weights, o.file) for o in orders] == [
        ("best.a1_in1k", "pretrained", ""),
        ("best.clip", digest, str(file)),
    ]
    assert orders[1].preparation.mean == (0.48, 0.46, 0.41)
    one, other = outcomes(home / "measurements.db")
    assert "weights_from_file" not in one.cautions and "weights_from_file" in other.cautions
    orders.clear()
    assert transfer("-m", "best.clip", "--weights", str(file), *knn, weights="")[0] == 0
    assert [(o.evaluation.model, o.preparation.mean[0]) for o in orders] == [("best.clip", 0.48)]
    orders.clear()
    assert transfer("-m", "best", "--weights", f"best={file}", *knn, weights="")[0] == 0  # the user's own, of no tag
    assert [o.evaluation.model for o in orders] == ["best"]
    assert "weights_from_file" not in outcomes(home / "measurements.db")[-1].cautions


@pytest.mark.parametrize(
    ("models", "files", "said"),
    [
        (
            "best.a1_in1k,best.clip",
            ["best=F"],
            "may be of best.a1_in1k or best.clip; say which, as --weights best.a1_in1k=F",
        ),
        ("best.clip", ["best.clip=F", "best=F"], "--weights names two files of best.clip"),
        ("best.clip", ["best.a1_in1k=F"], "add best.a1_in1k to --models"),
    ],
)
def test_a_file_of_weights_that_may_be_of_two_models_is_asked_about(
    transfer: Transfer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, models: str, files: list[str], said: str
) -> None:
    with_a_second_tag(monkeypatch)
    (tmp_path / "F").write_bytes(b"weights")
    monkeypatch.chdir(tmp_path)
    code, out, err = transfer("-m", models, *(word for file in files for word in ("--weights", file)), weights="")
    assert (code, out) == (1, "") and said in err


def test_a_plan_is_told_and_nothing_done(transfer: Transfer, home: Path) -> None:
    code, out, err = transfer("-m", "good,best", "--shots", "1,all", "--dry-run", "--format", "json")
    assert code == 0 and len(json.loads(out)) == 8 and "would take about" in err
    assert not outcomes(home / "measurements.db")


def test_a_budget_gives_one_row_a_model(transfer: Transfer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halving, "clock", lambda: lambda: 1.0)  # however busy this machine is
    code, out, err = transfer("-m", "good,best,late", "--budget", "1h", "--format", "json")
    assert code == 0, err
    rows = json.loads(out)
    assert [row["model"] for row in rows][:2] == ["best (random weights)", "good (random weights)"]
    assert "round 1: 3 models, k-NN" in err
    assert "late is left out" in err


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


def test_weights_of_what_was_fine_tuned_are_kept_where_they_are_asked_for(
    transfer: Transfer, home: Path, tmp_path: Path
) -> None:
    tuned, kept = ("-m", "good", "--protocol", "fine-tuning"), tmp_path / "kept"
    training = home / "transfer" / "fine-tuning"
    assert transfer(*tuned)[0] == 0
    evaluation = outcomes(home / "measurements.db")[0].evaluation
    (training / evaluation.key).mkdir(parents=True)
    (training / evaluation.key / "training.pt").write_bytes(b"")
    assert (
        "1 were evaluated before" not in transfer(*tuned, "--save-weights", str(kept))[2]
    )  # their weights are nowhere
    assert kept.is_dir() and not (training / evaluation.key).exists()
    file_of(kept, evaluation).write_bytes(b"")
    assert "1 were evaluated before" in transfer(*tuned, "--save-weights", str(kept))[2]
    (tmp_path / "file").write_text("")
    code, _, err = transfer(*tuned, "--save-weights", str(tmp_path / "file" / "below"))
    assert code == 1 and "nothing can be written there" in err


def test_a_filter_of_the_catalogue_picks_models_with_their_tags(transfer: Transfer) -> None:
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


def test_without_torch_it_says_what_to_install(
    transfer: Transfer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "nothing.py"
    script.write_text("import sys\nsys.stderr.write('evaluating needs torch and timm')\nsys.exit(3)\n")
    monkeypatch.setattr(
        transfer_run, "installed", lambda cache: installing.installed(cache, (sys.executable, str(script)))
    )
    code, _, err = transfer("-m", "good")
    assert code == 1 and "evaluating needs torch and timm" in err


def test_what_timm_knows_is_asked_once(tmp_path: Path) -> None:
    plain = {
        "defaults": {"a": "a.b"},
        "facts": {"a": [224, "bicubic", 0.9, "center", [0.5], [0.5], 3, False, "", "", ""]},
        "devices": ["cpu"],
        "mixed": {"cpu": "fp32"},
    }
    script = tmp_path / "here.py"
    script.write_text(f"print('noise')\nprint({json.dumps(plain)!r})")
    first = installing.installed(tmp_path / "cache", (sys.executable, str(script)))
    assert first.defaults == {"a": "a.b"} and first.facts["a"].preparation.mean == (0.5,)
    assert installing.installed(tmp_path / "cache", ("/no/such/program",)) == first
    with pytest.raises(BackbonesError, match="cannot be asked"):
        installing.installed(tmp_path / "other", (sys.executable, "-c", "print('nothing')"))


def test_help_and_the_other_commands_need_no_torch(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["transfer", "--help"]) == 0
    out, _ = capfd.readouterr()
    assert "DATA" in out and "report" in out and "recipes" in out and " run " not in out.splitlines()[0]
    assert run(["transfer", "recipes", "--format", "json"]) == 0
    assert {row["recipe"] for row in json.loads(capfd.readouterr()[0])} >= {"clash", "rsb-100"}


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

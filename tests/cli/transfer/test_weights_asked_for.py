"""Which weights `backbones transfer` takes: those of a tag, of a file, and what becomes of those that were fine-tuned."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from made_up_timm import PREPARED, made_up

from backbones.cli import transfer_run
from backbones.probe.transfer import request
from backbones.probe.transfer.messages import Order
from backbones.probe.transfer.tuned import file_of
from backbones.store.transferring.keeping import outcomes

Transfer = Callable[..., tuple[int, str, str]]


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
    ("models", "of", "expected"),
    [
        ("best.a1_in1k,best", "best", [("best.a1_in1k", "pretrained"), ("best", "FILE")]),
        ("best,best.clip", "best.clip", [("best.a1_in1k", "pretrained"), ("best.clip", "FILE")]),
        ("best,best.a1_in1k", "best.a1_in1k", [("best.a1_in1k", "FILE")]),
        ("best", "timm/best.a1_in1k", [("best.a1_in1k", "FILE")]),
    ],
)
def test_a_model_asked_for_with_and_without_its_tag_is_two_where_a_file_is_of_one(
    transfer: Transfer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    models: str,
    of: str,
    expected: list[tuple[str, str]],
) -> None:
    with_a_second_tag(monkeypatch)
    monkeypatch.setattr("backbones.probe.transfer.at_hand.is_here", lambda model: True)
    (tmp_path / "own.pth").write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()[:16]
    words = ("--protocol", "k-NN", "--dry-run", "--format", "json")
    code, out, err = transfer("-m", models, "--weights", f"{of}={tmp_path / 'own.pth'}", *words, weights="")
    assert code == 0, err
    rows = [(row["model"], row["weights"].replace(digest, "FILE")) for row in json.loads(out)]
    assert rows == expected


@pytest.mark.parametrize(
    ("models", "files", "said"),
    [
        (
            "best.a1_in1k,best.clip",
            ["best=F"],
            "may be of best.a1_in1k or best.clip; say which, as --weights best.a1_in1k=F",
        ),
        ("best.clip", ["best.clip=F", "best.clip=F"], "--weights names two files of best.clip"),
        ("best.clip", ["best.a1_in1k=F"], "add best.a1_in1k to --models"),
        (
            "best.clip",
            ["best=F"],
            "--weights best=F does not say that the file has the weights of best.clip: write --weights best.clip=F if it has, "
            "or --models best for weights of your own",
        ),
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

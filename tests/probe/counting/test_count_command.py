"""`backbones count`: shipped counts answer at once, others are counted and kept, and without torch the extra is named."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backbones.cli.main import backbones, run


@pytest.fixture(autouse=True)
def home(tmp_path: Path, furnish: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the shipped catalogue."""
    monkeypatch.setenv("BACKBONES_HOME", str(furnish(tmp_path / "home")))
    monkeypatch.delenv("BACKBONES_CATALOG", raising=False)
    return tmp_path / "home"


def call(*arguments: str) -> Result:
    """One command in this process."""
    return CliRunner().invoke(backbones, ["count", *arguments])


def rows(done: Result) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(done.stdout)))


def test_shipped_counts_answer_without_torch(no_torch: None) -> None:
    done = call("resnet50", "convnext_tin*", "ViT-L/16", "-f", "csv")
    found = {row["model"]: row for row in rows(done)}
    assert list(found)[:2] == ["resnet50", "convnext_tiny"] and "vit_large_patch16_224" in found
    assert found["resnet50"] == {
        "model": "resnet50", "resolution": "288", "setting": "", "params_m": "25.557032", "gmacs": "6.758334464",
        "activations_m": "18.373096", "timm": "1.0.31",
    }  # fmt: skip
    assert "torch" not in sys.modules or done.exit_code in (0, None)


def test_fused_forms_and_feature_maps_are_shipped_too(no_torch: None) -> None:
    done = call("repvgg_b3", "resnet50", "--fused", "--features", "--format", "json")
    first, second = json.loads(done.stdout)
    assert (first["setting"], round(first["gmacs"], 2), second["gmacs"]) == ("fused", 26.21, 6.758334464)
    assert (second["feature_channels"], second["feature_strides"]) == ("64 256 512 1024 2048", "2 4 8 16 32")


def test_what_is_not_shipped_needs_the_extra(no_torch: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["count", "resnet50", "--resolution", "100"]) == 1
    assert "counting resnet50 needs torch and timm: pip install 'backbones[probe]'" in capsys.readouterr().err
    assert run(["count", "resnet50", "--resolution", "288"]) == 0  # its own


def test_what_is_shipped_is_told_although_others_are_not(no_torch: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["count", "resnet50", "resnet18", "vit_tiny_patch16_224", "-r", "288", "-f", "csv"]) == 1
    out, error = capsys.readouterr()
    assert [line.partition(",")[0] for line in out.splitlines()] == ["model", "resnet50", "resnet18"]
    assert "counting vit_tiny_patch16_224 needs" in error


def test_unknown_names_are_refused_with_what_may_be_meant(no_torch: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["count", "resnet50", "convnxt_tiny"]) == 1
    assert "no model of timm is called 'convnxt_tiny'; did you mean 'convnext_tiny'" in capsys.readouterr().err
    assert run(["count"]) == 2
    assert run(["count", "resnet50", "--resolution", "0"]) == 2


def test_another_timm_counts_for_itself_and_what_it_counted_is_kept(
    fake_crew: None, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = call("*", "-f", "json")
    assert [(row["model"], row["gmacs"], row["timm"]) for row in json.loads(done.stdout)] == [
        ("resnet50", 4, "9.9.9"), ("vit_tiny", 4, "9.9.9"),
    ]  # fmt: skip
    from backbones.probe.counting import crew

    monkeypatch.setattr(crew, "count_all", lambda requests: pytest.fail("counted again"))
    assert call("*", "-f", "json").stdout == done.stdout
    kept = CliRunner().invoke(
        backbones, ["sql", "select backbone, gmacs from costs where origin = 'measured'", "-f", "csv"]
    )
    assert kept.stdout.splitlines() == ["backbone,gmacs", "ResNet-50,4", "vit_tiny,4"]


def test_feature_maps_are_counted_where_only_the_count_was_kept(fake_crew: None) -> None:
    call("resnet50")
    (row,) = rows(call("resnet50", "--features", "-f", "csv"))
    assert (row["feature_channels"], row["feature_strides"], row["feature_sizes"]) == ("64", "32", "7x7")


def test_a_model_that_fails_is_a_sentence_and_the_others_are_rows(
    fake_crew: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from backbones.probe.counting import crew

    monkeypatch.setattr(crew, "model_names", lambda: ["crashes", "odd", "raises", "resnet50"])
    assert run(["count", "*", "-f", "csv"]) == 1
    out, error = capsys.readouterr()
    assert [line.partition(",")[0] for line in out.splitlines()] == ["model", "odd", "resnet50"]
    assert "raises: not counted: AssertionError: Input height (7) is too small" in error
    assert "crashes: not counted: its process ended" in error
    assert "odd: no formula for aten.mv; its MACs are too low by these" in error


def test_counts_are_told_although_they_cannot_be_kept(
    fake_crew: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from backbones.store.errors import BackbonesError
    from backbones.store.measuring import counts

    def full(path: Path, found: object) -> None:
        raise BackbonesError(f"{path} cannot be written: the disk is full")

    monkeypatch.setattr(counts, "keep", full)
    assert run(["count", "*", "-f", "csv"]) == 0
    out, error = capsys.readouterr()
    assert [line.partition(",")[0] for line in out.splitlines()] == ["model", "resnet50", "vit_tiny"]
    assert error.count("counts are not kept") == 1 and "the disk is full" in error


@pytest.mark.slow
@pytest.mark.usefixtures("torch_and_timm")
def test_counting_for_real() -> None:
    done = call("test_vit", "test_byobnet", "--resolution", "96", "--fused", "--features", "-f", "csv")
    found = rows(done)
    assert [row["model"] for row in found] == ["test_vit", "test_byobnet"] and done.exit_code == 0
    assert all(row["setting"] == "fused" and row["resolution"] == "96" and row["feature_sizes"] for row in found)
    assert "torch" not in vars(sys.modules["backbones.cli.count"])

"""This machine on the command line: `show here`, `list devices`, `query`, `plot`, `pick` and `values`, before and after measuring."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backbones.cli.main import run
from backbones.store.machine import host_id
from backbones.store.measuring.keeping import keep
from backbones.store.measuring.visit import Conditions, Seen, Task, Visit

GPU = Conditions(
    host_id(), "NVIDIA Test GPU", "gpu", 1024, "580", "CUDA 13.2", "9", "2.15.0+cu132", "1.0.31", "3.11", "Linux", 8, False, True, ""
)  # fmt: skip
ANSWER = "`backbones probe --answer 'top_1@imagenet-1k where throughput@here >"


def visit(model: str, speed: float, precision: str = "amp_fp16") -> Visit:
    task = Task(model, "throughput", "cuda:0", precision)  # type: ignore[arg-type]
    return Visit(task, GPU, 1, "2026-11-21T10:00:00.500Z", 1.0, "ok", Seen(256, 224, speed, ci=0.001, blocks=(1.0,)))


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory, furnish: Callable[[Path], Path]) -> Path:
    """A home with the shipped catalogue, where nothing was measured."""
    return furnish(tmp_path_factory.mktemp("here"))


@pytest.fixture(autouse=True)
def home(furnished: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test begins without measurements."""
    monkeypatch.setenv("BACKBONES_HOME", str(furnished))
    monkeypatch.delenv("BACKBONES_CATALOG", raising=False)
    (furnished / "measurements.db").unlink(missing_ok=True)
    return furnished


def said(capfd: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    """stdout and stderr of one command."""
    capfd.readouterr()
    assert run(list(arguments)) == code
    out = capfd.readouterr()
    return out.out, out.err


def records(capfd: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(said(capfd, *arguments, "--format", "json")[0])
    return found


@pytest.mark.parametrize("words", [("here",), ("device", "here"), ("this", "machine"), ("here", "--kind", "device")])
def test_show_here_before_and_after(home: Path, capfd: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    out = said(capfd, "show", *words)[0]
    assert out.startswith("this machine (device)") and "backbones probe --answer 'top_1@imagenet-1k where" in out
    keep(home / "measurements.db", visit("resnet50", 3000.0))
    out = said(capfd, "show", *words)[0]
    assert out.startswith("NVIDIA Test GPU (device)") and "@here is this device" in out and host_id() in out


def test_a_name_of_several_words_needs_no_quotes(capfd: pytest.CaptureFixture[str]) -> None:
    assert said(capfd, "show", "NVIDIA", "V100")[0].startswith("NVIDIA V100 (device)")
    assert "no device is called 'convnext'" in said(capfd, "show", "device", "convnext", code=1)[1]


def test_a_question_about_a_machine_that_was_never_measured_says_what_to_run(capfd: pytest.CaptureFixture[str]) -> None:
    out, err = said(capfd, "query", "throughput@here > 1000 and params_m < 30", "--format", "json")
    assert json.loads(out) == [] and "nothing was measured on this machine yet: throughput@here is empty" in err
    assert f"{ANSWER} 1000 and params_m < 30'`" in err and "backbones probe --where 'params_m < 30'" in err
    err = said(capfd, "query", "family = ResNet", "-c", "checkpoint,throughput@here,latency@here", "-n", "3")[1]
    assert "nothing was measured on this machine yet: throughput@here and latency@here are empty" in err
    assert "`backbones probe --where 'family = ResNet'` measures those that pass the rest" in err
    assert "machine" not in said(capfd, "query", "family = ResNet", "-c", "checkpoint,throughput@v100", "-n", "3")[1]


def test_a_plot_without_points_says_what_to_run(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    err = said(capfd, "plot", "-x", "throughput@here", code=1)[1]
    assert (
        "nothing to draw: none of" in err
        and "nothing was measured on this machine yet" in err
        and "backbones probe NAME…" in err
    )
    err = said(capfd, "plot", "-x", "throughput@here", "--where", "throughput@here > 5", code=1)[1]
    assert f"{ANSWER} 5'`" in err
    keep(home / "measurements.db", visit("resnet50", 3000.0))
    out, err = said(capfd, "plot", "-x", "throughput@here", "--ascii")
    assert "this machine" in out


def test_pick_here_takes_measured_numbers_and_says_what_would_settle_the_rest(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out, _ = said(capfd, "pick", "--device", "here", "--min-img-s", "1000", "--max-params", "30", code=1)
    assert "nothing was measured on this machine yet" in out
    assert f"{ANSWER}= 1000 and params_m <= 30'` measures just those that decide" in out
    for model, speed in (("resnet50", 3000.0), ("resnet18", 9000.0), ("convnext_tiny", 900.0)):
        keep(home / "measurements.db", visit(model, speed))
    found = records(capfd, "pick", "--device", "here", "--min-img-s", "1000", "--max-params", "30")
    assert found and {row["throughput@here"] for row in found} <= {3000.0, 9000.0}
    out, _ = said(capfd, "pick", "--device", "here", "--min-img-s", "1000", "--max-params", "30")
    assert "measured 2026-11-21T10:00:00.500Z; amp_fp16" in out and "on this machine" in out
    assert "backbones that may meet the limits were never measured here" in out and f"{ANSWER}= 1000" in out
    out, _ = said(capfd, "pick", "--device", "here", "--precision", "amp", "--max-ms", "5", code=1)
    assert "--precision amp_fp16` measures them" in out


def test_pick_for_a_head_says_that_none_is_measured(capfd: pytest.CaptureFixture[str]) -> None:
    out, _ = said(capfd, "pick", "--task", "detection", "--device", "here", "--min-img-s", "10", code=1)
    assert "the probe measures bare backbones" in out and "--answer" not in out


def test_devices_columns_and_values_know_this_machine(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert "`backbones probe resnet50` measures it" in said(capfd, "values", "resnet50", "throughput@here")[1]
    keep(home / "measurements.db", visit("resnet50", 3000.0))
    keep(home / "measurements.db", visit("resnet50", 1500.0, "fp32"))
    first = records(capfd, "list", "devices")[0]
    assert (first["device"], first["here"], first["measured"]) == ("NVIDIA Test GPU", "here", 2)
    columns = {row["column"]: row for row in records(capfd, "list", "columns")}
    assert columns["throughput@here"]["label"] == "img/s this machine" and columns["throughput@here"]["rows"] > 0
    assert "throughput@here:precision=fp32" in columns
    values = records(capfd, "values", "resnet50", "throughput@here")
    assert [(row["value"], row["precision"], row["chosen"]) for row in values] == [
        (3000.0, "amp_fp16", 1),
        (1500.0, "fp32", 0),
    ]
    assert values[0]["how"] == "measured here"
    told = said(capfd, "query", "throughput@here > 5", "--explain")[0]
    assert "amp_fp16 contiguous batch 256 (1 model)" in told and "fp32 contiguous batch 256 (1 model)" in told

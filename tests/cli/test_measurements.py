"""`backbones measurements`, `backbones probe export|compare` and `backbones doctor` as a user runs them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from backbones.cli.main import run
from backbones.cli.probe_export import compare_command, export_command
from backbones.store.machine import host_id
from backbones.store.measuring.keeping import keep, visits
from backbones.store.measuring.predictions import Prediction, Setting, keep_predictions
from backbones.store.measuring.visit import Conditions, Seen, Task, Visit

UNDER = Conditions(
    host_id(), "NVIDIA Test GPU", "gpu", 1024, "580", "CUDA 13.2", "9", "2.15.0+cu132", "1.0.31", "3.11", "Linux", 8, False, True, ""
)  # fmt: skip


def visit(model: str, speed: float, round: int = 1, precision: str = "amp_fp16", day: int = 21) -> Visit:
    seen = Seen(256, 224, speed, ci=0.001, blocks=(1.0,))
    task = Task(model, "throughput", "cuda:0", precision)  # type: ignore[arg-type]
    return Visit(task, UNDER, round, f"2026-11-{day}T10:00:{round:02d}Z", 1.0, "ok", seen)


@pytest.fixture
def home(tmp_path: Path, furnish: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the shipped catalogue and measurements of two models, two rounds each on two days."""
    folder = furnish(tmp_path / "home")
    monkeypatch.setenv("BACKBONES_HOME", str(folder))
    for day, factor in ((20, 1.0), (21, 0.9)):
        for round in (1, 2):
            keep(folder / "measurements.db", visit("resnet50", 3000 * factor + round, round, day=day))
            keep(folder / "measurements.db", visit("vit_base_patch16_224", 1000.0 + round, round, day=day))
    return folder


def read(capfd: pytest.CaptureFixture[str]) -> tuple[str, str]:
    captured = capfd.readouterr()
    return captured.out, captured.err


def test_measurements_are_listed_at_three_levels(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["measurements", "list", "resnet*", "--format", "json"]) == 0
    (row,) = json.loads(read(capfd)[0])
    assert (row["model"], row["rounds"], row["device"]) == ("resnet50", 4, "NVIDIA Test GPU") and row["spread"] > 10
    assert run(["measurements", "list", "--visits", "--format", "jsonl"]) == 0
    assert len(read(capfd)[0].splitlines()) == 8
    assert run(["measurements", "list", "--runs", "--format", "json"]) == 0
    (line,) = json.loads(read(capfd)[0])
    assert (line["fingerprint"], line["models"], line["visits"], line["failed"]) == (UNDER.fingerprint, 2, 8, 0)
    assert run(["measurements"]) == 0
    out, err = read(capfd)
    assert "NVIDIA Test GPU" not in out and "2 measurements, all throughput, NVIDIA Test GPU" in err and "--wide" in err
    assert run(["measurements", "list", "--wide"]) == 0
    out, err = read(capfd)
    assert out.count("NVIDIA Test GPU") == 2 and UNDER.fingerprint in out and "--wide" not in err
    assert run(["measurements", "list", "--explain"]) == 0
    assert "rounds (1 of 2): Visits at different times differ" in read(capfd)[1]


def test_nothing_measured_is_said_on_stderr(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BACKBONES_HOME", str(tmp_path))
    assert run(["measurements", "list", "--format", "json"]) == 0
    out, err = read(capfd)
    assert json.loads(out) == [] and "nothing was measured" in err


def test_files_are_merged_and_counted(home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    keep(tmp_path / "shard.db", visit("resnet18", 9000.0))
    (tmp_path / "bad.db").write_text("x")
    assert run(["measurements", "merge", str(tmp_path / "shard.db"), str(tmp_path / "shard.db")]) == 0
    err = read(capfd)[1]
    assert "1 new of 1 visits" in err and "0 new of 1 visits" in err
    assert run(["measurements", "merge", str(tmp_path / "bad.db"), str(tmp_path / "shard.db")]) == 1
    assert "bad.db" in read(capfd)[1] and len(visits(home / "measurements.db")) == 9


def test_forgetting_wants_a_yes_where_nobody_can_be_asked(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["measurements", "forget", "resnet50"]) == 1
    assert "--yes" in read(capfd)[1] and len(visits(home / "measurements.db")) == 8
    assert run(["measurements", "forget", "resnet50", "--yes"]) == 0
    assert {v.task.model for v in visits(home / "measurements.db")} == {"vit_base_patch16_224"}
    assert run(["measurements", "forget", "resnet50", "--yes"]) == 0 and "nothing is forgotten" in read(capfd)[1]


def test_what_was_measured_here_answers_questions(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["query", "throughput@here > 2000", "--columns", "backbone,throughput@here", "--format", "json"]) == 0
    rows = json.loads(read(capfd)[0])
    assert rows and {row["backbone"] for row in rows} == {"ResNet-50", "ResNet-50 (RSB)"}
    keep_predictions(
        home / "measurements.db",
        Setting("NVIDIA Test GPU", "amp_fp16"),
        [Prediction("resnet18", 224, 9000, 8000, 10000, 0.9, 12)],
    )
    column = "throughput@here:origin=predicted"
    assert (
        run(["query", f"{column} > 2000", "--columns", f"backbone,throughput@here,{column}", "--format", "json"]) == 0
    )
    assert {(r["backbone"], r["throughput@here"], r[column]) for r in json.loads(read(capfd)[0])} == {
        ("ResNet-18", None, 9000),
        ("ResNet-18 (RSB)", None, 9000),
    }
    assert run(["list", "devices", "--format", "json"]) == 0
    row = next(r for r in json.loads(read(capfd)[0]) if r["device"] == "NVIDIA Test GPU")
    assert (row["measured"], row["predicted"], row["kind"]) == (2, 1, "gpu")
    assert run(["show", "NVIDIA Test GPU"]) == 0
    out = read(capfd)[0]
    assert "measured (2)" in out and "predicted (1)" in out


def probe(command: object, *arguments: str) -> int:
    """Run a command that `backbones probe` holds."""
    import click

    from backbones.cli.main import backbones

    assert isinstance(command, click.Command)
    with backbones.make_context("backbones", ["stats"]) as context:
        from backbones.cli.session import Session

        context.ensure_object(Session)
        made = command.make_context(command.name or "", list(arguments), parent=context)
        with made:
            result = command.invoke(made)
    return result if isinstance(result, int) else 0


def test_the_sheet_goes_to_stdout_and_can_be_checked(
    home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert probe(export_command) == 0
    out, err = read(capfd)
    assert "2 measured rows" in err and "warning: 1 of them were disturbed (rounds disagree 1)" in err
    (tmp_path / "my-gpu.yaml").write_text(out)
    assert run(["check", str(tmp_path / "my-gpu.yaml")]) == 0


def test_disturbed_rows_stay_at_home(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert probe(export_command, "--without-disturbed") == 0
    out, err = read(capfd)
    assert "1 measured row\n" in err and "left out 1 that were disturbed" in err
    assert "vit_base_patch16_224" in out and "resnet50" not in out


def test_a_table_of_values_says_what_rows_share(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["values", "resnet50", "throughput@here"]) == 0
    out, err = read(capfd)
    assert "low-high" in out and "2701-3002" in out and "NVIDIA Test GPU" not in out and "NVIDIA Test GPU" in err
    assert run(["values", "resnet50", "throughput@here", "--wide"]) == 0
    assert "NVIDIA Test GPU" in read(capfd)[0]
    assert run(["values", "resnet50", "throughput@here", "--format", "json"]) == 0
    (row,) = json.loads(read(capfd)[0])
    assert (row["low"], row["high"], row["threads"]) == (2701, 3002, None)


def test_a_question_says_that_precisions_are_mixed(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    asked = ["query", "throughput@here > 2000", "--columns", "backbone,throughput@here"]
    assert run(asked) == 0 and "the fastest of" not in read(capfd)[1]
    keep(home / "measurements.db", visit("resnet50", 900.0, precision="fp32"))
    assert run(asked) == 0
    err = read(capfd)[1]
    assert "throughput@here: the fastest of amp_fp16, fp32; throughput@here:precision=" in err


def test_a_regression_is_an_exit_code(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert probe(compare_command, "2026-11-20", "2026-11-21", "--format", "json") == 0
    rows = json.loads(read(capfd)[0])
    assert [(row["model"], row["change"]) for row in rows] == [
        ("resnet50", "slower"),
        ("vit_base_patch16_224", "within the spread"),
    ]
    assert probe(compare_command, "2026-11-20", "2026-11-21", "--strict") == 1
    assert "1 slower and 0 faster" in read(capfd)[1]
    assert probe(compare_command, "rtx 4090", "--format", "json") == 0
    out, err = read(capfd)
    assert {row["model"] for row in json.loads(out)} and "median ratio" in err


def test_doctor_says_what_is_in_order(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = run(["doctor", "--format", "json"])
    out, err = read(capfd)
    rows = json.loads(out)
    assert {row["area"] for row in rows} == {"terminal", "catalogue", "gpu", "extras"}
    assert code == int(any(row["verdict"] == "fail" for row in rows)) and " ok, " in err
    assert any("8 visits" in row["found"] for row in rows)


def test_doctor_fails_with_a_damaged_catalogue(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (home / "catalog.db").unlink()
    (home / "catalog.db").write_text("no database")
    assert run(["doctor"]) == 1
    out, _ = read(capfd)
    assert "fail catalogue" in out and "-> run `backbones build --fresh`" in out


def test_doctor_imports_no_framework(home: Path) -> None:
    import subprocess
    import sys

    asked = "import sys; from backbones.cli.main import run; run(['doctor']); print(sorted({'torch', 'timm', 'textual', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"

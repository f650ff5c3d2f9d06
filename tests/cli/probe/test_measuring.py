"""What `backbones probe` does and says."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backbones.cli import probe_fleet
from backbones.probe.fleet.driver import Job
from backbones.probe.fleet.shard import Outcome, Shard, measure
from backbones.probe.speed import choice
from backbones.probe.speed.choice import Here
from backbones.store.errors import BackbonesError
from backbones.store.measuring.keeping import visits
from backbones.store.measuring.predictions import predicted_settings

if TYPE_CHECKING:
    from tests.cli.probe.conftest import Probe


def test_models_are_measured_told_and_left_out_the_next_time(probe: Probe, home: Path) -> None:
    code, out, err = probe("resnet18", "ConvNeXt-T", "--rounds", "1", "--train", "--format", "json")
    assert code == 0
    rows = {row["model"]: row for row in json.loads(out)}
    assert set(rows) == {"resnet18", "convnext_tiny"}
    assert rows["resnet18"]["throughput_img_s"] == pytest.approx(1600) and rows["resnet18"][
        "latency_ms"
    ] == pytest.approx(10)
    assert rows["resnet18"]["training_img_s"] == pytest.approx(1600) and rows["resnet18"]["batch_size"] == 16
    assert "2 models, throughput and latency and training in fp32 on cpu: about" in err
    assert "AMD EPYC 9575F" in err and "6/6" in err
    before = len(visits(home / "measurements.db"))
    code, out, err = probe("resnet18", "convnext_tiny", "--rounds", "1", "--train")
    assert code == 0 and "6 already measured on cpu" in err and "1600.0" in out
    assert len(visits(home / "measurements.db")) == before
    code, _, err = probe("resnet18", "--quick", "--no-resume")
    assert code == 0 and len(visits(home / "measurements.db")) == before + 1


def test_what_fails_is_listed_with_its_reason_and_tried_again_only_when_asked(probe: Probe, home: Path) -> None:
    code, out, err = probe("resnet18", "error_net", "crash_net", "--quick")
    assert code == 0 and "resnet18" in out and "error_net" not in out
    assert "2 could not be measured:" in err
    assert "  error_net throughput fp32: error, " in err and "expected 3 channels" in err
    assert "  crash_net throughput fp32: crash, " in err and "SIGSEGV" in err
    assert len(visits(home / "measurements.db")) == 3
    code, _, err = probe("error_net", "resnet18", "--quick")
    assert code == 0 and "1 already measured on cpu" in err and "1 failed before: error_net throughput: error, " in err
    code, _, err = probe("error_net", "--quick")
    assert code == 1 and "nothing could be measured" in err and "already measured" not in err
    assert len(visits(home / "measurements.db")) == 3
    assert probe("error_net", "--quick", "--retry")[0] == 1
    assert len(visits(home / "measurements.db")) == 4


def test_progress_for_programs_is_json_lines_alone(probe: Probe) -> None:
    code, out, _ = probe("resnet18", "error_net", "--quick", "--progress", "jsonl")
    told = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and [told[0]["event"], told[-1]["event"]] == ["planned", "finished"]
    assert {event["visit"]["status"] for event in told if event["event"] == "taken"} == {"ok", "error"}
    assert told[0]["models"] == 2 and told[-1]["visits"] == {"ok": 1, "error": 1}


def test_a_terminal_gets_a_bar(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    code, _, err = probe("resnet18", "resnet50", "--quick")
    assert code == 0 and "\r\x1b[K" in err and "#################### 2/2" in err and err.count("AMD EPYC 9575F") == 1


def test_quick_measures_latency_only_where_it_is_asked_for(probe: Probe, home: Path) -> None:
    assert probe("resnet18", "--quick")[0] == 0
    assert {visit.task.quantity for visit in visits(home / "measurements.db")} == {"throughput"}
    assert probe("resnet18", "--quick", "--latency")[0] == 0
    assert {visit.task.quantity for visit in visits(home / "measurements.db")} == {"throughput", "latency"}


def test_without_slurm_a_sentence_says_what_to_do(probe: Probe, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(home))
    code, _, err = probe(
        "resnet18", "--engine", "slurm", "--slurm-time", "2h", "--slurm", "mem_gb=32", "--slurm", "qos=low"
    )
    assert code == 1 and ("login node" in err or "backbones[slurm]" in err)
    assert probe("resnet18", "--engine", "slurm", "--slurm", "mem_gb")[0] == 2
    assert probe("resnet18", "--engine", "slurm", "--slurm", "mem_gb=much")[0] == 2


def test_without_the_extra_a_sentence_says_what_to_install(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Here:
        raise BackbonesError(
            "measuring needs torch and timm, and timm is missing; install them with: pip install 'backbones[probe]'"
        )

    monkeypatch.setattr(choice, "look_around", missing)
    code, _, err = probe("resnet18")
    assert code == 1 and "pip install 'backbones[probe]'" in err and "Traceback" not in err


def test_export_and_compare_are_commands_of_their_own(probe: Probe, home: Path) -> None:
    code, out, _ = probe("--help")
    assert (
        code == 0
        and "Usage: backbones probe [OPTIONS]" in out
        and "export" in out
        and "compare" in out
        and "--answer" in out
    )
    assert probe("resnet18", "--quick")[0] == 0
    code, out, err = probe("export", "--every-host")
    assert code == 0 and "1 measured row" in err and "resnet18" in out
    code, _, err = probe("compare", "no such device")
    assert code == 1 and "no such device" in err


def test_a_question_is_answered_with_few_models(probe: Probe, home: Path, models: tuple[str, ...]) -> None:
    pytest.importorskip("numpy", reason="predicting needs numpy: pip install 'backbones[probe]'")
    question = "top_1@imagenet-1k where throughput@here > 1000 and params_m < 100"
    code, out, err = probe("--answer", question, "--format", "json")
    (row,) = json.loads(out)
    assert code == 0 and row["throughput_img_s"] == pytest.approx(1600) and row["model"] in models
    taken = [visit.task for visit in visits(home / "measurements.db")]
    assert row["model"] in {task.model for task in taken} and len(set(taken)) == len(taken) <= 16
    assert {task.quantity for task in taken} == {"throughput"} and "candidates did not have to be" in err
    ((setting, count),) = predicted_settings(home / "measurements.db")
    assert setting.device == "AMD EPYC 9575F" and count > 100
    code, _, err = probe("--answer", "top_1@imagenet-1k where throughput@here > 5000000", "--progress", "jsonl")
    assert code == 1 and "no model passes" in err


def test_models_are_spread_over_cards_of_one_name(
    probe: Probe, home: Path, monkeypatch: pytest.MonkeyPatch, models: tuple[str, ...]
) -> None:
    cards = {"cuda:0": "NVIDIA H200", "cuda:1": "NVIDIA H200"}
    monkeypatch.setattr(choice, "look_around", lambda: Here(models, (*cards, "cpu"), cards))
    words = ("resnet18", "resnet50", "convnext_tiny", "darknet53", "--rounds", "1", "--spread")
    code, out, err = probe(*words, "--dry-run", "--format", "json")
    where = {row["model"]: row["device"] for row in json.loads(out)}
    assert code == 0 and len(json.loads(out)) == 8 and sorted(where.values()) == ["cuda:0"] * 2 + ["cuda:1"] * 2
    assert "on cuda:0, cuda:1, each model on one of them" in err
    assert probe(*words)[0] == 0
    taken = [visit.task for visit in visits(home / "measurements.db")]
    assert len(taken) == 8 and {task.model: task.device for task in taken} == where
    code, _, err = probe(*words)
    assert code == 0 and "4 already measured on cuda:0" in err and "4 already measured on cuda:1" in err
    monkeypatch.setattr(choice, "look_around", lambda: Here(models, ("cuda:0", "cpu")))
    assert probe(*words)[0] == 1


class InThisProcess:
    """An engine that measures in this process, one shard after another."""

    def submit(self, shards: list[Shard]) -> list[Job]:
        return [Done(shard) for shard in shards]


class Done:
    """A shard that is measured when it is asked for."""

    label = "0"

    def __init__(self, shard: Shard) -> None:
        self.shard = shard

    def is_over(self) -> bool:
        return True

    def outcome(self) -> Outcome:
        return measure(self.shard)

    def cancel(self) -> None:
        """Nothing runs."""


def test_a_cluster_measures_in_shards(probe: Probe, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Path, bool]] = []

    def engine(options: object, root: Path, is_gpu: bool) -> tuple[InThisProcess, int]:
        asked.append((root, is_gpu))
        return InThisProcess(), 2

    monkeypatch.setattr(probe_fleet, "_engine", engine)
    words = ("resnet18", "resnet50", "error_net", "--quick", "--engine", "slurm", "--devices", "cpu")
    code, out, err = probe(*words, "--format", "json")
    assert code == 0 and {row["model"] for row in json.loads(out)} == {"resnet18", "resnet50"}
    assert (
        asked == [(home / "fleet", False)]
        and "in 2 shards by slurm" in err
        and "error_net throughput fp32: error" in err
    )
    assert len(visits(home / "measurements.db")) == 3
    files = sorted((home / "fleet").glob("*/shard-*.db"))
    assert len(files) == 2 and sum(len(visits(file)) for file in files) == 3
    assert probe(*words)[0] == 0 and len(visits(home / "measurements.db")) == 3
    assert probe(*words, "--no-resume")[0] == 0 and len(visits(home / "measurements.db")) >= 3
    assert sum(len(visits(file)) for file in (home / "fleet").glob("*/*.db")) == 6

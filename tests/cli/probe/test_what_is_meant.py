"""Which models and settings words, filters and views mean; mistakes are sentences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backbones.store.measuring.keeping import visits
from backbones.store.saved_views import save
from backbones.store.view import Sort, View

if TYPE_CHECKING:
    from tests.cli.probe.conftest import Probe


def test_names_with_a_resolution_and_names_of_weights_mean_models(probe: Probe) -> None:
    words = ("--no-latency", "--dry-run", "--format", "json")

    def meant(*names: str) -> list[tuple[str, int | None]]:
        code, out, _ = probe(*names, *words)
        assert code == 0
        return [(row["model"], row["resolution"]) for row in json.loads(out)]

    assert meant("resnet18@160", "resnet18@224", "resnet18") == [
        ("resnet18", 160),
        ("resnet18", 224),
        ("resnet18", 288),
    ]
    assert meant("resnet18.a1_in1k@288", "resnet18@288", "resnet18") == [("resnet18", 288)], (
        "its own size by the catalogue's counts"
    )
    assert meant("convnext_*@96", "-r", "64") == [("convnext_tiny", 96), ("convnext_base", 96)]
    assert meant("ConvNeXt-T@224", "resnet50", "-r", "64") == [("convnext_tiny", 224), ("resnet50", 64)]
    assert meant("Swin_T_Weights.IMAGENET1K_V1@224") == [("swin_tiny_patch4_window7_224", 224)]
    assert meant("Swin_T_Weights.IMAGENET1K_V1") == [("swin_tiny_patch4_window7_224", 224)]


def test_names_that_timm_does_not_have_are_left_out_only_when_asked(probe: Probe, home: Path) -> None:
    names = ("resnet18", "no_such_net", "CoAtNet-7@512", "ConvNeXt", "resnt18@224")
    for wrong in names[1:]:
        assert probe("resnet18", wrong, "--dry-run")[0] == 1
    code, _, err = probe(*names, "--skip-unknown", "--quick")
    assert (
        code == 0 and "left out, since timm has no such model: no_such_net, CoAtNet-7@512, ConvNeXt, resnt18@224" in err
    )
    assert {visit.task.model for visit in visits(home / "measurements.db")} == {"resnet18"}
    code, _, err = probe("no_such_net", "--skip-unknown")
    assert code == 1 and "nothing to measure: timm has none of the models" in err


def test_a_program_is_told_the_plan_and_what_is_left_out(probe: Probe, home: Path) -> None:
    code, out, _ = probe(
        "--progress", "jsonl", "--dry-run", "--skip-unknown", "--", "resnet18@160", "resnet18", "nothing"
    )
    left_out, plan = map(json.loads, out.splitlines())
    assert code == 0 and left_out == {"event": "left_out", "names": ["nothing"], "rows": 0}
    assert plan == {
        "event": "would_measure", "tasks": 4, "models": 2, "expected_s": plan["expected_s"], "known_devices": ["cpu"],
    }  # fmt: skip
    assert plan["expected_s"] > 5 and not visits(home / "measurements.db")
    code, out, _ = probe("--progress", "jsonl", "--dry-run", "--where", "params_m < 30 and top_1@imagenet-1k > 75")
    assert code == 0 and json.loads(out.splitlines()[0])["rows"] > 100


def test_a_filter_means_models_at_the_resolutions_of_its_rows(probe: Probe) -> None:
    words = ("--where", "params_m < 30 and top_1@imagenet-1k > 75", "--no-latency", "--dry-run", "--format", "json")
    code, out, err = probe(*words)
    rows = json.loads(out)
    models = {row["model"] for row in rows}
    assert code == 0 and {"resnet50", "convnext_tiny"} <= models and not {"convnext_base", "resnet18"} & models
    assert {row["resolution"] for row in rows if row["model"] == "resnet50"} >= {288, 224}
    assert "rows are of a backbone that the installed timm does not have" in err and "would measure" in err
    _, out, _ = probe("resnet*", *words, "--resolution", "128")
    assert [(row["model"], row["resolution"]) for row in json.loads(out)] == [("resnet50", 128)]
    code, _, err = probe("--where", "params_m < 0.001")
    assert code == 1 and "nothing to measure: no row passes" in err
    code, _, err = probe("--where", "parms_m < 1")
    assert code == 1 and "params_m" in err


def test_a_view_means_the_models_on_its_front(probe: Probe, home: Path) -> None:
    view = View(filter="params_m < 100", columns=("checkpoint",), sort=(Sort("top_1@imagenet-1k"),), pareto=False)
    save(home / "measurements.db", "all", view)
    save(home / "measurements.db", "front", view.with_(pareto=True))
    words = ("--no-latency", "--dry-run", "--format", "json")
    everything = {row["model"] for row in json.loads(probe("--view", "all", *words)[1])}
    front = {row["model"] for row in json.loads(probe("--view", "front", *words)[1])}
    assert front < everything and "mobilenetv3_small_100" in front and "resnet50" not in front
    assert probe("--view", "nothing of that name", *words)[0] == 1


def test_settings_become_tasks(probe: Probe) -> None:
    words = (
        "--precision",
        "bf16",
        "--precision",
        "fp32",
        "--memory-format",
        "channels_last",
        "--compile",
        "--fused",
        "-b",
        "8",
    )
    _, out, err = probe("resnet18", *words, "--dry-run", "--format", "json")
    rows = json.loads(out)
    assert [(row["precision"], row["quantity"], row["batch_size"]) for row in rows] == [
        ("bf16", "throughput", 8), ("bf16", "latency", None), ("fp32", "throughput", 8), ("fp32", "latency", None),
    ]  # fmt: skip
    assert all(row["compiled"] and row["fused"] and row["memory_format"] == "channels_last" for row in rows)
    assert "bf16, fp32, channels_last, compiled, fused" in err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "name models"),
        (("resnt18",), 1, "did you mean 'resnet18'"),
        (("resnt18@224",), 1, "did you mean 'resnet18'"),
        (("resnet18@abc",), 1, "abc is no resolution"),
        (("resnet18@99999",), 1, "99999 is no resolution"),
        (("resnet18", "--precision", "tf32"), 1, "cpu has no TF32"),
        (("resnet18", "--budget", "soon"), 1, "'soon' is no duration"),
        (("--answer", "top_1@imagenet-1k", "--budget", "0s"), 1, "a duration of nothing"),
        (("resnet18", "--engine", "slurm", "--slurm-time", "late"), 1, "'late' is no duration"),
        ((), 2, "Try 'backbones probe --help'"),
        (("resnet18", "--devices", "cuda:0"), 1, "no device 'cuda:0' here; torch sees cpu"),
        (("resnet18", "--slurm-partition", "gpu"), 2, "--engine slurm"),
        (("resnet18", "--shards", "2"), 2, "--engine slurm or ray"),
        (("resnet18", "--spread"), 1, "--spread is for several devices of one name, and there is only cpu"),
        (("resnet18", "--spread", "--engine", "ray"), 2, "the GPUs of this machine"),
        (("resnet18", "--engine", "ray", "--budget", "1h"), 2, "--slurm-time"),
        (("resnet18", "--engine", "slurm", "--devices", "all"), 2, "each job has one device"),
        (("resnet18", "--answer", "top_1@imagenet-1k where throughput@here > 1"), 2, "put limits into the question"),
        (("--answer", "top_1@imagenet-1k"), 1, "ask with a limit"),
        (("--answer", "top_1@imagenet-1k where throughput@here:precision=fp7 > 1"), 1, "'fp7' is no precision"),
    ],
)
def test_mistakes_are_sentences(probe: Probe, words: tuple[str, ...], code: int, said: str) -> None:
    found, _, err = probe(*words)
    assert found == code and said in err


def test_variables_that_overrule_the_precision_are_said_not_to_hold(
    probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "0")
    monkeypatch.setenv("CUDA_LAUNCH_BLOCKING", "1")
    code, _, err = probe("resnet18", "error_net", "--quick")
    assert code == 0 and err.count("measured without NVIDIA_TF32_OVERRIDE and CUDA_LAUNCH_BLOCKING") == 1

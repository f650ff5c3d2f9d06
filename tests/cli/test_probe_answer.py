"""`backbones probe --answer` as a user runs it: settings in the question, contradictions, figures near the limit. Speeds are made up."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from backbones.cli.main import run
from backbones.probe.predicting import measuring
from backbones.probe.speed import choice, worker_process
from backbones.probe.speed.choice import Here
from backbones.store.measuring.keeping import visits
from backbones.store.measuring.predictions import predicted_settings

WORKER = Path(__file__).parent.parent / "probe" / "speed" / "fake_worker.py"
MODELS = (
    "resnet18", "resnet50", "convnext_tiny", "mobilenetv3_small_100", "vit_base_patch16_224", "swin_tiny_patch4_window7_224", "convnext_base",
    "mixer_s32_224", "coatnet_0_rw_224", "efficientnet_b3", "vit_tiny_patch16_224", "repvgg_a2",
)  # fmt: skip
ABOVE = "top_1@imagenet-1k where throughput@here{} > 1000 and params_m < 100"
Probe = Callable[..., tuple[int, str, str]]


@pytest.fixture
def probe(
    tmp_path: Path, furnish: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Probe:
    """Exit code, stdout and stderr of `backbones probe` on a machine where every model does 1600 images a second."""
    pytest.importorskip("numpy", reason="predicting needs numpy: pip install 'backbones[probe]'")
    monkeypatch.setenv("BACKBONES_HOME", str(furnish(tmp_path / "home")))
    monkeypatch.setattr(choice, "look_around", lambda: Here(MODELS, ("cpu",)))
    monkeypatch.setattr(worker_process, "TORCH", (sys.executable, "-P", str(WORKER), "--slow", "0.1"))
    monkeypatch.setattr(measuring, "APART_S", 0.0)

    def command(*words: str) -> tuple[int, str, str]:
        code = run(["probe", *words])
        return code, *capfd.readouterr()

    return command


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "home" / "measurements.db"


def test_the_question_says_in_which_setting(probe: Probe, file: Path) -> None:
    code, out, err = probe(
        "--answer", ABOVE.format(":precision=bf16,layout=channels-last,compiled=yes"), "--format", "json"
    )
    (row,) = json.loads(out)
    assert code == 0 and row["throughput_img_s"] == pytest.approx(1600)
    tasks = {visit.task for visit in visits(file)}
    assert {(t.precision, t.memory_format, t.compiled, t.batch_size) for t in tasks} == {
        ("bf16", "channels_last", True, 0)
    }
    assert "in bf16, channels_last, compiled on cpu" in err
    ((setting, _),) = predicted_settings(file)
    assert (setting.precision, setting.memory_format, setting.compiled) == ("bf16", "channels_last", True)
    before = len(visits(file))
    assert probe("--answer", ABOVE.format(":precision=bf16"))[0] == 0  # another setting: nothing of it is known
    assert len(visits(file)) >= before + 10
    assert {visit.task.compiled for visit in visits(file)[before:]} == {False}


def test_a_batch_size_is_measured_and_its_predictions_are_no_column(probe: Probe, file: Path) -> None:
    code, _, err = probe("--answer", ABOVE.format(":batch=32"))
    assert code == 0 and "in fp32, at batch 32 on cpu" in err and "are kept" not in err
    assert {visit.task.batch_size for visit in visits(file)} == {32} and predicted_settings(file) == []


def test_options_may_say_what_the_question_leaves_open(probe: Probe, file: Path) -> None:
    code, _, _ = probe(
        "--answer", ABOVE.format(":precision=fp16"), "--precision", "fp16", "--memory-format", "channels_last"
    )
    assert code == 0
    assert {(v.task.precision, v.task.memory_format) for v in visits(file)} == {("fp16", "channels_last")}


@pytest.mark.parametrize(
    ("setting", "options", "code", "said"),
    [
        (":precision=bf16", ["--precision", "fp16"], 2, "--precision contradicts precision=bf16 in the question; say it once"),
        (":precision=bf16", ["--precision", "bf16", "--precision", "fp16"], 2, "--precision contradicts"),
        (":layout=channels_last", ["--memory-format", "contiguous"], 2, "--memory-format contradicts"),
        (":compiled=no", ["--compile"], 2, "--compile contradicts compiled=no"),
        (":batch=8", ["--batch-size", "16"], 2, "--batch-size contradicts batch_size=8"),
        (":batch=many", [], 1, "'many' is no batch size"),
        (":compiled=perhaps", [], 1, "says neither yes nor no"),
        (":layout=blocked", [], 1, "'blocked' is no memory format"),
        (":layout=nhwc", ["--memory-format", "contiguous"], 2, "--memory-format contradicts memory_format=nhwc"),
        (":resolution=224", [], 1, "put `resolution = 224` beside the limit"),
        ("", ["--resolution", "224"], 2, "put `resolution = 224` into the question"),
        ("", ["--fused"], 2, "leave --fused away"),
        ("", ["--train"], 2, "leave --train away"),
        ("", ["--precision", "bf16", "--precision", "fp16"], 2, "measures in one precision"),
    ],
)  # fmt: skip
def test_a_contradiction_is_a_sentence(
    probe: Probe, file: Path, setting: str, options: list[str], code: int, said: str
) -> None:
    found, _, err = probe("--answer", ABOVE.format(setting), *options)
    assert found == code and said in err and not visits(file)


def times(file: Path) -> Counter[tuple[str, int]]:
    """How often each model was visited at each resolution."""
    return Counter((visit.task.model, visit.task.resolution) for visit in visits(file))


def test_a_figure_near_the_limit_is_visited_again_and_the_reply_says_so(probe: Probe, file: Path) -> None:
    near = "top_1@imagenet-1k where throughput@here > 1590"
    code, _, err = probe("--answer", near, "--progress", "jsonl")
    assert code == 0
    ((again, resolution),) = [key for key, count in times(file).items() if count > 1]
    assert times(file)[again, resolution] == 3 and f"too near to go by one visit: {again} 3 times" in err
    assert f"{again}: 1,600.0 img/s in 3 visits is known to" in err and "--rounds 5 visits it more often" in err
    code, out, err = probe("--answer", near, "--progress", "jsonl", "--rounds", "5")
    told = [json.loads(line) for line in out.splitlines()]
    (answered,) = [event for event in told if event["event"] == "answered"]
    assert code == 0 and answered["model"] == again and not answered["is_certain"]
    steps = [(event["model"], event["visit"]) for event in told if event["event"] == "step" and event["why"] == "again"]
    assert steps == [(again, 4), (again, 5)] and times(file)[again, resolution] == 5


def test_what_is_known_is_said_once_and_names_no_model_that_decides_nothing(probe: Probe, file: Path) -> None:
    assert probe("resnet50", "resnet18", "--no-latency", "--rounds", "2", "--resolution", "224")[0] == 0
    code, _, err = probe("--answer", "top_1@imagenet-1k where throughput@here > 1000 and params_m < 100")
    assert code == 0 and err.count("already measured") == 1 and "too near" not in err
    code, _, err = probe("--answer", "top_1@imagenet-1k where throughput@here > 1000 and params_m < 100")
    assert code == 0 and err.count("already measured") == 1 and "too near" not in err


def test_the_parameters_of_the_answer_are_shown_where_they_are_asked_about(probe: Probe) -> None:
    code, out, err = probe("--answer", ABOVE.format(""), "--format", "json")
    (row,) = json.loads(out)
    assert code == 0 and 0 < row["params_m"] < 100 and "params M: as timm counts" in err
    code, out, err = probe("--answer", "top_1@imagenet-1k where throughput@here > 1000", "--format", "json")
    assert code == 0 and "params_m" not in json.loads(out)[0] and "params M" not in err


def test_a_question_that_no_model_passes_is_answered_before_torch_is_loaded(
    probe: Probe, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_around() -> Here:
        raise AssertionError("torch and timm are loaded for nothing")

    monkeypatch.setattr(choice, "look_around", look_around)
    code, _, err = probe("--answer", "top_1@imagenet-1k where throughput@here > 1 and params_m < 0.1")
    assert code == 1 and "no model of timm passes" in err and "about" not in err and not visits(file)


def test_quick_goes_by_one_visit(probe: Probe, file: Path) -> None:
    code, _, err = probe("--answer", "top_1@imagenet-1k where throughput@here > 1590", "--quick")
    assert code == 0 and set(times(file).values()) == {1} and "not certain" in err


def test_a_budget_that_is_over_is_no_failure(probe: Probe, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = (sys.executable, "-P", str(WORKER), "--slow", "6000")  # a minute a visit
    monkeypatch.setattr(worker_process, "TORCH", command)
    code, _, err = probe("--answer", ABOVE.format(""), "--budget", "2s")
    assert code == 0 and "2s are over before the answer was certain" in err and not visits(file)


def test_a_budget_that_is_no_time_is_said_before_anything_is_looked_at(
    probe: Probe, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_around() -> Here:
        raise AssertionError("torch and timm are loaded for nothing")

    monkeypatch.setattr(choice, "look_around", look_around)
    for more in ((), ("--dry-run",)):
        code, _, err = probe("--answer", ABOVE.format(""), "--budget", "5x", *more)
        assert code == 1 and "'5x' is no duration" in err and not visits(file)

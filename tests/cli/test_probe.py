"""`backbones probe` as a user runs it, with a worker that tells stories; one test measures a real model where torch is there."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backbones.cli import probe_fleet
from backbones.cli.main import run
from backbones.probe.fleet.driver import Job
from backbones.probe.fleet.handover import holding
from backbones.probe.fleet.shard import Outcome, Shard, measure
from backbones.probe.speed import choice, resuming, worker_process
from backbones.probe.speed.choice import Here
from backbones.store.errors import BackbonesError
from backbones.store.measuring.keeping import keep, visits
from backbones.store.measuring.predictions import predicted_settings
from backbones.store.saved_views import save
from backbones.store.view import Sort, View

WORKER = Path(__file__).parent.parent / "probe" / "speed" / "fake_worker.py"
MODELS = (
    "resnet18", "resnet50", "convnext_tiny", "error_net", "crash_net", "sleep_a", "sleep_b", "sleep_c", "test_vit", "mobilenetv3_small_100",
    "vit_base_patch16_224", "swin_tiny_patch4_window7_224", "convnext_base", "mixer_s32_224", "coatnet_0_rw_224", "efficientnet_b3",
    "vit_tiny_patch16_224", "repvgg_a2", "darknet53", "levit_256",
)  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, furnish: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the shipped catalogue; what is measured is made up."""
    folder = furnish(tmp_path / "home")
    monkeypatch.setenv("BACKBONES_HOME", str(folder))
    monkeypatch.setattr(choice, "look_around", lambda: Here(MODELS, ("cpu",)))
    monkeypatch.setattr(worker_process, "TORCH", (sys.executable, "-P", str(WORKER), "--slow", "0.4"))
    return folder


@pytest.fixture
def probe(home: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Exit code, stdout and stderr of `backbones probe`."""

    def command(*words: str) -> tuple[int, str, str]:
        code = run(["probe", *words])
        out, err = capfd.readouterr()
        return code, out, err

    return command


Probe = Callable[..., tuple[int, str, str]]


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


def test_ctrl_c_keeps_what_is_done_and_the_same_command_goes_on(probe: Probe, home: Path) -> None:
    def interrupt() -> None:
        while not visits(home / "measurements.db"):
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    words = ("sleep_a", "sleep_b", "sleep_c", "--quick")
    code, out, err = probe(*words)
    had = {visit.task.model for visit in visits(home / "measurements.db")}
    assert code == 130 and "the same command goes on from there" in err
    assert 1 <= len(had) < 3 and all(model in out for model in had)
    code, out, err = probe(*words)
    assert code == 0 and f"{len(had)} already measured" in err
    assert sorted(visit.task.model for visit in visits(home / "measurements.db")) == ["sleep_a", "sleep_b", "sleep_c"]


def test_a_budget_ends_the_run(probe: Probe, home: Path) -> None:
    code, _, err = probe("sleep_a", "sleep_b", "sleep_c", "--rounds", "9", "--budget", "1.2s")
    assert code == 0 and "1.2s are over; every finished visit is kept" in err
    assert len(visits(home / "measurements.db")) < 12
    assert probe("resnet18", "--budget", "soon")[0] == 1


def test_a_budget_counts_from_the_beginning_of_the_command(
    probe: Probe, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow() -> Here:
        time.sleep(0.6)
        return Here(MODELS, ("cpu",))

    monkeypatch.setattr(choice, "look_around", slow)
    code, _, err = probe("resnet18", "--budget", "0.5s")
    assert code == 0 and "0.5s are over; nothing was finished yet" in err and not visits(home / "measurements.db")


def test_a_dry_run_says_what_is_measured_already(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resuming, "host_id", lambda: "0123456789ab")
    assert probe("resnet18", "error_net", "--quick")[0] == 0
    code, out, err = probe("resnet18", "error_net", "resnet50@160", "--quick", "--latency", "--dry-run")
    lines = {tuple(line.split()[:3]): line.split() for line in out.splitlines()}
    assert code == 0 and "2 of these 6 were measured before and are left out" in err
    assert lines["resnet18", "288", "throughput"][-2:] == ["searched", "yes"]
    assert lines["resnet18", "288", "latency"][-2:] == ["1", "no"]
    assert lines["resnet50", "160", "throughput"][-1] == "no"
    assert "were measured before" not in probe("resnet18", "--quick", "--no-resume", "--dry-run")[2]
    _, out, err = probe("error_net", "--quick", "--retry", "--dry-run", "--format", "json")
    assert [row["measured"] for row in json.loads(out)] == [False] and "would measure 1 model" in err
    _, _, err = probe("resnet18", "--quick", "--dry-run")
    assert "nothing is left of 1 model" in err
    assert "1 of these" in err and "would measure" not in err


def test_quick_measures_latency_only_where_it_is_asked_for(probe: Probe, home: Path) -> None:
    assert probe("resnet18", "--quick")[0] == 0
    assert {visit.task.quantity for visit in visits(home / "measurements.db")} == {"throughput"}
    assert probe("resnet18", "--quick", "--latency")[0] == 0
    assert {visit.task.quantity for visit in visits(home / "measurements.db")} == {"throughput", "latency"}


def test_a_second_probe_waits_until_the_device_is_free(probe: Probe, home: Path) -> None:
    lock = home / "probing" / "cpu.lock"
    is_held, held_until = threading.Event(), []

    def other() -> None:
        with holding(lock):
            is_held.set()
            time.sleep(0.8)
            held_until.append(time.monotonic())

    thread = threading.Thread(target=other)
    thread.start()
    assert is_held.wait(5)
    code, _, err = probe("resnet18", "--quick")
    thread.join()
    assert code == 0 and f"another probe measures cpu (process {os.getpid()} on " in err
    (visit,) = visits(home / "measurements.db")
    with holding(lock):
        code, out, err = probe("resnet50", "--quick", "--budget", "0.3s", "--progress", "jsonl")
    assert code == 1 and "0.3s are over, and cpu is still measured by process" in err
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["planned", "held"]
    assert held_until and time.monotonic() > held_until[0] and visit.status == "ok"


def test_a_no_before_a_long_run_is_no_interruption(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("click.confirm", lambda *words, **more: False)
    code, out, err = probe(*MODELS, "--train", "--precision", "fp32", "--precision", "bf16")
    assert code == 1 and "not begun" in err and "interrupted" not in err and not out


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


def test_a_question_is_answered_with_few_models(probe: Probe, home: Path) -> None:
    pytest.importorskip("numpy", reason="predicting needs numpy: pip install 'backbones[probe]'")
    question = "top_1@imagenet-1k where throughput@here > 1000 and params_m < 100"
    code, out, err = probe("--answer", question, "--format", "json")
    (row,) = json.loads(out)
    assert code == 0 and row["throughput_img_s"] == pytest.approx(1600) and row["model"] in MODELS
    taken = [visit.task for visit in visits(home / "measurements.db")]
    assert row["model"] in {task.model for task in taken} and len(set(taken)) == len(taken) <= 16
    assert {task.quantity for task in taken} == {"throughput"} and "candidates did not have to be" in err
    ((setting, count),) = predicted_settings(home / "measurements.db")
    assert setting.device == "AMD EPYC 9575F" and count > 100
    code, _, err = probe("--answer", "top_1@imagenet-1k where throughput@here > 5000000", "--progress", "jsonl")
    assert code == 1 and "no model passes" in err


def test_a_question_that_is_interrupted_keeps_what_was_measured(
    probe: Probe, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("numpy", reason="predicting needs numpy: pip install 'backbones[probe]'")

    def interrupt() -> None:
        while not visits(home / "measurements.db"):
            time.sleep(0.005)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(worker_process, "TORCH", (sys.executable, "-P", str(WORKER), "--slow", "20"))
    threading.Thread(target=interrupt, daemon=True).start()
    code, _, err = probe("--answer", "top_1@imagenet-1k where throughput@here > 1000")
    assert code == 130 and "stopped before the answer was certain" in err
    assert 1 <= len(visits(home / "measurements.db")) < 10


def test_models_are_spread_over_cards_of_one_name(probe: Probe, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = {"cuda:0": "NVIDIA H200", "cuda:1": "NVIDIA H200"}
    monkeypatch.setattr(choice, "look_around", lambda: Here(MODELS, (*cards, "cpu"), cards))
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
    monkeypatch.setattr(choice, "look_around", lambda: Here(MODELS, ("cuda:0", "cpu")))
    assert probe(*words)[0] == 1


def test_a_file_that_is_locked_loses_no_visit(probe: Probe, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    from backbones.cli import probe_run
    from backbones.store.measuring import file

    monkeypatch.setattr(file, "BUSY_S", 0.05)
    assert probe("resnet18", "--quick")[0] == 0
    other = sqlite3.connect(home / "measurements.db", isolation_level=None)

    def locking(*words: Path) -> None:
        other.execute("begin immediate")  # others may read, nobody may write

    monkeypatch.setattr(probe_run, "earlier_in", locking)
    code, _, err = probe("resnet50", "convnext_tiny", "--quick")
    other.close()
    assert code == 1 and err.count("each finished visit waits in memory") == 1
    assert "2 visits could not be kept: another program has had" in err and "backbones measurements merge" in err
    (beside,) = home.glob("measurements-not-kept-*.db")
    assert {visit.task.model for visit in visits(beside)} == {"resnet50", "convnext_tiny"}
    assert run(["measurements", "merge", str(beside)]) == 0
    assert len(visits(home / "measurements.db")) == 3


def test_variables_that_overrule_the_precision_are_said_not_to_hold(
    probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "0")
    monkeypatch.setenv("CUDA_LAUNCH_BLOCKING", "1")
    code, _, err = probe("resnet18", "error_net", "--quick")
    assert code == 0 and err.count("measured without NVIDIA_TF32_OVERRIDE and CUDA_LAUNCH_BLOCKING") == 1


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


def test_the_points_of_the_search_are_kept_by_rounds_that_do_not_search(home: Path) -> None:
    import sqlite3
    from dataclasses import replace

    from backbones.store.measuring.visit import Conditions, Seen, Task, Visit

    under = Conditions("0123456789ab", "CPU", "cpu", 1, "", "", "", "2.9", "1", "3", "Linux", 1, False, True, "")
    seen = Seen(8, 224, 100.0, blocks=(0.1,), batches=((4, 90.0, 1.0), (8, 100.0, 2.0)))
    first = Visit(Task("a", "throughput", "cpu", "fp32"), under, 1, "2026-11-21T10:00:00Z", 1.0, "ok", seen)
    second = replace(first, round=2, started="2026-11-21T10:00:09Z", seen=replace(seen, batches=()))
    for visit in (second, first):
        keep(home / "measurements.db", visit)
    with sqlite3.connect(home / "measurements.db") as connection:
        (details,) = connection.execute("select details from measurement").fetchone()
    connection.close()
    assert json.loads(details)["batches"] == [[4, 90.0, 1.0], [8, 100.0, 2.0]]


@pytest.fixture
def real(tmp_path: Path, furnish: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    pytest.importorskip("timm", reason="measuring needs timm: pip install 'backbones[probe]'", exc_type=ImportError)
    folder = furnish(tmp_path / "home")
    monkeypatch.setenv("BACKBONES_HOME", str(folder))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    yield folder


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_this_machine_answers_after_measuring(real: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["probe", "test_vit", "--quick", "--batch-size", "1", "--devices", "cpu"]) == 0
    out, err = capfd.readouterr()
    assert "test_vit" in out and "1 model, throughput in fp32 on cpu" in err
    assert run(["query", "throughput@here > 0", "-c", "backbone,throughput@here", "--format", "json"]) == 0
    (row,) = json.loads(capfd.readouterr().out)
    assert row["backbone"] == "test_vit" and row["throughput@here"] > 0

"""The Slurm engine with submitit's local executor: the same jobs, as processes of this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

submitit = pytest.importorskip(
    "submitit", reason="Slurm needs submitit: pip install 'backbones[slurm]'", exc_type=ImportError
)

import interrupted  # noqa: E402

from backbones.probe.fleet.driver import Fleet, ShardOver, Submitted  # noqa: E402
from backbones.probe.fleet.shard import Outcome, Shard, measure  # noqa: E402
from backbones.probe.fleet.slurm import ShardCall, SlurmEngine, Wishes  # noqa: E402
from backbones.probe.speed.schedule import Rounds  # noqa: E402
from backbones.store.errors import BackbonesError  # noqa: E402
from backbones.store.measuring.keeping import visits  # noqa: E402
from backbones.store.measuring.visit import Task  # noqa: E402

WORKER = Path(__file__).parent.parent / "speed" / "fake_worker.py"
COMMAND = (sys.executable, "-P", str(WORKER), "--slow", "20")
pytestmark = pytest.mark.filterwarnings("ignore")  # of submitit


def shard(number: int, folder: Path, *models: str, device: str = "cpu") -> Shard:
    todo = tuple(Task(model, "throughput", device, "fp32") for model in models)
    return Shard(number, todo, folder / f"shard-{number}.db", Rounds(1, 1), command=COMMAND)


def test_a_shard_that_is_killed_is_submitted_again_and_finishes(tmp_path: Path) -> None:
    engine = SlurmEngine(tmp_path, Wishes(minutes=5, gpus=0), cluster="local", does=interrupted.killed_once)
    shards = [shard(0, tmp_path, "a", "b", "c", "d"), shard(1, tmp_path, "e", "error")]
    told = list(Fleet(engine, shards, tmp_path / "measurements.db", look_s=0.1).events())
    over = [(event.shard, event.outcome, event.again) for event in told if isinstance(event, ShardOver)]
    assert (1, Outcome(1, ok=1, failed=1), False) in over
    assert [one[1:] for one in over if one[0] == 0] == [(None, True), (Outcome(0, ok=4, failed=0), False)]
    assert [event.attempt for event in told if isinstance(event, Submitted) and event.shard == 0] == [1, 2]
    kept = visits(tmp_path / "measurements.db")
    assert sorted(visit.task.model for visit in kept) == ["a", "b", "c", "d", "e", "error"]  # none was taken twice
    assert any(event.new for event in told if isinstance(event, ShardOver) and event.again)


def test_what_no_attempt_would_change_is_said_once(tmp_path: Path) -> None:
    engine = SlurmEngine(tmp_path, Wishes(minutes=5, gpus=0), cluster="local", does=measure)
    (over,) = [
        event
        for event in Fleet(engine, [shard(0, tmp_path, "a", device="nowhere")], tmp_path / "m.db", look_s=0.1).events()
        if isinstance(event, ShardOver)
    ]
    assert over.why == "torch sees no device 'nowhere' here" and not over.again


def test_a_node_on_which_no_worker_starts_is_not_the_last_word(tmp_path: Path) -> None:
    engine = SlurmEngine(tmp_path, Wishes(minutes=5, gpus=0), cluster="local", does=measure)
    fleet = Fleet(engine, [shard(0, tmp_path, "a", device="dies")], tmp_path / "m.db", attempts=2, look_s=0.1)
    over = [event for event in fleet.events() if isinstance(event, ShardOver)]
    assert [event.again for event in over] == [True, False] and "exit code 7" in over[0].why


def test_without_slurm_a_sentence_says_where_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackbonesError, match="login node"):
        SlurmEngine(tmp_path)


def test_a_preempted_job_hands_the_same_shard_in_again(tmp_path: Path) -> None:
    call = ShardCall(shard(0, tmp_path, "a"))
    again = call.checkpoint()
    assert isinstance(again, submitit.helpers.DelayedSubmission) and again.function.shard == call.shard


def test_what_slurm_is_asked_for() -> None:
    asked = Wishes("gpu", "h100", 90, further={"account": "vision"}).parameters()
    assert (asked["slurm_partition"], asked["slurm_constraint"], asked["timeout_min"]) == ("gpu", "h100", 90)
    assert asked["slurm_additional_parameters"] == {"account": "vision"} and asked["gpus_per_node"] == 1
    assert "slurm_partition" not in Wishes().parameters()


def test_the_options_reach_sbatch_and_each_shard_is_an_element_of_one_array(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, does in (
        ("srun", "exit 0"),
        ("scontrol", "exit 0"),
        ("sbatch", f'cp "$1" {tmp_path}/script; echo "Submitted batch job 12"'),
    ):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{does}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin{os.pathsep}{os.environ['PATH']}")
    wishes = Wishes("gpu", "h100&nvlink", 90, further={"account": "vision"})
    jobs = SlurmEngine(tmp_path, wishes).submit([shard(number, tmp_path, "a") for number in range(3)])
    assert [job.label for job in jobs] == ["12_0", "12_1", "12_2"]
    script = (tmp_path / "script").read_text()
    for line in (
        "--partition=gpu", "--constraint=h100&nvlink", "--time=90", "--account=vision", "--gpus-per-node=1", "--array=0-2",
    ):  # fmt: skip
        assert f"#SBATCH {line}" in script.replace("'", "").replace('"', "")

"""The Slurm engine with submitit's local executor: the same jobs, as processes of this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

submitit = pytest.importorskip(
    "submitit", reason="Slurm needs submitit: pip install 'backbones[slurm]'", exc_type=ImportError
)

import interrupted  # noqa: E402

from backbones.probe.fleet import shard as shards  # noqa: E402
from backbones.probe.fleet.driver import Fleet, ShardOver, Submitted  # noqa: E402
from backbones.probe.fleet.handover import JobList  # noqa: E402
from backbones.probe.fleet.shard import NodeError, Outcome, Shard, measure  # noqa: E402
from backbones.probe.fleet.slurm import ShardCall, SlurmEngine, Wishes  # noqa: E402
from backbones.probe.holding import Held, holding  # noqa: E402
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


def put_programs(folder: Path, monkeypatch: pytest.MonkeyPatch, **does: str) -> None:
    """Programs of Slurm's by name, as shell scripts that come first in the path."""
    folder.mkdir(exist_ok=True)
    for name, script in does.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.slow
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
    put_programs(
        tmp_path / "bin", monkeypatch, srun="exit 0", scontrol="exit 0",
        sbatch=f'cp "$1" {tmp_path}/script; echo "Submitted batch job 12"',
    )  # fmt: skip
    wishes = Wishes("gpu", "h100&nvlink", 90, further={"account": "vision"})
    jobs = SlurmEngine(tmp_path, wishes).submit([shard(number, tmp_path, "a") for number in range(3)])
    assert [job.label for job in jobs] == ["12_0", "12_1", "12_2"]
    script = (tmp_path / "script").read_text()
    for line in (
        "--partition=gpu", "--constraint=h100&nvlink", "--time=90", "--account=vision", "--gpus-per-node=1", "--array=0-2",
    ):  # fmt: skip
        assert f"#SBATCH {line}" in script.replace("'", "").replace('"', "")


def test_squeue_says_which_jobs_of_a_killed_head_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = tmp_path / "asked"
    queue = f'echo "$@" > {said}; printf "11_0\\n12_1\\n12_10\\n"'
    put_programs(tmp_path / "bin", monkeypatch, srun="exit 0", squeue=queue)
    engine = SlurmEngine(tmp_path)
    assert engine.running([]) == [] and not said.exists()
    assert engine.running(["12_0", "12_1"]) == ["12_1"] and engine.running(["12_0"]) == []
    assert "--array" in said.read_text() and "--user=" in said.read_text()
    put_programs(tmp_path / "bin", monkeypatch, squeue='echo "Unable to contact slurm controller" >&2; exit 1')
    with pytest.raises(BackbonesError, match=r"squeue does not say .*Unable to contact slurm controller"):
        engine.running(["12_0"])


HEAD = """
import json, sys
from pathlib import Path
from backbones.probe.fleet.driver import Fleet
from backbones.probe.fleet.handover import JobList
from backbones.probe.holding import holding
from backbones.probe.fleet.shard import Shard
from backbones.probe.fleet.slurm import SlurmEngine, Wishes
from backbones.probe.speed.schedule import Rounds
from backbones.store.measuring.visit import Task
folder, command = Path(sys.argv[1]), tuple(json.loads(sys.argv[2]))
tasks = tuple(Task(name, "throughput", "cpu", "fp32") for name in ("a", "sleep"))
shard = Shard(0, tasks, folder / "shard-0.db", Rounds(1, 1), command=command)
engine = SlurmEngine(folder, Wishes(minutes=5, gpus=0), cluster="local")
with holding(folder / "head.lock"):
    for event in Fleet(engine, [shard], folder / "m.db", look_s=0.1, note=JobList(folder / "jobs.json").note).events():
        print(type(event).__name__, flush=True)
"""


def test_after_a_kill_of_the_head_its_job_goes_on_and_nobody_else_measures_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job is that of submitit's local executor; the lock is freed with the head, the list of jobs stays."""
    command = (sys.executable, "-P", str(WORKER), "--slow", "600")
    head = subprocess.Popen(
        [sys.executable, "-c", HEAD, str(tmp_path), json.dumps(command)], stdout=subprocess.PIPE, text=True, start_new_session=True
    )  # fmt: skip
    assert head.stdout is not None
    try:
        assert head.stdout.readline() == "Submitted\n"
        lock = tmp_path / "shard-0.lock"
        while not (lock.exists() and lock.read_text()):  # until the job has begun
            assert head.poll() is None
            time.sleep(0.05)
        with pytest.raises(Held) as held, holding(lock):
            raise AssertionError("nobody measures the shard")
        job = held.value.holder.split()[1]
        assert job != str(head.pid)
        head.send_signal(signal.SIGKILL)
        head.wait()
        with holding(tmp_path / "head.lock"):
            assert set(JobList(tmp_path / "jobs.json").left()) == {0}
        monkeypatch.setattr(shards, "WAIT_S", 0.1)
        with pytest.raises(NodeError, match=f"still being measured by process {job} on"):
            measure(shard(0, tmp_path, "a", "sleep"))
    finally:
        os.killpg(head.pid, signal.SIGKILL)  # the head, if it is there still, and its job
        head.wait()
        head.stdout.close()
    monkeypatch.setattr(shards, "WAIT_S", 30.0)
    assert measure(shard(0, tmp_path, "a")) == Outcome(0, ok=1, failed=0)  # the lock went with the job

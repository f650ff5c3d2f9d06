"""`backbones probe … --engine slurm` given a second time: what is known already, and a head that was killed. No cluster is here."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from backbones.cli import probe_fleet
from backbones.cli.main import run
from backbones.probe.fleet.driver import Job
from backbones.probe.fleet.handover import JobList
from backbones.probe.fleet.shard import Outcome, Shard, measure
from backbones.probe.holding import holding
from backbones.probe.speed import choice, worker_process
from backbones.probe.speed.choice import Here
from backbones.store.errors import BackbonesError
from backbones.store.measuring.keeping import visits

WORKER = Path(__file__).parent.parent / "probe" / "speed" / "fake_worker.py"
MODELS = ("resnet18", "resnet50", "convnext_tiny", "error_net")
ON_CLUSTER = ("--quick", "--engine", "slurm", "--devices", "cpu")


@dataclass
class Done:
    """A shard that is measured in this process when it is asked for."""

    shard: Shard
    label: str

    def is_over(self) -> bool:
        return True

    def outcome(self) -> Outcome:
        return measure(self.shard)

    def cancel(self) -> None:
        """Nothing runs."""


@dataclass
class Story:
    """An engine whose cluster says of earlier jobs what it is told to."""

    queue: tuple[str, ...] | BackbonesError = ()
    asked: list[str] = field(default_factory=list)
    submitted: int = 0

    def submit(self, shards: Sequence[Shard]) -> list[Job]:
        self.submitted += len(shards)
        return [Done(shard, f"12_{shard.number}") for shard in shards]

    def running(self, jobs: Sequence[str]) -> list[str]:
        self.asked += jobs
        if isinstance(self.queue, BackbonesError):
            raise self.queue
        return [job for job in jobs if job in self.queue]


@pytest.fixture
def home(tmp_path: Path, furnish: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = furnish(tmp_path / "home")
    monkeypatch.setenv("BACKBONES_HOME", str(folder))
    monkeypatch.setattr(choice, "look_around", lambda: Here(MODELS, ("cpu",)))
    monkeypatch.setattr(worker_process, "TORCH", (sys.executable, "-P", str(WORKER)))
    return folder


@pytest.fixture
def engine(home: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
    made = Story()
    monkeypatch.setattr(probe_fleet, "_engine", lambda options, root, is_gpu: (made, 2))
    return made


@pytest.fixture
def probe(home: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Exit code, stdout and stderr of `backbones probe`."""

    def command(*words: str) -> tuple[int, str, str]:
        code = run(["probe", *words])
        return code, *capfd.readouterr()

    return command


Probe = Callable[..., tuple[int, str, str]]


def folder_of(home: Path) -> Path:
    """Of the one run on a cluster that there was."""
    (folder,) = {file.parent for file in (home / "fleet").glob("*/*")}
    return folder


def test_what_this_machine_knows_is_not_measured_on_the_cluster_again(probe: Probe, home: Path, engine: Story) -> None:
    assert probe("resnet18", "error_net", "--quick")[0] == 0
    code, out, _ = probe("resnet18", "resnet50", "error_net", *ON_CLUSTER, "--format", "json")
    assert code == 0 and {row["model"] for row in json.loads(out)} == {"resnet18", "resnet50"}
    assert sorted(visit.task.model for visit in visits(home / "measurements.db")) == [
        "error_net",
        "resnet18",
        "resnet50",
    ]
    shards = [visit.task.model for file in sorted(folder_of(home).glob("shard-*.db")) for visit in visits(file)]
    assert shards == ["resnet50"]
    code, out, _ = probe("resnet18", "resnet50", "error_net", *ON_CLUSTER, "--no-resume", "--format", "json")
    assert code == 0 and len(visits(home / "measurements.db")) == 6


def test_where_all_is_known_the_table_is_there_and_nothing_is_measured(probe: Probe, home: Path, engine: Story) -> None:
    assert probe("resnet18", "resnet50", "--quick")[0] == 0
    code, out, err = probe("resnet18", "resnet50", *ON_CLUSTER)
    assert code == 0 and "resnet18" in out and "resnet50" in out and "nothing could be measured" not in err
    assert len(visits(home / "measurements.db")) == 2


def test_events_for_programs_are_short(probe: Probe, engine: Story) -> None:
    code, out, _ = probe("resnet18", *ON_CLUSTER, "--progress", "jsonl")
    over = next(event for line in out.splitlines() if (event := json.loads(line))["event"] == "shard_over")
    assert code == 0 and over["outcome"] == {"number": 0, "ok": 1, "failed": 0}


def test_while_jobs_of_a_killed_head_run_nothing_is_submitted(probe: Probe, home: Path, engine: Story) -> None:
    words = ("resnet18", "resnet50", *ON_CLUSTER)
    assert probe(*words)[0] == 0 and not engine.asked and JobList(folder_of(home) / "jobs.json").left() == {}
    engine.submitted = 0
    JobList(folder_of(home) / "jobs.json").note({0: "12_0", 1: "12_1"})  # as a kill leaves it
    engine.queue = ("12_1",)
    code, _, err = probe(*words)
    assert code == 1 and engine.asked == ["12_0", "12_1"] and not engine.submitted
    assert "its jobs still run: 12_1" in err and "scancel 12_1" in err and "give this command again" in err
    engine.queue = BackbonesError("squeue does not say which jobs run: Unable to contact slurm controller")
    code, _, err = probe(*words, "--no-resume")
    assert code == 1 and "12_0, 12_1 may still run: squeue does not say" in err and "jobs.json" in err
    assert not engine.submitted and len(list(folder_of(home).glob("shard-*.db"))) == 2  # none was set aside
    engine.queue = ()
    assert probe(*words)[0] == 0 and engine.submitted == 2


def test_two_heads_do_not_see_the_same_run_through(probe: Probe, home: Path, engine: Story) -> None:
    words = ("resnet18", *ON_CLUSTER)
    assert probe(*words)[0] == 0
    engine.submitted = 0
    with holding(folder_of(home) / "head.lock"):
        code, _, err = probe(*words)
    assert code == 1 and "already being seen through by process" in err and "Ctrl-C" in err and not engine.submitted


def test_a_time_limit_that_is_no_time_is_said_at_once(probe: Probe, engine: Story) -> None:
    code, _, err = probe("resnet18", *ON_CLUSTER, "--slurm-time", "5x", "--dry-run")
    assert code == 1 and "'5x' is no duration" in err

"""`backbones probe` ends, waits and goes on."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backbones.cli.main import run
from backbones.probe.holding import holding
from backbones.probe.speed import choice, resuming
from backbones.probe.speed.choice import Here
from backbones.store.measuring.keeping import keep, visits

if TYPE_CHECKING:
    from tests.cli.probe.conftest import Probe


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
    probe: Probe, home: Path, monkeypatch: pytest.MonkeyPatch, models: tuple[str, ...]
) -> None:
    def slow() -> Here:
        time.sleep(0.6)
        return Here(models, ("cpu",))

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


def test_a_no_before_a_long_run_is_no_interruption(
    probe: Probe, monkeypatch: pytest.MonkeyPatch, models: tuple[str, ...]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("click.confirm", lambda *words, **more: False)
    code, out, err = probe(*models, "--train", "--precision", "fp32", "--precision", "bf16")
    assert code == 1 and "not begun" in err and "interrupted" not in err and not out


def test_a_question_that_is_interrupted_keeps_what_was_measured(
    probe: Probe, home: Path, monkeypatch: pytest.MonkeyPatch, slowly: Callable[[float], None]
) -> None:
    pytest.importorskip("numpy", reason="predicting needs numpy: pip install 'backbones[probe]'")

    def interrupt() -> None:
        while not visits(home / "measurements.db"):
            time.sleep(0.005)
        os.kill(os.getpid(), signal.SIGINT)

    slowly(20)
    threading.Thread(target=interrupt, daemon=True).start()
    code, _, err = probe("--answer", "top_1@imagenet-1k where throughput@here > 1000")
    assert code == 130 and "stopped before the answer was certain" in err
    assert 1 <= len(visits(home / "measurements.db")) < 10


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

"""Runs with a worker that tells stories: what is kept when workers crash, hang, run out of memory, and when the user ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backbones.probe.speed import events
from backbones.probe.speed.events import plain
from backbones.probe.speed.schedule import Rounds
from backbones.probe.speed.supervisor import CannotMeasure, Run
from backbones.store.measuring.visit import Quantity, Task, Visit

WORKER = Path(__file__).with_name("fake_worker.py")
ONCE = Rounds(1, 1)


def tasks(*models: str, device: str = "cpu", quantities: tuple[Quantity, ...] = ("throughput",)) -> list[Task]:
    return [Task(model, quantity, device, "fp32") for model in models for quantity in quantities]


def run_of(todo: list[Task], keep: Callable[[Visit], object], *, slow: float = 0.0, **words: Any) -> Run:
    words.setdefault("rounds", ONCE)
    return Run(todo, keep, command=[sys.executable, "-P", str(WORKER), "--slow", str(slow)], **words)


def done(todo: list[Task], **words: Any) -> tuple[list[Visit], list[events.Event]]:
    kept: list[Visit] = []
    told = list(run_of(todo, kept.append, **words).events())
    return kept, told


def status(kept: list[Visit]) -> dict[str, str]:
    return {visit.task.model: visit.status for visit in kept}


def workers(told: list[events.Event]) -> int:
    return sum(isinstance(event, events.WorkerReady) for event in told)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def has_ended(pid: int) -> bool:
    """Waits for what was killed to go; how long that takes is up to the system."""
    until = time.monotonic() + 60
    while is_alive(pid) and time.monotonic() < until:
        time.sleep(0.01)
    return not is_alive(pid)


def pid_of(told: list[events.Event]) -> int:
    return int(next(e for e in told if isinstance(e, events.WorkerReady)).conditions.extra["pid"])


def test_every_task_is_kept_with_conditions_and_told() -> None:
    kept, told = done(tasks("a", "b", quantities=("throughput", "latency")))
    assert [visit.status for visit in kept] == ["ok"] * 4
    assert {visit.task for visit in kept} == set(tasks("a", "b", quantities=("throughput", "latency")))
    assert all(visit.conditions.device == "AMD EPYC 9575F" and visit.round == 1 for visit in kept)
    assert kept[0].started.endswith("Z") and kept[0].duration_s > 0
    assert isinstance(told[0], events.Started) and isinstance(told[-1], events.Finished)
    assert told[-1].visits == {"ok": 4} and not told[-1].is_stopped
    assert [e.phase for e in told if isinstance(e, events.InPhase)][:3] == ["create", "measure", "finish"]
    assert workers(told) == 1


def test_events_go_into_json() -> None:
    import json

    kept, told = done(tasks("a", "crash", "error"))
    lines = [json.loads(json.dumps(plain(event))) for event in told]
    names = [line["event"] for line in lines]
    assert names[0] == "started" and names[-1] == "finished"
    assert {"worker_ready", "in_phase", "taken", "retrying", "round_done"} <= set(names)
    taken = next(line for line in lines if line["event"] == "taken" and line["visit"]["status"] == "ok")
    assert taken["visit"]["seen"]["throughput_img_s"] == pytest.approx(1600)
    assert "blocks" not in taken["visit"]["seen"]
    assert taken["visit"]["key"] in {visit.key for visit in kept}


def test_a_crash_costs_one_model_and_is_tried_once_more() -> None:
    kept, told = done(tasks("a", "crash", "b", "c"))
    assert status(kept) == {"a": "ok", "b": "ok", "c": "ok", "crash": "crash"}
    assert kept[-1].task.model == "crash"  # the second attempt comes last
    assert "SIGSEGV" in kept[-1].error and "layer 3" in kept[-1].error and "create" in kept[-1].error
    assert sum(isinstance(event, events.Retrying) for event in told) == 1


def test_what_fails_only_in_a_used_worker_is_measured_in_a_fresh_one() -> None:
    kept, told = done(tasks("a", "once"), seed=4)
    assert status(kept) == {"a": "ok", "once": "ok"}
    assert [event.task.model for event in told if isinstance(event, events.Retrying)] == ["once"]


def test_a_hung_worker_is_killed_at_the_deadline_of_its_phase() -> None:
    kept, _ = done(tasks("hang", "a"), deadlines={"create": 0.3})  # it hangs for an hour
    assert status(kept) == {"a": "ok", "hang": "timeout"}
    late = next(v for v in kept if v.status == "timeout")
    assert "create" in late.error and late.duration_s < 60


def test_memory_that_runs_out_in_a_fresh_worker_is_a_row_at_once() -> None:
    kept, told = done(tasks("memory", "a"), recycle_after=1)
    assert status(kept) == {"memory": "out_of_memory", "a": "ok"}
    assert not any(isinstance(event, events.Retrying) for event in told)


def test_memory_that_runs_out_in_a_used_worker_is_tried_in_a_fresh_one() -> None:
    todo = tasks("memory", "a", "b", "c", "d")
    kept, told = done(todo, seed=3)
    assert status(kept)["memory"] == "out_of_memory"
    first = [e.task.model for e in told if isinstance(e, events.InPhase) and e.phase == "create"]
    assert first[0] != "memory", "the seed must not begin with it"
    assert first.count("memory") == 2


def test_an_error_in_python_keeps_the_worker() -> None:
    kept, told = done(tasks("error", "a"))
    assert status(kept) == {"error": "error", "a": "ok"}
    error = next(v.error for v in kept if v.status == "error")
    assert error == "RuntimeError: Given groups=1, expected 3 channels"
    assert workers(told) == 1


def test_a_broken_device_needs_a_fresh_worker() -> None:
    kept, told = done(tasks("broken", "a", "b"))
    assert status(kept) == {"broken": "error", "a": "ok", "b": "ok"}
    assert workers(told) >= 2


def test_workers_are_replaced_after_so_many_visits() -> None:
    _, told = done(tasks(*"abcdefg"), recycle_after=3)
    assert workers(told) == 3


def test_a_worker_that_compiled_is_not_used_again() -> None:
    _, told = done([replace(one, compiled=True) for one in tasks("a", "b")])
    assert workers(told) == 2


def test_chatter_of_libraries_is_no_message() -> None:
    kept, _ = done(tasks("noise"))
    assert status(kept) == {"noise": "ok"}


def test_a_worker_that_cannot_work_says_why() -> None:
    with pytest.raises(CannotMeasure, match="nowhere"):
        done(tasks("a", device="nowhere"))


def test_a_worker_that_never_starts_loses_its_device_only() -> None:
    kept, told = done(tasks("a") + tasks("a", "b", device="dies"))
    lost = next(event for event in told if isinstance(event, events.DeviceLost))
    assert lost.device == "dies" and "exit code 7" in lost.error and "shared object" in lost.error
    assert lost.tasks == 2
    assert [visit.task.device for visit in kept] == ["cpu"]


def test_a_worker_that_takes_too_long_to_start_is_given_up() -> None:
    _, told = done(tasks("a", device="sleepy"), deadlines={"import": 0.4})
    assert any(isinstance(event, events.DeviceLost) for event in told)


def test_rounds_come_again_only_where_they_disagree() -> None:
    kept, told = done(tasks("a", "drift"), rounds=Rounds(2, 3))
    visits = [(visit.task.model, visit.round) for visit in kept]
    assert visits.count(("a", 2)) == 1 and ("a", 3) not in visits
    rounds = [event for event in told if isinstance(event, events.RoundDone)]
    assert rounds[0].again == 2


def test_later_rounds_take_the_batch_that_the_first_found() -> None:
    kept, _ = done(tasks("a"), rounds=Rounds(2, 2))
    assert [visit.seen.batch_size for visit in kept if visit.seen] == [16, 16]


def test_a_run_goes_on_where_an_earlier_one_ended() -> None:
    earlier, _ = done(tasks("a", "b", "crash"))
    kept, told = done(tasks("a", "b", "c", "crash"), earlier=lambda key: [v for v in earlier if v.key == key])
    assert status(kept) == {"c": "ok"}
    assert next(event for event in told if isinstance(event, events.Resumed)).tasks == 3


def test_other_conditions_are_other_keys() -> None:
    earlier, _ = done(tasks("a"))
    assert replace(earlier[0], conditions=replace(earlier[0].conditions, torch="2.10")).key != earlier[0].key
    tf32, _ = done([replace(tasks("a")[0], precision="tf32")])
    assert tf32[0].conditions.tf32 and not earlier[0].conditions.tf32


def test_a_stop_ends_after_the_present_block_with_everything_kept() -> None:
    kept: list[Visit] = []
    run = run_of(tasks("a", "b", "sleep1", "sleep2", "sleep3"), kept.append, slow=600.0)  # past the deadline, a failure
    told = []
    for event in run.events():
        told.append(event)
        if isinstance(event, events.InPhase) and event.phase == "measure" and event.task.model.startswith("sleep"):
            run.stop()
    assert {visit.task.model: visit.status for visit in kept} in ({}, {"a": "ok"}, {"b": "ok"}, {"a": "ok", "b": "ok"})
    last = told[-1]
    assert isinstance(last, events.Finished) and last.is_stopped
    assert not is_alive(pid_of(told))


def test_a_second_stop_does_not_wait() -> None:
    kept: list[Visit] = []
    run = run_of(tasks("hang"), kept.append, deadlines={"create": 600.0, "stop": 600.0})
    told = []
    for event in run.events():
        told.append(event)
        if isinstance(event, events.InPhase):
            run.stop()
            run.abort()
    assert isinstance(told[-1], events.Finished) and told[-1].wall_s < 300 and not kept  # no deadline ended it
    assert not is_alive(pid_of(told))


def test_a_worker_that_does_not_hear_the_stop_is_killed() -> None:
    run = run_of(tasks("hang"), lambda visit: None, deadlines={"stop": 0.3})
    told = []
    for event in run.events():
        told.append(event)
        if isinstance(event, events.InPhase):
            run.stop()
    assert not is_alive(pid_of(told))


def test_leaving_the_loop_ends_the_worker_and_its_children() -> None:
    run = run_of(tasks("children", "sleep"), lambda visit: None, slow=30.0)
    told = []
    for event in (stream := run.events()):
        told.append(event)
        if isinstance(event, events.Taken):
            break
    worker = pid_of(told)
    children = [int(p) for p in Path(f"/proc/{worker}/task/{worker}/children").read_text().split()]
    assert len(children) == 1
    stream.close()  # type: ignore[attr-defined]
    assert has_ended(worker) and has_ended(children[0])


def test_what_cannot_be_kept_ends_the_run_and_the_worker() -> None:
    told: list[events.Event] = []

    def full(visit: Visit) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        for event in run_of(tasks("a", "b"), full).events():
            told.append(event)
    assert not is_alive(pid_of(told))


def test_a_worker_killed_from_outside_loses_nothing_that_was_kept() -> None:
    kept: list[Visit] = []
    killed = 0
    for event in run_of(tasks(*"abcdef"), kept.append).events():
        if isinstance(event, events.InPhase) and event.phase == "create" and len(kept) == 3 and not killed:
            killed = os.getpid()
            os.kill(pid_from_children(), 9)
    assert status(kept) == dict.fromkeys("abcdef", "ok")


def pid_from_children() -> int:
    own = os.getpid()
    for pid in Path(f"/proc/{own}/task/{own}/children").read_text().split():
        if b"fake_worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
            return int(pid)
    raise AssertionError("no worker")


def test_several_devices_are_measured_side_by_side_but_latency_alone() -> None:
    todo = [
        Task(f"sleep{n}", quantity, f"cuda:{n % 2}", "fp32") for n in range(4) for quantity in ("throughput", "latency")
    ]  # type: ignore[arg-type]
    busy: dict[str, str] = {}
    together = 0
    for event in run_of(todo, lambda visit: None, slow=0.05).events():  # type: ignore[arg-type]
        if isinstance(event, events.InPhase):
            busy[event.task.device] = event.task.quantity
            together = max(together, len(busy))
            assert "latency" not in busy.values() or len(busy) == 1
        elif isinstance(event, events.Taken):
            busy.pop(event.visit.task.device, None)
    assert together == 2


SCRIPT = """
import sys
from backbones.probe.speed.schedule import Rounds
from backbones.probe.speed.supervisor import Run, ended_by_signals
from backbones.store.measuring.visit import Task
tasks = [Task(f"{name}{n}", "throughput", "cpu", "fp32") for name in ("a", "sleep") for n in range(3)]
run = Run(tasks, lambda visit: print("kept", visit.task.model, flush=True), rounds=Rounds(1, 1), command=sys.argv[1:])
with ended_by_signals(run):
    for event in run.events():
        print(type(event).__name__, getattr(event, "is_stopped", getattr(event, "phase", "")), flush=True)
        if hasattr(event, "conditions"):
            print("worker", event.conditions.extra["pid"], flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_supervisor_and_worker_and_what_was_kept_stays(number: signal.Signals) -> None:
    command = [sys.executable, "-c", SCRIPT, sys.executable, "-P", str(WORKER), "--slow", "30"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    heard = []
    worker = 0
    with child.stdout:
        for text in child.stdout:
            heard.append(text.strip())
            if text.startswith("worker"):
                worker = int(text.split()[1])
            if text == "InPhase measure\n":
                child.send_signal(number)
                break
        heard += [text.strip() for text in child.stdout]
    code = child.wait(timeout=300)
    assert worker and has_ended(worker)
    if number == signal.SIGKILL:
        assert code == -signal.SIGKILL
    else:
        assert code == 0 and heard[-1] == "Finished True"


@pytest.mark.slow
def test_random_kills_lose_nothing() -> None:
    script = Path(__file__).parents[3] / "bench" / "probe_kills.py"
    done = subprocess.run([sys.executable, str(script), "--kills", "5"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lost: 0; double: 0" in done.stdout and "outlived: 0" in done.stdout

"""Kill the probe at random moments and see what is lost: `probe_kills.py [--kills 200] [--torch] [--seed 0]`.

A supervisor measures some tasks and keeps each visit in a measurements.db. Again and again either the supervisor or its worker gets
SIGKILL after a random time, and a new supervisor goes on. What was kept is written down outside after each commit, so that a visit
that is missing, half or double would be found; so would a worker that outlives its supervisor. With `--torch` the worker is the real
one with timm's test models, else one that only tells stories (the same loop and pipes). Needs /proc; 1 where anything was lost.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from backbones.probe.speed.events import DeviceLost
from backbones.probe.speed.protocol import Budget
from backbones.probe.speed.schedule import Rounds
from backbones.probe.speed.supervisor import Run
from backbones.probe.speed.worker_process import TORCH
from backbones.store.measurements import migrate
from backbones.store.measuring.keeping import keep, visits
from backbones.store.measuring.visit import Task, Visit

FAKE = Path(__file__).resolve().parent.parent / "tests/probe/speed/fake_worker.py"
TELLING = (sys.executable, "-P", str(FAKE), "--slow", "5")
MODELS = {
    True: ("test_vit", "test_resnet", "test_efficientnet", "test_convnext"),
    False: tuple(f"quick{n}" for n in range(8)),
}
QUICK = Budget(
    block_s=0.01, warm_up_s=0.02, most_warm_up_s=0.1, timed_s=0.05, most_timed_s=0.2, search_s=0.5, most_batch=4
)
SETTLE_S = 0.5
LOST_DEVICE = 4
"""Both attempts to start a worker were killed: the run ends, the next one goes on."""


def supervise(folder: Path, is_torch: bool, turn: int) -> int:
    """The process that is killed: one run over the tasks of a turn, going on where the last ended."""
    database, ledger = folder / "measurements.db", os.open(folder / "ledger", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def kept(visit: Visit) -> None:
        keep(database, visit)
        os.write(ledger, f"{visit.key} {visit.round} {visit.started}\n".encode())

    todo = [Task(model, "throughput", "cpu", "fp32", batch_size=turn) for model in MODELS[is_torch]]
    run = Run(
        todo,
        kept,
        earlier=lambda key: visits(database, key=key),
        rounds=Rounds(2, 3),
        budget=QUICK,
        command=TORCH if is_torch else TELLING,
    )
    return LOST_DEVICE if any(isinstance(event, DeviceLost) for event in run.events()) else 0


def workers() -> list[int]:
    """All workers on this machine that our supervisors started."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                command = (folder / "cmdline").read_bytes()
                is_ours = os.environ["PROBE_KILLS"].encode() in (folder / "environ").read_bytes()
            except OSError:
                continue
            if is_ours and (b"fake_worker.py" in command or b"speed.worker" in command):
                found.append(int(folder.name))
    return found


def main() -> int:
    """Kill and count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--torch", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--longest", type=float, default=0.0, help="seconds until a kill at most; 0: 3, 12 with --torch"
    )
    parser.add_argument("--supervise", nargs=2, metavar=("FOLDER", "TURN"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.supervise:
        return supervise(Path(chosen.supervise[0]), chosen.torch, int(chosen.supervise[1]))
    source = random.Random(chosen.seed)
    longest = chosen.longest or (12.0 if chosen.torch else 3.0)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        migrate(folder / "measurements.db")
        os.environ["PROBE_KILLS"] = f"{os.getpid()}-{folder.name}"
        killed: Counter[str] = Counter()
        orphans = turn = finished = 0
        turn = 1
        while sum(killed.values()) < chosen.kills:
            command = [sys.executable, __file__, "--supervise", str(folder), str(turn), *(["--torch"] * chosen.torch)]
            child = subprocess.Popen(command)
            while child.poll() is None and sum(killed.values()) < chosen.kills:
                try:
                    child.wait(source.uniform(0, longest))
                    break
                except subprocess.TimeoutExpired:
                    pass
                victims = workers()
                if victims and source.random() < 0.5:
                    killed["worker"] += 1
                    _kill(victims[0])
                else:
                    killed["supervisor"] += 1
                    _kill(child.pid)
                    child.wait()
            if child.poll() is None:
                child.kill()
            code = child.wait()
            if code == 0:
                finished += 1
                turn += 1  # new tasks
            elif code not in (-signal.SIGKILL, LOST_DEVICE):
                print(f"a supervisor ended with {code}")
                return 1
            orphans += _outlived()
        return _verdict(folder, killed, finished, orphans)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _outlived() -> int:
    """Workers that are still there a moment after their supervisor's end."""
    until = time.monotonic() + SETTLE_S
    while (left := workers()) and time.monotonic() < until:
        time.sleep(0.02)
    for pid in left:
        _kill(pid)
    return len(left)


def _verdict(folder: Path, killed: Counter[str], finished: int, orphans: int) -> int:
    """What is in the file against what was written down."""
    said = Counter((folder / "ledger").read_text().splitlines())
    found = visits(folder / "measurements.db")  # decodes each, so that half a row would be refused
    there = Counter(f"{visit.key} {visit.round} {visit.started}" for visit in found)
    lost, double = said - there, sum(count - 1 for count in there.values())
    rounds = Counter((visit.key, visit.round) for visit in found if visit.status == "ok")
    print(
        f"kills: {killed['supervisor']} of supervisors, {killed['worker']} of workers; runs that finished: {finished}"
    )
    print(
        f"visits kept: {len(found)} ({dict(Counter(visit.status for visit in found))}); lost: {sum(lost.values())}; double: {double}"
    )
    print(
        f"rounds of a task measured twice: {sum(count - 1 for count in rounds.values())}; workers that outlived: {orphans}"
    )
    if not found:
        print("nothing was kept between two kills, so nothing was tried: give more time with --longest")
    return int(bool(lost or double or orphans or not found))


if __name__ == "__main__":
    sys.exit(main())

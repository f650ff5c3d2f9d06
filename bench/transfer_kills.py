"""Kill `backbones transfer` at random moments and see what is lost: `transfer_kills.py [--kills 30] [--seed 0]`.

The command evaluates timm's test models on painted images by all three protocols. Either it or its worker gets SIGKILL after a
random time, and the same command is given again until it comes to its end; then anew in a home where nothing was evaluated. What
outcomes, features and epochs were on disk after each kill is noted: nothing of it may be made a second time or be gone, and in the
end all scores must be those of a run that nobody killed. A worker that outlives its command would be found as well. The weights
are random. Needs /proc, torch, timm and scikit-learn; 1 where anything was lost.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from transfer_goals import paint

from backbones.probe.transfer import trained
from backbones.store.transferring.keeping import outcomes
from backbones.store.transferring.outcome import Outcome

MODELS: Final = "test_vit,test_resnet,test_efficientnet"
EPOCHS: Final = 12
RECIPE: Final = f"""recipe: short
about: Some epochs, all of which are trained.
batch_size: 16
stages: [{{optimiser: adamw, learning_rate: 0.001, epochs: {EPOCHS}}}]
"""
MARK: Final = "TRANSFER_KILLS"
"""Of the environment of our commands, by which their workers are found."""
SETTLE_S: Final = 2.0


@dataclass
class Kept:
    """What is on disk of a home."""

    outcomes: dict[str, list[Outcome]]
    """That ended well, by key."""
    failures: list[str]
    features: dict[str, int]
    """Images by model."""
    epochs: dict[str, int]
    """By the key of the evaluation."""


@dataclass
class Found:
    """What all the kills came to."""

    killed: Counter[str] = field(default_factory=Counter)
    phases: Counter[str] = field(default_factory=Counter)
    """In which the kills fell."""
    finished: int = 0
    wrong: list[str] = field(default_factory=list)
    """Sentences."""


class Command:
    """One `backbones transfer`, and what it has told."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.events: list[dict[str, Any]] = []
        self._child = subprocess.Popen(
            [
                *(sys.executable, "-m", "backbones.cli.main", "transfer", str(folder / "painted"), "--random-weights", "--yes", "--retry"),
                *("--models", MODELS, "--protocol", "k-NN,linear,fine-tuning", "--recipe", str(folder / "short.yaml")),
                *("--progress", "jsonl"),
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, "BACKBONES_HOME": str(home)},
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            with suppress(ValueError):  # a last line may be cut off
                self.events.append(json.loads(line))

    @property
    def phase(self) -> str:
        """What it was at when it was last heard."""
        for event in reversed(self.events):
            if event["event"] == "in_phase":
                return str(event["phase"])
        return "start"

    def is_over(self, within_s: float) -> bool:
        """Whether it ends within this time."""
        try:
            self._child.wait(within_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """At once."""
        self._child.kill()

    def end(self) -> int:
        """Its exit code, once all that it said was heard."""
        code = self._child.wait()
        self._reader.join()
        return code


def kept_in(home: Path) -> Kept:
    """What a command that is given now can go on from."""
    kept = Kept({}, [], {}, {})
    for one in outcomes(home / "measurements.db"):
        if one.status == "ok":
            kept.outcomes.setdefault(one.key, []).append(one)
        else:
            kept.failures.append(f"{one.evaluation.model} by {one.evaluation.protocol}: {one.status}, {one.error}")
    for space in (home / "transfer" / "features").glob("*/space.json"):
        contents: set[bytes] = set()
        for part in space.parent.glob("*.npz"):
            contents |= set(np.load(part)["contents"].tolist())
        kept.features[json.loads(space.read_text())["model"]] = len(contents)
    for place in (home / "transfer" / "fine-tuning").glob(f"*/{trained.FILE}"):
        kept.epochs[place.parent.name] = json.loads(place.read_text())[0]
    return kept


def faults(before: Kept, events: list[dict[str, Any]], after: Kept, images: int) -> list[str]:
    """What a command did that was done before, or what it lost."""
    found = []
    for key, there in before.outcomes.items():
        if after.outcomes.get(key) != there:
            found.append(f"the outcome of {there[0].evaluation.model} by {there[0].evaluation.protocol} changed")
    for event in events:
        if event["event"] == "taken" and not event["is_resumed"] and event["outcome"]["key"] in before.outcomes:
            found.append(f"{event['outcome']['evaluation']['model']} was evaluated again")
    gone_on: set[str] = set()
    for event in (one for one in events if one["event"] == "in_phase"):
        model, phase, planned = event["evaluation"]["model"], event["phase"], event["planned"]
        if phase == "extract" and planned > (wanted := images - before.features.get(model, 0)):
            found.append(f"features of {planned} images of {model} were extracted, {wanted} were missing")
        if phase in ("going on", "epoch") and model not in gone_on:
            gone_on.add(model)
            done = next((n for key, n in before.epochs.items() if key in _keys(events, model)), 0)
            if (first := event["done"] - (phase == "epoch")) < done:
                found.append(f"{model} went on from epoch {first}, {done} were on disk")
    return found


def _keys(events: list[dict[str, Any]], model: str) -> set[str]:
    """Of the fine-tuning of a model: the key is made of what the events tell."""
    from backbones.store.transferring.outcome import Evaluation

    asked = [one["evaluation"] for one in events if one["event"] == "in_phase"]
    return {Evaluation(**one).key for one in asked if one["model"] == model and one["protocol"] == "fine-tuning"}


def workers() -> list[int]:
    """All of our commands' workers on this machine."""
    found, mark = [], f"{MARK}={os.environ[MARK]}".encode()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                is_worker = b"transfer.worker" in (folder / "cmdline").read_bytes()
                if is_worker and mark in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
    return found


def outlived() -> int:
    """Workers that are still there a moment after their command's end."""
    until = time.monotonic() + SETTLE_S
    while (left := workers()) and time.monotonic() < until:
        time.sleep(0.02)
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(left)


def until_killed(command: Command, source: random.Random, longest: float, most: int, found: Found) -> bool:
    """Let a command work, kill its worker now and then and at last itself; whether it came to its end before."""
    while sum(found.killed.values()) < most:
        if command.is_over(source.uniform(0, longest)):
            return command.end() == 0
        victims = workers()
        found.phases[command.phase] += 1
        if victims and source.random() < 0.5:
            found.killed["worker"] += 1
            with suppress(ProcessLookupError):
                os.kill(victims[0], signal.SIGKILL)
        else:
            found.killed["command"] += 1
            command.kill()
            command.end()
            return False
    return command.end() == 0


def differences(true: Kept, end: Kept) -> list[str]:
    """Where the outcomes are not those of a run that was not killed, or not one each."""
    found = []
    for key, (one, *_) in true.outcomes.items():
        others = end.outcomes.get(key, [])
        name = f"{one.evaluation.model} by {one.evaluation.protocol}"
        if len(others) != 1:
            found.append(f"{name} ended well {len(others)} times; failures: {'; '.join(end.failures)}")
        elif (others[0].scores, others[0].chosen) != (one.scores, one.chosen):
            top = [each.scores.top_1 if each.scores else None for each in (one, others[0])]
            found.append(f"{name}: top-1 {top[1]} ({others[0].chosen}) instead of {top[0]} ({one.chosen})")
    return found


def main() -> int:
    """Kill and count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--images", type=int, default=300)
    parser.add_argument("--longest", type=float, default=20.0, help="seconds until a kill at most")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    source, found = random.Random(chosen.seed), Found()
    with tempfile.TemporaryDirectory(prefix="backbones-") as place:
        folder = Path(place)
        os.environ[MARK] = f"{os.getpid()}-{folder.name}"
        paint(folder / "painted", chosen.images, 96)
        (folder / "short.yaml").write_text(RECIPE)
        began = time.monotonic()
        if code := Command(folder, folder / "whole").end():
            print(f"the run that nobody killed ended with {code}")
            return 1
        print(f"a run that nobody killed: {time.monotonic() - began:.0f} s", flush=True)
        true = kept_in(folder / "whole")
        while sum(found.killed.values()) < chosen.kills:
            home = folder / f"killed-{found.finished}"
            shutil.copytree(folder / "whole", home)  # with all that is known before anything is evaluated
            for file in home.glob("measurements.db*"):
                file.unlink()
            for name in ("features", "fine-tuning"):
                shutil.rmtree(home / "transfer" / name, ignore_errors=True)
            is_done = False
            while not is_done:
                before, command = kept_in(home), Command(folder, home)
                is_over = until_killed(command, source, chosen.longest, chosen.kills, found)
                if left := outlived():
                    found.wrong.append(f"{left} workers outlived their command")
                after = kept_in(home)
                is_done = is_over and after.outcomes.keys() == true.outcomes.keys()  # else a worker was killed twice
                found.wrong += faults(before, command.events, after, chosen.images)
            found.finished += 1
            found.wrong += differences(true, kept_in(home))
    kills, fell = found.killed, ", ".join(f"{n} in {phase}" for phase, n in found.phases.most_common())
    print(
        f"kills: {kills['command']} of commands, {kills['worker']} of workers ({fell}); ends reached: {found.finished}"
    )
    print("\n".join(found.wrong) or "nothing was done twice or lost, all scores are those of a run that was not killed")
    return int(bool(found.wrong))


if __name__ == "__main__":
    sys.exit(main())

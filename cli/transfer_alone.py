"""One run of `backbones transfer` a device: a second one in the same home waits until the first is done. What it needs meanwhile."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from backbones.cli.session import say
from backbones.cli.transfer_progress import Progress
from backbones.probe.holding import Held, holding
from backbones.probe.speed.plan import duration_s
from backbones.store.errors import BackbonesError
from backbones.store.machine import host_id


@contextmanager
def list_of_images(folder: Path, device: str) -> Iterator[Path]:
    """The file for a run's list of images, beside its lock: it goes with the run, and what a killed one left goes with the next.

    For whoever is `alone` on the device. Where a file system has no locks, nothing of another machine is taken away.
    """
    stem = f"{device.replace(':', '-')}-{host_id()}"
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{stem}-*.jsonl"):
        left.unlink(missing_ok=True)
    file = folder / f"{stem}-{os.getpid()}.jsonl"
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)


@contextmanager
def alone(folder: Path, device: str, progress: Progress, budget: str, spent_s: Callable[[], float]) -> Iterator[None]:
    """As the only run on this device with the locks of this folder; who is waited for is said. Two at once would do the same work.

    BackbonesError where the device does not get free within the budget, of which so much is spent.
    """
    lock = folder / f"{device.replace(':', '-')}.lock"
    with ExitStack() as held:
        try:
            held.enter_context(holding(lock))
        except Held as other:
            holder = other.holder
            say(f"another run evaluates on {device} ({holder}): waiting until it is done; Ctrl-C ends this one")
            progress.note("held", device=device, by=holder)
            try:
                held.enter_context(holding(lock, max(0.0, duration_s(budget) - spent_s()) if budget else math.inf))
            except Held:
                raise BackbonesError(f"{budget} are over, and {device} is still used by {holder}") from None
        yield

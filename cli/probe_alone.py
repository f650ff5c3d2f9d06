"""One probe a device: a second one in the same home waits until the first is done."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from backbones.cli.probe_progress import Progress
from backbones.cli.session import say
from backbones.probe.holding import Held, holding
from backbones.probe.speed.plan import duration_s
from backbones.store.errors import BackbonesError


@contextmanager
def alone(file: Path, devices: Sequence[str], progress: Progress, budget: str, began: float) -> Iterator[None]:
    """As the only probe on these devices with this file; who is waited for is said. Two at once would disturb each other.

    BackbonesError where a device does not get free within the budget of a command that `began` then, by the monotonic clock.
    """
    with ExitStack() as held:
        for device in sorted(devices):  # in one order, so that two do not wait for each other
            lock = file.parent / "probing" / f"{device.replace(':', '-')}.lock"
            try:
                held.enter_context(holding(lock))
                continue
            except Held as other:
                holder = other.holder
            say(f"another probe measures {device} ({holder}): waiting until it is done; Ctrl-C ends this one")
            progress.note("held", device=device, by=holder)
            spent = time.monotonic() - began
            try:
                held.enter_context(holding(lock, max(0.0, duration_s(budget) - spent) if budget else math.inf))
            except Held:
                raise BackbonesError(f"{budget} are over, and {device} is still measured by {holder}") from None
        yield

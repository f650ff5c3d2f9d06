"""One run of `backbones transfer` a device: a second one in the same home waits until the first is done."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from backbones.cli.session import say
from backbones.cli.transfer_progress import Progress
from backbones.probe.holding import Held, holding
from backbones.probe.speed.plan import duration_s
from backbones.store.errors import BackbonesError


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

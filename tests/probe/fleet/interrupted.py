"""Shard functions for tests that run in processes of their own: the first attempt is killed when it has kept something."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

from backbones.probe.fleet.shard import Outcome, Shard, measure
from backbones.store.measuring.keeping import visits


def killed_once(shard: Shard) -> Outcome:
    """The process dies, as with its node, after the first visit of its first attempt."""
    mark = shard.file.with_suffix(".attempt")
    if shard.number == 0 and not mark.exists():
        shard.file.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(str(os.getpid()))
        threading.Thread(target=_die_after_first, args=(shard.file,), daemon=True).start()
    return measure(shard)


def _die_after_first(file: Path) -> None:
    while not file.exists() or not visits(file):
        time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGKILL)

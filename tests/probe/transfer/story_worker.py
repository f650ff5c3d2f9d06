"""A worker without torch: what becomes of an evaluation is said by the model's name. Same loop, pipes and messages as the real one.

    python story_worker.py [IMAGES CACHE] DEVICE PARENT

Names: `crash…`, `once…` (crashes in a worker's first evaluation only), `hang…`, `error…`, `memory…`, `weights…`, `slow…` (a minute, can
be stopped), `late…` (its time is over at once, where it has a limit), `noise…` (prints to stdout), `small…` (has a note); device `nowhere` refuses.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from backbones.probe.speed.device_names import cpu_name, this_cpu
from backbones.probe.speed.protocol import Stopped
from backbones.probe.transfer.features import OutOfTime
from backbones.probe.transfer.messages import Evaluated, Failed, Order
from backbones.probe.transfer.worker import serve
from backbones.store.transferring.outcome import ClassScore, Cost, Scores


class Storyteller:
    """Tells instead of evaluating."""

    def __init__(self, device: str) -> None:
        if device == "nowhere":
            raise ValueError("torch sees no device 'nowhere' here")
        self._name = cpu_name(this_cpu()) if device == "cpu" else "NVIDIA H200"

    def evaluate(
        self, order: Order, says: Callable[[str, int, int], None], is_stopped: Callable[[], bool]
    ) -> Evaluated:
        name = order.evaluation.model
        says("create", 0, 10)
        if name.startswith("crash") or (name.startswith("once") and _is_first(name)):
            sys.stderr.write("Segmentation fault in layer 3\n")
            sys.stderr.flush()
            os.kill(os.getpid(), signal.SIGSEGV)
        if name.startswith("hang"):
            time.sleep(3600)
        if name.startswith("error"):
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
        if name.startswith("memory"):
            raise MemoryError("cannot allocate memory")
        if name.startswith("weights"):
            raise LookupError("the weights are not here")
        if name.startswith("noise"):
            sys.stdout.write("Downloading: 100%\n")
        if name.startswith("late") and order.limit_s:
            raise OutOfTime
        says("extract", 0, 10)
        until = time.monotonic() + (order.limit_s or 60)
        while name.startswith("slow"):
            time.sleep(0.01)
            if is_stopped():
                raise Stopped
            if time.monotonic() > until:
                raise OutOfTime
        scores = Scores(100, 80.0, 75.0, 85.0, 79.0, 78.0)
        cost = Cost(50.0, 2.0, 0.1, float(order.batch_size or 32))
        if name.startswith("best"):
            scores = Scores(
                100, 90.0, 85.0, 95.0, 89.0, 88.0, (ClassScore("red", 50, 90.0, 91.0, 92.0),), (("red", "blue", 9),)
            )
        notes = ("gradients of 3 images at a time are added up",) if name.startswith("small") else ()
        return Evaluated(
            scores, cost, "k=5,vote=plain", 81.5, ("no_validation",), self._name, "2.9.1", "1.0.31", notes=notes
        )

    def failure(self, error: BaseException) -> Failed:
        if isinstance(error, OutOfTime):
            return Failed("out_of_time", "", img_s=12.5)
        kinds = {"MemoryError": "out_of_memory", "LookupError": "no_weights"}
        return Failed(kinds.get(type(error).__name__, "error"), str(error), isinstance(error, MemoryError))


def _is_first(name: str) -> bool:
    """By a file that the test names after `@`."""
    mark = Path(name.partition("@")[2])
    if mark.exists():
        return False
    mark.write_text("")
    return True


if __name__ == "__main__":
    sys.exit(serve(lambda: Storyteller(sys.argv[-2]), int(sys.argv[-1])))

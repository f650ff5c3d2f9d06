"""The process in which models are evaluated on the user's images: one order a line, answers in lines.

    python -P -m backbones.probe.transfer.worker IMAGES CACHE DEVICE PARENT

It imports torch only when an order needs a model: with features on disk, k-NN and linear probing need none.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Protocol

from backbones.probe.child import die_with, end, own_pipes
from backbones.probe.speed.protocol import Stopped
from backbones.probe.speed.taking import clear, sentence
from backbones.probe.transfer.features import OutOfTime
from backbones.probe.transfer.messages import (
    Evaluated,
    Failed,
    InPhase,
    Message,
    Order,
    Ready,
    Refused,
    order_from,
    say,
)
from backbones.store.errors import BackbonesError

if TYPE_CHECKING:
    from backbones.probe.transfer.tuned import TunedEvaluator

CANNOT: Final = 3
"""Exit code of a worker that cannot work here."""
_SENTENCES: Final = ("Unsupported", "NotFinite", "NoWeights")
"""Errors whose text is meant for the user."""


class Evaluator(Protocol):
    """Who evaluates; the tests have one that only tells stories."""

    def evaluate(
        self, order: Order, says: Callable[[str, int, int], None], is_stopped: Callable[[], bool]
    ) -> Evaluated:
        """One evaluation; raises what went wrong."""

    def failure(self, error: BaseException) -> Failed:
        """What the run is told of an error."""


class TorchEvaluator:
    """With timm's models on one device."""

    def __init__(self, images: Path, cache: Path, device: str) -> None:
        from backbones.probe.transfer.frozen import FrozenEvaluator
        from backbones.probe.transfer.messages import read_images

        self._data, self._device = read_images(images), device
        self._frozen = FrozenEvaluator(self._data, cache, device)
        self._tuned: TunedEvaluator | None = None

    def evaluate(
        self, order: Order, says: Callable[[str, int, int], None], is_stopped: Callable[[], bool]
    ) -> Evaluated:
        """By the order's protocol."""
        if order.evaluation.protocol == "fine-tuning":
            from backbones.probe.transfer.tuned import TunedEvaluator

            self._tuned = self._tuned or TunedEvaluator(self._data, self._device)
            return self._tuned.evaluate(order, says, is_stopped)
        return self._frozen.evaluate(order, says, is_stopped)

    def failure(self, error: BaseException) -> Failed:
        """By kind: memory, weights, cannot be done, or a mistake; and whether the device can still be used."""
        from backbones.probe.speed.bench import BROKEN

        text = str(error).lower()
        if isinstance(error, OutOfTime):
            return Failed("out_of_time", "", img_s=error.img_s)
        if type(error).__name__ == "NoWeights":
            return Failed("no_weights", str(error))
        if isinstance(error, BackbonesError):
            return Failed("unsupported", str(error))
        if "torch" in sys.modules and self._frozen.device.is_out_of_memory(error):
            return Failed("out_of_memory", sentence(error), True)
        if type(error).__name__ in _SENTENCES:
            return Failed("unsupported", str(error))
        return Failed("error", sentence(error), any(words in text for words in BROKEN))


def serve(set_up: Callable[[], Evaluator], parent: int) -> int:
    """Work until the parent closes its end. Returns the exit code."""
    die_with(parent)
    orders, answers = own_pipes()
    began = time.perf_counter()
    waiting: queue.SimpleQueue[Order] = queue.SimpleQueue()
    stop = threading.Event()
    threading.Thread(target=_listen, args=(orders, waiting, stop), daemon=True).start()

    def tell(message: Message) -> None:
        answers.write(say(message))
        answers.flush()

    try:
        evaluator = set_up()
    except (OSError, ValueError) as error:
        tell(Refused(sentence(error)))
        return CANNOT
    tell(Ready(time.perf_counter() - began))
    while True:
        order = waiting.get()
        tell(_answer(evaluator, order, Says(tell), stop.is_set))


class Says:
    """Tells the run what goes on: a new phase at once, progress within one a few times a second."""

    EVERY_S: Final = 0.2

    def __init__(self, tell: Callable[[Message], None]) -> None:
        self._tell, self._phase, self._told = tell, "", 0.0

    def __call__(self, phase: str, done: int, planned: int) -> None:
        now = time.monotonic()
        if phase != self._phase or now - self._told > self.EVERY_S:
            self._phase, self._told = phase, now
            self._tell(InPhase(phase, done, planned))


def _answer(evaluator: Evaluator, order: Order, says: Says, is_stopped: Callable[[], bool]) -> Message:
    try:
        return evaluator.evaluate(order, says, is_stopped)
    except Stopped:
        return Failed("stopped", "")
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        failed = evaluator.failure(error)
        clear(error)
        return failed


def _listen(orders: BinaryIO, waiting: queue.SimpleQueue[Order], stop: threading.Event) -> None:
    """Runs beside the work, so that `stop` and the parent's end are heard meanwhile."""
    for text in iter(orders.readline, b""):
        message: dict[str, Any] = json.loads(text)
        if message["do"] == "stop":
            stop.set()
        else:
            waiting.put(order_from(message))
    end()


def main(arguments: list[str]) -> int:
    """Serve with torch."""
    images, cache, device, parent = arguments
    return serve(lambda: TorchEvaluator(Path(images), Path(cache), device), int(parent))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

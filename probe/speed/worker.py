"""The process in which models run: imports torch once, takes one order a line, answers in lines.

    python -P -m backbones.probe.speed.worker DEVICE PARENT

Orders come on standard input and answers go to what was standard output when it started; whatever libraries print after that
goes to standard error, of which the supervisor keeps the tail. It ends when its parent does.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, BinaryIO, Final, Protocol

from backbones.probe.child import die_with, end, own_pipes
from backbones.probe.speed.protocol import Stopped
from backbones.probe.speed.taking import Taken, clear
from backbones.probe.speed.wire import Failed, InPhase, Measured, Message, Order, Ready, Refused, order_from, say
from backbones.store.measuring.visit import Conditions

CANNOT: Final = 3
"""Exit code of a worker that cannot work here."""


class Bench(Protocol):
    """Where models are measured; `probe.speed.bench` is torch's, the tests have one that only tells stories."""

    def conditions(self) -> Conditions:
        """Of this process on its device."""

    def take(self, order: Order, says: Callable[[str], None], is_stopped: Callable[[], bool]) -> Taken:
        """Measure; raises what went wrong."""

    def failure(self, error: BaseException) -> Failed:
        """What the supervisor is told of an error."""

    def is_spent(self) -> bool:
        """Whether a fresh process would be a better one."""


class Refusal(Exception):
    """The bench cannot be set up here; the sentence says why and what to do."""


def serve(set_up: Callable[[], Bench], parent: int) -> int:
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
        bench = set_up()
        tell(Ready(bench.conditions(), time.perf_counter() - began))
    except Refusal as refusal:
        tell(Refused(str(refusal)))
        return CANNOT
    while True:
        order = waiting.get()
        tell(_answer(bench, order, lambda phase: tell(InPhase(phase)), stop.is_set))


def _answer(bench: Bench, order: Order, says: Callable[[str], None], is_stopped: Callable[[], bool]) -> Message:
    try:
        taken = bench.take(order, says, is_stopped)
    except Stopped:
        return Failed("stopped", "")
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        failed = bench.failure(error)
        clear(error)
        return failed
    return Measured(taken.seen, taken.images, bench.is_spent())


def _listen(orders: BinaryIO, waiting: queue.SimpleQueue[Order], stop: threading.Event) -> None:
    """Runs beside the work, so that `stop` and the parent's end are heard during a step."""
    for text in iter(orders.readline, b""):
        message: dict[str, Any] = json.loads(text)
        if message["do"] == "stop":
            stop.set()
        else:
            waiting.put(order_from(message))
    end()


def main(arguments: list[str]) -> int:
    """Serve with torch."""
    device, parent = arguments
    from backbones.probe.speed.bench import set_up

    return serve(lambda: set_up(device), int(parent))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

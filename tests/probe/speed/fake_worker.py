"""A worker without torch: what becomes of a visit is said by the model's name. Same loop, pipes and messages as the real one.

    python fake_worker.py [--slow S] DEVICE PARENT

Names: `crash…`, `hang…`, `error…`, `memory…`, `broken…` (the device, once), `once…` (crashes in a used worker only), `drift…` (another
figure each visit), `sleep…` (takes S seconds, can be stopped), `noise…` (prints to stdout), `exit…`; devices: `nowhere`, `dies`, `sleepy`.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable

from backbones.probe.speed.protocol import Stopped
from backbones.probe.speed.taking import Taken, sentence
from backbones.probe.speed.wire import Failed, Order
from backbones.probe.speed.worker import Refusal, serve
from backbones.store.measuring.visit import Conditions, Seen

SLOW_S = 0.0
NATIVE = {"b": 288, "convnext_base": 288, "efficientnet_b3": 320}


class Broken(Exception):
    """As after an illegal memory access."""


class StoryBench:
    """Tells instead of measuring."""

    def __init__(self, device: str) -> None:
        if device == "nowhere":
            raise Refusal("torch sees no device 'nowhere' here")
        if device == "dies":
            sys.stderr.write("cannot open shared object file\n")
            os._exit(7)
        if device == "sleepy":
            time.sleep(3600)
        self.device, self.visits, self.is_broken = device, 0, False

    def conditions(self) -> Conditions:
        return Conditions(
            host="0123456789ab", device="AMD EPYC 9575F", device_kind="cpu" if self.device == "cpu" else "gpu", device_memory_mib=1000,
            driver="", accelerator="", cudnn="", torch="2.9.1", timm="1.0.0", python="3.11.7", system="Linux", threads=2, tf32=False,
            cudnn_benchmark=False, allocator=os.environ.get("MALLOC_TRIM_THRESHOLD_", ""), extra={"pid": os.getpid()},
        )  # fmt: skip

    def take(self, order: Order, says: Callable[[str], None], is_stopped: Callable[[], bool]) -> Taken:
        self.visits += 1
        says("create")
        name = order.task.model
        if name.startswith("crash") or (name.startswith("once") and self.visits > 1):
            sys.stderr.write("Segmentation fault in layer 3\n")
            sys.stderr.flush()
            os.kill(os.getpid(), signal.SIGSEGV)
        if name.startswith("hang"):
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
            time.sleep(3600)
        if name.startswith("exit"):
            os._exit(5)
        if name.startswith("error"):
            raise RuntimeError("Given groups=1,\nexpected 3 channels")
        if name.startswith("memory"):
            raise MemoryError("out of memory")
        if name.startswith("broken"):
            raise Broken("CUDA error: an illegal memory access was encountered")
        if name.startswith("noise"):
            os.write(1, b"chatter on standard output\n")
            sys.stdout.write("more of it\n")
            sys.stdout.flush()
        if name.startswith("children"):
            import subprocess

            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
            sys.stderr.write(f"child {child.pid}\n")
        says("measure")
        until = time.monotonic() + (SLOW_S if name.startswith("sleep") else SLOW_S / 100)
        while time.monotonic() < until:
            if is_stopped():
                raise Stopped
            time.sleep(0.005)
        says("finish")
        step_s = 0.01 * (1 + (time.monotonic() % 1 if name.startswith("drift") else 0))
        batch = order.batch_size or order.task.batch_size or 16
        latency = step_s * 1e3 if order.task.quantity == "latency" else None
        seen = Seen(
            batch,
            order.task.resolution or NATIVE.get(name, 224),
            batch / step_s,
            latency,
            blocks=(step_s,) * 8,
            steps_a_block=10,
            batches=((8, 1.0, 2.0), (16, 1.0, 3.0)),
        )
        return Taken(seen, 80 * batch)

    def failure(self, error: BaseException) -> Failed:
        if isinstance(error, MemoryError):
            return Failed("out_of_memory", sentence(error), True)
        return Failed("error", sentence(error), isinstance(error, Broken))

    def is_spent(self) -> bool:
        return False


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments[0] == "--slow":
        SLOW_S = float(arguments[1])
        arguments = arguments[2:]
    sys.exit(serve(lambda: StoryBench(arguments[0]), int(arguments[1])))

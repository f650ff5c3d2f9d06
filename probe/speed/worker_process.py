"""A worker as its supervisor sees it: started in a group of its own, heard line by line, ended with everything it started."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol

from backbones.probe.speed.conditions import MALLOC
from backbones.probe.speed.wire import LONGEST, Message, heard, line

TAIL: Final = 2000
"""Bytes of what a worker printed last that are looked at when it dies."""
TORCH: Final = (sys.executable, "-P", "-m", "backbones.probe.speed.worker")
"""The command of a real worker; the device and the parent's number follow."""
UNSET: Final = ("NVIDIA_TF32_OVERRIDE", "CUDA_LAUNCH_BLOCKING")
"""Variables that no worker gets: the first overrules the precision that is asked for, the second makes the CPU wait for each kernel."""


class Ended:
    """The worker's pipe is closed: it has crashed, or ended itself."""


Heard = tuple["WorkerProcess", Message | Ended]


class HasLine(Protocol):
    """An order of any kind of worker."""

    def line(self) -> bytes:
        """For the worker's standard input."""


class WorkerProcess:
    """One process for one device. What it says arrives in a queue that several workers may share."""

    def __init__(
        self,
        device: str,
        inbox: queue.SimpleQueue[Any],
        command: Sequence[str] = TORCH,
        understand: Callable[[bytes], Any] = heard,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """`understand` makes a message of a line, `variables` are the worker's, for workers of another kind than the probe's."""
        self.device = device
        self._understand = understand
        self.visits = 0
        """Orders given so far."""
        self._inbox = inbox
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115  # its tail is read when the worker dies
        self._process = subprocess.Popen(
            [*command, device, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._printed,
            start_new_session=True,
            env=environment(device, os.environ) if variables is None else variables,
        )
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def give(self, order: HasLine) -> None:
        """Hand an order over. A worker that has died meanwhile is heard of by its closed pipe."""
        self.visits += 1
        self._write(order.line())

    def stop(self) -> None:
        """Ask it to end the visit after the present block."""
        self._write(line(do="stop"))

    def kill(self) -> int:
        """End it and everything it started; its exit code, negative for a signal."""
        with suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        code = self._process.wait()
        with suppress(OSError):  # an order that was still in the buffer
            assert self._process.stdin is not None
            self._process.stdin.close()
        self._printed.close()
        return code

    def death(self) -> tuple[int, str]:
        """Of a worker whose pipe is closed: its exit code and what it printed last. What it started is ended too."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=2)
        tail = self._tail()
        return self.kill(), tail

    def _tail(self) -> str:
        size = os.fstat(self._printed.fileno()).st_size
        self._printed.seek(max(0, size - TAIL))
        return self._printed.read().decode(errors="replace").strip()

    def _write(self, text: bytes) -> None:
        with suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.write(text)
            self._process.stdin.flush()

    def _listen(self) -> None:
        answers = self._process.stdout
        assert answers is not None
        with answers, suppress(ValueError, OSError):  # a line that is no message ends the worker: see `Ended`
            for text in iter(lambda: answers.readline(LONGEST), b""):
                self._inbox.put((self, self._understand(text)))
        self._inbox.put((self, Ended()))


def environment(device: str, outer: Mapping[str, str]) -> dict[str, str]:
    """The variables of a worker: malloc that keeps its buffers on a CPU, nvidia-smi's order of GPUs, no network. The user's own win.

    Numbers that the user chose GPUs by mean what they mean to any other program of his.
    """
    own = dict(MALLOC) if device == "cpu" else {}
    if device != "cpu" and not outer.get("CUDA_VISIBLE_DEVICES"):
        own["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    kept = {name: value for name, value in outer.items() if name not in UNSET}
    return own | {"PYTHONUNBUFFERED": "1", "HF_HUB_OFFLINE": "1"} | kept


def unset(outer: Mapping[str, str]) -> tuple[str, ...]:
    """The variables of the user that a worker does not get."""
    return tuple(name for name in UNSET if outer.get(name))

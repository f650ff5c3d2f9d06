"""torch's bench: one device, the model in hand, and what errors mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from backbones.probe.speed import load
from backbones.probe.speed.protocol import Device
from backbones.probe.speed.quick_init import Pool
from backbones.probe.speed.taking import Taken, sentence, take
from backbones.probe.speed.wire import Failed, Order
from backbones.probe.speed.worker import Refusal
from backbones.store.measuring.visit import Conditions, Status

GROWTH_GPU: Final = 256 << 20
GROWTH_CPU: Final = 2 << 30
"""Bytes held between two models, beyond those before the first, from which a process is not as good as a fresh one: memory is in pieces."""
BROKEN: Final = (
    "cuda error",
    "cudnn_status",
    "cublas_status",
    "hip error",
    "device-side assert",
    "illegal memory access",
    "device_lost",
    "command buffer exited with error",
)
"""After these every later call on the device fails too."""


class TorchBench:
    """Keeps the last model: throughput and latency of one model need it made only once."""

    def __init__(self, device: str, name: str) -> None:
        from backbones.probe.speed.devices import open_device

        self._name = name
        self._device: Device = open_device(name)
        self._pool = Pool()
        self._subject: Any = None
        self._is_broken = False
        self._held_at_first: int | None = None
        self._has_grown = False

    def conditions(self) -> Conditions:
        """Of this process on its device."""
        from backbones.probe.speed.conditions import conditions_here

        return conditions_here(self._name)

    def take(self, order: Order, says: Callable[[str], None], is_stopped: Callable[[], bool]) -> Taken:
        """Make the model unless it is in hand, and measure."""
        from backbones.probe.speed.subject import Subject, allow_tf32, setting_of

        task = order.task
        if self._subject is None or self._subject.setting != setting_of(task) or task.compiled:
            says("create")
            self._subject = None
            self._device.begin()
            self._look_at_memory()
            allow_tf32(task.precision == "tf32")
            self._subject = Subject(task, self._name, self._pool)
        return take(task, self._subject, self._device, order.budget, order.batch_size, says, is_stopped)

    def failure(self, error: BaseException) -> Failed:
        """By kind: memory, cannot be done, or a mistake; and whether the device can still be used."""
        self._subject = None
        text = str(error).lower()
        self._is_broken = any(words in text for words in BROKEN)
        if self._device.is_out_of_memory(error):
            return Failed("out_of_memory", sentence(error), True)
        status: Status = "unsupported" if type(error).__name__ == "Unsupported" else "error"
        return Failed(status, sentence(error), self._is_broken)

    def is_spent(self) -> bool:
        """Broken, or holding memory that no model needs."""
        return self._is_broken or self._has_grown

    def _look_at_memory(self) -> None:
        """Between two models."""
        held = _held(self._name)
        self._held_at_first = held if self._held_at_first is None else self._held_at_first
        self._has_grown = held - self._held_at_first > (GROWTH_CPU if self._name == "cpu" else GROWTH_GPU)


def _held(name: str) -> int:
    import torch

    kind, _, index = name.partition(":")
    if kind in ("cuda", "xpu"):
        return int(getattr(torch, kind).memory_reserved(int(index or 0)))
    if kind == "mps":
        return int(torch.mps.driver_allocated_memory())
    return load.resident_bytes()


def set_up(device: str) -> TorchBench:
    """The bench of a device. Refusal where torch, timm or the device is missing."""
    try:
        import timm  # noqa: F401
        import torch
    except ImportError as missing:
        raise Refusal(
            f"measuring needs torch and timm, and {missing.name} is missing; install them with: pip install 'backbones[probe]'"
        ) from None
    from backbones.probe.speed.load import cpus

    if device == "cpu":
        torch.set_num_threads(min(torch.get_num_threads(), cpus()))
        torch.set_flush_denormal(True)  # random weights fade into denormals in deep networks, trained ones do not
    torch.backends.cudnn.benchmark = True  # shapes never change within a visit
    try:
        return TorchBench(device, device)
    except ValueError as unknown:
        raise Refusal(str(unknown)) from None

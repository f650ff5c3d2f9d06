"""torch's devices under the protocol: CPU, CUDA (and ROCm, which torch calls the same), XPU, MPS."""

from __future__ import annotations

import time
from typing import Any, Final

from backbones.probe.speed import load
from backbones.probe.speed.protocol import Block, Device, Step

ROOM: Final = 0.9
"""Share of the memory that a search for the batch size goes up to."""
_CPU_WORDS: Final = ("not enough memory", "can't allocate memory", "cannot allocate memory")
_GPU_WORDS: Final = ("out of memory", "alloc_failed", "out_of_device_memory", "out_of_host_memory")


class Cpu:
    """This machine's processors. Memory is what the process needs beyond what it held before the model came."""

    kind = "cpu"

    def __init__(self) -> None:
        self._held, self._code = load.resident_bytes(), load.resident_file_bytes()
        self._set_apart = 0
        self._is_peak_known = False

    def now(self) -> float:
        """Wall clock."""
        return time.perf_counter()

    def begin(self) -> None:
        """Memory is counted from here."""
        self.release()
        self._held, self._code = load.resident_bytes(), load.resident_file_bytes()

    def block(self, step: Step, steps: int) -> Block:
        """Steps one after another; interference by the kernel's counters."""
        lost, began = load.waiting_s(), time.perf_counter()
        foreign = load.foreign_s()
        for _ in range(steps):
            step()
        elapsed = max(time.perf_counter() - began, 1e-9)
        waited = load.waiting_s() - lost
        taken = max(0.0, load.foreign_s() - foreign - load.TICK_S) / load.cpus()  # both of our own CPUs alone
        return Block(elapsed, elapsed, max(waited, taken) / elapsed)

    def single(self, step: Step) -> float:
        """A step; the CPU is never ahead of itself."""
        began = time.perf_counter()
        step()
        return time.perf_counter() - began

    def busy_elsewhere_s(self) -> float:
        """By the kernel's counters."""
        return load.lost_s()

    def held(self) -> int:
        """The resident memory, without what is free in the heap and without code."""
        self.release()
        return load.resident_bytes() - load.resident_file_bytes()

    def reset_peak(self, set_apart: int = 0) -> None:
        """Of the resident memory. What an earlier step freed and malloc kept is not this one's, nor is code that came in with it."""
        load.trim()
        self._set_apart = set_apart + max(0, load.resident_file_bytes() - self._code)
        self._is_peak_known = load.reset_peak_resident()

    def peak_memory(self) -> int | None:
        """Above what was held before the model came."""
        peak = load.peak_resident_bytes() if self._is_peak_known else 0
        return max(0, peak - self._held - self._set_apart) if peak else None

    def memory_limit(self) -> int | None:
        """Nine tenths of what can be had without swapping."""
        used = max(0, load.resident_bytes() - self._held)
        return int(ROOM * (load.available_bytes() + used)) or None

    def is_out_of_memory(self, error: BaseException) -> bool:
        """Python's own error, or one of the allocator's sentences."""
        return isinstance(error, MemoryError) or any(words in str(error).lower() for words in _CPU_WORDS)

    def release(self) -> None:
        """Give the heap back."""
        load.give_memory_back()


class Accelerator:
    """A device of `torch.cuda` or `torch.xpu`, which have events and memory statistics of the same names."""

    def __init__(self, kind: str, module: Any, index: int) -> None:
        self.kind, self._module, self._index = kind, module, index
        module.set_device(index)

    def now(self) -> float:
        """Wall clock."""
        return time.perf_counter()

    def begin(self) -> None:
        """What the last model's tensors lay in goes back: the next one's pieces do not fit between them."""
        self.release()

    def block(self, step: Step, steps: int) -> Block:
        """An event at both ends, and the wall clock around them. Who else computes is judged over the whole visit: see `telemetry`."""
        first, last = (self._module.Event(enable_timing=True) for _ in range(2))
        began = time.perf_counter()
        first.record()
        for _ in range(steps):
            step()
        last.record()
        launched = time.perf_counter()
        last.synchronize()
        ended = time.perf_counter()
        wall_s = max(ended - began, 1e-9)
        device_s = first.elapsed_time(last) / 1e3
        return Block(device_s, wall_s, 0.0, (ended - launched) * steps / max(device_s, 1e-9))

    def single(self, step: Step) -> float:
        """A step and the wait for it, by wall clock: what a caller would see."""
        began = time.perf_counter()
        step()
        self._module.synchronize(self._index)
        return time.perf_counter() - began

    def busy_elsewhere_s(self) -> float:
        """No driver tells it often enough for a block."""
        return 0.0

    def held(self) -> int:
        """What the allocator has handed out: tensors, never code."""
        return int(self._module.memory_allocated(self._index))

    def reset_peak(self, set_apart: int = 0) -> None:
        """Of the allocator's statistics, in which nothing is to be set apart."""
        self._module.reset_peak_memory_stats(self._index)

    def peak_memory(self) -> int | None:
        """What the allocator handed out at most."""
        return int(self._module.max_memory_allocated(self._index))

    def memory_limit(self) -> int | None:
        """Nine tenths of what is free or ours."""
        free, _ = self._module.mem_get_info(self._index)
        return int(ROOM * (free + self._module.memory_reserved(self._index)))

    def is_out_of_memory(self, error: BaseException) -> bool:
        """torch's own error, or a library's sentence."""
        text = str(error).lower()
        return type(error).__name__ == "OutOfMemoryError" or any(words in text for words in _GPU_WORDS)

    def release(self) -> None:
        """Empty the allocator's cache."""
        import gc

        gc.collect()
        self._module.empty_cache()


class Mps:
    """Apple's GPU: no statistics of the peak, so that the highest seen after a block stands for it."""

    kind = "mps"

    def __init__(self, module: Any) -> None:
        self._module, self._peak = module, 0

    def now(self) -> float:
        """Wall clock."""
        return time.perf_counter()

    def begin(self) -> None:
        """What the last model's tensors lay in goes back."""
        self.release()
        self._peak = 0

    def block(self, step: Step, steps: int) -> Block:
        """Wall clock around the steps and one wait; the CPU is shared with the GPU, so its load is what disturbs."""
        lost = load.lost_s()
        began = time.perf_counter()
        for _ in range(steps):
            step()
        self._module.synchronize()
        elapsed = max(time.perf_counter() - began, 1e-9)
        self._peak = max(self._peak, self._module.driver_allocated_memory())
        return Block(elapsed, elapsed, (load.lost_s() - lost) / elapsed)

    def single(self, step: Step) -> float:
        """A step and the wait for it."""
        began = time.perf_counter()
        step()
        self._module.synchronize()
        return time.perf_counter() - began

    def busy_elsewhere_s(self) -> float:
        """macOS does not say."""
        return load.lost_s()

    def held(self) -> int:
        """What Metal has handed out."""
        return int(self._module.driver_allocated_memory())

    def reset_peak(self, set_apart: int = 0) -> None:
        """Forget the highest seen."""
        self._peak = 0

    def peak_memory(self) -> int | None:
        """The highest seen after a block."""
        return self._peak or int(self._module.driver_allocated_memory())

    def memory_limit(self) -> int | None:
        """Nine tenths of what Metal recommends."""
        return int(ROOM * self._module.recommended_max_memory())

    def is_out_of_memory(self, error: BaseException) -> bool:
        """torch's sentence."""
        return "out of memory" in str(error).lower()

    def release(self) -> None:
        """Empty the allocator's cache."""
        import gc

        gc.collect()
        self._module.empty_cache()


def open_device(name: str) -> Device:
    """The device of torch's name. ValueError with a sentence where this machine or this torch has none such."""
    import torch

    kind, _, index = name.partition(":")
    if kind == "cpu":
        return Cpu()
    if kind == "mps" and torch.backends.mps.is_available():
        return Mps(torch.mps)
    if kind in ("cuda", "xpu"):
        module = getattr(torch, kind)
        if module.is_available() and int(index or 0) < module.device_count():
            return Accelerator(kind, module, int(index or 0))
    raise ValueError(f"torch {torch.__version__} sees no device {name!r} here; it sees {', '.join(device_names())}")


def full_names() -> dict[str, str]:
    """What the makers call the accelerators; asked only where there are several, since it wakes them up."""
    import torch

    names = [name for name in device_names() if name.partition(":")[0] in ("cuda", "xpu")]
    if len(names) < 2:
        return {}
    modules = {"cuda": torch.cuda, "xpu": torch.xpu}
    return {name: str(modules[name.partition(":")[0]].get_device_name(int(name.partition(":")[2]))) for name in names}


def device_names() -> list[str]:
    """All that torch sees here, accelerators first, `cpu` last."""
    import torch

    names = [f"cuda:{n}" for n in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    if torch.xpu.is_available():
        names += [f"xpu:{n}" for n in range(torch.xpu.device_count())]
    if torch.backends.mps.is_available():
        names.append("mps")
    return [*names, "cpu"]

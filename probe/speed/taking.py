"""One task on one device, in the worker: make the model, find the batch, warm up, time, and say what was seen."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, Protocol

from backbones.probe.speed.batches import MIB, Search, search_batch
from backbones.probe.speed.load import Load, Watch
from backbones.probe.speed.protocol import (
    LEAST_FOR_P90,
    LEAST_FOR_P99,
    Budget,
    Device,
    Step,
    Timed,
    WarmUp,
    first_call,
    time_blocks,
    time_steps,
    warm_up,
)
from backbones.store.measuring.sample import quantile
from backbones.store.measuring.visit import Seen, Task
from backbones.store.text import printable

SaysPhase = Callable[[str], None]
PHASES: Final = ("start", "create", "search", "first_call", "compile", "warm_up", "measure", "finish")
CPU_BATCHES: Final = (1, 64)
GPU_BATCHES: Final = (8, 2048)
"""Where the search for the batch size begins and ends where the user says nothing."""


class NotFinite(Exception):
    """A step gave NaN or infinity: its speed may not be that of ordinary numbers."""


class Model(Protocol):
    """What is timed; `probe.speed.subject` has timm's."""

    is_training: bool
    params_m: float

    @property
    def resolution(self) -> int: ...

    @property
    def height(self) -> int: ...

    def step(self, batch: int) -> Step: ...

    def compile(self) -> None: ...

    def check(self, output: object) -> None: ...

    def settle(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Taken:
    """What was seen, and over how many images of the timed part."""

    seen: Seen
    images: int


def take(
    task: Task,
    model: Model,
    device: Device,
    budget: Budget,
    batch: int,
    says: SaysPhase,
    is_stopped: Callable[[], bool],
) -> Taken:
    """Measure. `batch` is what an earlier visit found, or 0."""
    batch, search = _batch(task, model, device, budget, batch, says, is_stopped)
    step = model.step(batch)
    before = device.held() if task.compiled else 0
    if task.compiled:
        model.compile()
    says("compile" if task.compiled else "first_call")
    first_s = _first_call(model, device, step)
    # Choosing kernels and compiling need memory once; a step does not. A compiler also stays in the process.
    device.reset_peak(max(0, device.held() - before) if task.compiled else 0)
    says("warm_up")
    warm = warm_up(device, step, budget, is_stopped)
    says("measure")
    watch = Watch(device.now())
    timed = _time(task, device, step, warm, budget, is_stopped)
    load = watch.until(device.now())
    says("finish")
    peak = None if _is_compiler_inseparable(task) else device.peak_memory()
    seen = _seen(task, model, batch, timed, warm, load, search)
    seen = replace(
        seen,
        first_call_s=0.0 if task.compiled else first_s,
        compile_s=first_s if task.compiled else 0.0,
        peak_memory_mib=peak / MIB if peak is not None else None,
    )
    return Taken(seen, timed.steps * batch)


def _is_compiler_inseparable(task: Task) -> bool:
    """On a CPU gradients, momenta and the compiler's own objects come with the same first step, into the same heap."""
    return task.compiled and task.quantity == "training" and task.device == "cpu"


def _first_call(model: Model, device: Device, step: Step) -> float:
    """Seconds of the first step, whose output must be finite; random weights get a second chance to give such."""
    outputs: list[object] = []
    seconds = first_call(device, lambda: outputs.append(step()))
    try:
        model.check(outputs.pop())
    except NotFinite:
        model.settle()
        model.check(step())
    return seconds


def _time(
    task: Task, device: Device, step: Step, warm: WarmUp, budget: Budget, is_stopped: Callable[[], bool]
) -> Timed:
    if task.quantity == "latency":
        return time_steps(device, step, budget, is_stopped)
    return time_blocks(device, step, warm.step_s, budget, is_stopped)


def _batch(
    task: Task,
    model: Model,
    device: Device,
    budget: Budget,
    known: int,
    says: SaysPhase,
    is_stopped: Callable[[], bool],
) -> tuple[int, Search | None]:
    """The batch size that is measured, and the search that found it."""
    if task.batch_size or known:
        return task.batch_size or known, None
    if task.quantity == "latency":
        return 1, None
    start, most = CPU_BATCHES if task.device == "cpu" else GPU_BATCHES
    search = search_batch(
        device, model.step, budget, start, budget.most_batch or most, is_stopped, lambda batch: says("search")
    )
    device.release()
    return search.best, search


def _seen(task: Task, model: Model, batch: int, timed: Timed, warm: WarmUp, load: Load, search: Search | None) -> Seen:
    steps = sorted(timed.blocks)
    is_latency = task.quantity == "latency"
    return Seen(
        batch_size=batch,
        resolution=model.resolution,
        height=model.height,
        throughput_img_s=batch / timed.median,
        latency_ms=timed.median * 1e3 if is_latency else None,
        latency_p90_ms=quantile(steps, 0.9) * 1e3 if is_latency and len(steps) >= LEAST_FOR_P90 else None,
        latency_p99_ms=quantile(steps, 0.99) * 1e3 if is_latency and len(steps) >= LEAST_FOR_P99 else None,
        ci=timed.ci,
        blocks=_short(timed.blocks),
        set_aside=_short(timed.set_aside),
        steps_a_block=timed.steps_a_block,
        warm_up_s=warm.seconds,
        is_stable=warm.is_stable,
        wall_over_device=timed.wall_over_device,
        steps_ahead=timed.ahead,
        batches=tuple(
            (point.batch_size, point.throughput_img_s, point.peak_memory_mib)
            for point in (search.points if search else ())
        ),
        page_faults_a_step=load.faults / timed.steps,
        other_processes=round(load.foreign_cpus) if task.device == "cpu" else 0,
        waiting_share=load.waiting_share,
        params_m=model.params_m,
    )


def _short(values: tuple[float, ...]) -> tuple[float, ...]:
    """Six digits are more than a clock knows; hundreds of single steps stay small so."""
    return tuple(float(f"{value:.6g}") for value in values)


def sentence(error: BaseException) -> str:
    """An error in a line."""
    text = printable(" ".join(str(error).split()))[:500]
    return text if type(error).__name__ in ("Unsupported", "NotFinite") else f"{type(error).__name__}: {text}"


def clear(error: BaseException) -> None:
    """Let go of the tensors that the error's traceback holds."""
    import traceback

    with suppress(RuntimeError):
        traceback.clear_frames(error.__traceback__)

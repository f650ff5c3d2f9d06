"""One visit of the probe to one model: what was asked, under which conditions, and what was seen. No torch here."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

Quantity = Literal["throughput", "latency", "training"]
Precision = Literal["fp32", "tf32", "bf16", "fp16", "amp_fp16", "amp_bf16"]
MemoryFormat = Literal["contiguous", "channels_last"]
Status = Literal["ok", "out_of_memory", "crash", "timeout", "error", "unsupported"]
QUANTITIES: Final[tuple[Quantity, ...]] = ("throughput", "latency", "training")
PRECISIONS: Final[tuple[Precision, ...]] = ("fp32", "tf32", "bf16", "fp16", "amp_fp16", "amp_bf16")
PROTOCOL: Final = 1
"""Version of the way of measuring; figures of different versions are not put together."""


COUNTED: Final = ("uuid", "power_limit_w", "switches")
"""What of `extra` makes other conditions: another card, what it may draw, switches in the environment that change speed."""


@dataclass(frozen=True, slots=True)
class Task:
    """What one row is about: a model in one setting on one device."""

    model: str
    """timm's name of the architecture."""
    quantity: Quantity
    device: str
    """`cpu`, `cuda:0`, `mps` …: as torch names it on this machine."""
    precision: Precision
    memory_format: MemoryFormat = "contiguous"
    compiled: bool = False
    fused: bool = False
    """Re-parameterised branches are merged before measuring (RepVGG, MobileOne …)."""
    resolution: int = 0
    """Side of the square input in pixels; 0: the model's own test resolution."""
    batch_size: int = 0
    """Images a step; 0: the smallest within 3 % of the best throughput. Latency is of 1 unless said."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under which conditions numbers came about: of the run, not of the model. Texts are empty and numbers 0 where there is no such thing."""

    host: str
    """`store.machine.host_id()`: 12 hex digits."""
    device: str
    """Named as the catalogue names devices: `NVIDIA H200`, `AMD EPYC 9575F`."""
    device_kind: str
    """`gpu` or `cpu`."""
    device_memory_mib: int
    driver: str
    accelerator: str
    """`CUDA 13.2`, `ROCm 6.4`, empty."""
    cudnn: str
    torch: str
    timm: str
    python: str
    system: str
    threads: int
    """CPU threads that torch uses."""
    tf32: bool
    """Whether convolutions and matrix products may use TF32."""
    cudnn_benchmark: bool
    allocator: str
    """The settings of malloc, in a canonical form; empty: the system's own."""
    extra: dict[str, Any] = field(default_factory=dict)
    """Uuid, SM count, power limit, MIG, ECC, affinity, CPU quota, environment switches."""

    @property
    def fingerprint(self) -> str:
        """12 hex digits of what two runs must share for their numbers to be put together: all but `extra`, of which COUNTED counts.

        That of a visit that was kept stands beside it: another version may compute it otherwise.
        """
        plain = asdict(self)
        extra = plain.pop("extra")
        plain |= {name: extra.get(name) or None for name in COUNTED}
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen during the timed part of a visit."""

    batch_size: int
    resolution: int
    throughput_img_s: float | None = None
    """Images a second: batch size / median of the blocks' time a step."""
    latency_ms: float | None = None
    """Median of single synchronised steps, in milliseconds."""
    latency_p90_ms: float | None = None
    """None below 64 steps."""
    latency_p99_ms: float | None = None
    """None below 662 steps."""
    peak_memory_mib: float | None = None
    """None for compiled training on a CPU."""
    ci: float = 0.0
    """Half of the distribution-free 95 % interval of the median, as a share of the median."""
    blocks: tuple[float, ...] = ()
    """Raw seconds a step of every block that counts."""
    set_aside: tuple[float, ...] = ()
    """Those of blocks during which something else was busy."""
    steps_a_block: int = 1
    first_call_s: float = 0.0
    compile_s: float = 0.0
    warm_up_s: float = 0.0
    is_stable: bool = True
    wall_over_device: float = 1.0
    """Wall clock over device time: above 1.05 the CPU that launches the work is what limits."""
    steps_ahead: float | None = None
    """Steps of throughput that lay before the device when the last of a block was launched; near 0 the CPU limits."""
    batches: tuple[tuple[int, float, float], ...] = ()
    """All points of the search for the batch size: (batch size, images a second, peak memory in MiB)."""
    clock_mhz: float | None = None
    throttled_ms: float | None = None
    energy_j_per_image: float | None = None
    page_faults_a_step: float = 0.0
    other_processes: int = 0
    """CPU: how many of our CPUs others kept busy. GPU: other processes that computed, where they took more than 3 %; where the driver does
    not say who computes, those that had it open."""
    waiting_share: float = 0.0
    """Share of the time in which our threads were ready to run but did not."""
    params_m: float | None = None
    gmacs: float | None = None
    height: int = 0
    """Of an input that is not square, whose width is the resolution; else 0."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit: it is kept as it is, and the row of its task is made anew from all visits of the same key."""

    task: Task
    conditions: Conditions
    round: int
    """From 1."""
    started: str
    """UTC, ISO 8601 with milliseconds: `2026-11-21T20:15:30.123Z`; older visits have whole seconds. For their order: `moment`."""
    duration_s: float
    status: Status
    seen: Seen | None = None
    cautions: tuple[str, ...] = ()
    """Names of `store.measuring.cautions.CAUTIONS`."""
    error: str = ""

    @property
    def moment(self) -> str:
        """When it began, to put visits in order: with or without a part of a second, the text alone would mislead."""
        return moment_of(self.started)

    @property
    def key(self) -> str:
        """16 hex digits: same host, same conditions, same task, same protocol. What `--resume` goes by, as today's version forms it.

        What was kept goes by the key that stands beside it.
        """
        return key_of(self.task, self.conditions)


def moment_of(started: str) -> str:
    """A start as it is compared: `…:30Z` would stand behind `…:30.123Z`. In SQL: `rtrim(started, 'Z')`."""
    return started.removesuffix("Z")


def card_of(task_device: str | None, uuid: object) -> str:
    """What tells cards of one name apart, short: the beginning of the uuid, or what torch calls the device."""
    return str(uuid).removeprefix("GPU-")[:8] if uuid else task_device or ""


def key_of(task: Task, conditions: Conditions) -> str:
    """The key of a task under conditions. A card that has a uuid is known by it: torch's index changes with what is visible."""
    plain_task = asdict(task)
    if conditions.extra.get("uuid"):
        plain_task["device"] = task.device.partition(":")[0]
    plain = json.dumps([plain_task, conditions.fingerprint, PROTOCOL], sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()[:16]

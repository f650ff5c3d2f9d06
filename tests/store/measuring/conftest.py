"""Visits to toy models, as the probe would have made them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from backbones.store.machine import host_id
from backbones.store.measuring.visit import Conditions, Seen, Task, Visit

Make = Callable[..., Visit]

GPU = Conditions(
    host=host_id(), device="Home GPU", device_kind="gpu", device_memory_mib=16_384, driver="580.65", accelerator="CUDA 13.2",
    cudnn="9.10", torch="2.15.0+cu132", timm="1.0.31", python="3.11.2", system="Linux 6.1", threads=8, tf32=False,
    cudnn_benchmark=True, allocator="", extra={"uuid": "GPU-1"},
)  # fmt: skip


@pytest.fixture
def make() -> Make:
    """A visit to ToyNet-S that went well; keywords change task, conditions, what was seen or the visit itself."""

    def visit(speed: float | None = 100.0, round: int = 1, **changes: Any) -> Visit:
        parts: dict[type, dict[str, Any]] = {Task: {}, Conditions: {}, Seen: {}, Visit: {}}
        for name, value in changes.items():
            kind = next(k for k in (Visit, Seen, Task, Conditions) if name in k.__dataclass_fields__)
            kind = {"resolution": Seen, "batch_size": Seen, "device": Conditions}.get(name, kind)
            parts[kind][name] = value
        task = replace(Task("toynet_small", "throughput", "cuda:0", "fp16"), **parts[Task])
        seen = Seen(64, 224, speed, ci=0.002, blocks=(0.64, 0.65), peak_memory_mib=900.0)
        status = parts[Visit].get("status", "ok")
        return Visit(
            task,
            replace(GPU, **parts[Conditions]),
            round,
            parts[Visit].pop("started", f"2026-11-21T10:00:{round:02d}Z"),
            1.5,
            status,
            replace(seen, **parts[Seen]) if status == "ok" else None,
            parts[Visit].get("cautions", ()),
            parts[Visit].get("error", ""),
        )

    return visit

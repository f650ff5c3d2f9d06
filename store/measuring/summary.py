"""One row out of all visits of the same key: the median over rounds, and how far they are apart."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from backbones.store.measuring.cautions import cautions_of_visits
from backbones.store.measuring.coding import NUMBER
from backbones.store.measuring.sample import spread
from backbones.store.measuring.visit import PROTOCOL, Seen, Visit


def summed_up(
    visits: Sequence[Visit], key: str = "", protocol: int = PROTOCOL, fingerprint: str = ""
) -> dict[str, Any] | None:
    """The columns of `measurement`; None where no visit went well: a failure has no number.

    Time, clock and energy are medians over the visits, what disturbed them is the worst of them, memory the most; the
    conditions are those of the latest. Where the search for a batch size ended differently, the size that was found most
    often counts (of equals the latest), and only the visits with it. Key and fingerprint are those that stand beside the visits, where they are given.
    """
    counted = alike([v for v in visits if v.status == "ok" and v.seen is not None])
    if not counted:
        return None
    latest = counted[-1]
    task, conditions, seen = latest.task, latest.conditions, _seen(counted)
    last = seen[-1]
    return {
        "key": key or latest.key,
        "datetime_utc": latest.started,
        "host": conditions.host,
        "origin": "measured",
        "backbone": task.model,
        "device": conditions.device,
        "mode": "training" if task.quantity == "training" else "inference",
        "quantity": task.quantity,
        "precision": task.precision,
        "memory_format": task.memory_format,
        "compiled": int(task.compiled),
        "fused": int(task.fused),
        "framework": framework(conditions.torch),
        "resolution": last.resolution,
        "batch_size": last.batch_size,
        "throughput_img_s": _median(s.throughput_img_s for s in seen),
        "latency_ms": _median(s.latency_ms for s in seen),
        "latency_p90_ms": _median(s.latency_p90_ms for s in seen),
        "latency_p99_ms": _median(s.latency_p99_ms for s in seen),
        "peak_memory_mib": max((s.peak_memory_mib for s in seen if s.peak_memory_mib is not None), default=None),
        "gmacs": last.gmacs,
        "params_m": last.params_m,
        "device_kind": conditions.device_kind,
        "device_memory_mib": conditions.device_memory_mib,
        "driver": conditions.driver,
        "accelerator": conditions.accelerator,
        "cudnn": conditions.cudnn,
        "torch": conditions.torch,
        "timm": conditions.timm,
        "python": conditions.python,
        "system": conditions.system,
        "threads": conditions.threads,
        "tf32": int(conditions.tf32),
        "cudnn_benchmark": int(conditions.cudnn_benchmark),
        "allocator": conditions.allocator,
        "fingerprint": fingerprint or conditions.fingerprint,
        "protocol": protocol,
        "rounds": len(counted),
        "spread": spread(_values(counted)),
        "ci": median(s.ci for s in seen),
        "blocks": sum(len(s.blocks) for s in seen),
        "blocks_set_aside": sum(len(s.set_aside) for s in seen),
        "steps_a_block": last.steps_a_block,
        "first_call_s": max(one.first_call_s for one in seen),  # later visits of one process are warm
        "compile_s": max(one.compile_s for one in seen),
        "warm_up_s": last.warm_up_s,
        "is_stable": int(all(s.is_stable for s in seen)),
        "wall_over_device": median(s.wall_over_device for s in seen),
        "clock_mhz": _median(s.clock_mhz for s in seen),
        "throttled_ms": max((s.throttled_ms for s in seen if s.throttled_ms is not None), default=None),
        "energy_j_per_image": _median(s.energy_j_per_image for s in seen),
        "page_faults_a_step": max(s.page_faults_a_step for s in seen),
        "other_processes": max(s.other_processes for s in seen),
        "waiting_share": max(s.waiting_share for s in seen),
        "cautions": ",".join(cautions_of_visits([visit.cautions for visit in counted], _values(counted))),
        "details": json.dumps({"extra": conditions.extra, "batches": _batches(visits)}, ensure_ascii=False),
    }


def value_of(visit: Visit) -> float | None:
    """The number that a visit was for: images a second, or milliseconds; None for one that failed."""
    if visit.status != "ok" or visit.seen is None:
        return None
    value = getattr(visit.seen, NUMBER[visit.task.quantity])
    return None if value is None else float(value)


def _values(visits: Iterable[Visit]) -> list[float]:
    return [value for visit in visits if (value := value_of(visit)) is not None]


def framework(torch: str) -> str:
    """`PyTorch 2.9.1 cu128`, as the catalogue writes it."""
    return f"PyTorch {torch.replace('+', ' ')}".strip() if torch else ""


def alike(visits: Sequence[Visit]) -> list[Visit]:
    """Of visits that went well, those of the batch size and resolution that most have, the oldest first."""
    ordered = sorted(visits, key=lambda visit: (visit.moment, visit.round))
    sizes = [(seen.batch_size, seen.resolution) for seen in _seen(ordered)]
    counts = Counter(sizes)
    chosen = max(reversed(sizes), key=counts.__getitem__, default=None)
    return [visit for visit, size in zip(ordered, sizes, strict=True) if size == chosen]


def _batches(visits: Sequence[Visit]) -> Sequence[tuple[int, float, float]]:
    """The points of the search for the batch size: only the first visit searches, later ones take what it found."""
    ordered = sorted(visits, key=lambda visit: (visit.moment, visit.round))
    return next((seen.batches for seen in _seen(ordered) if seen.batches), ())


def _seen(visits: Iterable[Visit]) -> list[Seen]:
    return [visit.seen for visit in visits if visit.seen is not None]


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None

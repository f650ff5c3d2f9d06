"""Under which conditions this process measures: versions, device, switches. Asked in the worker, where torch is."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from backbones.probe.speed import load
from backbones.probe.speed.device_names import cpu_name, gpu_name, this_cpu
from backbones.probe.speed.telemetry import open_gpu
from backbones.store.machine import host_id
from backbones.store.measuring.visit import Conditions, Task

MALLOC: Final = {
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "17179869184",
    "MALLOC_TOP_PAD_": "268435456",
}
"""glibc keeps large buffers instead of giving them back after every layer: up to 70 % faster, a third of the spread."""
SWITCHES: Final = (
    "OMP_NUM_THREADS", "MKL_NUM_THREADS", "KMP_AFFINITY", "GOMP_CPU_AFFINITY", "CUDA_VISIBLE_DEVICES", "NVIDIA_TF32_OVERRIDE",
    "CUDA_LAUNCH_BLOCKING", "TORCH_BLAS_PREFER_CUBLASLT", "TIMM_FUSED_ATTN", "TORCHINDUCTOR_MAX_AUTOTUNE",
    "PYTORCH_ENABLE_MPS_FALLBACK",
)  # fmt: skip
"""Variables that change speed and are kept with the row."""
MIB: Final = 1 << 20


def conditions_here(device: str) -> Conditions:
    """The conditions of a device of torch's; TF32 is off until a task asks for it (see `under`)."""
    import timm
    import torch

    kind = device.partition(":")[0]
    name, memory_mib, extra = _describe(kind, int(device.partition(":")[2] or 0))
    hip = getattr(torch.version, "hip", None)
    accelerator = f"ROCm {hip}" if hip else f"CUDA {torch.version.cuda}" if torch.version.cuda else ""
    return Conditions(
        host=host_id(),
        device=name,
        device_kind="cpu" if kind == "cpu" else "gpu",
        device_memory_mib=memory_mib,
        driver=str(extra.pop("driver", "")) or (kernel_driver() if kind == "cuda" and not hip else ""),
        accelerator=accelerator if kind == "cuda" else "",
        cudnn=_version(torch.backends.cudnn.version()) if kind == "cuda" else "",
        torch=torch.__version__,
        timm=timm.__version__,
        python=platform.python_version(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        threads=torch.get_num_threads(),
        tf32=False,
        cudnn_benchmark=kind == "cuda",
        allocator=_allocator(kind),
        extra=extra | _surroundings(),
    )


def under(conditions: Conditions, task: Task) -> Conditions:
    """The conditions of one task: TF32 is allowed where the task says so, never else."""
    return replace(conditions, tf32=task.precision == "tf32")


def _describe(kind: str, index: int) -> tuple[str, int, dict[str, Any]]:
    """Name, memory in MiB and further facts of a device."""
    import torch

    full = this_cpu()
    if kind in ("cuda", "xpu"):
        properties = getattr(torch, kind).get_device_properties(index)
        extra: dict[str, Any] = {"device_full_name": properties.name, "cpu": cpu_name(full)}
        for name in ("multi_processor_count", "major", "minor", "gpu_subslice_count", "gcnArchName"):
            if hasattr(properties, name):
                extra[name] = getattr(properties, name)
        if uuid := getattr(properties, "uuid", None):
            extra["uuid"] = str(uuid)
            gpu = open_gpu(str(uuid))
            extra |= gpu.facts() if gpu else {}
        return gpu_name(properties.name), properties.total_memory // MIB, extra
    if kind == "mps":
        return cpu_name(full), load.memory_bytes() // MIB, {"device_full_name": full}
    return cpu_name(full), load.memory_bytes() // MIB, {"device_full_name": full}


def kernel_driver(file: Path = Path("/proc/driver/nvidia/version")) -> str:
    """The version of NVIDIA's driver without nvidia-ml-py: figures from before and after an update are not put together."""
    try:
        found = re.search(r"\bModule\b.*?\s(\d+\.\d+(?:\.\d+)?)\s", file.read_text(errors="replace"))
    except OSError:
        return ""
    return found[1] if found else ""


def _version(number: int | None) -> str:
    """cuDNN's 91002 is 9.10.2; before 9 it had three digits less."""
    if not number:
        return ""
    major, rest = divmod(number, 10_000) if number >= 90_000 else divmod(number, 1000)
    return f"{major}.{rest // 100}.{rest % 100}"


def _allocator(kind: str) -> str:
    """The settings of malloc, or of torch's own allocator on a GPU, in alphabetical order."""
    found = {name.strip("_").removeprefix("MALLOC_").lower(): os.environ.get(name) for name in MALLOC}
    if kind != "cpu":
        found = {"pytorch": os.environ.get("PYTORCH_ALLOC_CONF") or os.environ.get("PYTORCH_CUDA_ALLOC_CONF")}
    found["preload"] = os.path.basename(os.environ.get("LD_PRELOAD", "")) or None
    return ",".join(f"{name}={value}" for name, value in sorted(found.items()) if value)


def _surroundings() -> dict[str, Any]:
    quota = load.cpu_quota()
    return {
        "affinity": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "cpus": os.cpu_count(),
        **({"cpu_quota": quota} if quota else {}),
        **{name: os.environ[name] for name in SWITCHES if os.environ.get(name)},
    }

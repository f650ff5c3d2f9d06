"""Under which conditions this process measures: versions, device, switches. Asked in the worker, where torch is."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from backbones.probe.speed import load
from backbones.probe.speed.device_names import cpu_name, gpu_name, this_cpu
from backbones.probe.speed.telemetry import gpu_uuid, open_gpu
from backbones.store.machine import host_id
from backbones.store.measuring.visit import Conditions, Task

MALLOC: Final = {
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "17179869184",
    "MALLOC_TOP_PAD_": "268435456",
}
"""glibc keeps large buffers instead of giving them back after every layer: up to 70 % faster, a third of the spread."""
NOTED: Final = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "CUDA_VISIBLE_DEVICES")
"""Variables that are kept with the row; what they do stands among the conditions."""
SWITCHES: Final = (
    "ATEN_CPU_CAPABILITY", "DNNL_DEFAULT_FPMATH_MODE", "DNNL_MAX_CPU_ISA", "GOMP_CPU_AFFINITY", "GOMP_SPINCOUNT", "KMP_AFFINITY",
    "KMP_BLOCKTIME", "KMP_LIBRARY", "MKL_CBWR", "MKL_DEBUG_CPU_TYPE", "MKL_DYNAMIC", "MKL_ENABLE_INSTRUCTIONS", "OMP_DYNAMIC",
    "OMP_PLACES", "OMP_PROC_BIND", "OMP_SCHEDULE", "OMP_WAIT_POLICY", "ONEDNN_DEFAULT_FPMATH_MODE", "ONEDNN_MAX_CPU_ISA",
    "TIMM_FUSED_ATTN", "TORCHDYNAMO_DISABLE", "TORCHINDUCTOR_COORDINATE_DESCENT_TUNING", "TORCHINDUCTOR_CPP_WRAPPER",
    "TORCHINDUCTOR_FREEZING", "TORCHINDUCTOR_LAYOUT_OPTIMIZATION", "TORCHINDUCTOR_MAX_AUTOTUNE", "TORCHINDUCTOR_MAX_AUTOTUNE_GEMM",
)  # fmt: skip
"""Variables that change speed: with another value of one, numbers are those of another setting."""
GPU_SWITCHES: Final = (
    "AMD_SERIALIZE_KERNEL", "CUBLASLT_WORKSPACE_SIZE", "CUBLAS_WORKSPACE_CONFIG", "CUDA_DEVICE_MAX_CONNECTIONS",
    "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE", "DISABLE_ADDMM_CUDA_LT", "HIP_LAUNCH_BLOCKING", "HSA_OVERRIDE_GFX_VERSION",
    "MIOPEN_FIND_ENFORCE", "MIOPEN_FIND_MODE", "PYTORCH_ENABLE_MPS_FALLBACK", "PYTORCH_MIOPEN_SUGGEST_NHWC", "PYTORCH_MPS_FAST_MATH",
    "PYTORCH_MPS_PREFER_METAL", "PYTORCH_NO_CUDA_MEMORY_CACHING", "PYTORCH_TUNABLEOP_ENABLED", "TORCH_BLAS_PREFER_CUBLASLT",
    "TORCH_BLAS_PREFER_HIPBLASLT", "TORCH_CUDNN_SDPA_ENABLED", "TORCH_CUDNN_V8_API_DISABLED", "TORCH_ROCM_AOTRITON_ENABLE_EXPERIMENTAL",
)  # fmt: skip
"""Those that change nothing on a CPU."""
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
        extra=extra | _surroundings() | switches(kind, os.environ),
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
        if uuid := uuid_of(properties, index, os.environ):
            extra["uuid"] = uuid
            gpu = open_gpu(uuid)
            extra |= gpu.facts() if gpu else {}
        return gpu_name(properties.name), properties.total_memory // MIB, extra
    if kind == "mps":
        return cpu_name(full), load.memory_bytes() // MIB, {"device_full_name": full}
    return cpu_name(full), load.memory_bytes() // MIB, {"device_full_name": full}


def uuid_of(
    properties: Any, index: int, environment: Mapping[str, str], by_number: Callable[[int], str] | None = None
) -> str:
    """What tells a card from others of its name, with the same letters however it was asked for; empty where nobody tells."""
    chosen = environment.get("CUDA_VISIBLE_DEVICES", "").split(",")
    if index < len(chosen) and chosen[index].strip().startswith("MIG-"):  # torch may tell the whole card's
        return chosen[index].strip()
    told = str(getattr(properties, "uuid", "") or "")
    if not told.strip("0-"):  # some drivers tell zeros
        told = (by_number or _uuid_by_number)(index)
    return told.removeprefix("GPU-")


def _uuid_by_number(index: int) -> str:
    """The driver's word on the card that torch numbers so."""
    import torch

    try:
        return gpu_uuid(int(torch.cuda._get_nvml_device_index(index)))
    except Exception:  # torch's own function may be gone, and then says so in many ways
        return ""


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


def switches(kind: str, environment: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """`switches`: the variables that are set and change the speed of such a device; nothing where none is."""
    names = SWITCHES if kind == "cpu" else SWITCHES + GPU_SWITCHES
    found = {name: environment[name] for name in sorted(names) if environment.get(name)}
    return {"switches": found} if found else {}


def _surroundings() -> dict[str, Any]:
    quota = load.cpu_quota()
    return {
        "affinity": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "cpus": os.cpu_count(),
        **({"cpu_quota": quota} if quota else {}),
        **{name: os.environ[name] for name in NOTED if os.environ.get(name)},
    }

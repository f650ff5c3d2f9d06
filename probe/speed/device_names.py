"""Devices by the names that the catalogue has: the vendor's, without noise."""

from __future__ import annotations

import platform
import re
from pathlib import Path
from typing import Final

_NOISE: Final = re.compile(
    r"""\((?:R|TM|C)\) | ® | ™ | \bCPU\b | @.*$ | \b\d+-Core\b | \bProcessor\b | \b\d+th\sGen\b | \b\d+(?:st|nd|rd)\sGen\b
    | \sw(?:ith|/)\sRadeon.*$ | \bGeForce\b | \bGraphics\b | \bGPU\b | \bGeneration\b | \bBlackwell\b | \bWorkstation\sEdition\b
    | \bServer\sEdition\b | \bLaptop\b(?=$)""",
    re.VERBOSE | re.IGNORECASE,
)
_BOARD: Final = re.compile(
    r"[\s-](?:SXM\d*|PCIe|PCIE|NVL|HBM\d\w*|OAM|DGXS|FHHL|LP|MIG)\b.*$|[\s-]\d+\s?GB\b.*$", re.IGNORECASE
)
"""Form and memory of a data-centre board: kept among the conditions, not in the name."""
_INSTANCE: Final = re.compile(r"\bMIG\s+(\d+g\.\d+gb\S*)", re.IGNORECASE)
"""A part of a board is another device than the whole."""


def gpu_name(full: str) -> str:
    """`NVIDIA GeForce RTX 4090` -> `NVIDIA RTX 4090`, `Tesla V100-SXM2-16GB` -> `NVIDIA V100`; a MIG instance keeps its profile."""
    instance = _INSTANCE.search(full)
    name = _BOARD.sub("", " ".join(_NOISE.sub(" ", full.strip()).split()))
    name = re.sub(r"^Tesla\b", "NVIDIA", name)
    name = re.sub(r"\bTesla\s", "", name)
    if re.match(r"(RTX|GTX|TITAN|Quadro|[ABHLTV]\d{1,3}\w?)\b", name):
        name = "NVIDIA " + name
    return (" ".join(name.split()) or "GPU") + (f" MIG {instance[1]}" if instance else "")


def cpu_name(full: str) -> str:
    """`Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz` -> `Intel Xeon Gold 6148`; `Core i9` is an `Intel i9` here."""
    name = _NOISE.sub(" ", full.strip())
    name = re.sub(r"\bIntel\s+Core\s+(?=i\d)", "Intel ", " ".join(name.split()))
    return name or platform.machine() or "CPU"


def this_cpu() -> str:
    """The full name of this machine's processor, as the system says it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() in ("model name", "Hardware", "cpu model") and value.strip():
                return value.strip()
    except OSError:
        pass
    if platform.system() == "Darwin":
        import subprocess

        done = subprocess.run(["sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True, timeout=5)
        if done.stdout.strip():
            return done.stdout.strip()
    return platform.processor() or platform.machine()

"""The variables of the process that evaluates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from backbones.probe.speed import worker_process

SAFE: Final = {"TORCH_FORCE_WEIGHTS_ONLY_LOAD": "1"}
"""Whatever loads a file by torch.load, timm and the hub's client too, gets tensors and runs no code of it."""
UNSAFE: Final = "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"
"""The contrary, with which torch refuses to load anything beside the other."""


def environment(device: str, outer: Mapping[str, str]) -> dict[str, str]:
    """As for measuring speeds, but that weights may be fetched, and that files of weights run no code."""
    found = worker_process.environment(device, outer)
    if "HF_HUB_OFFLINE" not in outer:
        del found["HF_HUB_OFFLINE"]
    found.pop(UNSAFE, None)
    return found | SAFE

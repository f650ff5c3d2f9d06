"""What the names of timm's tables and weights say: conditions of a benchmark, data set of a result, stages of training."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

from backbones.store.errors import FileProblems
from backbones.store.places import SHIPPED
from backbones.store.reading import read_document
from backbones.store.sheet import Sheet

DATASETS: Final = {
    "imagenet": "ImageNet-1k", "imagenet-real": "ImageNet-ReaL", "imagenetv2-matched-frequency": "ImageNet-V2",
    "sketch": "ImageNet-Sketch", "imagenet-a": "ImageNet-A", "imagenet-r": "ImageNet-R",
    "imagenet-a-clean": "ImageNet-1k (200 classes of A)", "imagenet-r-clean": "ImageNet-1k (200 classes of R)",
}  # fmt: skip
"""`results-NAME.csv` -> data set."""

_BENCHMARK: Final = re.compile(
    r"benchmark-(?P<mode>infer|train)-(?P<precision>[a-z0-9_]+)-(?P<layout>nchw|nhwc)-pt(?P<torch>\d{3,4})"
    r"(?:-(?P<cuda>cu\d+))?-(?P<device>(?:cpu-)?\w+)(?P<compiled>-dynamo)?"
)
_PRECISIONS: Final = {"amp": "amp_fp16", "amp_bf16": "amp_bf16", "bf16": "bf16", "fp16": "fp16", "fp32": "fp32"}
_DEVICES: Final = {
    "pro6000maxq": "NVIDIA RTX PRO 6000 Max-Q",
    "v100": "NVIDIA V100",
    "a100": "NVIDIA A100",
    "h100": "NVIDIA H100",
}


def conditions_of(stem: str) -> dict[str, Any] | None:
    """What all rows of `benchmark-….csv` share; None for a name that cannot be read."""
    said = _BENCHMARK.fullmatch(stem)
    if said is None:
        return None
    device, precision = _device(said["device"]), _PRECISIONS.get(said["precision"])
    if device is None or precision is None:
        return None
    found: dict[str, Any] = {
        "device": device,
        "precision": precision,
        "framework": " ".join(filter(None, ["PyTorch", _version(said["torch"]), said["cuda"]])),
        "memory_format": "contiguous" if said["layout"] == "nchw" else "channels_last",
        "compiled": said["compiled"] is not None,
    }
    return found | ({"mode": "training"} if said["mode"] == "train" else {})


def _version(digits: str) -> str:
    """113 is 1.13; 240 is 2.4.0 and 2100 is 2.10.0."""
    return f"1.{digits[1:]}" if digits[0] == "1" else f"{digits[0]}.{digits[1:-1]}.{digits[-1]}"


def _device(name: str) -> str | None:
    if cpu := re.fullmatch(r"cpu-(i\d)_(\w+)", name):
        return f"Intel {cpu[1]}-{cpu[2].upper()}"
    if card := re.fullmatch(r"(?:rtx)?(\d{4})(ti)?", name):
        return f"NVIDIA RTX {card[1]}{' Ti' if card[2] else ''}"
    return _DEVICES.get(name)


Chain = tuple[str | None, str | None]
"""The data sets of intermediate fine-tuning and of fine-tuning."""

_SETS: Final = {
    "in1k": "ImageNet-1k", "in12k": "ImageNet-12k", "in21k": "ImageNet-21k", "in22k": "ImageNet-22k",
    "laion2b": "LAION-2B", "laion400m": "LAION-400M", "laiona": "LAION-Aesthetic", "openai": "WIT-400M (OpenAI CLIP)",
    "webli": "WebLI", "jft": "JFT-300M", "yfcc100m": "YFCC-100M", "yfcc15m": "YFCC-15M", "ig1b": "IG-1B-Targeted",
    "m38m": "Merged-38M", "m30m": "Merged-30M",
}  # fmt: skip
"""Words of a tag that name a data set."""


_UNNAMED: Final = ("fcmae", "seer", "swag", "clip")
"""Methods of pretraining whose data a tag leaves out."""


def chain_of_tag(name: str) -> Chain:
    """The stages that follow pretraining, by the rule of timm's tags.

    `ARCHITECTURE.RECIPE`: the data sets that the recipe names stand in the order in which they were used. The first is
    that of pretraining, the last that of fine-tuning, all between are intermediate. `laion2b_ft_in12k_in1k`: LAION-2B,
    then ImageNet-12k, then ImageNet-1k. A recipe that names one data set says nothing about later stages, unless it
    starts with a method whose data it does not name (`fcmae_ft_in22k_in1k`).
    """
    recipe = name.partition(".")[2].split("_")
    named = [_SETS[word] for word in recipe if word in _SETS]
    if recipe[0] in _UNNAMED and recipe[1:2] == ["ft"]:
        named = ["", *named]
    return ", ".join(named[1:-1]) or None, named[-1] if len(named) > 1 else None


def chain_of(name: str) -> Chain:
    """As the catalogue's list of weights has it; by the rule for weights that it does not list."""
    return _listed().get(name) or chain_of_tag(name)


@cache
def _listed() -> dict[str, Chain]:
    try:
        sheet = read_document(SHIPPED / "sheets" / "timm_weights.yaml")
    except FileProblems:
        return {}
    assert isinstance(sheet, Sheet)
    name, between, last = (sheet.columns.index(c) for c in ("weights", "intermediate_dataset", "fine_tuning_dataset"))
    return {row[name]: (row[between], row[last]) for row in sheet.rows}

"""How released weights are loaded: the call of each library."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_DATASETS: Final = {"CIFAR-10": "cifar10", "CIFAR-100": "cifar100", "ImageNet-1k": "imagenet"}
"""RobustBench's words."""
_THREATS: Final = {"linf": "Linf", "l2": "L2"}


class Released(NamedTuple):
    """What is known of a released file that its loading asks for."""

    weights: str
    library: str | None
    loader: str | None
    hub_id: str | None
    norm: str | None = None
    """The norm of the attacks that it was trained against, `linf` or `l2`; `corruptions`."""


def load_call(released: Released) -> str | None:
    """The Python call that loads it with its library; None where no call is known."""
    library, loader = released.library, released.loader
    if loader is None:
        return hub_call(released)
    if library == "timm":
        return f'timm.create_model("{loader}", pretrained=True)'
    if library == "torchvision":
        quantize = ", quantize=True" if "_QuantizedWeights." in loader else ""
        return f'torchvision.models.get_model("{_builder(loader)}", weights="{loader}"{quantize})'
    if library == "open_clip":
        model, _, tag = loader.partition(" ")
        return f'open_clip.create_model_and_transforms("{model}", pretrained="{tag}")'
    if library == "mmpretrain":
        return f'mmpretrain.get_model("{loader}", pretrained=True)'
    if library == "paddleclas":
        return f'paddleclas.PaddleClas(model_name="{loader}")'
    if library == "dinov2":
        return f'torch.hub.load("facebookresearch/dinov2", "{loader}")'
    if library == "robustbench":
        return _robustbench(released)
    return hub_call(released)


def hub_call(released: Released) -> str | None:
    """The call that loads it from its page on the hub; None where it has none."""
    if not released.hub_id:
        return None
    if released.library == "timm":
        return f'timm.create_model("hf-hub:{released.hub_id}", pretrained=True)'
    if released.library == "open_clip":
        return f'open_clip.create_model_and_transforms("hf-hub:{released.hub_id}")'
    return f'transformers.AutoModel.from_pretrained("{released.hub_id}")'


def _builder(loader: str) -> str:
    """`convnext_tiny` of `ConvNeXt_Tiny_Weights.IMAGENET1K_V1`, `quantized_resnet50` of `ResNet50_QuantizedWeights.…`."""
    enum = loader.partition(".")[0]
    name = re.sub(r"_(Quantized)?Weights$", "", enum).lower()
    return f"quantized_{name}" if enum.endswith("_QuantizedWeights") else name


def _robustbench(released: Released) -> str | None:
    """Its zoo is by data set and threat model, which the file's name and its results tell."""
    found = re.search(r"\(([^()]+)\)$", released.weights)
    said = found[1] if found else ""
    dataset = next((word for name, word in _DATASETS.items() if said == name or said.startswith(f"{name} ")), None)
    norm = "l2" if said.endswith(" L2") else released.norm
    if dataset is None or norm is None:
        return None
    threat = _THREATS.get(norm, "corruptions")
    return f'robustbench.utils.load_model("{released.loader}", dataset="{dataset}", threat_model="{threat}")'

"""mmpretrain's models: which backbone, which checkpoint, trained on what."""

from __future__ import annotations

import re
from typing import Any, Final

from backbones.ingest.sheets import openmmlab_names as names
from backbones.ingest.sheets.openmmlab_metafile import Model

_METHODS: Final = frozenset((
    "barlowtwins", "beit", "beitv2", "byol", "cae", "densecl", "eva-mae-style", "itpn-clip-b", "itpn-pixel", "mae", "maskfeat", "mff",
    "milan", "mixmim", "mocov2", "mocov3", "simclr", "simmim", "simsiam", "spark", "swav", "cn-clip", "clip",
))  # fmt: skip
"""First words of names whose backbone stands in the second."""

_METHOD_NAMES: Final = {
    "barlowtwins": "Barlow Twins", "beit": "BEiT", "beitv2": "BEiT v2", "byol": "BYOL", "cae": "CAE", "densecl": "DenseCL",
    "eva-mae-style": "EVA", "eva": "EVA", "eva02": "EVA-02", "mae": "MAE", "maskfeat": "MaskFeat", "mff": "MFF", "milan": "MILAN",
    "mixmim": "MixMIM", "mocov2": "MoCo v2", "mocov3": "MoCo v3", "simclr": "SimCLR", "simmim": "SimMIM",
    "simsiam": "SimSiam", "spark": "SparK", "swav": "SwAV", "clip": "CLIP", "cn-clip": "Chinese CLIP", "dinov2": "DINOv2",
    "fcmae": "FCMAE", "itpn-clip-b": "iTPN", "itpn-pixel": "iTPN", "sam": "SAM", "glip": "GLIP",
}  # fmt: skip

_TARGETS: Final = {
    "in1k": "ImageNet-1k", "in21k": "ImageNet-22k", "cifar10": "CIFAR-10", "cifar100": "CIFAR-100", "cub": "CUB-200-2011",
    "voc07": "PASCAL VOC 2007", "inshop": "DeepFashion In-shop",
}  # fmt: skip
_LANGUAGE_MODELS: Final = ("llava", "minigpt", "otter", "flamingo", "blip2")
_SIDE: Final = re.compile(r"-(\d{2,4})px(?:$|-)|_(\d{3,4})px$|in1k-(384)$")
_PRE: Final = re.compile(r"^(.+?)_(?:(.+?)-)?pre(?=[-_]|$)")
_SETTING: Final = re.compile(r"^\d+xb\d+|^3rdparty")


def weights_row(model: Model, upstream: Model | None) -> dict[str, Any]:
    """What is known of a released file; `upstream`: the model that it was fine-tuned from."""
    backbone = backbone_of(model.name)
    pretraining, intermediate, last = _stages(model)
    return {
        "weights": model.name,
        "backbone": backbone,
        "family": names.family_of(backbone),
        "checkpoint": _checkpoint(model, upstream),
        "loader": model.name,
        "licence": "apache-2.0" if _is_own_training(model) else None,
        "pretraining_dataset": pretraining,
        "pretraining_method": _method(model, upstream),
        "pretraining_epochs": _pretraining_epochs(model, upstream),
        "intermediate_dataset": intermediate,
        "fine_tuning_dataset": last,
        "installable": model.url is not None,
        "why_not": None if model.url else "no file is released",
    }


def _is_own_training(model: Model) -> bool:
    """OpenMMLab's own weights have the licence of its code; files of others, and language models, have their own."""
    return not (model.converted or "3rdparty" in model.name or model.name.startswith(_LANGUAGE_MODELS))


def is_method(model: Model) -> bool:
    """Whether it is a self-supervised pretraining: the model has more than the backbone in it."""
    return bool(model.is_upstream_of) or model.name.split("_")[0] in _METHODS


def backbone_of(name: str) -> str:
    """The architecture's name in mmpretrain: `resnet50` of `mocov2_resnet50_8xb32-coslr-200e_in1k`."""
    first, *others = name.split("_")
    if first == "cn-clip" and others:
        return f"{first}_{others[0]}"  # both towers are counted
    if first in _METHODS and others and not _SETTING.match(others[0]):
        return others[0].removeprefix("sparse-")
    return first.removesuffix("-arcface").removesuffix("-csra")


def side_in(name: str) -> int | None:
    """The resolution that a name tells."""
    found = _SIDE.search(name)
    return int(next(g for g in found.groups() if g)) if found else None


def protocol_of(name: str) -> str | None:
    """How the number was got; None: the classifier was trained."""
    if "zeroshot" in name:
        return "zero-shot"
    return "linear probing" if "-linear-" in name else None


def _checkpoint(model: Model, upstream: Model | None) -> str:
    """What fine-tuning started from: files of one pretraining share it."""
    name = model.name
    if model.is_upstream_of and not model.entries:
        return name
    if upstream is not None:
        return upstream.name
    if found := re.match(r"(.+)_3rdparty_in21k(?:-\d+px)?$", name):
        return f"{found[1]}_in21k-pre"
    if found := re.match(r"(.+)_3rdparty-fcmae_in1k$", name):
        return f"{found[1]}_fcmae-pre"
    found = _PRE.match(name)
    if found and found[2] and not found[2].endswith("px"):
        return found[0].replace("-in12k-pre", "-pre")  # intermediate fine-tuning on ImageNet-12k
    return name


def _method(model: Model, upstream: Model | None) -> str | None:
    if upstream is not None:
        return _method(upstream, None)
    first, *others = model.name.split("_")
    if first in _METHOD_NAMES and (first in _METHODS or model.is_upstream_of):
        return _METHOD_NAMES[first]
    words = re.split(r"[-_]", "_".join(others[:2])) if others else []
    if "pre" in words or "fcmae" in words or "eva" in words:
        return next((_METHOD_NAMES[w] for w in words if w in _METHOD_NAMES), None)
    return None


def _pretraining_epochs(model: Model, upstream: Model | None) -> float | None:
    """Of the pretraining itself; the metafile's number is that of the last training."""
    if upstream is not None:
        found = re.search(r"-(\d+)e[_-]", upstream.name)
        return float(found[1]) if found else upstream.epochs
    if is_method(model) and (found := re.search(r"[-_](\d+)e[_-]", model.name)):
        return float(found[1])
    return model.epochs if "-pre" not in model.name and not model.converted else None


def _stages(model: Model) -> tuple[str | None, str | None, str | None]:
    """Pretraining, intermediate fine-tuning and fine-tuning."""
    said = [names.trained_on(d) for d in model.training_data]
    target = next((_TARGETS[w] for t in reversed(model.name.split("_")) if (w := t.split("-")[0]) in _TARGETS), None)
    is_tuned = _PRE.match(model.name) is not None and not re.search(r"_\d+px-pre_", model.name)
    if not said and "zeroshot" in model.name:
        return None, None, None
    if not said:
        if is_tuned and "in21k-pre" in model.name:
            return "ImageNet-22k", None, target
        is_scratch = not is_tuned and target is not None and target.startswith("ImageNet")
        return (target, None, None) if is_scratch else (None, None, target)
    if len(said) == 1 and model.is_upstream_of:
        return said[0], None, None
    if len(said) > 3 or (said[-1] != target and not is_tuned):
        return " + ".join(said), None, None
    if is_tuned and target and (said[-1] != target or len(said) == 1):
        said.append(target)
    if len(said) == 1:
        return said[0], None, None
    return said[0], ", ".join(said[1:-1]) or None, said[-1]

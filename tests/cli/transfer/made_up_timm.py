"""A timm with a few models, whose names say what becomes of their evaluation (`story_worker.py`)."""

from __future__ import annotations

from backbones.probe.transfer.installed import Installed
from backbones.probe.transfer.preparation import ModelFacts, Preparation

PREPARED = Preparation(224, "bicubic", 0.9, "center", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
NAMES = (
    "good",
    "best",
    "crash",
    "error",
    "slow",
    "late",
    "resnet50",
    "convnext_tiny",
    "convnext_base",
    "swin_tiny_patch4_window7_224",
)


def facts(name: str) -> ModelFacts:
    return ModelFacts(name, PREPARED, hub_id=f"timm/{name}" if "." in name else "")


def made_up() -> Installed:
    """A timm with a few models, each with one tag."""
    tags = {name: f"{name}.a1_in1k" for name in NAMES}
    return Installed(
        tags, {name: facts(name) for name in (*NAMES, *tags.values())}, ("cpu",), {"cpu": "fp32"}, ("adamw", "sgd")
    )

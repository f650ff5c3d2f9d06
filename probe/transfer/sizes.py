"""Which sizes of images a model takes: some take one only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from backbones.probe.speed.subject import Unsupported
from backbones.probe.transfer.plan import Plan


def fitting(plan: Plan, model: Any, name: str, recipe: str, channels: int, device: str) -> Plan:
    """The plan with a size to train at that the model takes: where it refuses the recipe's, that of evaluation.

    Unsupported where it does not take that either.
    """
    if problem := _refusal(model, channels, plan.resolution, device):
        raise Unsupported(f"{name} takes no images of {plan.resolution} px: {problem}; name another --resolution")
    side = plan.training_resolution
    if side == plan.resolution or not _refusal(model, channels, side, device):
        return plan
    note = f"{name} takes images of {plan.resolution} px only and is trained at these, not at the {side} px of {recipe}"
    return replace(plan, training_resolution=plan.resolution, notes=(*plan.notes, note))


def _refusal(model: Any, channels: int, side: int, device: str) -> str:
    """Why a model does not take a square of that side; empty where it does."""
    import torch

    try:
        model.eval()
        with torch.no_grad():  # what a model keeps from inference mode could not be trained with
            model(torch.zeros(1, channels, side, side, device=device))
    except (AssertionError, RuntimeError, ValueError) as error:
        if "memory" in str(error).lower():
            raise
        return " ".join(str(error).split())[:200]
    return ""

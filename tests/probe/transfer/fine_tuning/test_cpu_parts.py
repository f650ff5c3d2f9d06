"""On a CPU batches are computed in parts; where batch normalisation sees them instead of the batch, that is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed (extra `transfer`)")
pytest.importorskip("timm", reason="timm is not installed (extra `transfer`)")
import torch
from tuning import CLASSES, RECIPE, Data, builder, evaluation, run

TEXT = RECIPE.replace("batch_size: 16", "batch_size: 64").replace("epochs: 6", "epochs: 1")
SAID = "on a CPU batches of 48 are computed in parts, so batch normalisation sees 24 images at a time"


def more(data: Data) -> Data:
    """48 images to train on."""
    return Data(CLASSES, data.train * 2, data.val, data.test)


def seen_by(model: Any, sizes: list[int]) -> Any:
    """Notes the images of each step."""
    model.register_forward_pre_hook(lambda own, given: sizes.append(len(given[0])) if own.training else None)
    return model


def test_batch_normalisation_that_sees_parts_is_said(data: Data, tmp_path: Path) -> None:
    sizes: list[int] = []
    build = builder("test_byobnet", lambda model: seen_by(model, sizes))
    fitted = run(more(data), tmp_path, TEXT, build=build)
    assert set(sizes) == {24} and SAID in fitted.notes
    assert SAID in run(more(data), tmp_path, TEXT, build=build).notes, "also of a training that was over"


def test_without_batch_normalisation_and_in_one_part_nothing_is_said(data: Data, tmp_path: Path) -> None:
    vit = run(more(data), tmp_path / "vit", TEXT, evaluation("test_vit"))
    assert not [note for note in vit.notes if "batch normalisation" in note]
    small = run(more(data), tmp_path / "small", TEXT.replace("batch_size: 64", "batch_size: 24"))
    assert small.notes == ()


def test_memory_that_is_short_says_how_small_the_parts_are(data: Data, tmp_path: Path) -> None:
    class Narrow(torch.nn.Module):
        """Has memory for ten images."""

        def __init__(self, model: Any) -> None:
            super().__init__()
            self.model, self.pretrained_cfg, self.default_cfg = model, model.pretrained_cfg, model.default_cfg

        def forward(self, images: Any) -> Any:
            if len(images) > 10 and self.training:
                raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
            return self.model(images)

    notes = run(more(data), tmp_path, TEXT, build=builder("test_byobnet", Narrow)).notes
    assert "gradients of 8 images at a time are added up" in notes[-1] and SAID not in notes

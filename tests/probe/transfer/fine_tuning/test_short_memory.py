"""Where memory does not suffice for a batch, gradients of its parts are added up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed (extra `transfer`)")
pytest.importorskip("timm", reason="timm is not installed (extra `transfer`)")
import numpy as np
import torch
from tuning import RECIPE, Data, builder, evaluation, run, top_1


class Narrow(torch.nn.Module):
    """Has memory for so many images."""

    def __init__(self, model: Any, most: int) -> None:
        super().__init__()
        self.model, self.most, self.seen = model, most, []  # type: ignore[var-annotated]
        self.pretrained_cfg, self.default_cfg = model.pretrained_cfg, model.default_cfg

    def forward(self, images: Any) -> Any:
        if self.training:
            self.seen.append(len(images))
            if len(images) > self.most:
                raise RuntimeError(
                    "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"
                )
        return self.model(images)


def test_where_memory_is_short_gradients_are_added_up(data: Data, tmp_path: Path) -> None:
    made: list[Narrow] = []

    def narrow(model: Any) -> Any:
        made.append(Narrow(model, 5))
        return made[-1]

    fitted = run(data, tmp_path, RECIPE.replace("epochs: 6", "epochs: 4"), build=builder("test_byobnet", narrow))
    assert fitted.notes == ("memory does not suffice for a batch of 12: gradients of 3 images at a time are added up",)
    assert made[0].seen[:7] == [12, 6, 3, 3, 3, 3, 3] and top_1(fitted) > 60
    with pytest.raises(RuntimeError, match="can't allocate memory"):
        run(data, tmp_path / "none", build=builder("test_byobnet", lambda model: Narrow(model, 1)))


def test_parts_give_the_gradient_of_the_batch(data: Data, tmp_path: Path) -> None:
    """Layer normalisation looks at one image at a time, so that parts change nothing but rounding."""
    text = RECIPE.replace("epochs: 6", "epochs: 1")
    whole = run(data, tmp_path / "whole", text, evaluation("test_vit"))
    parts = run(
        data, tmp_path / "parts", text, evaluation("test_vit"), builder("test_vit", lambda model: Narrow(model, 3))
    )
    assert whole.epochs[0].loss == pytest.approx(parts.epochs[0].loss, rel=1e-4)
    assert np.allclose(whole.outputs, parts.outputs, atol=2e-3)

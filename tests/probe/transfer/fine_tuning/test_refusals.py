"""What cannot be followed with a model or these images, and models of one size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed (extra `transfer`)")
pytest.importorskip("timm", reason="timm is not installed (extra `transfer`)")
import torch
from tuning import RECIPE, SIDE, Data, builder, evaluation, run

from backbones.probe.speed.subject import Unsupported
from backbones.probe.speed.taking import NotFinite
from backbones.probe.transfer.plan import RecipeProblem


class Fixed(torch.nn.Module):
    """Takes images of 32 px."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        self.pretrained_cfg, self.default_cfg = model.pretrained_cfg, model.default_cfg

    def forward(self, images: Any) -> Any:
        assert images.shape[-1] == SIDE, f"Input height ({images.shape[-1]}) doesn't match model ({SIDE})."
        return self.model(images)


def test_a_model_of_one_size_is_trained_at_that(data: Data, tmp_path: Path) -> None:
    text = RECIPE.replace("training: {", "evaluation: {resolution: 32}\ntraining: {resolution: 16, ").replace(
        "epochs: 6", "epochs: 1"
    )
    fitted = run(data, tmp_path, text, build=builder("test_byobnet", Fixed))
    assert fitted.notes == (
        "test_byobnet takes images of 32 px only and is trained at these, not at the 16 px of short",
    )
    assert run(data, tmp_path / "any", text).notes == ()


def test_a_model_that_does_not_take_the_size_is_refused(data: Data, tmp_path: Path) -> None:
    said = r"test_byobnet takes no images of 64 px: Input height \(64\) doesn't match model \(32\).*; name another --resolution"
    with pytest.raises(Unsupported, match=said):
        run(data, tmp_path, about=evaluation(resolution=64), build=builder("test_byobnet", Fixed))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("adamw", "adamww"), "timm has no optimiser 'adamww'; did you mean 'adamw'"),
        (("fp32", "amp_fp16"), "a CPU trains in fp32 or amp_bf16, not in amp_fp16"),
        (("fp32", "bf16"), "nothing is trained in bf16 here; ask for fp32, tf32, amp_bf16 or amp_fp16"),
    ],
)
def test_what_cannot_be_followed_is_a_sentence(data: Data, tmp_path: Path, change: tuple[str, str], said: str) -> None:
    with pytest.raises(RecipeProblem, match=said):
        run(data, tmp_path, RECIPE.replace(*change), evaluation(precision="fp32".replace(*change)))


def test_a_model_without_stochastic_depth_is_told_so(data: Data, tmp_path: Path) -> None:
    def build(**settings: Any) -> Any:
        raise TypeError("VGG.__init__() got an unexpected keyword argument 'drop_path_rate'")

    with pytest.raises(RecipeProblem, match="test_byobnet has no stochastic depth; leave drop_path away"):
        run(data, tmp_path, RECIPE + "drop_path: 0.1\n", build=build)


def test_a_loss_that_runs_away_ends_in_a_sentence(data: Data, tmp_path: Path) -> None:
    with pytest.raises(
        NotFinite, match=r"short lost its way with test_byobnet: the loss is (nan|inf).* lower learning_rate"
    ):
        run(data, tmp_path, RECIPE.replace("adamw, learning_rate: 0.003", "sgd, learning_rate: 1.0e+30"))

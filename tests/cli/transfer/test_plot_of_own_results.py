"""`backbones plot` of own results says whether one axis predicts the other, as the report does, and tells rows of one model apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from reported import MODELS, outcome

from backbones.cli.main import run
from backbones.store.transferring.keeping import keep

Said = Callable[..., str]


@pytest.fixture
def said(
    tmp_path: Path, furnish: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Said:
    """What a command says, in a home with six models that were evaluated on flowers, four of them by k-NN too."""
    folder = furnish(tmp_path / "home")
    monkeypatch.setenv("BACKBONES_HOME", str(folder))
    for minute, (model, top_1) in enumerate(MODELS):
        keep(folder / "measurements.db", outcome(model, top_1, minute, data="flowers"))
        if minute < 4:
            keep(folder / "measurements.db", outcome(model, top_1 - 9, minute, data="flowers", protocol="k-NN"))

    def command(*words: str) -> str:
        assert run(list(words)) == 0
        out, err = capfd.readouterr()
        return out + err

    return command


def test_a_plot_says_what_the_report_says(said: Said, tmp_path: Path) -> None:
    line = next(
        line
        for line in said("plot", "-x", "top_1@imagenet-1k", "-y", "top_1@flowers").splitlines()
        if "Spearman's rho" in line
    )
    assert line.startswith("ImageNet-1k top-1 predicts top-1 on flowers") and line.endswith(", 6 models.")
    said("transfer", "report", "flowers", "-o", str(tmp_path / "out"))
    assert f"linear probing: {line}" in (tmp_path / "out" / "report.md").read_text(encoding="utf-8").splitlines()


def test_the_axes_may_be_swapped(said: Said) -> None:
    told = said("plot", "-x", "top_1@flowers", "-y", "top_1@imagenet-1k")
    assert "ImageNet-1k top-1 predicts top-1 on flowers" in told and ", 6 models." in told


def test_few_models_and_two_protocols(said: Said) -> None:
    told = said("plot", "-x", "top_1@flowers:protocol=k-NN", "-y", "top_1@flowers:protocol=linear-probing")
    assert (
        "4 models with both numbers: too few to say whether top-1 on flowers (k-NN) predicts top-1 on flowers (linear-probing)."
        in told
    )


@pytest.mark.parametrize(
    "axes", [("params_m", "top_1@flowers"), ("top_1@imagenet-1k", "top_1@imagenet-v2"), ("top_1@flowers",) * 2]
)
def test_other_plots_say_nothing_of_it(said: Said, axes: tuple[str, str]) -> None:
    told = said("plot", "-x", axes[0], "-y", axes[1])
    assert "models with both" not in told and "predicts" not in told and "rho" not in told


def test_models_that_saw_other_images_are_left_out(said: Said, tmp_path: Path) -> None:
    file = tmp_path / "home" / "measurements.db"
    keep(file, outcome("resnet101.a1_in1k", 20.0, 30, data="flowers", details="images=10,pooling=avg"))
    told = said("plot", "-x", "top_1@imagenet-1k", "-y", "top_1@flowers:images=10")
    assert "1 model with both numbers: too few" in told and "All by at most 10 images a class." in told
    keep(file, outcome("resnet101.a1_in1k", 20.0, 31, data="flowers", details="pooling=avg,validation=own"))
    told = said("plot", "-x", "top_1@imagenet-1k", "-y", "top_1@flowers")
    assert "predicts top-1 on flowers" in told and "6 models. 1 model was evaluated on other images" in told


def test_names_of_points_say_the_recipe_where_a_model_has_two(said: Said, tmp_path: Path) -> None:
    file = tmp_path / "home" / "measurements.db"
    for minute, (model, recipe) in enumerate(
        [("resnet18.a1_in1k", "mine@0123456789ab"), ("resnet18.a1_in1k", "quick@0123456789ab"), ("resnet50.a1_in1k", "quick@0123456789ab")]
    ):  # fmt: skip
        keep(file, outcome(model, 80.0 + minute, minute, data="tuned", protocol="fine-tuning", recipe=recipe))
        keep(file, outcome(model, 90.0, minute, data="tuned", protocol="fine-tuning", recipe=recipe, seed=1))
    told = said("plot", "-y", "top_1@tuned", "--label", "all", "--width", "140")
    assert "ResNet-18 (RSB) … (mine)" in told and "ResNet-18 (RSB)… (quick)" in told
    assert "ResNet-50 (RSB) IN-1k ●" in told and "seed" not in told

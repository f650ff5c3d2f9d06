"""`backbones features`: shipped maps answer without torch, others are found, and both are what timm itself computes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backbones.cli import features
from backbones.cli.main import backbones, run
from backbones.probe.counting import feature_maps
from backbones.store.measuring.count import Count, FeatureMap

RESNET = [(64, 2, 144), (256, 4, 72), (512, 8, 36), (1024, 16, 18), (2048, 32, 9)]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, furnish: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the shipped catalogue."""
    monkeypatch.setenv("BACKBONES_HOME", str(furnish(tmp_path / "home")))
    monkeypatch.delenv("BACKBONES_CATALOG", raising=False)
    return tmp_path / "home"


def call(*arguments: str) -> Result:
    """One command in this process."""
    return CliRunner().invoke(backbones, ["features", *arguments])


def test_shipped_maps_answer_without_torch(no_torch: None) -> None:
    rows = json.loads(call("resnet50", "--format", "json").stdout)
    assert [(row["channels"], row["stride"], row["height"]) for row in rows] == RESNET
    assert [row["shape"] for row in rows][:2] == ["64 x 144 x 144", "256 x 72 x 72"]
    assert [row["out_index"] for row in rows] == [0, 1, 2, 3, 4]
    assert (rows[-1]["params_m"], rows[-1]["gmacs"]) == (23.508032, 6.756286464)
    assert [round(row["share"], 1) for row in rows] == [2.9, 19.2, 44.4, 80.2, 100.0]


@pytest.mark.parametrize(
    ("name", "model"),
    [("Darknet-53", "darknet53"), ("cspdarknet53", "cspdarknet53"), ("vovnet39a", "vovnet39a"), ("ese_vovnet39b.ra_in1k", "ese_vovnet39b"),
     ("Swin-T", "swin_tiny_patch4_window7_224")],
)  # fmt: skip
def test_a_model_has_the_names_of_timm_and_of_the_catalogue(no_torch: None, name: str, model: str) -> None:
    assert call(name, "--code").stdout.startswith(
        f'timm.create_model("{model}", pretrained=True, features_only=True, out_indices=('
    )


def test_a_table_in_a_pipe_has_a_heading_and_no_chart(no_torch: None) -> None:
    lines = call("resnet50").stdout.splitlines()
    assert lines[0] == "resnet50 at 288x288: 25.56 M parameters, 6.758 GMACs with its classifier"
    assert len(lines) == 1 + 2 + 5 and not any("█" in line or "\x1b" in line for line in lines)


def test_the_chart_shows_what_grows_from_stage_to_stage() -> None:
    maps = tuple(FeatureMap(c, s, h, h, at, 10**6 * at, 10**9 * at) for at, (c, s, h) in enumerate(RESNET))
    count = Count("resnet50", 288, 288, 25 * 10**6, 4 * 10**9, 1, feature_maps=maps)
    text = features._chart(count, 160)
    assert all(
        said in text
        for said in ("channels", "GMACs up to the stage", "parameters up to the stage", "stride 32", "2,048")
    )
    bare = replace(count, feature_maps=tuple(replace(one, params=None, macs=None) for one in maps))
    assert "GMACs" not in features._chart(bare, 80)


def test_what_is_not_shipped_needs_the_extra(no_torch: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["features", "resnet50", "--resolution", "416"]) == 1
    assert (
        "finding the feature maps of resnet50 at 416 px needs torch and timm: pip install 'backbones[probe]'"
        in capsys.readouterr().err
    )
    assert run(["features", "resnet50", "--fused"]) == 1
    assert "of resnet50 in its fused form needs" in capsys.readouterr().err
    assert run(["features", "resnet50", "--resolution", "288"]) == 0


def test_names_are_refused_with_what_may_be_meant(no_torch: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["features", "resnt50"]) == 1
    assert "no model of timm is called 'resnt50'; did you mean 'resnet50'" in capsys.readouterr().err
    assert run(["features", "ViT-L/16"]) == 1
    assert "'ViT-L/16' means 2 models of timm; name one of vit_large_patch16_224, vit_large" in capsys.readouterr().err
    assert run(["features", "vovnet*"]) == 1
    assert "'vovnet*' means 2 models of timm; name one of vovnet39a, vovnet57a" in capsys.readouterr().err
    assert run(["features"]) == 2 and run(["features", "resnet50", "-r", "0"]) == 2


def test_another_timm_finds_its_own(fake_crew: None) -> None:
    (row,) = json.loads(call("resnet50", "-r", "64", "-f", "json").stdout)
    assert (row["channels"], row["stride"], row["shape"], row["gmacs"]) == (64, 32, "64 x 2 x 2", None)


@pytest.mark.parametrize(
    ("has_intermediates", "said"),
    [
        (
            True,
            'odd has no features_only form in timm 9: timm.create_model("odd").forward_intermediates(images) gives the outputs',
        ),
        (False, "odd has no features_only form in timm 9: forward_features(images) gives its last one"),
    ],
)
def test_a_model_without_maps_is_told_with_what_works(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], has_intermediates: bool, said: str
) -> None:
    bare = Count("odd", 224, 224, 1, 1, 1, feature_maps=(), timm="9", has_intermediates=has_intermediates)
    monkeypatch.setattr(feature_maps, "feature_maps", lambda connection, question: bare)
    assert run(["features", "odd"]) == 1
    assert said in capsys.readouterr().err


def test_the_call_says_what_the_model_has_to_be_told() -> None:
    one = Count("repvgg_a0", 96, 96, 1, 1, 1, True, feature_maps=(FeatureMap(8, 2, 48, 48, 3),), is_built_for_size=True)
    assert features.call_of(one) == (
        'timm.utils.reparameterize_model(timm.create_model("repvgg_a0", pretrained=True, features_only=True, out_indices=(3,), img_size=96))'
    )


def test_the_shipped_file_is_of_every_shipped_count(shipped: object) -> None:
    import sqlite3

    from backbones.store.measuring import counts

    with sqlite3.connect(f"file:{shipped.catalog}?mode=ro", uri=True) as connection:  # type: ignore[attr-defined]
        known = counts.shipped(connection)
    rows = {model: feature_maps._shipped_maps(count) for model, count in known.items()}
    assert [model for model, maps in rows.items() if maps is None] == []
    for model, count in rows.items():
        assert count is not None and count.feature_maps
        for one in count.feature_maps:
            assert one.params is None or one.params <= known[model].params, model
            assert one.macs is None or one.macs <= known[model].macs, model
    connection.close()


@pytest.mark.usefixtures("torch_and_timm")
@pytest.mark.parametrize("model", ["test_byobnet", "test_vit", "test_convnext"])
def test_what_a_map_is_computed_from_is_what_timm_builds_for_it_alone(model: str) -> None:
    import timm
    import torch

    from backbones.probe.counting.meter import Meter
    from backbones.probe.counting.model import count

    found = count(model, 96, features=True)
    assert found.feature_maps
    for one in found.feature_maps:
        size = {"img_size": 96} if found.is_built_for_size else {}
        with torch.device("meta"):
            alone = timm.create_model(model, features_only=True, out_indices=(one.index,), **size).eval()
        with torch.inference_mode(), Meter() as meter:
            (out,) = alone(torch.empty(1, 3, 96, 96, device="meta"))
        assert tuple(out.shape) == (1, one.channels, one.height, one.width)
        assert (sum(p.numel() for p in alone.parameters()), meter.macs) == (one.params, one.macs)


@pytest.mark.usefixtures("torch_and_timm")
def test_finding_for_real() -> None:
    done = call("test_vit", "-r", "96", "--code")
    assert done.exit_code == 0 and 'timm.create_model("test_vit"' in done.stdout
    assert "torch" not in vars(sys.modules["backbones.cli.features"])

"""Whole models: against torch's own counter, at any resolution, fused, with feature maps."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="torch is not installed (extra `probe`)")
pytest.importorskip("timm", reason="timm is not installed (extra `probe`)")

import timm
import torch
from torch.utils.flop_counter import FlopCounterMode

from backbones.probe.counting.model import count, model_names
from backbones.store.measuring.count import FeatureMap

ONE_OF_A_KIND = (
    "resnet18", "vit_tiny_patch16_224", "swin_tiny_patch4_window7_224", "convnext_atto", "mobilenetv3_small_050",
    "efficientformer_l1", "xcit_nano_12_p8_224", "maxvit_rmlp_pico_rw_256", "mixer_s32_224", "halonet26t", "lambda_resnet26t",
    "coat_tiny", "edgenext_xx_small", "test_vit", "test_byobnet",
)  # fmt: skip


def torchs_own(name: str, resolution: int) -> int:
    with torch.device("meta"):
        model = timm.create_model(name).eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(torch.empty(1, 3, resolution, resolution, device="meta"))
    return int(counter.get_total_flops()) // 2


@pytest.mark.parametrize("name", ONE_OF_A_KIND)
def test_multiply_accumulates_are_those_of_torchs_own_counter(name: str) -> None:
    found = count(name)
    assert found.is_own_size and found.resolution is not None and not found.uncounted
    assert found.macs == torchs_own(name, found.resolution)


def test_a_model_that_torchs_counter_cannot_count() -> None:
    with pytest.raises(AssertionError):
        torchs_own("pit_ti_224", 224)
    assert count("pit_ti_224").macs == pytest.approx(0.70e9, rel=0.02)


def test_an_lstm_is_counted_and_not_unrolled() -> None:
    assert count("sequencer2d_s").macs == 8_334_007_296  # fvcore's 4.96 G leave the LSTM out


def test_another_resolution() -> None:
    own, half = count("resnet18", 224), count("resnet18", 112)
    assert own.params == half.params == 11_689_512 and own.macs == 1_814_073_344
    assert not half.is_own_size and (half.height, half.width) == (112, 112) and 3 < own.macs / half.macs < 5


def test_a_model_that_is_built_for_its_resolution() -> None:
    large = count("vit_tiny_patch16_224", 384)
    assert large.params - count("vit_tiny_patch16_224").params == (24 * 24 - 14 * 14) * 192  # position embedding
    assert count("swin_tiny_patch4_window7_224", 256).macs > count("swin_tiny_patch4_window7_224").macs


def test_branches_are_merged() -> None:
    train, fused = count("repvgg_a0"), count("repvgg_a0", fused=True)
    assert (train.fused, fused.fused) == (False, True) and (train.setting, fused.setting) == (None, "fused")
    assert (train.macs, fused.macs) == (1_512_581_120, 1_361_451_008)
    assert fused.params < train.params and fused.activations < train.activations
    with torch.device("meta"):
        plain = sum(p.numel() for p in timm.utils.reparameterize_model(timm.create_model("repvgg_a0")).parameters())
    assert fused.params == plain


def test_a_model_without_branches_is_the_same_fused() -> None:
    train, fused = count("test_convnext"), count("test_convnext", fused=True)
    assert (train.params, train.macs, train.activations) == (fused.params, fused.macs, fused.activations)


@pytest.mark.parametrize(
    ("name", "resolution", "channels", "strides", "sides"),
    [
        ("resnet18", 224, [64, 64, 128, 256, 512], [2, 4, 8, 16, 32], [112, 56, 28, 14, 7]),
        ("swin_tiny_patch4_window7_224", None, [96, 192, 384, 768], [4, 8, 16, 32], [56, 28, 14, 7]),
        ("vit_tiny_patch16_224", 384, [192, 192, 192], [16, 16, 16], [24, 24, 24]),
    ],
)
def test_feature_maps(
    name: str, resolution: int | None, channels: list[int], strides: list[int], sides: list[int]
) -> None:
    maps = count(name, resolution, features=True).feature_maps
    assert maps is not None
    assert [(m.channels, m.stride, m.height, m.width) for m in maps] == [
        *zip(channels, strides, sides, sides, strict=True)
    ]


def test_feature_maps_whose_sizes_hang_on_numbers() -> None:
    if "gemma4_vit_167m" not in model_names():
        pytest.skip("this timm has no gemma4_vit")
    maps = count("gemma4_vit_167m", features=True).feature_maps
    assert maps == tuple(FeatureMap(768, 16, index=index) for index in (13, 14, 15))


def test_no_memory_is_taken_for_weights() -> None:
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert count("vit_giant_patch14_dinov2").params == 1_136_479_232  # 4.5 GB of weights
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024


def test_all_models_of_timm_are_offered() -> None:
    assert len(model_names()) > 1000 and {"resnet50", "test_vit"} <= set(model_names())

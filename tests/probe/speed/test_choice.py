"""Which models and devices a user means."""

from __future__ import annotations

import sys

import pytest

from backbones.probe.speed.choice import Here, alike, choose_devices, choose_models, look_around
from backbones.store.errors import BackbonesError, UnknownName

KNOWN = ("convnext_base", "convnext_tiny", "resnet18", "resnet50", "vit_base_patch16_224", "vit_small_patch16_224")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["resnet50"], ["resnet50"]),
        (["convnext_*"], ["convnext_base", "convnext_tiny"]),
        (["*_patch16_224", "resnet18"], ["vit_base_patch16_224", "vit_small_patch16_224", "resnet18"]),
        (["resnet50.a1_in1k"], ["resnet50"]),
        (["timm/resnet50"], ["resnet50"]),
        (["ResNet-50"], ["resnet50"]),
        (["resnet18", "resnet*"], ["resnet18", "resnet50"]),
        (["resnet[15]*"], ["resnet18", "resnet50"]),
    ],
)
def test_names_globs_and_tags_are_understood(wanted: list[str], found: list[str]) -> None:
    assert choose_models(wanted, KNOWN) == found


def test_a_name_that_nothing_has_brings_suggestions() -> None:
    with pytest.raises(UnknownName, match="resnet50") as refused:
        choose_models(["resnt50"], KNOWN)
    assert "resnet50" in refused.value.suggestions
    with pytest.raises(UnknownName, match="swin"):
        choose_models(["swin_*"], KNOWN)


def test_devices_by_name_kind_all_or_nothing() -> None:
    here = ["cuda:0", "cuda:1", "cpu"]
    assert choose_devices([], here) == ["cuda:0"]
    assert choose_devices(["all"], here) == here
    assert choose_devices(["cuda"], here) == ["cuda:0"]
    assert choose_devices(["cpu,cuda:1"], here) == ["cpu", "cuda:1"]
    assert choose_devices([], ["cpu"]) == ["cpu"]
    with pytest.raises(BackbonesError, match=r"cuda:7.*cuda:0, cuda:1, cpu"):
        choose_devices(["cuda:7"], here)


def test_devices_of_one_name_are_found() -> None:
    cards = {"cuda:0": "NVIDIA H200", "cuda:1": "NVIDIA L4", "cuda:2": "NVIDIA H200"}
    here = Here(KNOWN, (*cards, "cpu"), cards)
    assert alike([], here) == [["cuda:0", "cuda:2"]]
    assert alike(["all"], here) == [["cuda:0", "cuda:2"], ["cuda:1"], ["cpu"]]
    with pytest.raises(BackbonesError, match=r"only cuda:0 \(NVIDIA H200\), cuda:1 \(NVIDIA L4\)"):
        alike(["cuda:0,cuda:1"], here)
    for few in (Here(KNOWN, ("cpu",)), Here(KNOWN, ("cuda:0", "cpu"))):
        with pytest.raises(BackbonesError, match=f"there is only {few.devices[0]}; leave it away"):
            alike([], few)


def test_a_torch_that_cannot_be_asked_is_a_sentence() -> None:
    says = "import sys; sys.stderr.write({!r}); sys.exit({})"
    with pytest.raises(BackbonesError, match="pip install"):
        look_around([sys.executable, "-c", says.format("torch is missing; pip install 'backbones[probe]'", 3)])
    with pytest.raises(BackbonesError, match=r"libcudart\.so"):
        look_around([sys.executable, "-c", says.format("ImportError: libcudart.so", 1)])
    with pytest.raises(BackbonesError, match="exit code 0"):
        look_around([sys.executable, "-c", "print('nothing')"])

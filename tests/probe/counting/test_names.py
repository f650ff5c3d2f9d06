"""Names, globs, names of weights and other names."""

from __future__ import annotations

import pytest

from backbones.probe.counting.names import chosen
from backbones.store.errors import UnknownName

KNOWN = ["convnext_small", "convnext_tiny", "resnet50", "resnet50d", "vit_base_patch16_224"]


def other_names(name: str) -> list[str]:
    return {"ConvNeXt-T": ["convnext_tiny"]}.get(name, [])


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["resnet50"], ["resnet50"]),
        (["resnet50*", "convnext_t?ny"], ["resnet50", "resnet50d", "convnext_tiny"]),
        (["resnet50d", "resnet50*"], ["resnet50d", "resnet50"]),
        (["convnext_tiny.fb_in22k"], ["convnext_tiny"]),
        (["ConvNeXt-T", "ConvNeXt_*"], ["convnext_tiny", "convnext_small"]),
        (["[rv]*"], ["resnet50", "resnet50d", "vit_base_patch16_224"]),
    ],
)
def test_what_names_and_globs_mean(wanted: list[str], found: list[str]) -> None:
    assert chosen(wanted, KNOWN, other_names) == found


@pytest.mark.parametrize("text", ["resnet5O", "resent50*", "resnet51"])
def test_what_means_nothing_is_quoted_with_what_may_be_meant(text: str) -> None:
    with pytest.raises(UnknownName, match="did you mean 'resnet50") as error:
        chosen([text], KNOWN, other_names)
    assert repr(text) in str(error.value)

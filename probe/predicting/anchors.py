"""The models that are measured first on every device, so that columns are comparable: all kinds of layers, all sizes."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Final

FEW: Final = 10
"""How many are measured where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A model of timm at a resolution at which all published tables have it."""

    model: str
    resolution: int
    kind: str
    """What its time goes into."""
    gmacs: float

    @property
    def key(self) -> tuple[str, int]:
        """As tables of speeds name it."""
        return self.model, self.resolution


ANCHORS: Final = (
    Anchor("resnet50", 224, "dense convolution", 4.1),
    Anchor("mobilenetv3_small_100", 224, "depthwise convolution", 0.06),
    Anchor("vit_base_patch16_224", 224, "vision transformer", 17.6),
    Anchor("swin_tiny_patch4_window7_224", 224, "window attention", 4.5),
    Anchor("convnext_base", 288, "large depthwise convolution", 25.4),
    Anchor("mixer_s32_224", 224, "mlp", 1.0),
    Anchor("coatnet_0_rw_224", 224, "convolution and attention", 4.4),
    Anchor("efficientnet_b3", 320, "depthwise convolution", 2.0),
    Anchor("vit_tiny_patch16_224", 224, "vision transformer", 1.3),
    Anchor("repvgg_a2", 224, "re-parameterised", 5.7),
    Anchor("darknet53", 288, "dense convolution", 11.8),
    Anchor("levit_256", 224, "convolution and attention", 1.1),
    Anchor("regnety_032", 288, "grouped convolution", 5.3),
    Anchor("swin_base_patch4_window7_224", 224, "window attention", 15.4),
    Anchor("resmlp_24_224", 224, "mlp", 6.0),
    Anchor("mobilevit_s", 256, "convolution and attention", 2.0),
    Anchor("tf_efficientnetv2_s", 384, "depthwise convolution", 8.4),
    Anchor("lcnet_100", 224, "depthwise convolution", 0.16),
    Anchor("xcit_small_12_p16_224", 224, "channel attention", 4.8),
    Anchor("vit_base_patch16_384", 384, "vision transformer", 55.5),
)
"""The first ten have all kinds and span sizes from 0.06 to 25 GMACs; the others stand in for those that cannot be had."""


def anchors(count: int = FEW, available: Container[str] | None = None) -> list[Anchor]:
    """The first so many anchors whose models are available; fewer where there are not so many. None: all are available."""
    found = [anchor for anchor in ANCHORS if available is None or anchor.model in available]
    return found[:count]

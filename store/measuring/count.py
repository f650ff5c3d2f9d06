"""What a model costs by its architecture alone: parameters, multiply-accumulates, activations, feature maps. No torch here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

COLLECTION: Final = "counted"
"""The collection of counts, shipped or the user's own."""

FUSED: Final = "fused"
"""The `setting` of a count of the fused form: re-parameterised branches are merged (RepVGG, MobileOne …)."""


@dataclass(frozen=True, slots=True)
class FeatureMap:
    """One map that a detector or segmenter may take from the backbone."""

    channels: int
    stride: int
    """Pixels of the input a step, as timm says it."""
    height: int | None = None
    width: int | None = None
    """None: not known at this resolution."""
    index: int | None = None
    """What timm's `out_indices` calls it."""
    params: int | None = None
    macs: int | None = None
    """Of what the map is computed from: the network up to here. None: not asked for, or not known."""


@dataclass(frozen=True, slots=True)
class Count:
    """A model counted at one input size, in one form."""

    model: str
    """timm's name of the architecture."""
    height: int
    width: int
    params: int
    macs: int
    """Multiply-accumulates of convolutions, matrix products, attention and recurrent layers; 1 MAC = 2 FLOPs."""
    activations: int
    """Numbers that these put out, for one image."""
    fused: bool = False
    is_own_size: bool = True
    """The size is the one that timm tests the model at."""
    feature_maps: tuple[FeatureMap, ...] | None = None
    """None: not asked for; empty: the model gives none."""
    uncounted: tuple[str, ...] = ()
    """Operators that multiply matrices and have no formula: `macs` is too low by them."""
    timm: str = ""
    torch: str = ""
    """Versions; a later timm may define an architecture otherwise."""
    is_built_for_size: bool = False
    """timm has to be told the size when it makes the model (`img_size`)."""
    has_intermediates: bool = False
    """timm's `forward_intermediates` gives maps too, also where there is no `features_only` form; False: not looked for."""

    @property
    def resolution(self) -> int | None:
        """Side of a square input; None of another."""
        return self.height if self.height == self.width else None

    @property
    def setting(self) -> str | None:
        """As rows of `costs` say it: `fused`, the size of an input that is not square, both, or nothing."""
        size = "" if self.height == self.width else f"{self.height}x{self.width}"
        return ", ".join(filter(None, (FUSED if self.fused else "", size))) or None

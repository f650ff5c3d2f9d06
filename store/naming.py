"""The words of a model's name, one spelling each: family word, size, patch, window and resolution, data.

`ConvNeXt-T IN-22k` and `convnext_tiny.in22k` have the same words, and so have `ViT-B/16` and `vit_base_patch16`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

SIZES: Final[dict[str, tuple[str, ...]]] = {
    "tiny": ("t", "ti"), "small": ("s",), "base": ("b",), "large": ("l",), "huge": ("h",), "giant": ("g",),
    "xlarge": ("xl",), "xxlarge": ("xxl",), "xsmall": ("xs",), "xxsmall": ("xxs",), "medium": ("m",), "nano": ("n",),
    "pico": ("p",), "atto": ("a",), "femto": ("f",),
}  # fmt: skip
"""Size word -> its shorter spellings."""

NICKNAMES: Final = {
    "effnet": "efficientnet", "effnetv2": "efficientnetv2", "rn": "resnet", "mbnet": "mobilenet", "mnet": "mobilenet",
    "cnext": "convnext", "dnet": "densenet", "vitb": "vit base", "vits": "vit small", "vitl": "vit large",
    "vith": "vit huge", "vitg": "vit giant", "bigg": "gigantic", "mb": "mobilenet", "wrn": "wide resnet",
    "wideresnet": "wide resnet", "inet": "imagenet", "phone": "snapdragon", "smartphone": "snapdragon",
}  # fmt: skip
"""What people type for a longer word."""

DEPTHS: Final = ("18", "26", "34", "50", "101", "152", "200")
"""Layers of ResNets: `R50` and `R-50` are one, a recipe's `r224` is not."""

PLUS: Final = "plus"
"""The word for a `+` behind a name: DeepLabV3+ is not DeepLabV3."""

DATA: Final = {"in1k": ("1k",), "in12k": ("12k",), "in22k": ("22k", "21k", "in21k")}
"""ImageNet's sizes and their other spellings; ImageNet-21k and -22k are one data set."""

PATCHES: Final = ("8", "14", "16", "32")
"""Sides of patches that stand right behind a size: `B16`, not EfficientNet-B0."""

_SIZE_OF: Final = {short: size for size, shorts in SIZES.items() for short in shorts} | {s: s for s in SIZES}
_DATA_OF: Final = {short: data for data, shorts in DATA.items() for short in (data, *shorts)}
_NUMERALS: Final = {"ii": "2", "iii": "3"}
_IMAGENET: Final = ("in", "imagenet")
_PARTS: Final = re.compile(r"[^\W_]+|(?<=[^\W_])\++(?![^\W_+])")
"""`+` between two words only joins them."""
_OLD_TAG: Final = re.compile(r"(?:in)?(1k|12k|21|21k|22|22k)ft(?:in)?(1k|12k)")
"""timm's former `in22ft1k`, Microsoft's `22kft1k`."""
_SIZE_AND_PATCH: Final = re.compile(r"(t|ti|s|b|l|h|g)(8|14|16|32)")
_SIDE: Final = re.compile(r"(patch|window|win|p|w)(\d+)(?:to(\d+))?")
_RESIZED: Final = re.compile(r"\d+to(\d+)")
"""SwinV2's `192to256`: pretrained at the first resolution, made for the second."""
_RESNET: Final = re.compile(rf"r({'|'.join(DEPTHS)})")
_GLUED: Final = re.compile(r"([^\W\d_]{2,}?)(?:(v\d+)(plus)?)?(\d\w*)?")
"""`swinv2`, `deeplabv3plus`, `resnet50`, `laion2b`: a word, a version, a number."""


@lru_cache(maxsize=65536)
def words(name: str) -> tuple[str, ...]:
    """The words of a name in order, each in its one spelling."""
    found: list[str] = []
    before = two_before = ""
    for part in _PARTS.findall(name.casefold()):
        if before == "r" and part in DEPTHS and two_before not in _IMAGENET:
            found[-1:] = ["resnet", part]
        else:
            found += _words_of(NICKNAMES.get(part, part))
        two_before, before = before, part
    return tuple(_without_imagenet(found))


def _words_of(part: str) -> list[str]:
    if " " in part:
        return part.split()
    if part[0] == "+":
        return [PLUS] * len(part)
    if part in _SIZE_OF or part in _DATA_OF or part in _NUMERALS:
        return [_SIZE_OF.get(part) or _DATA_OF.get(part) or _NUMERALS[part]]
    if tag := _OLD_TAG.fullmatch(part):
        before, after = (_DATA_OF[group.rstrip("k") + "k"] for group in tag.groups())
        return [before, "ft", after]
    if pair := _SIZE_AND_PATCH.fullmatch(part):
        return [_SIZE_OF[pair[1]], pair[2]]
    if side := _SIDE.fullmatch(part):
        return [f"w{side[3] or side[2]}" if side[1] in ("window", "win", "w") else side[2]]
    if resnet := _RESNET.fullmatch(part):
        return ["resnet", resnet[1]]
    if resized := _RESIZED.fullmatch(part):
        return [resized[1]]
    if glued := _GLUED.fullmatch(part):
        word = NICKNAMES.get(glued[1], glued[1])
        return [*word.split(), *(piece for piece in glued.groups()[1:] if piece)]
    return [part]


def _without_imagenet(found: list[str]) -> list[str]:
    """`IN-22k` and `ImageNet-22k` are the one word in22k; ImageNet's variants keep theirs."""
    kept: list[str] = []
    for word in found:
        if kept and kept[-1] in _IMAGENET and word in _DATA_OF:
            kept[-1] = _DATA_OF[word]
        else:
            kept.append(word)
    return kept


def is_number(word: str) -> bool:
    """Whether a word is a patch, window, resolution or a depth: nothing that a reader knows a model by first."""
    return word.isdigit() or (word[0] == "w" and word[1:].isdigit())


_LONG: Final = 2.0


@lru_cache(maxsize=65536)
def weight(word: str) -> float:
    """How much of a name a word is: the family's word most, a patch or window least."""
    if is_number(word):
        return 0.5 if len(word) < 3 or word[0] == "w" else 0.7
    if word in SIZES or word in DATA or word == PLUS or (len(word) == 2 and word[0] == "v"):
        return 1.0
    return _LONG if len(word) >= 3 and word.isalpha() else 0.8


def family_word(name: str) -> str | None:
    """The word that a line of models is known by: the first long one."""
    return next((word for word in words(name) if weight(word) == _LONG), None)

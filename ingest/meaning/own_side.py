"""The resolution that a paper says of its own training or testing. What it says of others, or of the field, is no default."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from backbones.ingest.meaning import lexicon
from backbones.ingest.meaning.numbers import sides_in
from backbones.ingest.meaning.prose import Prose
from backbones.store.text import fold


@dataclass(frozen=True, slots=True)
class OwnSide:
    """A side in px and the sentence that says it."""

    side: int
    page: int
    quote: str
    is_fine_tuning: bool


SMALLEST: Final = 96
LARGEST_DEFAULT: Final = 384

_DID: Final = r"(?:pre-?\s?train|fine-?\s?tune?|train|evaluate?|test|crop|resize?|report)"
_DONE: Final = rf"(?:{_DID}e?d|cropped)"
_WE_DO = re.compile(rf"\bwe\b(?:\s+(?!compar|note|observ|find)[\w-]+,?){{0,6}}?\s+{_DID}\b", re.IGNORECASE)
_WE_USE = re.compile(
    r"\bwe\b(?:\s+(?!compar|note|observ|find)[\w-]+){0,3}?\s+(?:use|adopt|employ|set|sample)\b", re.IGNORECASE
)
_OURS_ARE = re.compile(
    r"\b(?:(?:all|each|every|both|our|these)\b[^.;]{0,40}\b(?:models?|networks?|variants?|backbones?|architectures?|experiments?)"
    rf"|the (?:models?|networks?))\b[^.;]{{0,20}}\b(?:are|is|were|was)\b[^.;]{{0,40}}\b{_DONE}\b",
    re.IGNORECASE,
)
_TRAINING_IS = re.compile(
    r"\bour\s+(?:default\s+)?(?:training|evaluation|test|input|image)\s+(?:\w+\s+)?(?:resolution|size|crop)",
    re.IGNORECASE,
)
_CROPS_ARE = re.compile(
    r"\b(?:crops?|images?|inputs?|input size|resolution)\b[^.;]{0,40}\b(?:is|are|were|was)\b[^.;]{0,40}\b(?:sampled|taken|cropped|resized|set)\b",
    re.IGNORECASE,
)
_ABOUT_TRAINING = re.compile(rf"\b{_DID}|\btrain|\bevaluat|\btest|\bcrop", re.IGNORECASE)
_OTHERS = re.compile(
    r"\b(?:early|earlier|modern|recent(?:ly)?|previous(?:ly)?|prior|typical(?:ly)?|common(?:ly)?|tends?|often|usual(?:ly)?|conventional(?:ly)?"
    r"|existing|others?|short(?:er)?|long(?:er)?|their|original|official|most\s+(?:models|networks|works|methods)|higher|larger|instead of|than)\b",
    re.IGNORECASE,
)
_FOLLOWING = re.compile(r"\b(?:following|follows?|as in|similar to|same as|like)\b[^,.;]*", re.IGNORECASE)
_OTHER_TASK = re.compile(
    r"ADE-?20K|segmentation|detect|COCO\b|Cityscapes|\bvideos?\b|\bframes\b|Kinetics|\bCIFAR|throughput|latency|FLOPs",
    re.IGNORECASE,
)
_PAIRS = re.compile(r"(?<![\d.])(\d{2,4})\s*[×x]\s*(\d{2,4})(?![\d.])")
_SIDES = re.compile(
    r"\b(?:resolutions?|image sizes?|input sizes?|crop sizes?)\s*(?:of|is|are|=|:|to|from|at)?\s*(\d{3,4})\b"
    r"|(?<![\d.])(\d{3,4})\s*(?:px|pixels|\^2|²)"
)


def own_sides(prose: Prose) -> Iterator[OwnSide]:
    """Every sentence that says of the paper's own classifiers at what one side they were trained, tuned or judged."""
    first_person = -9
    for number, (page, sentence) in enumerate(prose.sentences):
        is_near = number - first_person <= 2
        if re.search(r"\b(?:we|our)\b", sentence, re.IGNORECASE):
            first_person = number
        if (page, sentence) not in prose.preface and (side := own_side(sentence, is_near)):
            is_tuning = re.search(r"fine-?\s?tun", sentence, re.IGNORECASE) is not None
            yield OwnSide(
                side,
                page,
                sentence,
                is_tuning and not re.search(r"pre-?\s?train|\btrained|report", sentence, re.IGNORECASE),
            )


def own_side(sentence: str, follows_own: bool = False) -> int:
    """The one side of a sentence on the paper's own models; 0 where it has another size too, or speaks of others.

    `follows_own`: a sentence just before says `we` or `our`, so that `crops are sampled` is about the same.
    """
    plain = _FOLLOWING.sub("", lexicon.clean(sentence))
    if _OTHER_TASK.search(plain) or _OTHERS.search(plain):
        return 0
    whole = lexicon.clean(sentence)
    named = {int(text) for found in _SIDES.findall(whole) for text in found if text} | set(sides_in(whole))
    large = {side for side in named if side >= SMALLEST}
    if len(large) != 1 or any(int(a) != int(b) and min(int(a), int(b)) >= SMALLEST for a, b in _PAIRS.findall(whole)):
        return 0
    says = (
        _WE_DO.search(plain)
        or (_WE_USE.search(plain) and _ABOUT_TRAINING.search(plain))
        or _OURS_ARE.search(plain)
        or _TRAINING_IS.search(plain)
        or (follows_own and _CROPS_ARE.search(plain))
    )
    return large.pop() if says else 0


def usual_side(prose: Prose, family: str) -> OwnSide | None:
    """The side that all the paper's sentences on its own training give; None where they differ, or sizes grow with the models."""
    if scales_inputs(prose):
        return None
    found = [
        one
        for one in own_sides(prose)
        if not one.is_fine_tuning and one.side <= LARGEST_DEFAULT and not _names_another(one.quote, family)
    ]
    return found[0] if len({one.side for one in found}) == 1 else None


_NAME = re.compile(r"\b(?!Image)[A-Z][A-Za-z]*(?:Net|Former|Mixer|Mamba|ViT|NeXt|NAS|T)(?![a-z])[\w-]*")


def _names_another(sentence: str, family: str) -> bool:
    """Whether a sentence names models, and none of them is of the family."""
    names = [fold(name) for name in _NAME.findall(sentence)]
    return bool(names) and not any(fold(family) in name for name in names)


_DIMENSIONS = re.compile(r"\b(?:depth|width|layers|channels)\b", re.IGNORECASE)


def scales_inputs(prose: Prose) -> bool:
    """Whether the resolution is one of the things by which the paper's models differ: each then has its own."""
    if any(
        True
        for _ in prose.where(
            r"\bcompound(?:ly)?[-\s]+scal|\bresolution\s+scaling\b|\bscal\w+\s+(?:up\s+)?(?:the\s+)?(?:input\s+|image\s+)?resolution"
        )
    ):
        return True
    told = [s for _, s in prose.where(r"\bscal(?:e|es|ed|ing)\b", r"\bresolution\b") if _DIMENSIONS.search(s)]
    return len(told) >= 2

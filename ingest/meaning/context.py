"""What a whole paper says for all its tables: its family, its pretraining, the device, the usual resolution, the head."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from backbones.ingest.meaning import lexicon
from backbones.ingest.meaning.family import proposed_family
from backbones.ingest.meaning.known import Known
from backbones.ingest.meaning.numbers import sides_in
from backbones.ingest.meaning.prose import Prose
from backbones.ingest.meaning.setting import is_intermediate
from backbones.ingest.paper import Paper


@dataclass(frozen=True, slots=True)
class Said:
    """A word and the sentence that says it."""

    value: str
    quote: str
    page: int


@dataclass(frozen=True, slots=True)
class Context:
    """What the rules know before they look at a table."""

    known: Known
    prose: Prose
    family: str
    has_intermediate: bool
    """The paper fine-tunes on a larger data set between its pretraining and the last stage."""
    method: str
    """The pretraining without labels that the paper itself proposes or uses throughout; mostly none."""
    resolution: int
    """The side of the images that its classifiers are trained on; 0: it does not say."""
    multi_scale: Said | None
    """The sentence that says that segmentation is tested at several scales, where no other says at one."""
    device: Said | None
    """The one device that its sentences on speed name."""
    precision: str

    @classmethod
    def of(cls, paper: Paper, known: Known) -> Context:
        """Read a paper's sentences once for all its tables."""
        prose = Prose.of(paper)
        has_intermediate = any(is_intermediate(s) for _, s in prose.sentences) or any(
            is_intermediate(table.caption) for table in paper.tables
        )
        device = _device(prose)
        return cls(
            known,
            prose,
            proposed_family(paper, prose, known),
            has_intermediate,
            _method(paper, prose) if has_intermediate else "",
            _resolution(prose),
            _multi_scale(prose),
            device,
            lexicon.named(lexicon.PRECISIONS, device.quote) if device else "",
        )

    def head(self, task: str, dataset: str) -> Said | None:
        """The head that the sentences on a data set name by far most often."""
        heads = _SEGMENTERS if task == "semantic segmentation" else _DETECTORS
        word = dataset.split()[0] if dataset else ""
        found: Counter[str] = Counter()
        first: dict[str, Said] = {}
        for page, sentence in self.prose.where(re.escape(word)):
            for name in lexicon.all_named(lexicon.HEADS, sentence):
                if name in heads:
                    found[name] += 1
                    first.setdefault(name, Said(name, sentence, page))
        ranked = found.most_common(2)
        if not ranked or (len(ranked) > 1 and ranked[0][1] < 3 * ranked[1][1]):
            return None
        return first[ranked[0][0]]


_SEGMENTERS: Final = frozenset((
    "UPerNet", "Semantic FPN", "Panoptic FPN", "SETR", "SETR (PUP)", "SETR (MLA)", "DeepLabV3", "DeepLabV3+", "PSPNet", "OCRNet",
    "DNLNet", "SegFormer", "Segmenter", "DPT", "FCN", "Mask2Former", "MaskFormer",
))  # fmt: skip
_DETECTORS: Final = frozenset(word.name for word in lexicon.HEADS) - _SEGMENTERS | {"Mask2Former"}


def _resolution(prose: Prose) -> int:
    """The square side that most sentences on training or input give."""
    found = Counter(
        side
        for _, sentence in prose.where(
            r"imagenet|crop|classif|pre-?train|input|resolution|image size", r"\d\s*(?:×|x|\^2)"
        )
        if not re.search(r"ADE-?20K|segmentation|detect|COCO|Cityscapes", sentence, re.IGNORECASE)
        for side in set(sides_in(sentence))
        if 128 <= side <= 384
    )
    ranked = found.most_common(1)
    return ranked[0][0] if ranked and found[224] in (0, ranked[0][1]) else 224 if found else 0


_ON_BOXES = re.compile(r"detect|COCO|HTC|NMS", re.IGNORECASE)


def _multi_scale(prose: Prose) -> Said | None:
    if any(not _ON_BOXES.search(sentence) for _, sentence in prose.where(r"single-?\s?scale|\bSS\b")):
        return None
    for page, sentence in prose.where(
        r"multi-?\s?scale\s+(?:test|infer|eval)|(?:test|infer|eval)\w*\W+(?:\w+\W+){0,4}multi-?\s?scale"
    ):
        if not _ON_BOXES.search(sentence) and not re.search(r"indicates|denotes|train", sentence, re.IGNORECASE):
            return Said("multi-scale", sentence, page)
    return None


_SPEED = r"through-?put|\bfps\b|latency|inference (?:speed|time)|images?\s*/\s*s|\bspeed"


def _device(prose: Prose) -> Said | None:
    found: dict[str, Said] = {}
    for page, sentence in prose.where(_SPEED):
        for device in lexicon.devices_in(sentence):
            found.setdefault(device, Said(device, sentence, page))
    return next(iter(found.values())) if len(found) == 1 else None


def _method(paper: Paper, prose: Prose) -> str:
    """The self-supervised pretraining that the paper speaks of most."""
    text = " ".join(sentence for _, sentence in prose.sentences)
    found = Counter({w.name: len(w.pattern.findall(text)) for w in lexicon.METHODS if w.name != "Supervised"})
    ranked = found.most_common(1)
    return ranked[0][0] if ranked and ranked[0][1] >= 5 else ""

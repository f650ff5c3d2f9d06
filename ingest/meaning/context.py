"""What a whole paper says for all its tables: its family, its pretraining, the device, the usual resolution, the head."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from backbones.ingest.meaning import lexicon
from backbones.ingest.meaning.bounded import bounded
from backbones.ingest.meaning.family import proposed_family
from backbones.ingest.meaning.known import Known
from backbones.ingest.meaning.own_side import usual_side
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
    """The side of the images that its sentences on its own classifiers give; 0: none says, or they differ."""
    multi_scale: Said | None
    """The sentence that says that segmentation is tested at several scales, where no other says at one."""
    device: Said | None
    """The one device that its sentences on speed name."""
    precision: str

    @classmethod
    def of(cls, paper: Paper, known: Known) -> Context:
        """Read a paper's sentences once for all its tables."""
        paper = bounded(paper)
        prose = Prose.of(paper)
        has_intermediate = any(is_intermediate(s) for _, s in prose.sentences) or any(
            is_intermediate(table.caption) for table in paper.tables
        )
        device = _device(prose)
        family = proposed_family(paper, prose, known)
        side = usual_side(prose, family)
        return cls(
            known,
            prose,
            family,
            has_intermediate,
            _method(paper, prose) if has_intermediate else "",
            side.side if side is not None else 0,
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


_SPEED: Final = (
    r"through-?put|run-?time|img?s?\s*/\s*s|\bfps\b|latency|inference (?:speed|time)|images?\s*/\s*s|\bspeed"
)


_MEASURES = re.compile(r"\bmeasur|\bbenchmark|\btest(?:ed|s)?\b|\bevaluat|\btimed\b|\breport|\brun\b", re.IGNORECASE)


def _device(prose: Prose) -> Said | None:
    """The one that all sentences on speed name; else the one of those that say how it was measured, or of what follows them."""
    named, measured = dict[str, Said](), dict[str, Said]()
    for (page, sentence), (next_page, following) in zip(prose.sentences, (*prose.sentences[1:], (0, ""))):
        if not re.search(_SPEED, sentence, re.IGNORECASE):
            continue
        devices = lexicon.devices_in(sentence)
        for device in devices:
            named.setdefault(device, Said(device, sentence, page))
        if _MEASURES.search(sentence) and not re.search(r"\btrain", sentence, re.IGNORECASE):
            for device in devices:
                measured.setdefault(device, Said(device, sentence, page))
            if not devices and not re.search(r"\btrain", following, re.IGNORECASE):
                for device in lexicon.devices_in(following):
                    measured.setdefault(device, Said(device, following, next_page))
    for found in (named, measured):
        if len(found) == 1:
            return next(iter(found.values()))
    return None


def _method(paper: Paper, prose: Prose) -> str:
    """The self-supervised pretraining that the paper speaks of most."""
    text = " ".join(sentence for _, sentence in prose.sentences)
    found = Counter({w.name: len(w.pattern.findall(text)) for w in lexicon.METHODS if w.name != "Supervised"})
    ranked = found.most_common(1)
    return ranked[0][0] if ranked and ranked[0][1] >= 5 else ""

"""The field's words in papers' many spellings -> the catalogue's: data sets, heads, devices, precisions, pretraining."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from backbones.store.text import printable


class Word(NamedTuple):
    """A name of the catalogue and what papers print for it."""

    name: str
    pattern: re.Pattern[str]


def _words(pairs: Iterable[tuple[str, str]]) -> tuple[Word, ...]:
    return tuple(Word(name, re.compile(pattern, re.IGNORECASE)) for name, pattern in pairs)


_IN: Final = r"(?:\bImage-?\s?Net|\bImNet|\bIN)[-\s]?"

DATASETS: Final = _words((
    ("ImageNet-ReaL", rf"{_IN}ReaL\b|\bReaL\b(?!\s*(?:speed|time|world|images?|latency|data|-))"),
    ("ImageNet-V2", rf"{_IN}V2\b(?!-)|^V2\b"),
    ("ImageNet-Sketch", rf"{_IN}(?:Sketch|SK)\b|^(?:Sketch|-?SK)\b"),
    ("ImageNet-C-bar", rf"{_IN}(?:C-?bar|C̄)|^C-?bar\b|\bC̄"),
    ("ImageNet-A", rf"{_IN}A\b|^-?A\b(?!\.)|\bImageNet-Adversarial\b"),
    ("ImageNet-R", rf"{_IN}R\b|^-?R\b(?!\.|-)|\bImageNet-Rendition\b"),
    ("ImageNet-O", rf"{_IN}O\b"),
    ("ImageNet-C", rf"{_IN}C\b|^-?C\b(?!\.)"),
    ("ImageNet-22k", rf"{_IN}2[12]\s?k\b|(?<![\w-])2[12]k\b"),
    ("ImageNet-12k", rf"{_IN}12\s?k\b"),
    ("ImageNet-1k", rf"{_IN}1\s?k\b|{_IN.rstrip('?')}?\b(?<!\bIN)|\bILSVRC|\bINet\b|(?<![\w-])1k\b"),
    ("JFT-3B", r"\bJFT-?3B\b"),
    ("JFT-300M", r"\bJFT(?:-?300M)?\b"),
    ("COCO test", r"\btest-?\s?dev\b"),
    ("COCO val", r"\bCOCO\b|\bmini-?\s?val\b|\bval-?2017\b"),
    ("LVIS v1 val", r"\bLVIS\b"),
    ("Objects365 v1", r"\bObjects?-?365\b|\bO365\b"),
    ("ADE20K val", r"\bADE-?\s?20k\b|\bADE\b"),
    ("Cityscapes val", r"\bCity-?scapes\b"),
    ("PASCAL Context", r"\bPASCAL[-\s]?Context\b"),
    ("COCO-Stuff 164k", r"\bCOCO-?\s?Stuff(?!\s?-?10k)"),
    ("COCO-Stuff 10k", r"\bCOCO-?\s?Stuff[-\s]?10k"),
    ("PASCAL VOC 2007", r"\bVOC\s?(?:20)?07\b"),
    ("PASCAL VOC 2012 val", r"\bVOC\s?(?:20)?12\b"),
    ("CIFAR-100", r"\bCIFAR-?\s?100\b|\bC(?:ifar)?-?100\b"),
    ("CIFAR-10", r"\bCIFAR-?\s?10\b|\bC(?:ifar)?-?10\b"),
    ("Flowers-102", r"\b(?:Oxford\s)?Flowers?(?:-?102)?\b"),
    ("Stanford Cars", r"\b(?:Stanford\s)?Cars\b"),
    ("Stanford Dogs", r"\b(?:Stanford\s)?Dogs\b"),
    ("Oxford-IIIT Pets", r"\b(?:Oxford(?:-IIIT)?\s)?Pets?\b"),
    ("Food-101", r"\bFood-?101\b"),
    ("FGVC-Aircraft", r"\b(?:FGVC[-\s]?)?Aircrafts?\b"),
    ("iNaturalist 2018", r"\biNat(?:uralist)?[-\s]?(?:20)?18\b"),
    ("iNaturalist 2019", r"\biNat(?:uralist)?[-\s]?(?:20)?19\b"),
    ("iNaturalist 2021", r"\biNat(?:uralist)?[-\s]?(?:20)?21\b"),
    ("Places205", r"\bPlaces-?205\b"),
    ("Places365", r"\bPlaces-?365\b"),
    ("Kinetics-600", r"\bK(?:inetics)?[-\s]?600\b"),
    ("Kinetics-700", r"\bK(?:inetics)?[-\s]?700\b"),
    ("Kinetics-400", r"\bKinetics(?:[-\s]?400)?\b|\bK-?400\b"),
    ("Something-Something V2", r"\bSomething-?\s?Something(?:[-\s]?v2)?\b|\bSS-?v2\b|\bSth-?Sth\b"),
    ("Moments in Time", r"\bMoments[-\s]in[-\s]Time\b"),
    ("AVA v2.2", r"\bAVA(?:\s?v2\.\d)?\b"),
    ("EPIC-Kitchens-100", r"\bEPIC-?\s?Kitchens(?:-?100)?\b"),
    ("UCF101", r"\bUCF-?101\b"),
    ("HMDB51", r"\bHMDB-?51\b"),
    ("Charades", r"\bCharades\b"),
    ("SUN397", r"\bSUN-?397\b"),
    ("DTD", r"\bDTD\b"),
    ("EuroSAT", r"\bEuroSAT\b"),
    ("RESISC45", r"\bRESISC-?45\b"),
    ("ObjectNet", r"\bObject-?Net\b"),
    ("NYU Depth V2", r"\bNYU(?:\sDepth)?(?:[-\s]?v2)?\b"),
))  # fmt: skip

PRETRAINING_ONLY: Final = _words((
    ("MegData73M", r"\bMegData-?73M\b"),
    ("LAION-2B", r"\bLAION-?2B\b"),
    ("LAION-400M", r"\bLAION-?400M\b"),
    ("IG-3.6B", r"\bIG-?3\.6B\b"),
    ("WIT-400M (OpenAI CLIP)", r"\bWIT-?400M\b"),
    ("LVD-142M", r"\bLVD-?142M\b"),
    ("Merged-38M", r"\bMerged-?38M\b"),
    ("Merged-30M", r"\bMerged-?30M\b"),
    ("YFCC-100M", r"\bYFCC-?100M\b"),
))  # fmt: skip

IMAGENET_EVALUATIONS: Final = frozenset(
    (
        "ImageNet-ReaL",
        "ImageNet-V2",
        "ImageNet-Sketch",
        "ImageNet-C-bar",
        "ImageNet-A",
        "ImageNet-R",
        "ImageNet-O",
        "ImageNet-C",
    )
)
"""Test sets for a classifier of ImageNet-1k: nothing is trained on them."""

VIDEO: Final = frozenset(
    (
        "Kinetics-400", "Kinetics-600", "Kinetics-700", "Something-Something V2", "Moments in Time", "AVA v2.2", "EPIC-Kitchens-100",
        "UCF101", "HMDB51", "Charades",
    )
)  # fmt: skip
"""Their images are frames: results on them are a video model's."""

HEADS: Final = _words((
    ("Cascade Mask R-CNN", r"\bCas(?:c(?:ade)?)?\.?[-\s]*Mask\b|\bCMask\b|\bCascade[-\s]+\(?Mask|\bC\.?\s?Mask\s?R-?CNN"),
    ("Cascade R-CNN", r"\bCas(?:cade)?\.?[-\s]*(?:Faster\s*)?R-?CNN\b"),
    ("Mask Scoring R-CNN", r"\bMask[-\s]Scoring\b"),
    ("Mask R-CNN", r"\bMask[-\s]*R-?\s?CNN\b|\bMask-?RCNN\b|\bMRCNN\b"),
    ("Keypoint R-CNN", r"\bKeypoint[-\s]*R-?CNN\b"),
    ("Sparse R-CNN", r"\bSparse[-\s]*R-?CNN\b"),
    ("Dynamic R-CNN", r"\bDynamic[-\s]*R-?CNN\b"),
    ("Libra Faster R-CNN", r"\bLibra[-\s]*(?:Faster\s*)?R-?CNN\b"),
    ("Faster R-CNN", r"\bFaster[-\s]*R-?\s?CNN\b"),
    ("Fast R-CNN", r"\bFast[-\s]*R-?CNN\b"),
    ("HTC++", r"\bHTC\+\+"),
    ("HTC", r"\bHTC\b|\bHybrid Task Cascade\b"),
    ("RetinaNet", r"\bRetina-?\s?Net\b"),
    ("ATSS", r"\bATSS\b"),
    ("RepPoints V2", r"\bRepPoints[-\s]*v2\b"),
    ("RepPoints", r"\bRepPoints\b"),
    ("FCOS", r"\bFCOS\b"),
    ("GFL", r"\bGFL\b"),
    ("Mask2Former", r"\bMask2Former\b"),
    ("MaskFormer", r"\bMaskFormer\b"),
    ("Deformable DETR", r"\b(?:Deformable|Def\.?)[-\s]*DETR\b"),
    ("DAB-DETR", r"\bDAB-?DETR\b"),
    ("Conditional DETR", r"\bConditional[-\s]*DETR\b"),
    ("DETR", r"(?<!-)\bDETR\b"),
    ("DINO", r"\bDINO\b(?!v)"),
    ("UPerNet", r"\bU-?per-?\s?(?:Net|head)\b|\bUPer\s?Net\b"),
    ("Semantic FPN", r"\b(?:Semantic|Sem\.?|S-?)[-\s]*FPN\b"),
    ("Panoptic FPN", r"\bPanoptic[-\s]*FPN\b"),
    ("SETR (PUP)", r"\bSETR-?\s?\(?PUP\)?"),
    ("SETR (MLA)", r"\bSETR-?\s?\(?MLA\)?"),
    ("SETR", r"\bSETR\b"),
    ("DeepLabV3+", r"\b(?:D(?:eep)?Lab)\.?[-\s]*v?3(?:\+|\s?plus)"),
    ("DeepLabV3", r"\b(?:D(?:eep)?Lab)\.?[-\s]*v?3\b"),
    ("PSPNet", r"\bPSP-?Net\b"),
    ("OCRNet", r"\bOCR-?Net\b"),
    ("DNLNet", r"\bDNL(?:Net)?\b"),
    ("SegFormer", r"\bSegFormer\b"),
    ("Segmenter", r"\bSegmenter\b"),
    ("DPT", r"\bDPT\b"),
    ("FCN", r"\bFCN\b"),
    ("SSDLite", r"\bSSD-?Lite\b"),
    ("SSD", r"\bSSD\d*\b"),
    ("YOLOv3", r"\bYOLO-?\s?v3\b"),
    ("YOLOX", r"\bYOLOX\b"),
    ("CenterNet", r"\bCenter-?Net\b"),
    ("ViTDet", r"\bViTDet\b"),
))  # fmt: skip

PRECISIONS: Final = _words((
    ("amp_bf16", r"\bAMP[-\s(]*bf16\b"),
    ("amp_fp16", r"\bAMP[-\s(]*fp16\b"),
    ("tf32", r"\bTF-?32\b"),
    ("bf16", r"\bbf(?:loat)?-?16\b"),
    ("fp16", r"\b(?:fp|float)-?16\b|\bhalf[-\s]precision\b"),
    ("fp32", r"\b(?:fp|float)-?32\b|\b(?:full|single)[-\s]precision\b"),
    ("int8", r"\bint-?8\b"),
    ("amp", r"\bAMP\b|\bmixed[-\s]precision\b"),
))  # fmt: skip

METHODS: Final = _words((
    ("Supervised", r"\bsup(?:ervised)?\.?\b|\bDeiT\b$"),
    ("FCMAE", r"\bFCMAE\b"),
    ("MixMIM", r"\bMixMIM\b"),
    ("SimMIM", r"\bSimMIM\b"),
    ("MAE", r"\bMAE\b"),
    ("BEiT v2", r"\bBEiT[-\s]?v2\b"),
    ("BEiT", r"\bBEiT\b"),
    ("EVA-02", r"\bEVA-?02\b"),
    ("EVA", r"\bEVA\b"),
    ("MaskFeat", r"\bMaskFeat\b"),
    ("MoCo v3", r"\bMoCo[-\s]?v3\b"),
    ("MoCo v2", r"\bMoCo[-\s]?v2\b"),
    ("DINOv2", r"\bDINO-?v2\b"),
    ("DINO", r"\bDINO\b"),
    ("iBOT", r"\biBOT\b"),
    ("CAE", r"\bCAE\b"),
    ("data2vec", r"\bdata2vec\b"),
    ("SparK", r"\bSparK\b"),
    ("CLIP", r"\bCLIP\b"),
    ("Noisy Student", r"\bNoisy[-\s]?Student\b"),
    ("BYOL", r"\bBYOL\b"),
    ("SwAV", r"\bSwAV\b"),
    ("SimCLR", r"\bSimCLR\b"),
))  # fmt: skip

_NVIDIA: Final = re.compile(
    r"\b(?:NVIDIA|Nvidia|Tesla|GeForce|Quadro)?[-\s]*"
    r"(?:(?P<center>[AVHPKTL]\d{2,4}S?|M40|B200|GH200)"
    r"|(?P<rtx>(?:RTX|GTX)[-\s]*[A-Z]?\d{4}(?:[-\s]?(?:Ti|Super))?|(?P<bare>[1-5]0[678]0\s?Ti|[2345]0[789]0))"
    r"|(?P<titan>Titan[-\s]*(?:Xp|X|V|RTX)))\b",
    re.IGNORECASE,
)
_CENTER: Final = frozenset((
    "V100", "A100", "H100", "H200", "P100", "K80", "M40", "T4", "A10", "A30", "A40", "L4", "L40", "L40S", "B200", "GH200", "P40",
    "A800", "H800", "A6000", "P4",
))  # fmt: skip
_OTHERS: Final = _words((
    ("Apple iPhone 12", r"\biPhone[-\s]?12\b"),
    ("Apple iPhone 13", r"\biPhone[-\s]?13\b"),
    ("Google Pixel 1", r"\bPixel[-\s]?1\b"),
    ("Google TPU v3", r"\bTPU[-\s]?v3\b"),
    ("Google TPU v4", r"\bTPU[-\s]?v4\b"),
    ("NVIDIA Jetson Nano", r"\bJetson[-\s]?Nano\b"),
    ("NVIDIA Jetson TX2", r"\bJetson[-\s]?TX2\b"),
    ("NVIDIA Jetson AGX Orin", r"\bJetson[-\s]?AGX\s?Orin\b"),
))  # fmt: skip


def named(words: Iterable[Word], *texts: str) -> str:
    """The first word that the first of the texts names that names any; empty: none does."""
    for text in texts:
        for word in words:
            if text and word.pattern.search(text):
                return word.name
    return ""


def all_named(words: Iterable[Word], text: str) -> list[str]:
    """All that a text names, the longest spelling first at each place: `Cascade Mask R-CNN` is no Mask R-CNN."""
    found: list[tuple[int, int, str]] = []
    for word in words:
        for match in word.pattern.finditer(text):
            if not any(start < match.end() and match.start() < end for start, end, _ in found):
                found.append((match.start(), match.end(), word.name))
    return list(dict.fromkeys(name for _, _, name in sorted(found)))


def devices_in(text: str) -> list[str]:
    """The devices that a text names, as the catalogue writes them: `2080Ti` is `NVIDIA RTX 2080 Ti`."""
    found = [(m.start(), name) for m in _NVIDIA.finditer(text) if (name := _nvidia(m))]
    found += [(m.start(), _intel(m)) for m in _INTEL.finditer(text)]
    found += [(m.start(), word.name) for word in _OTHERS for m in word.pattern.finditer(text)]
    return list(dict.fromkeys(name for _, name in sorted(found)))


_INTEL: Final = re.compile(
    r"\b(?:Intel\b[\s(R)®]*)?(?:Xeon\b[\s(R)®]*(?:CPU\s+)?(?P<xeon>(?:Gold|Silver|Platinum|Bronze)\s+\d{4}\w{0,2}|E[357]-?\s?\d{4}(?:\s?v\d)?)"
    r"|(?:Core\b[\s(TM)™]*)?(?P<core>i[3579]-\d{4,5}\w{0,2}))\b",
    re.IGNORECASE,
)


def _intel(found: re.Match[str]) -> str:
    return f"Intel Xeon {' '.join(found['xeon'].split())}" if found["xeon"] else f"Intel {found['core']}"


def _nvidia(found: re.Match[str]) -> str:
    if center := found["center"]:
        return f"NVIDIA {center.upper()}" if center.upper() in _CENTER else ""
    if titan := found["titan"]:
        last = re.split(r"[-\s]+", titan.strip())[-1]
        model = re.sub(r"(?i)^titan", "", last) or last
        return f"NVIDIA TITAN {model if model == 'Xp' else model.upper()}"
    model = re.sub(r"^(?:RTX|GTX)[-\s]*", "", found["rtx"], flags=re.IGNORECASE)
    digits = re.match(r"([A-Z]?\d{4})\s*-?\s*(Ti|Super)?", model, re.IGNORECASE)
    if digits is None:
        return ""
    maker = "GTX" if digits[1].startswith("1") else "RTX"
    return f"NVIDIA {maker} {digits[1].upper()}" + (f" {digits[2].capitalize()}" if digits[2] else "")


def clean(text: str) -> str:
    """A text to look words up in: printable, ligatures written out, one kind of hyphen and blank, `^` and `_` glued.

    A word that a line end parted stays two pieces around `- `; they are joined.
    """
    return _clean_short(text) if len(text) <= 600 else _clean(text)


def _clean(text: str) -> str:
    plain = " ".join(printable(text).translate(_GLYPHS).split())
    plain = re.sub(r" ?([\^_]) ?", r"\1", plain)
    plain = re.sub(r"(?<=[a-z])- (?=\d)", "-", plain)
    return re.sub(r"(?<=[a-zA-Z])- (?=[a-z])", "", plain)


_clean_short = lru_cache(maxsize=8192)(_clean)
"""The words of cells, headers and captions are looked up again and again."""

_GLYPHS: Final = str.maketrans({
    "ﬁ": "fi", "ﬂ": "fl", "ﬀ": "ff", "ﬃ": "ffi", "ﬄ": "ffl", "‐": "-", "‑": "-", "–": "-", "−": "-", "—": "-", " ": " ",
})  # fmt: skip

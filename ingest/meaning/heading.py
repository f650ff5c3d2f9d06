"""What a column's header says: the quantity of its cells, and the setting that the header names with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from backbones.ingest.meaning import lexicon
from backbones.ingest.meaning.numbers import sides_in, without_citations


@dataclass(frozen=True, slots=True)
class Heading:
    """One header, read."""

    quantities: tuple[str, ...]
    """Of plan.QUANTITIES, one for each part of an `a/b` cell; () where the header says none."""
    dataset: str = ""
    head: str = ""
    device: str = ""
    precision: str = ""
    pretraining_dataset: str = ""
    resolution: int = 0
    is_open: bool = False
    """The quantity depends on words outside the header: a bare `AP` or `mIoU`."""
    is_bare_dataset: bool = False
    """The header is nothing but a data set's name: its accuracy, if the data set was judged by."""


_LABEL = re.compile(
    r"\b(?:models?|methods?|networks?|backbones?|arch(?:itectures?|\.)?|names?|encoders?|net|detectors?|systems?|approach"
    r"|algorithm|variants?)\b",
    re.IGNORECASE,
)
_OTHER_SIZE: Final = (
    r"kernel|patch|window|batch|head|embed|hidden|train(?:ing)?|pre-?train(?:ing|ed)?|pool|stride|group|teacher|memory|file"
    r"|output|feature|step"
)
_PLAIN: Final = (
    ("pretraining_epochs", r"\b(?:PT|pre-?train\w*)[-\s.]*(?:epochs?|ep\.?|length)|\bepochs?\s*\(?PT|\bpre-?epochs?"),
    ("train_epochs", r"\bepochs?\b|\bep\.(?!\w)|\b(?:lr\s*)?sched(?:ule)?s?\b\.?"),
    ("ignore", r"\b(?:train(?:ing)?)[-\s]*(?:time|cost|hours|days|speed|throughput|memory|mem|flops)|\bGPU[-\s]*(?:hours|days)"
               r"|activations?\b|\bdepth\b|#\s*layers|\blayers\b|\bwidth\b|\bdim|#\s*(?:heads|channels|tokens|blocks|act)|\btokens\b"
               r"|\byear\b|\bteacher\b|\bstudent\b|\bpublication\b|\bvenue\b|\bloss\b|\blr\b|\bdistance\b|\bPQ|\bgain\b|Δ|\bdelta\b"
               r"|\bimprovement\b|\bratio\b|FLOPS?\s*/\s*s\b"),
    ("latency_ms", r"\blatency\b|\bruntime\b|\brun-?time\b|\binfer\w*\.?\s*time|\btime\s*\(m?s\)|\bspeed\s*\(\s*ms"
                   r"|\(\s*ms\s*(?:/\s*im\w*\s*)?\)|^ms\b|\btime\b"),
    ("throughput_img_s", r"through-?\s*put|\bthru|\bfps\b|\b(?:im(?:age|g|gs)?s?|examples?|samples?|frames?)\.?\s*(?:/|per)\s*s(?:ec(?:ond)?)?\b"
                         r"|\bTP\b\s*\(|\bimg\s?s\^-?1"),
    ("peak_memory_mib", r"\bmem(?:ory)?\b\.?"),
    ("compute", r"\bflops?\b|\bg?macs?\b|\bm(?:ult(?:i(?:ply)?)?)?-?\s?add?s?\b|\bmult\b|\bb?ops\b|\bbflops?\b|\bGF\b|\bcompute\b|\bcomplexity\b"),
    ("params_m", r"param|#\s*p\b|\bpars?\b\.?|\bweights\s*\(|\bmodel\s*size\b|#\s*par\b|^#\s*$|^size\s*\(\s*m\s*\)|#\s*w\b"),
    ("resolution", rf"^(?!.*\b(?:{_OTHER_SIZE}))(?=.*\b(?:size|resolution|res(?:ol)?\b\.?|input|crop|scale|pixels))"),
    ("batch_size", r"^batch[-\s]*size$"),
)  # fmt: skip
_QUANTITIES: Final = tuple((quantity, re.compile(pattern, re.IGNORECASE)) for quantity, pattern in _PLAIN)

_TOP_5 = re.compile(r"\btop-?\s?5\b|\b(?:acc)?@5\b|\bT-?5\b", re.IGNORECASE)
_TOP_1 = re.compile(r"\btop-?\s?1\b|\bacc(?:uracy)?@1\b|\bT-?1\b", re.IGNORECASE)
_ACCURACY = re.compile(r"\bacc(?:uracy|u)?\b|\bprecision\s*@\s*1", re.IGNORECASE)
_ERROR = re.compile(r"\berr(?:or)?\b", re.IGNORECASE)
_MCE = re.compile(r"\bmCE\b", re.IGNORECASE)
_IOU = re.compile(r"\bm\.?\s?IoU|\bIoU\b", re.IGNORECASE)
_PIXEL = re.compile(r"\bpixel\s*acc|\bp\.?acc|\baAcc\b", re.IGNORECASE)
_MEAN_CLASS = re.compile(r"\bmAcc\b")
_AP = re.compile(r"(?<![a-zA-Z])m?AP(?![a-zA-Z]*R)(?P<rest>.*)", re.IGNORECASE)
_MULTI = re.compile(r"(?<![a-z])m\.?s\.?(?![a-z])|\+\s?ms\b|multi-?\s?scale", re.IGNORECASE)
_SINGLE = re.compile(r"(?<![a-z])s\.?s\.?(?![a-z])|single-?\s?scale", re.IGNORECASE)
_PARTS = re.compile(r"\s*(?:/|\|)\s*")


@lru_cache(maxsize=4096)
def read_heading(headers: tuple[str, ...]) -> Heading:
    """What a column's header, the outermost group first, says by itself; words of the caption are asked for elsewhere."""
    texts = [lexicon.clean(without_citations(header)) for header in headers if header.strip()]
    whole = " ".join(texts)
    quantities: tuple[str, ...] = ()
    for count in range(1, len(texts) + 1):  # the innermost line decides, then what stands above it
        if quantities := _quantities(" ".join(texts[-count:])):
            break
    if quantities and quantities[0].startswith("box_ap") and not _is_said("box_ap", texts[-1] if texts else ""):
        quantities = tuple(_kind_above(quantity, " ".join(texts[:-1])) for quantity in quantities)
    if quantities and {*quantities} & {*_SLASHED[2:]} and any(_TRAINING.match(text) for text in texts):
        quantities = ("ignore",)
    devices = lexicon.devices_in(whole)
    pretraining, evaluated = _datasets(whole)
    if is_of_pretraining(texts) and "→" not in whole and "->" not in whole:
        pretraining, evaluated = [*pretraining, *(d for d in evaluated if d not in _MORE_THAN_PRETRAINED)], []
        if quantities == _of_dataset(texts[-1]):  # the name of what was pretrained on is no metric
            quantities = next((q for n in range(2, len(texts) + 1) if (q := _said_above(texts[-n]))), ())
    sides = sides_in(whole) if quantities and quantities[0] != "resolution" else []
    return Heading(
        quantities,
        dataset=_split_of(evaluated[-1], whole) if evaluated else "",
        head=(lexicon.all_named(lexicon.HEADS, whole) or [""])[-1],
        device=devices[0] if len(devices) == 1 else "",
        precision=lexicon.named(lexicon.PRECISIONS, whole),
        pretraining_dataset=pretraining[0] if len(pretraining) == 1 else "",
        resolution=sides[0] if len(set(sides)) == 1 else _bare_side(texts),
        is_open=bool(quantities)
        and quantities[0].startswith(("box_ap", "miou_ss"))
        and not _is_said(quantities[0], whole),
        is_bare_dataset=bool(texts) and quantities == ("top_1",) and not any(_accuracies(text) for text in texts),
    )


_PRETRAINED = re.compile(
    r"^\W*(?:supervised\s+|self-?supervised\s+)?pre-?\s?train(?:ed|ing)?\b(?!\W*(?:\d|epochs?\b|ep\b|length|time|cost))",
    re.IGNORECASE,
)
_MORE_THAN_PRETRAINED: Final = lexicon.IMAGENET_EVALUATIONS


def is_of_pretraining(texts: Sequence[str]) -> bool:
    """Whether a header, or a group above it, says that the data set it names was pretrained on: `pre-train > IN-1K`."""
    return any(
        _PRETRAINED.search(text)
        or re.search(r"\b(?:IN|ImageNet|JFT)[-\s]?\d*k?[-\s]+pre-?\s?train", text, re.IGNORECASE)
        for text in texts
    )


def _said_above(text: str) -> tuple[str, ...]:
    """The metric that a group names in words, not only by a data set."""
    return () if _PRETRAINED.search(text) else _metrics(text)


_LARGE: Final = frozenset(("ImageNet-22k", "ImageNet-12k", "JFT-300M", "JFT-3B"))
"""Pretrained on, not judged by."""


def _datasets(text: str) -> tuple[list[str], list[str]]:
    """What a header says was pretrained on, and what it is judged by: `22k → 1k` says both."""
    *before, after = re.split(r"\s*(?:→|->)\s*", text)
    named = lexicon.all_named(lexicon.DATASETS, after)
    only = lexicon.all_named(lexicon.PRETRAINING_ONLY, text)
    if before:
        first = lexicon.all_named(lexicon.DATASETS, before[0].split()[-1] if before[0].split() else "")
        return first + only, [d for d in named if d not in _LARGE]
    return [d for d in named if d in _LARGE] + only, [d for d in named if d not in _LARGE]


def _split_of(dataset: str, text: str) -> str:
    """ADE20K's `test score` is of its test set."""
    if dataset.endswith(" val") and re.search(r"\btest\b(?!-?\s?(?:dev|size|time|res))", text, re.IGNORECASE):
        return dataset.removesuffix(" val") + " test"
    return dataset


def _kind_above(quantity: str, group: str) -> str:
    """A bare `AP` below `Instance segmentation` is mask AP."""
    if re.search(r"\bmask\b(?!\s*-?R)|instance\s+seg", group, re.IGNORECASE) and not re.search(
        r"\bbox\b|detection", group, re.IGNORECASE
    ):
        return quantity.replace("box", "mask")
    return quantity


def _is_said(quantity: str, text: str) -> bool:
    if quantity.startswith("box_ap"):
        return re.search(r"box|\^b|AP_?b\b|\bdet", text, re.IGNORECASE) is not None
    return _SINGLE.search(text) is not None


def _bare_side(texts: list[str]) -> int:
    """A header line that is only a number, as in `ImageNet top-1 | 384`, is a resolution if it can be one."""
    for text in texts:
        if re.fullmatch(r"\d{3,4}(?:\s?px)?", text) and int(text.removesuffix("px")) in range(96, 2049):
            return int(text.removesuffix("px"))
    return 0


_SLASHED: Final = ("params_m", "compute", "throughput_img_s", "latency_ms", "peak_memory_mib")


_TRAINING = re.compile(r"^\W*(?:pre-?)?train(?:ing)?\b", re.IGNORECASE)
"""A group above speeds that are no inference."""


def _slashed(text: str) -> tuple[str, ...]:
    """`FLOPs / Params` heads cells of two parts."""
    pieces = [next((q for q, pattern in _QUANTITIES if pattern.search(piece)), "") for piece in _PARTS.split(text)]
    return (
        tuple(pieces)
        if len(pieces) > 1 and len(set(pieces)) == len(pieces) and all(q in _SLASHED for q in pieces)
        else ()
    )


def _compound(text: str) -> tuple[str, ...]:
    """`Acc. @ Latency` heads cells such as `78.8% @ 0.098s`."""
    pieces = re.split(r"\s+@\s+", text)
    if len(pieces) == 1 or any("@" in piece for piece in pieces):
        return ()
    found = tuple(q for piece in pieces for q in _quantities(piece)[:1])
    return found if len({*found}) == len(pieces) and not {"label", "ignore"} & {*found} else ()


def _quantities(text: str) -> tuple[str, ...]:
    if found := _slashed(text) or _compound(text):
        return found
    if found := _metrics(text):
        return found
    for quantity, pattern in _QUANTITIES:
        if pattern.search(text):
            return (quantity,)
    if _is_label(text):
        return ("label",)
    return _of_dataset(text)


def _is_label(text: str) -> bool:
    return _LABEL.search(text) is not None and not re.search(r"[#%]|\(\s*[MGK]\s*\)", text)


def _of_dataset(text: str) -> tuple[str, ...]:
    """A header that only names a data set for classification: its accuracy, or ImageNet-C's corruption error."""
    named = lexicon.all_named(lexicon.DATASETS, text)
    if len(named) != 1 or len(text) > 40:
        return ()
    (name,) = named
    if name == "ImageNet-C" or name == "ImageNet-C-bar":
        return ("mce",) if re.search(r"↓", text) else ()
    if name in lexicon.IMAGENET_EVALUATIONS or name in _CLASSIFIED:
        return ("top_1",)
    return ()


_CLASSIFIED: Final = frozenset((
    "ImageNet-1k", "CIFAR-10", "CIFAR-100", "Flowers-102", "Stanford Cars", "Stanford Dogs", "Oxford-IIIT Pets", "Food-101",
    "FGVC-Aircraft", "iNaturalist 2018", "iNaturalist 2019", "iNaturalist 2021", "Places205", "Places365", "SUN397", "DTD",
    "EuroSAT", "RESISC45", "ObjectNet",
))  # fmt: skip


def _metrics(text: str) -> tuple[str, ...]:
    if re.search(r"\bteacher\b|\bstudent\b|\bbaseline\b|Δ|\bgain\b|\bmAR\b", text, re.IGNORECASE):
        return ("ignore",)
    if _MCE.search(text):
        return ("mce",)
    if _IOU.search(text):
        return _iou(text)
    if _PIXEL.search(text):
        return ("pixel_acc_ms" if _MULTI.search(text) else "pixel_acc_ss",)
    if _MEAN_CLASS.search(text):
        return ("macc_ms" if _MULTI.search(text) else "macc_ss",)
    if _AP.search(text):
        return _precisions(text)
    return _accuracies(text)


def _accuracies(text: str) -> tuple[str, ...]:
    found = sorted(
        [(m.start(), "top_1") for m in [_TOP_1.search(text)] if m]
        + [(m.start(), "top_5") for m in [_TOP_5.search(text)] if m]
    )
    names = tuple(name for _, name in found)
    if not names and re.fullmatch(r"\W*clean\W*", text, re.IGNORECASE):
        names = ("top_1",)
    if not names and (_ACCURACY.search(text) or (_ERROR.search(text) and not re.search(r"\bloc", text, re.IGNORECASE))):
        names = ("top_1",)
    if re.search(r"\bloc(?:alization)?\b", text, re.IGNORECASE):
        return ("ignore",) if names else ()
    return tuple(f"{name}_error" for name in names) if _ERROR.search(text) else names


def _iou(text: str) -> tuple[str, ...]:
    single, multi = _SINGLE.search(text), _MULTI.search(text)
    if single and multi:
        return ("miou_ss", "miou_ms") if single.start() < multi.start() else ("miou_ms", "miou_ss")
    return ("miou_ms",) if multi else ("miou_ss",)


_KINDS: Final = {
    "box": "box", "b": "box", "bb": "box", "bbox": "box", "det": "box",
    "mask": "mask", "m": "mask", "mk": "mask", "segm": "mask", "seg": "mask",
    "kp": "keypoint", "kpt": "keypoint", "keypoint": "keypoint",
}  # fmt: skip


def _precisions(text: str) -> tuple[str, ...]:
    """`AP^b/AP^m` are two; a bare `AP` is box AP until the table's words say otherwise."""
    pieces = [piece for piece in _PARTS.split(text) if _AP.search(piece)]
    if len(pieces) > 1:
        return tuple(_precision(piece) for piece in pieces)
    if re.search(r"box\s*/\s*mask", text, re.IGNORECASE):
        return ("box_ap", "mask_ap")
    return (_precision(text),)


def _precision(text: str) -> str:
    found = _AP.search(text)
    assert found is not None
    before, rest = text[: found.start()], re.sub(r"\(\s*%\s*\)", "", found["rest"])
    kind = "mask" if re.search(r"\b(?:mask|segm)\b|instance\s+seg", before, re.IGNORECASE) else "box"
    if re.search(r"key-?\s?point|\bpose\b", before, re.IGNORECASE):
        kind = "keypoint"
    suffix = ""
    if re.search(r"\.?5\s*[,:]\s*0?\.95|\.50?\s*[:,-]\s*\.?0?\.?95", rest):
        return f"{kind}_ap"
    for joint, token in re.findall(r"([\^_@]?)\s*\{?\(?([a-z]+|0?\.?\d+)\)?\}?", rest.lower()):
        if token in ("50", ".5", "0.5", "0.50", ".50"):
            suffix = "_50"
        elif token in ("75", ".75", "0.75"):
            suffix = "_75"
        elif token in ("s", "l", "small", "large", "medium") or (token == "m" and joint == "_"):
            suffix = f"_{token[0]}"
        elif token in _KINDS:
            kind = _KINDS[token]
        elif token in ("val", "test", "mini", "dev", "minival", "coco") and joint in ("", "^", "_"):
            continue
    return f"{kind}_ap{suffix}"


def unit_of(header: str) -> str:
    """The unit that a header gives its cells, as printed: `M`, `G`, `GB`, `ms`, `s`, `K`; empty where it gives none."""
    text = lexicon.clean(header)
    found = re.findall(
        r"[(\[/]\s*#?\s*(10\^[369]|[KMGBT]|[kmgb](?=\s*[)\]])|GB|MB|GiB|MiB|ms|s|sec|G?FLOPs|MFLOPs|MMACs?|GMACs?)\s*(?:FLOPs|MACs|Params)?\s*[)\],]",
        text,
        re.IGNORECASE,
    )
    if found:
        return str(found[-1])
    glued = re.search(r"\b(G|M|B)(?=(?:FLOP|MAC|Op))", text, re.IGNORECASE)
    if glued:
        return glued[1].upper()
    spaced = re.search(r"\b(?:Bn|Billion|Million)\b", text, re.IGNORECASE)
    if spaced:
        return "M" if spaced[0].lower() == "million" else "B"
    return ""

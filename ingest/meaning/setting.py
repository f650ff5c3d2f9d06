"""In what setting numbers stand, as a section, a title or a caption says it: pretraining, epochs, resolution, testing."""

from __future__ import annotations

import re
from typing import Final

from backbones.ingest.meaning import lexicon
from backbones.ingest.meaning.label import PRETRAINING, pretraining_of
from backbones.ingest.meaning.numbers import MARKS, sides_in

_DATA: Final = r"(?:ImageNet|IN|ImNet)?[-\s]?(?:1|12|2[12])\s?k|JFT(?:-\w+)?|ImageNet|MegData73M|LAION-?\w+"
_BEFORE = re.compile(
    rf"(?P<data>{_DATA})\b[\s-]*(?:only\s*)?(?:dataset\s*)?(?:supervised\s*)?pre-?\s?train", re.IGNORECASE
)
_AFTER = re.compile(
    rf"pre-?\s?train\w*\s*(?:models?\s*)?(?:data(?:set)?\s*is\s*(?:the\s*)?)?(?:on|with|using|from|over|:|in)?\s*(?:the\s*)?(?:larger\s*|public\s*)?(?P<data>{_DATA})\b",
    re.IGNORECASE,
)
_LABELS = re.compile(rf"using\s*(?P<data>{_DATA})\s*(?:labels|data)", re.IGNORECASE)
_TRAINED = re.compile(
    rf"^\W*(?:\(\w\)\s*)?(?:regular\s*)?(?P<data>{_DATA})\b[\s-]*(?:trained|models?|data)?\W*(?:models?)?\W*$",
    re.IGNORECASE,
)


def pretraining_in(text: str, is_heading: bool = False) -> str:
    """The data set that a text says was pretrained on; empty where it says none, or two.

    A section or a title (`is_heading`) may be the bare name: `ImageNet-22K pre-trained models`, `ImageNet-1K`.
    """
    plain = lexicon.clean(text)
    found = [m["data"] for pattern in (_BEFORE, _AFTER, _LABELS) for m in pattern.finditer(plain)]
    if is_heading and (whole := _TRAINED.match(plain)):
        found.append(whole["data"])
    names = {name for data in found if (name := pretraining_of(data)) in PRETRAINING}
    if "ImageNet-22k" in names and names <= {"ImageNet-1k", "ImageNet-22k"} and is_heading:
        return "ImageNet-22k"
    return names.pop() if len(names) == 1 else ""


def without_pretraining(text: str) -> str:
    """A text without its words on what was pretrained on: what is left may name what was judged by."""
    plain = lexicon.clean(text)
    for pattern in (_BEFORE, _AFTER, _LABELS):
        plain = pattern.sub(" ", plain)
    return plain


_ON = re.compile(r"\b[Oo]n\s+(?:the\s+)?(?P<name>[A-Z][\w-]*(?:[-\s](?:[vV]?\d[\w.]*|[A-Z][\w-]*))*)")
_NO_DATA = re.compile(
    r"GPU|CPU|TPU|\b[AVHPT]\d{2,4}\b|RTX|GTX|TITAN|Tesla|Intel|Xeon|iPhone|Pixel|Snapdragon|NVIDIA|PyTorch|Detectron|MMDet|^(?:AP|Top|FLOPs|MACs|Fig|Tab|Sec|App)",
    re.IGNORECASE,
)


def names_unknown_data(*texts: str) -> bool:
    """Whether a title or a caption's first sentences say `on X`, and X is no data set that is known here."""
    for text in texts:
        lead = ". ".join(re.split(r"(?<=[a-z\d)\]])\.\s", without_pretraining(text))[:3])
        for found in _ON.finditer(lead):
            name = found["name"]
            if not (_NO_DATA.search(name) or lexicon.all_named(lexicon.DATASETS, name)):
                return True
    return False


def is_intermediate(text: str) -> bool:
    """Whether labels of the larger data set came between a pretraining without labels and the last fine-tuning."""
    return re.search(r"intermediate\s+fine-?\s?tun", lexicon.clean(text), re.IGNORECASE) is not None


def without_marked(text: str) -> str:
    """A caption without the sentences that explain footnote marks: they speak of some rows only."""
    kept = [
        part
        for part in re.split(r"(?<=[\w)\]])\.\s*", lexicon.clean(text))
        if not re.search(rf"[{re.escape(MARKS)}]|\(cid:\d+\)", part)
    ]
    return ". ".join(kept)


def own_words(caption: str) -> str:
    """A caption without the sentences on results that come from elsewhere: `The results of 22K-pretrained Swin are reported by [62]`."""
    kept = [part for part in re.split(r"(?<=[\w)\]])\.\s+", lexicon.clean(caption)) if not _SECOND_HAND.search(part)]
    return ". ".join(kept)


_SECOND_HAND = re.compile(
    r"\b(?:reported (?:by|in)|cited|implemented by|taken from|borrowed|(?:is|are) from|copied|except)\b|\bcomputed\b|\bcalculated\b|\bbased on input\b",
    re.IGNORECASE,
)
_EPOCHS = re.compile(r"(?<![\d.])(\d{1,4})[-\s]*(?:training\s*)?ep(?:ochs?|\.)", re.IGNORECASE)
_SCHEDULE = re.compile(r"(?<![\d.\w×])([1-6](?:\.5)?)\s*[×x](?![\s\d]*\d)", re.IGNORECASE)
ONE_SCHEDULE: Final = 12
"""Epochs on COCO of the `1×` schedule of detectors (Detectron)."""
MOST_SCHEDULE: Final = 9


def epochs_in(text: str) -> tuple[int, str]:
    """The epochs that a text names, and the words; 0 where it names none, or several."""
    found = {int(m[1]): m[0] for m in _EPOCHS.finditer(lexicon.clean(text))}
    return next(iter(found.items())) if len(found) == 1 else (0, "")


def schedule_in(text: str) -> tuple[int, str]:
    """The epochs of `1×` or `3×`, and the words; 0 where a text names none, or several."""
    found = {int(float(m[1]) * ONE_SCHEDULE): m[0] for m in _SCHEDULE.finditer(lexicon.clean(text))}
    return next(iter(found.items())) if len(found) == 1 else (0, "")


def tested_by(header: str) -> str:
    """How a column's images were fitted to the network's input, where its header says so: in two columns, two tests."""
    plain = lexicon.clean(header)
    if re.search(r"\bcent(?:er|re)(?:[-\s]crop)?\b", plain, re.IGNORECASE):
        return "center crop"
    return "full resize" if re.search(r"\bresized?\b", plain, re.IGNORECASE) else ""


def resolution_in(text: str) -> int:
    """The one square resolution that a text names; `at 384` and `384px` count. 0: none, or several."""
    plain = lexicon.clean(text)
    sides = set(sides_in(plain))
    sides |= {
        int(m[1])
        for m in re.finditer(
            r"\b(?:resolution|image size|input size|(?<!batch )(?<!batch-)size)\s*(?:of|is|=|:)?\s*(\d{3,4})\b(?!\s*[×x])",
            plain,
            re.IGNORECASE,
        )
    }
    return sides.pop() if len(sides) == 1 else 0


_ON_INPUT = re.compile(
    r"\bresolutions?\b|\binputs?\b|\bcrops?\b|\bcropped\b|\bimage sizes?\b|\bimages\b", re.IGNORECASE
)
_BY_DEFAULT = re.compile(
    r"\bunless\b|\botherwise\b|\bdefaults?\b|\bexcept\b|\ball\b|\bstandard\b|\bif not\b|\bwhere not\b", re.IGNORECASE
)
_SAVE = re.compile(r"\b(?:unless|except|if not|where not)\b", re.IGNORECASE)
_OF_COST = re.compile(r"\bFLOPs?\b|\bMACs\b|through-?put|latency|\bspeed\b|\bmemory\b", re.IGNORECASE)
_OF_A_FEW = re.compile(
    r"\b(?:reported (?:by|in)|cited|implemented by|taken from|borrowed|copied|pre-?train\w*|some|higher|larger|respectively)\b|↑|→",
    re.IGNORECASE,
)


def default_side(caption: str) -> int:
    """The side that a caption's sentence gives all rows that name none: `… at 224^2 unless noted`, `all with 224×224 input`.

    A sentence that says so by `unless` or `all` goes before one that only speaks of the input. 0: none, or they differ.
    """
    by_default, on_input = set[int](), set[int]()
    for part in re.split(r"(?<=[\w)\]²])[.;]\s+", caption):
        plain = lexicon.clean(part)
        lead = _SAVE.split(re.sub(r"\([^()]*\botherwise\b[^()]*\)", " ", plain, flags=re.IGNORECASE), maxsplit=1)[0]
        side = resolution_in(lead)
        if not side or _OF_A_FEW.search(lead):
            continue
        if _BY_DEFAULT.search(plain):
            by_default.add(side)
        elif _ON_INPUT.search(plain) and not _OF_COST.search(plain):
            on_input.add(side)
    found = by_default or on_input
    return found.pop() if len(found) == 1 else 0


_PARTS_OF_A_MODEL = (
    r"kernel|window|pool|head|patch|position|atten|token|design|variants|choices|number|depth|training|loss|norm|activation"
    r"|optimi[sz]er|hyper|combination|teacher|data\s+aug|strateg"
)
_ABLATION = re.compile(
    r"\bablat|\b(?:effects?|impacts?|influence|importance|analysis|study|studies|investigat\w+|sensitivity)\s+(?:of|on)\b"
    rf"|\bdifferent\s+(?:{_PARTS_OF_A_MODEL})|\bhyper-?\s?param|\bconfigurations?\b|\barchitecture (?:variants|details|spec)"
    r"|\bvarious kernel|\bvariants of (?:our|the)\b|\bdetailed (?:settings|architecture)|\btraining (?:settings|recipe)|\bdisagreement",
    re.IGNORECASE,
)


def is_ablation(caption: str, title: str) -> bool:
    """Whether a table says of itself that it compares parts of one model, or lists settings."""
    lead = re.split(
        r"(?<=[a-z\d)])\.\s",
        lexicon.clean(re.sub(r"^\s*Tab(?:le|\.)?\s*\w+\s*[.:|]?\s*", "", caption, flags=re.IGNORECASE)),
    )
    return any(_ABLATION.search(text) for text in (*lead[:2], lexicon.clean(title)))


def is_multi_scale(text: str) -> bool:
    """Whether a text says that tests were at several scales, and not also at one."""
    plain = lexicon.clean(text)
    return (
        re.search(r"multi-?\s?scale|\bMS\s+(?:test|mIoU)", plain, re.IGNORECASE) is not None
        and re.search(r"single-?\s?scale", plain, re.IGNORECASE) is None
    )

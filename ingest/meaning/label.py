"""What a row's label says: the model's name without what papers hang on it, and the setting that it hints at."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from backbones.ingest.meaning import lexicon
from backbones.ingest.meaning.numbers import is_numeric, marks_of, side_of, without_citations, without_marks
from backbones.store.text import fold, printable


@dataclass(frozen=True, slots=True)
class Label:
    """A label, read."""

    name: str
    """As printed, without citation, marks, `(ours)`, resolution, pretraining and head."""
    stem: str
    """The line that it belongs to, as its name shows: `ConvNeXt V2` of `ConvNeXt V2-B`."""
    size: str
    """What is left of the name behind the stem: `B`, `S12`, `50`; empty: the name is a line's, no size of it."""
    marks: tuple[str, ...]
    is_cited: bool
    is_ours: bool
    head: str
    resolution: int
    pretraining_dataset: str
    notes: tuple[str, ...]
    """What stood in brackets and is none of the above: the row is of a variant."""


_OURS = re.compile(r"\(\s*ours?\s*\)|\bours?\b(?=\s*$)|^ours?\b[:\s-]*", re.IGNORECASE)
_YEAR = re.compile(
    r"\((?:[A-Z][^()]*?(?:et al\.?|&|,)[^()]*\d{4}[a-z]?|[^()]*\b(?:19|20)\d\d[a-z]?|[A-Z]+[’']\d\d)\)|\b[A-Z][a-zà-ü]+ et al\.?,?\s*\(?\d{4}[a-z]?\)?"
)
_BRACKETS = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|\{([^{}]*)\}")
_AT = re.compile(
    r"\s*(?:[↑@,]|\bat\b|-->?|→)\s*(\d{2,4})(?:\s*(?:\^2|²|px|[×x]\s*\d{2,4}))?(?![\d.a-zA-Z-])(?!\s*(?:ep|[×x*]))|[\s_^]+(\d{3,4})(?:\^2|²|px|\s*[×x]\s*\2)?$|-(1(?:28|44|60|76|92)|224|240|256|288|299|320|384|448|480|512|600|640|768|800)$"
)
_GROUPS = re.compile(r"\d+\s*[×x]\s*\d+\s*d")
_LETTERS = re.compile(r"[A-Za-z]{2,}|[A-Z]\d|\b[A-Z]-\d")
_SIZE: Final = (
    r"(?:x{0,3}(?:tiny|small|base|large|huge|giant|gigantic|medium|mini|micro|nano|pico|femto|atto|light|middle|big|lite|s|l|xl)"
    r"|ti|t|m|b|h|g|n|p|f|a|e|c|st|l?t\d|[a-z]?\d{1,4}(?:\.\d+)?[a-z]{0,2}|\d+(?:\.\d+)?[mg](?:f|b)?|\d+[x×]\d+[a-z]?|[tsbmlhgx]{1,2}\d{1,3}|[a-z]\d[a-z]?|[a-z]{1,2}\d{1,3}[a-z]\d{0,2}|\d+x|×\d+(?:\.\d+)?|x\d+(?:\.\d+)?)"
)
_LAST = re.compile(rf"(?<![\s/_·-])[\s/_·-]+(?P<size>{_SIZE}(?:\+{{1,2}})?)$", re.IGNORECASE)
_GLUED = re.compile(r"^(?P<stem>[A-Z][A-Za-z]*[a-z]{2,}(?:[A-Z]+)?)(?P<size>\d{1,4}[a-z]?)$")
_VERSION = re.compile(r"^v\d$", re.IGNORECASE)
_DISTILLED: Final = "⚗"
LONGEST_LABEL: Final = 120
"""Letters that are looked at; no model's name is as long."""


@lru_cache(maxsize=16_384)
def read_label(text: str) -> Label:
    """A label's parts. `Swin-B‡ [12] (ours) ↑384` names Swin-B, marked ‡, at 384 px."""
    plain = lexicon.clean(printable(text[:LONGEST_LABEL]))
    plain = _BULLET.sub("", plain)
    is_cited = without_citations(plain) != plain or _YEAR.search(plain) is not None
    plain = _YEAR.sub(" ", without_citations(plain))
    marks = marks_of(plain)
    plain = without_marks(plain)
    is_ours = _OURS.search(plain) is not None
    plain = _OURS.sub(" ", plain)
    distilled = _DISTILLED in plain
    plain = plain.replace(f"_{_DISTILLED}", " ").replace(f"^{_DISTILLED}", " ").replace(_DISTILLED, " ")
    head, resolution, pretraining, notes = "", 0, "", []
    for brackets in _BRACKETS.finditer(plain):
        inner = next(group for group in brackets.groups() if group is not None).strip()
        said = _of_bracket(inner)
        head, resolution, pretraining = said[0] or head, said[1] or resolution, said[2] or pretraining
        if _GROUPS.fullmatch(inner):  # `ResNeXt-50 (32×4d)`
            plain = re.sub(r"\s*" + re.escape(brackets[0]), f"-{inner.replace(' ', '')}", plain)
        elif inner and not any(said):
            notes.append(inner)
    plain = " ".join(_BRACKETS.sub(" ", plain).split()).strip(" ,:;-")
    if at := _AT.search(plain):
        side = int(next(group for group in at.groups() if group is not None))
        if 64 <= side <= 2048:
            resolution, plain = resolution or side, (plain[: at.start()] + plain[at.end() :]).strip()
    plain, setting = _without_setting(plain)
    if setting:
        said = _of_bracket(setting)
        head, resolution, pretraining = said[0] or head, said[1] or resolution, said[2] or pretraining
        notes += [] if any(said) else [setting]
    plain, pretrained = _without_pretraining(_NECK.sub("", plain))
    parts = re.split(r"\s+(?:w/|with|\+|w\.)\s+", plain, maxsplit=1)
    if len(parts) == 2:
        plain = parts[0]
        if not (named := lexicon.named(lexicon.HEADS, parts[1])):
            notes.append(parts[1])
        head = head or named
    if notes and lexicon.named(lexicon.HEADS, plain) and stem_of(notes[0])[1]:  # `UPerNet (Swin-T)`
        head, plain = head or lexicon.named(lexicon.HEADS, plain), notes.pop(0)
    name = plain.strip(" ,:;-") + (" distilled" if distilled else "")
    stem, size = stem_of(plain.strip(" ,:;-"))
    return Label(name, stem, size, marks, is_cited, is_ours, head, resolution, pretraining or pretrained, tuple(notes))


def _without_setting(name: str) -> tuple[str, str]:
    """`Arvo-S, 16×4` is Arvo-S in a setting."""
    before, comma, behind = name.partition(",")
    is_name = comma and stem_of(before.strip())[1]
    return (before.strip(), behind.strip(" ,")) if is_name else (name, "")


def _of_bracket(inner: str) -> tuple[str, int, str]:
    """Head, resolution and pretraining data that stand in brackets behind a name."""
    side = side_of(inner) or (int(inner) if re.fullmatch(r"\d{3,4}", inner) else 0)
    return lexicon.named(lexicon.HEADS, inner), side, pretraining_of(inner)


def pretraining_of(text: str) -> str:
    """The data set of a pretraining that a few words name: `22K`, `IN-21k`, `JFT`."""
    for words in (lexicon.DATASETS, lexicon.PRETRAINING_ONLY):
        for name in lexicon.all_named(words, text):
            if name in PRETRAINING:
                return name
    return ""


PRETRAINING: Final = frozenset(
    (
        "ImageNet-1k",
        "ImageNet-22k",
        "ImageNet-12k",
        "JFT-300M",
        "JFT-3B",
        "Objects365 v1",
        *(w.name for w in lexicon.PRETRAINING_ONLY),
    )
)
_BULLET = re.compile(r"^\s*[•◦●○⋄◇♢■□▪‣·∙+-]\s+(?=\w)")
"""Before a name: a kind of model, or a list, no footnote."""
_NECK = re.compile(r"(?<=\w)[-\s+]+(?:(?:NAS-|Bi|PA)?FPN|C4|C5|DC5)$")
"""What a detector puts behind a backbone belongs to the head."""
_TAIL = re.compile(r"[\s,-]+((?:IN(?:ImageNet)?|ImageNet)-?(?:1|2[12])k|(?:1|2[12])k|JFT(?:-?\w+)?)$", re.IGNORECASE)


def _without_pretraining(name: str) -> tuple[str, str]:
    """`ConvNeXt-B-22k` is ConvNeXt-B, pretrained on ImageNet-22k."""
    if (tail := _TAIL.search(name)) and (found := pretraining_of(tail[1])):
        return name[: tail.start()], found
    return name, ""


def stem_of(name: str) -> tuple[str, str]:
    """The line and the size that a name shows: `ConvNeXt V2` and `B`, `ViT` and `B/16`, `PoolFormer` and `S12`."""
    stem = name
    while found := _LAST.search(stem):
        before = stem[: found.start()]
        if _VERSION.match(found["size"]) or not re.search(r"[A-Za-z]", before):
            break
        stem = before
    if stem == name and (glued := _GLUED.match(name)) and glued["stem"][-1] not in "vV":
        stem = glued["stem"]
    return stem, name[len(stem) :].strip(" -/_·")


def is_model_like(text: str) -> bool:
    """Whether a cell can be a model's name: it has letters, is no number and no sentence."""
    return len(text) <= 60 and len(text.split()) <= 7 and not is_numeric(text) and _LETTERS.search(text) is not None


def same_model(one: str, other: str) -> bool:
    """Whether two names are one model's: equal once case, blanks and punctuation are folded; nothing may be left over."""
    return fold(one) == fold(other)


def differ_by_case(names: Iterable[str]) -> bool:
    """Whether two of the names, equal once folded, have sizes of another case: `g` and `G`."""
    return len({stem_of(name)[1] for name in names}) > 1 and len({stem_of(name)[1].casefold() for name in names}) == 1

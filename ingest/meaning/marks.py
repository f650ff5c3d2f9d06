"""What a table's footnote marks mean, as its caption or a line at its foot explains them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from backbones.ingest.meaning import lexicon
from backbones.ingest.meaning.label import pretraining_of
from backbones.ingest.meaning.numbers import MARKS, sides_in

_MARK: Final = re.compile(rf"([{re.escape(MARKS)}])\1*|\(cid:\d+\)")
_VERB: Final = re.compile(
    r"^[\s\"'”’]*(?:[:=]|(?:models?|results?|methods?|rows?|numbers?)?\s*(?:indicates?|denotes?|means?|represents?|refers?|stands?|is|are|was|were|uses?|marks?|with|pre-?train|trained|use|reported?|our|ours|implement|evaluat|test)\w*)",
    re.IGNORECASE,
)

_MARKED: Final = re.compile(
    r"(?:marked|denoted|indicated|labell?ed|highlighted|annotated|signified)\s+(?:with|by|as|using)\s+(?:a|an|the)?\W*$",
    re.IGNORECASE,
)
"""`Models pre-trained on ImageNet-22K are marked with ‡`."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a mark says of the rows that bear it."""

    text: str
    pretraining_dataset: str = ""
    is_extra_data: bool = False
    """Pretrained on data that the text does not name."""
    resolution: int = 0
    test_aug: str = ""
    is_second_hand: bool = False


def explained(*texts: str) -> dict[str, Explanation]:
    """Each mark that one of the texts explains. `* means “the same”` counts, a mark in passing does not."""
    found: dict[str, Explanation] = {}
    for text in texts:
        plain = lexicon.clean(text)
        places = list(_MARK.finditer(plain))
        for number, place in enumerate(places):
            end = places[number + 1].start() if number + 1 < len(places) else len(plain)
            said = plain[place.end() : end].strip()
            sentence = re.split(r"(?<=[a-z\d)\]])\.\s+(?=[A-Z(])", said, maxsplit=1)[0]
            if place[0] in found:
                continue
            before = re.split(r"(?<=[a-z\d)\]])[.;]\s+", plain[: place.start()])[-1]
            if _MARKED.search(before):
                found[place[0]] = _read(before)
            elif _VERB.match(said):
                found[place[0]] = _read(sentence)
    return found


def _read(text: str) -> Explanation:
    pretrains = re.search(r"pre-?\s?train|\bextra\b|\bdata\b|22k|21k|JFT", text, re.IGNORECASE)
    dataset = pretraining_of(text) if pretrains else ""
    sides = sides_in(text)
    return Explanation(
        text,
        pretraining_dataset=dataset,
        is_extra_data=not dataset
        and re.search(r"extra|additional|private|in-?house", text, re.IGNORECASE) is not None
        and re.search(r"data|pre-?train", text, re.IGNORECASE) is not None,
        resolution=sides[0] if len(set(sides)) == 1 else 0,
        test_aug="multi-scale"
        if re.search(
            r"multi-?\s?scale\s+(?:test|infer|eval)|test-?\s?time|\bTTA\b|\bmulti-?scale\b", text, re.IGNORECASE
        )
        else "",
        is_second_hand=re.search(r"reported|taken from|cited|copied|re-?implement|reproduc", text, re.IGNORECASE)
        is not None,
    )

"""Whether the paper's own words bear out what a plan says beside its numbers: side, protocol, pretraining method, convention.

A plan may be a language model's: what is in no words of the paper does not enter the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from backbones.ingest.meaning import lexicon, protocol
from backbones.ingest.meaning.prose import Prose
from backbones.ingest.paper import Table
from backbones.ingest.plan import RowMeaning, TableMeaning

SIDES: Final = range(32, 2049)
"""Sides of an image in px that a result can have."""

_BEFORE: Final = (
    r"(?:[↑@→]|\bat\b|\b(?:resolution|size|sizes|input|inputs|crop|crops|res)\b\.?\s*(?:of|is|are|=|:)?)\s*\(?"
)


def prints_side(side: int, text: str) -> bool:
    """Whether a text prints a side as one: `224^2`, `224×224`, `224 px`, `at 224`, `↑224`, `(224)`, `-224`, or nothing else."""
    plain = lexicon.clean(text)
    number = rf"(?<![\d.,]){side}"
    end = r"(?![\d\w]|\.\d|\s*[×x]\s*\d)"
    return any(
        re.search(pattern, plain, re.IGNORECASE)
        for pattern in (
            rf"{number}\s*(?:\^\s*\{{?2\}}?|²|px\b|-?\s*pixels?\b|\s*[×x*]\s*{side}(?!\d|\.\d))",
            rf"{_BEFORE}{number}{end}",
            rf"[(\[]\s*{side}\s*[)\]]",
            rf"[/,;]\s*{side}\s*(?:$|[)\]])" if side % 16 == 0 else r"(?!)",
            rf"[-_]{side}$|(?-i:\S*[A-Z]\S*)(?<!atch)\s{side}$" if side in LABELLED else r"(?!)",
            rf"^\s*{side}\s*$",
        )
    )


LABELLED: Final = frozenset(
    (128, 144, 160, 176, 192, 224, 240, 256, 288, 299, 320, 384, 448, 480, 512, 600, 640, 768, 800, 1024, 1280)
)
"""Sides that stand behind a hyphen in a model's name."""


@dataclass(frozen=True, slots=True)
class Unprinted:
    """A word of a plan that nothing in the paper bears out."""

    what: str
    value: str


def with_printed_words(meaning: TableMeaning, table: Table, prose: Prose) -> tuple[TableMeaning, list[Unprinted]]:
    """The plan of a table without protocol, convention and methods that the paper does not say; and what was left out."""
    lost: list[Unprinted] = []
    update: dict[str, Any] = {}
    said = meaning.protocol
    if said not in ("", protocol.SUPERVISED) and not _says_protocol(said, table, prose):
        lost.append(Unprinted("protocol", said))
        update["protocol"] = ""
    if meaning.convention == "flops" and not counts_twice(table, prose):
        lost.append(Unprinted("convention", "flops"))
        update["convention"] = ""
    if meaning.pretraining_method and not _says_method(meaning.pretraining_method, table, prose):
        lost.append(Unprinted("pretraining method", meaning.pretraining_method))
        update["pretraining_method"] = ""
    if meaning.precision and not _says_precision(meaning.precision, table, prose):
        lost.append(Unprinted("precision", meaning.precision))
        update["precision"] = ""
    rows = []
    for row in meaning.rows:
        if row.pretraining_method and not _says_method(row.pretraining_method, table, prose):
            lost.append(Unprinted("pretraining method", row.pretraining_method))
            row = row.model_copy(update={"pretraining_method": ""})
        rows.append(_with_clean_name(row))
    update["rows"] = rows
    return meaning.model_copy(update=update), list(dict.fromkeys(lost))


def _with_clean_name(row: RowMeaning) -> RowMeaning:
    """Without the placeholders of symbols that the font has no name for: `RepLKNet-31L (cid:5)`."""
    name = " ".join(re.sub(r"\s*[\^_]?\(cid:\d+\)", "", row.backbone).split())
    return row if name == row.backbone or not name else row.model_copy(update={"backbone": name})


def _says_protocol(name: str, table: Table, prose: Prose) -> bool:
    """In the table's words, or in a sentence that speaks of the table."""
    if protocol.is_printed(name, table):
        return True
    about = rf"\bTab(?:le|\.)?\s*{re.escape(table.number)}(?!\w)" if table.number else r"(?!)"
    return any(protocol.names(name, sentence) for _, sentence in prose.where(about))


def _says_precision(name: str, table: Table, prose: Prose) -> bool:
    texts = (*_texts(table), *(sentence for _, sentence in prose.sentences))
    return any(name in lexicon.all_named(lexicon.PRECISIONS, lexicon.clean(text)) for text in texts)


def _says_method(name: str, table: Table, prose: Prose) -> bool:
    """In the table's words, or as often in the prose as a paper names its own pretraining."""
    if name == "Supervised":
        return True
    words = [word for word in lexicon.METHODS if word.name == name]
    pattern = (
        words[0].pattern if words else re.compile(rf"(?<!\w){re.escape(lexicon.clean(name))}(?!\w)", re.IGNORECASE)
    )
    if any(pattern.search(lexicon.clean(text)) for text in _texts(table)):
        return True
    count = 0
    for _, sentence in prose.sentences:
        count += pattern.search(sentence) is not None
        if count >= OFTEN:
            return True
    return False


OFTEN: Final = 3
_TWICE: Final = re.compile(
    r"\b(?:2|two|twice|doubled?)\b[^.;]{0,60}\b(?:G?MACs?|multiply|multiplications?|mult-?adds?)"
    r"|\b(?:G?MACs?|multiply-?(?:adds?|accumulat\w*)|mult-?adds?)\b[^.;]{0,60}\b(?:2|two|twice|doubled?)\b",
    re.IGNORECASE,
)


def counts_twice(table: Table, prose: Prose) -> bool:
    """Whether the paper says that its FLOPs are two to a multiply-accumulate, or prints both kinds side by side."""
    if any(_TWICE.search(lexicon.clean(text)) for text in (table.title, table.caption, *table.left_over)):
        return True
    headers = [lexicon.clean(column.header) for column in table.columns]
    if any(is_of_macs(header) for header in headers) and any(re.search(r"flops", h, re.IGNORECASE) for h in headers):
        return True
    return any(_TWICE.search(sentence) for _, sentence in prose.where(r"FLOP"))


def is_of_macs(header: str) -> bool:
    """Whether a header itself says that it counts multiply-accumulates."""
    return (
        re.search(r"\b[GMT]?MACs?\b|\bmult(?:iply)?-?\s?(?:adds?|accumulat\w*)\b|\bM-?Adds?\b", header, re.IGNORECASE)
        is not None
    )


def _texts(table: Table) -> Iterator[str]:
    yield table.title
    yield table.caption
    yield from (header for column in table.columns for header in column.headers)
    yield from dict.fromkeys(row.section for row in table.rows)
    yield from (cell.text for _, _, cell in table.cells())
    yield from table.left_over

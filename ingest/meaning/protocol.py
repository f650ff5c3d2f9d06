"""By what protocol numbers were measured, as caption, section, header or a cell beside them says it.

A row's word goes before a column's, a column's before the table's. What the catalogue has no protocol for, or what is
left open (a caption that speaks of two), gives no number: a wrong protocol is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from backbones.ingest.meaning import lexicon
from backbones.ingest.meaning.setting import without_marked
from backbones.ingest.paper import Table
from backbones.ingest.plan import ERRORS, ColumnMeaning, TableMeaning
from backbones.store.vocabulary import METRICS

SUPERVISED: Final = "supervised"
OPEN: Final = "?"
"""More than one protocol, or one that the catalogue has no word for: a share of the labels, shots that differ."""

_FROZEN: Final = r"(?:backbones?|features?|encoders?|weights|models?|trunks?|representations?|networks?)"
_WORDS: Final = (
    ("linear probing", r"\blinear(?:ly)?[-\s]+(?:prob\w*|eval\w*|classif\w*|read-?\s?out|separab\w*|protocol|acc\w*)|\blin\.\s*(?:prob|eval|cls)"),
    ("zero-shot", r"\b(?:zero|0)-?\s?shot\b"),
    ("k-NN", r"\bk-?\s?NN\b|\bnearest[-\s]neighbou?rs?\b"),
    (OPEN, r"(?<![\d.])\d{1,2}\s?%\s*(?:of\s+)?(?:the\s+)?(?:ImageNet(?:-1k)?\s+)?(?:labels?|labell?ed|annotat\w+|training\s+(?:data|set|images))"
           r"|\bsemi-?\s?supervised\b|(?<![\d.])[1-9]\d*-shots?\b|\b(?:PGD|FGSM|Auto-?Attack)\b"),
    ("few-shot", r"\bfew-?\s?shot\b"),
    ("frozen", rf"\bfrozen\s+{_FROZEN}|\b{_FROZEN}\s+(?:\w+\s+){{0,3}}?(?:frozen|freez\w+)|\bfreez\w+\s+(?:the\s+)?(?:\w+\s+)?{_FROZEN}"),
    (SUPERVISED, r"\bfine-?\s?tun\w*|\bend-to-end\b"),
)  # fmt: skip
_PATTERNS: Final = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _WORDS)
_ALONE: Final = tuple(
    (name, re.compile(rf"\W*(?:{pattern})\W*", re.IGNORECASE))
    for name, pattern in (
        ("linear probing", r"lin(?:ear|\.)?|LP|linear\s+probe?"), ("k-NN", r"\d*-?k?-?NN"), (OPEN, r"\d{1,2}\s?%(?:\s+labels?)?|\d+-?shots?"),
        ("frozen", r"frozen"), (SUPERVISED, r"fine-?\s?tun(?:e|ed|ing)|FT"),
    )
)  # fmt: skip
"""A header or a cell that is nothing else."""


@lru_cache(maxsize=8192)
def said(text: str, is_whole: bool = False) -> str:
    """The one protocol that a text names; OPEN: several. `is_whole`: a header's or a cell's words, where `Linear` is enough."""
    plain = lexicon.clean(text)
    found = {name for name, pattern in _PATTERNS if pattern.search(plain)}
    if is_whole and not found:
        found = {name for name, pattern in _ALONE if pattern.fullmatch(plain)}
    if OPEN in found:
        return OPEN
    return found.pop() if len(found) == 1 else (OPEN if found else "")


def of_table(table: Table) -> str:
    """What title and caption say of all its numbers; empty: nothing, they are a trained classifier's."""
    return said(table.title, is_whole=True) or said(without_marked(table.caption))


def of_column(table: Table, column: int) -> str:
    """The innermost header that says one."""
    headers = table.columns[column].headers
    return next((found for header in reversed(headers) if (found := said(header, is_whole=True))), "")


def of_row(table: Table, row: int, label_column: int) -> str:
    """What a cell of words beside the label says, else the label's own brackets, else the section."""
    cells = table.rows[row].cells
    words = [
        cell.text for c, cell in enumerate(cells) if cell is not None and c != label_column and len(cell.text) <= 40
    ]
    label = cells[label_column] if 0 <= label_column < len(cells) else None
    hung = re.findall(r"[(\[]([^()\[\]]+)[)\]]", label.text) if label is not None else []
    beside = (said(text, is_whole=True) for text in (*words, *hung) if not re.fullmatch(r"[\d.%\s]*", text))
    return next((found for found in beside if found), "") or said(table.rows[row].section, is_whole=True)


def by_protocol(meaning: TableMeaning, table: Table) -> Iterator[TableMeaning]:
    """The meaning once for each protocol of its rows and columns; what is left open is in none.

    Columns that hold no result (names, parameters, cost) are in each.
    """
    if not meaning.rows:
        yield meaning
        return
    whole = of_table(table)
    rows = {id(row): of_row(table, row.row, row.label_column) for row in meaning.rows}
    columns = {id(c): of_column(table, c.column) if _is_result(c) else "" for c in meaning.columns}
    results = [c for c in meaning.columns if _is_result(c)]
    made: set[tuple[str, str]] = set()
    is_taken = False
    for row in meaning.rows:
        for column in results or meaning.columns[:1]:
            pair = (rows[id(row)], columns[id(column)])
            if pair in made:
                continue
            made.add(pair)
            protocol = pair[0] or pair[1] or (whole if results else "") or SUPERVISED
            if protocol != OPEN:
                is_taken = True
                yield meaning.model_copy(
                    update={
                        "protocol": protocol,
                        "rows": [r for r in meaning.rows if rows[id(r)] == pair[0]],
                        "columns": [c for c in meaning.columns if not _is_result(c) or columns[id(c)] == pair[1]],
                    }
                )
    if not is_taken:
        yield meaning.model_copy(update={"task": "skip", "protocol": "", "rows": [], "columns": []})


def is_printed(protocol: str, table: Table) -> bool:
    """Whether words of the table say a protocol: its caption, a header, a section or a cell."""
    texts: Iterable[str] = (
        table.title, table.caption, *(h for c in table.columns for h in c.headers), *(r.section for r in table.rows),
        *(cell.text for _, _, cell in table.cells() if len(cell.text) <= 40),
    )  # fmt: skip
    return any(names(protocol, text) for text in texts)


def names(protocol: str, text: str) -> bool:
    """Whether a text names a protocol, maybe beside others."""
    plain = lexicon.clean(text)
    if protocol == "adversarial":
        return re.search(r"\badversarial|\b(?:PGD|FGSM|Auto-?Attack)\b", plain, re.IGNORECASE) is not None
    if protocol == "few-shot" and re.search(r"\b[1-9]\d*-?\s?shots?\b", plain, re.IGNORECASE):
        return True
    return (
        any(name == protocol and pattern.search(plain) for name, pattern in _PATTERNS) or said(text, True) == protocol
    )


def _is_result(column: ColumnMeaning) -> bool:
    return ERRORS.get(column.quantity, column.quantity) in METRICS

"""A table's column that says on what its models were pretrained: its cells go before every default."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from backbones.ingest.meaning import lexicon
from backbones.ingest.meaning.numbers import is_dash
from backbones.ingest.paper import Table

_HEADER: Final = re.compile(r"\bpre-?\s?train|\binit(?:ial|\b)", re.IGNORECASE)
_OTHER: Final = re.compile(
    r"epoch|\bep\b|length|time|cost|hours|loss|method|size|resolution|\bacc|top-?\s?\d", re.IGNORECASE
)
_NONE: Final = re.compile(
    r"\W*(?:none|no|✗|✘|×|nothing|random(?:ly)?(?:\s+init\w*)?|(?:from\s+)?scratch|rand\.?(?:\s+init\.?)?)\W*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Pretrained:
    """What a cell says."""

    dataset: str
    """Empty: none, or not known."""
    intermediate: str = ""
    """Of `A + B`: B."""
    is_none: bool = False
    """The cell says that there was none."""
    is_open: bool = False
    """The cell is empty, and one above it in its section is not: a merged cell may reach down to it, or not."""


def pretraining_column(table: Table) -> int | None:
    """The column whose header says so, and whose cells are names of data sets, or say that there is none."""
    for number, column in enumerate(table.columns):
        if not _HEADER.search(lexicon.clean(column.header)) or _OTHER.search(lexicon.clean(column.header)):
            continue
        texts = [cell.text for row in table.rows if (cell := row.cells[number]) is not None and cell.text.strip()]
        said = [bool(_named(text)) for text in texts]
        if any(said) and 2 * sum(found or says_none(text) for found, text in zip(said, texts)) >= len(texts):
            return number
    return None


def says_none(text: str) -> bool:
    """Whether a cell says that nothing was pretrained: a dash, `none`, `scratch`."""
    return bool(text.strip()) and (is_dash(text) or _NONE.fullmatch(lexicon.clean(text)) is not None)


def pretrained(table: Table, row: int, column: int) -> Pretrained | None:
    """What a row's cell says; None where it says nothing that is understood."""
    cell = table.rows[row].cells[column]
    if cell is None or not cell.text.strip():
        return Pretrained("", is_open=True) if _is_below_filled(table, row, column) else None
    if says_none(cell.text):
        return Pretrained("", is_none=True)
    named = _named(cell.text)
    if not named:
        return None
    return Pretrained(named[0], named[1] if len(named) == 2 else "")


def _is_below_filled(table: Table, row: int, column: int) -> bool:
    section = table.rows[row].section
    for above in reversed(table.rows[:row]):
        if above.section != section:
            return False
        if (cell := above.cells[column]) is not None and cell.text.strip():
            return True
    return False


def _named(text: str) -> list[str]:
    """The data sets of a cell in the order of training; a validation split's name is that of the whole."""
    plain = lexicon.clean(text)
    found: list[str] = []
    for part in re.split(r"\s*(?:\+|→|->|,|&)\s*", plain):
        names = lexicon.all_named(lexicon.DATASETS + lexicon.PRETRAINING_ONLY, part)
        found += [name.removesuffix(" val") for name in names[:1] if name not in found]
    return found


def left_open(table: Table) -> list[int]:
    """The rows whose pretraining is left open because their cell is empty below a filled one."""
    column = pretraining_column(table)
    if column is None:
        return []
    said = ((row, pretrained(table, row, column)) for row in range(len(table.rows)))
    return [row for row, found in said if found is not None and found.is_open]

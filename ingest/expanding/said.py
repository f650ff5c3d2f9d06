"""Settings that stand in words: a resolution in a label or a caption, epochs in a section. Each comes with its words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from backbones.ingest.expanding.printed import SIDES, prints_side
from backbones.ingest.meaning import lexicon
from backbones.ingest.meaning.own_side import OwnSide, own_sides
from backbones.ingest.meaning.prose import Prose
from backbones.ingest.meaning.setting import epochs_in, schedule_in, without_marked
from backbones.ingest.paper import Box, Table
from backbones.ingest.plan import Fact, TableMeaning
from backbones.store.vocabulary import CONVENTIONS, PRECISIONS, PROTOCOLS, TASKS


@dataclass(frozen=True, slots=True)
class Words:
    """Words of a paper that hold a number, and where they stand; row and column are -1 outside cells."""

    text: str
    page: int
    table: str
    row: int = -1
    column: int = -1
    box: Box | None = None


def places(table: Table, row: int, label_column: int, column: int) -> Iterator[Words]:
    """Where the words on a cell's setting may stand, the nearest first."""
    printed = table.rows[row]
    label = printed.cells[label_column] if 0 <= label_column < len(printed.cells) else None
    if label is not None:
        yield Words(label.text, table.page, table.id, row, label_column, label.box)
    for c, cell in enumerate(printed.cells):
        if cell is not None and c != label_column and not cell.text.replace(".", "").isdigit():
            yield Words(cell.text, table.page, table.id, row, c, cell.box)
    if printed.section:
        yield Words(printed.section, table.page, table.id, row)
    if 0 <= column < len(table.columns):
        yield Words(table.columns[column].header, table.page, table.id, -1, column)
    if table.title:
        yield Words(table.title, table.page, table.id)
    yield Words(table.caption, table.page, table.id)
    for words in table.left_over:
        yield Words(words, table.page, table.id)


def resolution_said(side: int, near: Iterable[Words], prose: Prose) -> Words | None:
    """The words that give a resolution: near the cell, else a sentence that says it of the paper's own training or testing."""
    if side not in SIDES:
        return None
    for words in near:
        if prints_side(side, words.text):
            return words
    for own in _own_sides(prose):
        if own.side == side:
            return Words(own.quote, own.page, "")
    return None


@lru_cache(maxsize=4)
def _own_sides(prose: Prose) -> tuple[OwnSide, ...]:
    return tuple(own_sides(prose))


def epochs_said(near: Iterable[Words], caption: str, is_detection: bool) -> tuple[int, Words] | None:
    """Epochs that a section, header or title gives: `300 epochs`, for detectors also `3×` and what the caption says.

    A classifier's caption counts only for pretraining: its other epochs are as often another model's.
    """
    for words in near:
        text = without_marked(words.text)
        if words.row < 0 and words.text == caption and not is_detection:
            text = ". ".join(part for part in text.split(". ") if re.search(r"pre-?\s?train", part, re.IGNORECASE))
        number, _ = epochs_in(text)
        if not number and is_detection and words.box is None:  # a cell's `1x` may be a ratio
            number, _ = schedule_in(text)
        if number:
            return number, words
    return None


def is_borne_out(fact: Fact, prose: Prose) -> bool:
    """Whether a fact's quote stands on its page and holds its value, in the catalogue's spelling or another."""
    if not prose.holds(fact.page, fact.quote):
        return False
    if fact.kind == "device":
        return fact.value in lexicon.devices_in(fact.quote) or _holds(fact)
    words = {
        "head": lexicon.HEADS,
        "precision": lexicon.PRECISIONS,
        "pretraining_dataset": lexicon.DATASETS + lexicon.PRETRAINING_ONLY,
    }
    return fact.value in lexicon.all_named(words.get(fact.kind, ()), fact.quote) or _holds(fact)


def _holds(fact: Fact) -> bool:
    value = re.escape(lexicon.clean(fact.value))
    return re.search(rf"(?<![\w.]){value}(?![\w]|\.\d)", lexicon.clean(fact.quote), re.IGNORECASE) is not None


LONGEST_NAME = 120


def settled(meaning: TableMeaning) -> TableMeaning:
    """The plan of a table in the vocabulary's words only: what is none of them says nothing."""
    known = {
        "protocol": PROTOCOLS,
        "precision": PRECISIONS,
        "task": (*TASKS, "speed", "skip"),
        "convention": CONVENTIONS,
    }
    update: dict[str, Any] = {name: "" for name, words in known.items() if getattr(meaning, name) not in ("", *words)}
    if "task" in update:
        update["task"] = "skip"
    columns = [
        c if c.precision in ("", *PRECISIONS) else c.model_copy(update={"precision": ""}) for c in meaning.columns
    ]
    rows = [r for r in meaning.rows if 0 < len(r.backbone.strip()) <= LONGEST_NAME and len(r.family) <= LONGEST_NAME]
    return meaning.model_copy(update={**update, "columns": columns, "rows": rows})

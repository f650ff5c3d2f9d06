"""Which columns of a table name models, heads or pretraining methods: their header proposes, their cells decide."""

from __future__ import annotations

from dataclasses import dataclass

from backbones.ingest.meaning import lexicon
from backbones.ingest.meaning.heading import Heading
from backbones.ingest.meaning.known import Known
from backbones.ingest.meaning.label import is_model_like, pretraining_of, read_label
from backbones.ingest.meaning.numbers import is_numeric
from backbones.ingest.meaning.pretrained import pretraining_column
from backbones.ingest.paper import Table
from backbones.store.text import fold


@dataclass(frozen=True, slots=True)
class Roles:
    """Columns by what their words are."""

    labels: tuple[int, ...]
    """Name models; two where two lists stand side by side."""
    head: int | None
    method: int | None
    pretraining: int | None


def roles_of(table: Table, headings: tuple[Heading, ...], known: Known, family: str) -> Roles:
    """Find the columns of words that matter."""
    words = [c for c in range(len(table.columns)) if _is_words(table, c)]
    heads = {c: _share(table, c, _is_head) for c in words}
    methods = {c: _share(table, c, _is_method) for c in words}
    pretraining = {c: _share(table, c, lambda text: bool(pretraining_of(text))) for c in words}
    names = {c: _naming(table, c, headings[c], known, family) for c in words}
    labels: list[int] = []
    if names and max(names.values()) > 0.3:
        best = max(names, key=lambda c: names[c])
        header = fold(table.columns[best].header)
        labels = [
            c
            for c in words
            if c == best
            or (names[c] > 0.3 and ((header and _alike(table, c, best)) or _is_second_list(words, headings, c, best)))
        ]
    said = pretraining_column(table)
    return Roles(
        tuple(labels),
        _most({c: s for c, s in heads.items() if c not in labels}),
        _most({c: s for c, s in methods.items() if c not in labels}),
        said
        if said is not None and said not in labels
        else _most({c: s for c, s in pretraining.items() if c not in labels}),
    )


def _alike(table: Table, one: int, other: int) -> bool:
    """The same innermost header twice: two lists side by side."""
    first, second = (table.columns[c].headers[-1:] for c in (one, other))
    return bool(first) and [fold(h) for h in first] == [fold(h) for h in second]


def _is_second_list(words: list[int], headings: tuple[Heading, ...], one: int, other: int) -> bool:
    """Columns of numbers stand behind both, and some are of one kind: `model | acc | our model | acc`."""
    left, right = min(one, other), max(one, other)
    numbers = [c for c in range(len(headings)) if c not in words]
    between = {q for c in numbers if left < c < right for q in headings[c].quantities}
    behind = {q for c in numbers if right < c for q in headings[c].quantities}
    return bool((between & behind) - {"label", "ignore"})


def _most(shares: dict[int, float]) -> int | None:
    best = max(shares, key=lambda c: shares[c], default=None)
    return best if best is not None and shares[best] >= 0.5 else None


def _texts(table: Table, column: int) -> list[str]:
    return [cell.text for row in table.rows if (cell := row.cells[column]) is not None and cell.text.strip()]


def _is_words(table: Table, column: int) -> bool:
    texts = _texts(table, column)
    return bool(texts) and sum(not is_numeric(text) for text in texts) >= 0.5 * len(texts)


def _share(table: Table, column: int, holds: object) -> float:
    texts = _texts(table, column)
    assert callable(holds)
    return sum(bool(holds(text)) for text in texts) / len(texts) if texts else 0.0


def _is_head(text: str) -> bool:
    return bool(lexicon.named(lexicon.HEADS, text)) and not read_label(text).head


def _is_method(text: str) -> bool:
    return bool(lexicon.named(lexicon.METHODS, text)) and len(text) <= 24


def _naming(table: Table, column: int, heading: Heading, known: Known, family: str) -> float:
    """The share of cells that name a model at a size, with a little for the header and for standing left."""
    texts = _texts(table, column)
    score = 0.0
    for text in texts:
        label = read_label(text)
        if not is_model_like(text) or _is_head(text) or _is_method(text):
            continue
        if known.name("backbone", label.name) or fold(label.stem) == fold(family):
            score += 1.5 if label.size or known.name("backbone", label.name) else 0.5
        elif label.size or known.name("family", label.stem):
            score += 1
        else:
            score += 0.2
    header = table.columns[column].header.casefold()
    says = 0.3 if "label" in heading.quantities else 0.0
    says += 0.2 if "backbone" in header or "model" in header or "encoder" in header else 0.0
    return (score / len(texts) + says - 0.01 * column) if score else 0.0

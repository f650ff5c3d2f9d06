"""Several models in one row: which columns of numbers belong to which column of models.

A number belongs to the nearest column of models at its left, within the same group of headers. Where that does not hold for
every column, nothing is known: a number of another model is worse than none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from backbones.ingest.meaning.heading import read_heading
from backbones.ingest.paper import Column
from backbones.store.text import fold


@dataclass(frozen=True, slots=True)
class Block:
    """A column that names models, and the columns of its numbers."""

    label: int
    data: tuple[int, ...]


def blocks_of(columns: Sequence[Column], models: Collection[int], data: Collection[int]) -> tuple[Block, ...] | None:
    """The blocks from left to right; None where it is not clear to which model a number belongs.

    `models`: all columns that name models, known or not; `data`: those of numbers. One block keeps the numbers at its left too.
    """
    parts = _parts(models, data)
    if parts is None:
        return None
    if len(parts) == 1:
        return (Block(parts[0].label, _of_one(columns, parts[0].label, sorted(data))),)
    has_groups = any(_group(columns[c]) for c in (*models, *data))
    for part in parts:
        if not part.data or any(not columns[c].header.strip() for c in part.data):
            return None
        if has_groups and any(
            not _group(columns[c]) or _group(columns[c]) != _group(columns[part.label]) for c in part.data
        ):
            return None
        if any(count > 1 for count in Counter(q for c in part.data for q in _kinds(columns[c])).values()):
            return None
    return tuple(parts)


def _parts(models: Collection[int], data: Collection[int]) -> list[Block] | None:
    """Each column of models with the numbers up to the next; None where two of them have none between."""
    found: list[Block] = []
    for column in sorted((*models, *data)):
        if column in models:
            if found and not found[-1].data:
                return None
            found.append(Block(column, ()))
        elif found:
            found[-1] = Block(found[-1].label, (*found[-1].data, column))
    return found or None


def _of_one(columns: Sequence[Column], label: int, data: Sequence[int]) -> tuple[int, ...]:
    """The numbers of the only model; not those of another group that stand in its own too: `Best > Acc. | Ours > Model | Ours > Acc.`."""
    group = _group(columns[label])
    own = {q for c in data if _group(columns[c]) == group for q in _kinds(columns[c])}
    return tuple(
        c for c in data if not group or _group(columns[c]) in ((), group) or not own.intersection(_kinds(columns[c]))
    )


def _group(column: Column) -> tuple[str, ...]:
    return tuple(fold(header) for header in column.headers[:-1] if header.strip())


def _kinds(column: Column) -> tuple[str, ...]:
    return tuple(q for q in read_heading(column.headers).quantities if q not in ("label", "ignore"))

"""Which mentions have to be placed again after some of them were touched.

A result's place depends on the other results of its checkpoint, and on the GMACs that anybody gives for its architecture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

from backbones.store.entities import Rows

_FAMILY, _BACKBONE, _ARCHITECTURE, _CHECKPOINT, _WEIGHTS = range(1, 6)
"""Columns of `subject`."""


@dataclass(frozen=True, slots=True)
class Subjects:
    """What mentions were and what they are: rows of `subject`."""

    before: Rows
    now: Rows

    def changed(self, entities: Mapping[str, Set[int]]) -> set[int]:
        """Mentions that mean something else, or something of which other things are known. `entities`: table -> changed ids."""
        families, backbones = entities["family"], entities["backbone"]
        checkpoints, weights = entities["checkpoint"], entities["released"]
        found = self.before.keys() - self.now.keys()
        for mention, row in self.now.items():
            if (
                self.before.get(mention) != row
                or row[_FAMILY] in families
                or row[_BACKBONE] in backbones
                or row[_CHECKPOINT] in checkpoints
                or row[_WEIGHTS] in weights
            ):
                found.add(mention)
        return found

    def architectures(self, mentions: Set[int]) -> set[int]:
        """What these mentions' backbones are or were built as."""
        return self._values(_ARCHITECTURE, mentions)

    def around(self, touched: Set[int], architectures: Set[int]) -> set[int]:
        """The touched mentions, those of the architectures, and all that share a checkpoint with one of them."""
        wide = set(touched) | self._mentions(_ARCHITECTURE, architectures)
        return wide | self._mentions(_CHECKPOINT, self._values(_CHECKPOINT, wide))

    def _values(self, column: int, mentions: Set[int]) -> set[int]:
        values = (row[column] for mention, row in self._rows() if mention in mentions)
        return {value for value in values if value is not None}

    def _mentions(self, column: int, values: Set[int]) -> set[int]:
        return {mention for mention, row in self._rows() if row[column] in values}

    def _rows(self) -> Iterator[tuple[int, tuple[int | None, ...]]]:
        yield from self.before.items()
        yield from self.now.items()

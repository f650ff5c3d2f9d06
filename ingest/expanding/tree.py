"""A family file in the making: plain mappings and lists whose numbers still carry the place that they were copied from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from backbones.store.drafts.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Leaf:
    """A number with its evidence, whose path is not known before the tree is whole."""

    value: float
    evidence: Evidence

    @property
    def plain(self) -> float | int:
        """Whole settings are integers in a file."""
        return int(self.value) if self.evidence.quantity in WHOLE and self.value == int(self.value) else self.value


WHOLE = frozenset(("resolution", "crop_size", "batch_size"))


def plain_of(node: Any) -> Any:
    """The tree as it stands in the file."""
    if isinstance(node, Leaf):
        return node.plain
    if isinstance(node, dict):
        return {key: plain_of(value) for key, value in node.items() if value is not None and value != []}
    if isinstance(node, list):
        return [plain_of(value) for value in node]
    return node


def evidence_of(node: Any, path: tuple[str, ...] = ()) -> Iterator[Evidence]:
    """The evidence of every number, with its path."""
    if isinstance(node, Leaf):
        yield replace(node.evidence, path=".".join(path))
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from evidence_of(value, (*path, str(key)))
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from evidence_of(value, (*path, str(place)))

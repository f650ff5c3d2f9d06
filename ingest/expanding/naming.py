"""Names of checkpoints: backbone and pretraining data, and what else tells those of one draft apart.

A draft is added beside what the catalogue has and joins it by name. The names are those of the shipped files: `X IN-1k` is
the checkpoint of the pretraining that the paper proposes; one of the same data with labels only is `X IN-1k (supervised)`,
for all backbones of the draft alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from backbones.store.text import fold, printable

_SHORT: Final = {
    fold(name): short
    for name, short in (("ImageNet-1k", "IN-1k"), ("ImageNet-22k", "IN-22k"), ("ImageNet-12k", "IN-12k"))
}
SUPERVISED: Final = frozenset(("", "supervised"))
"""Folded: what needs no word where nothing else was done with the same data."""


class CheckpointNames:
    """Gives every checkpoint of a family file a name of its own."""

    def __init__(self, pretrainings: Iterable[tuple[str, str, int]], is_proposed: bool) -> None:
        """`pretrainings`: data set, method and how many numbers hang on it; `is_proposed`: the family is the paper's own."""
        counts: dict[str, Counter[str]] = {}
        for dataset, method, extent in pretrainings:
            if fold(method) not in SUPERVISED:
                counts.setdefault(fold(dataset), Counter())[fold(method)] += 1 + extent
        self._own = {dataset: found.most_common(1)[0][0] for dataset, found in counts.items()} if is_proposed else {}
        self._taken: set[str] = set()

    def name(self, backbone: str, dataset: str, method: str, epochs: float | None) -> str:
        """A name that none got before."""
        name = f"{backbone} {_SHORT.get(fold(dataset), printable(dataset))}".strip()
        own = self._own.get(fold(dataset), "")
        is_supervised = fold(method) in SUPERVISED
        if own and is_supervised:
            name = f"{name} (supervised)"
        elif not is_supervised and fold(method) != own:
            name = f"{name} {printable(method)}"
        found = name
        if fold(found) in self._taken and epochs:
            found = name = f"{name} {epochs:g} epochs"
        number = 1
        while fold(found) in self._taken:
            number += 1
            found = f"{name} ({number})"
        self._taken.add(fold(found))
        return found


def training_set(dataset: str) -> str:
    """What a model was trained on that is judged by a data set: nobody trains on `ADE20K val`."""
    for split in (" val", " test"):
        if dataset.endswith(split):
            return f"{dataset.removesuffix(split)} train"
    return dataset

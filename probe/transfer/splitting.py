"""Which images are trained on, chosen on and tested on: stratified, and the same on every machine for the same images."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from backbones.probe.transfer.layout import Split
from backbones.store.errors import BackbonesError

_DRAWN: Final[tuple[Split, ...]] = ("test", "val")
"""In this order: the test images stay the same whatever share is asked for validation."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Images that stay together, and how many of each class they are."""

    name: str
    positions: tuple[int, ...]
    counts: tuple[tuple[Hashable, int], ...]


def check_shares(val: float, test: float) -> None:
    """BackbonesError unless some images are left to train on."""
    for name, share in (("val", val), ("test", test)):
        if not 0 <= share < 1:
            raise BackbonesError(f"{name} {share:g} is no share of the images; expected 0 up to but not 1, as 0.2")
    if val + test >= 1:
        raise BackbonesError(f"val {val:g} and test {test:g} leave nothing to train on; together they must be below 1")


def assigned(
    labels: Sequence[Hashable], groups: Sequence[str], *, val: float = 0.0, test: float = 0.2, seed: int = 42
) -> list[Split]:
    """The split of each image, given its class and its group: images of one group stay together.

    Groups are drawn in the order of a hash of seed and name: neither the order of files nor their names count, and an
    image more changes few others. Every class with two groups is tested, every class is trained on; counts are the
    shares rounded, missed only where a class consists of large groups.
    """
    check_shares(val, test)
    units = _units(labels, groups)
    sizes = Counter(labels)
    several = Counter(label for unit in units for label, _ in unit.counts)
    wanted: dict[Split, dict[Hashable, int]] = {
        "test": {c: share_of(n, test, n - 1) if several[c] >= 2 else 0 for c, n in sizes.items()}
    }
    wanted["val"] = {
        c: share_of(n, val, n - 1 - wanted["test"][c]) if several[c] >= 2 + (test > 0) else 0 for c, n in sizes.items()
    }
    drawing = _Drawing(sorted(units, key=lambda unit: draw(seed, unit.name)), wanted)
    for split in _DRAWN:
        drawing.fill(split)
    for split in _DRAWN:
        drawing.mend(split)
    chosen: list[Split] = ["train"] * len(labels)
    for unit, split in zip(drawing.units, drawing.splits, strict=True):
        for position in unit.positions:
            chosen[position] = split
    return chosen


def draw(seed: int, name: str) -> bytes:
    """A place in an order that is random and the same everywhere."""
    return hashlib.sha256(f"{seed}:{name}".encode("utf-8", "surrogatepass")).digest()


class _Drawing:
    """Groups in the order of drawing, and where each has gone."""

    def __init__(self, units: list[_Group], wanted: dict[Split, dict[Hashable, int]]) -> None:
        self.units, self.wanted = units, wanted
        self.splits: list[Split] = ["train"] * len(units)

    def fill(self, split: Split) -> None:
        """Take groups that are wanted whole."""
        need = dict(self.wanted[split])
        for position, unit in enumerate(self.units):
            if self.splits[position] == "train" and all(need[label] >= count for label, count in unit.counts):
                self.splits[position] = split
                for label, count in unit.counts:
                    need[label] -= count

    def mend(self, split: Split) -> None:
        """A class of large groups only, of which none fitted: its smallest is taken, if others are left to train on."""
        drawn = self._labels(split)
        for label in sorted((c for c, n in self.wanted[split].items() if n and not drawn[c]), key=str):
            left = self._labels("train")
            fitting = [
                (len(unit.positions), position)
                for position, unit in enumerate(self.units)
                if self.splits[position] == "train"
                and any(label == c for c, _ in unit.counts)
                and all(left[c] > count for c, count in unit.counts)
            ]
            if fitting and not self._labels(split)[label]:
                self.splits[min(fitting)[1]] = split

    def _labels(self, split: Split) -> Counter[Hashable]:
        found: Counter[Hashable] = Counter()
        for unit, chosen in zip(self.units, self.splits, strict=True):
            if chosen == split:
                found.update(dict(unit.counts))
        return found


def _units(labels: Sequence[Hashable], groups: Sequence[str]) -> list[_Group]:
    positions: dict[str, list[int]] = {}
    for position, group in enumerate(groups):
        positions.setdefault(group, []).append(position)
    return [
        _Group(name, tuple(where), _counted(labels[position] for position in where))
        for name, where in positions.items()
    ]


def _counted(labels: Iterable[Hashable]) -> tuple[tuple[Hashable, int], ...]:
    return tuple(Counter(labels).items())


def share_of(number: int, share: float, most: int) -> int:
    """How many of a number a share is: rounded, but one at least where one is asked for."""
    return min(max(1, int(number * share + 0.5)), max(0, most)) if share > 0 else 0

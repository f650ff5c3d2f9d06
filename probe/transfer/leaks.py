"""Near duplicates among many images, and which of them stand in different splits.

Images that share one of five parts of a 64-bit difference hash (dHash) are compared bit by bit, and those with few
bits of difference by their small pictures: images up to four bits apart always meet, by the pigeonhole principle.
A plain dHash fails on pictures of one build (a blob before black): nearly all bits are equal there. So a bit that
hardly tells images apart is taken against its median over all images, and each part gets its share of the telling bits.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from backbones.probe.transfer.alikeness import Comparison
from backbones.probe.transfer.contents import Progress
from backbones.probe.transfer.likeness import BITS, Look, likeness

NEAR_BITS: Final = 14
"""Images further apart are never compared by their pictures."""
_SURE_BITS: Final = 4
"""Images no further apart always are."""
_COMPARED: Final = 40
"""On average an image is compared with so many others; where more are near, fewer bits count as near."""
_SAMPLE: Final = 100_000
_PARTS: Final = 5
_TELLING: Final = 0.2
"""A bit that is set in a smaller share of the images than this, or not set in so few, tells little."""
_MANY: Final = 200
"""A median of fewer images says little."""
_CROWDED: Final = 800
"""Hashes that share a part; more are parted once more, by the next part."""
_REPRESENTATIVES: Final = 64
"""Of images with one hash that look different; later ones are compared with these."""


@dataclass(frozen=True, slots=True)
class Leak:
    """Two images in different splits that show the same, by their positions."""

    one: int
    """In the earlier split."""
    other: int
    likeness: float
    """Correlation, 1 for copies."""
    is_same_content: bool


def near_duplicates(
    looks: Sequence[Look | None], digests: Sequence[str], progress: Progress | None = None
) -> list[int]:
    """The group of each image, named by the position of its first member; an image without a like is alone.

    `looks` and contents stand side by side; copies are always together. The order of the images does not count.
    """
    groups = _Groups(len(looks))
    first: dict[str, int] = {}
    for position, digest in enumerate(digests):
        groups.join(first.setdefault(digest, position), position)
    contents = [first[digest] for digest in sorted(first)]
    comparison = Comparison([looks[position] for position in contents])
    by_hash = _by_hash(_hashes([looks[position] for position in contents]), comparison)
    hashes = sorted(by_hash)
    for standing in by_hash.values():
        for one, likes in standing.items():
            for other in likes:
                groups.join(contents[one], contents[other])
    for one, other in _close_pairs(hashes, progress):
        for a in by_hash[hashes[one]]:
            for b in by_hash[hashes[other]]:
                is_apart = groups.of(contents[a]) != groups.of(contents[b])
                if is_apart and comparison.are_alike(a, b):
                    groups.join(contents[a], contents[b])
    return [groups.of(position) for position in range(len(looks))]


def leaks_between(
    groups: Sequence[int],
    splits: Sequence[str],
    looks: Sequence[Look | None],
    digests: Sequence[str],
    order: Sequence[str],
) -> list[Leak]:
    """For each image whose group reaches into an earlier split of `order`, the most alike image there."""
    members: defaultdict[int, list[int]] = defaultdict(list)
    for position, group in enumerate(groups):
        members[group].append(position)
    rank = {split: place for place, split in enumerate(order)}
    leaks = []
    for together in members.values():
        if len({splits[p] for p in together}) < 2:
            continue
        for position in together:
            earlier = [p for p in together if rank[splits[p]] < rank[splits[position]]]
            same = [p for p in earlier if digests[p] == digests[position]]
            if same:
                leaks.append(Leak(same[0], position, 1.0, True))
            elif earlier:
                best, other = max((_likeness(looks[p], looks[position]), -p) for p in earlier[:_REPRESENTATIVES])
                leaks.append(Leak(-other, position, best, False))
    return sorted(leaks, key=lambda leak: (not leak.is_same_content, -leak.likeness, leak.other))


class _Groups:
    """Union-find; a group is named by its smallest position."""

    def __init__(self, size: int) -> None:
        self._above = list(range(size))

    def of(self, position: int) -> int:
        root = position
        while self._above[root] != root:
            root = self._above[root]
        while self._above[position] != root:
            self._above[position], position = root, self._above[position]
        return root

    def join(self, one: int, other: int) -> None:
        a, b = self.of(one), self.of(other)
        self._above[max(a, b)] = min(a, b)


def _hashes(looks: Sequence[Look | None]) -> list[int | None]:
    """64 bits an image, its most telling bits dealt out to the five parts in turn."""
    there = [look.differences for look in looks if look]
    if not there:
        return [None] * len(looks)
    thresholds, tellings = [], []
    for bit in range(BITS):
        values = sorted(differences[bit] for differences in there)
        share = sum(value > 0 for value in values) / len(values)
        threshold = 0
        if len(there) >= _MANY and not _TELLING <= share <= 1 - _TELLING:
            threshold = values[len(values) // 2]
            share = sum(value > threshold for value in values) / len(values)
        thresholds.append(threshold)
        tellings.append(min(share, 1 - share))
    order = sorted(range(BITS), key=lambda bit: -tellings[bit])
    order = [bit for part in range(_PARTS) for bit in order[part::_PARTS]]
    return [
        None
        if look is None
        else sum((look.differences[bit] > thresholds[bit]) << place for place, bit in enumerate(order))
        for look in looks
    ]


def _by_hash(hashes: Sequence[int | None], comparison: Comparison) -> dict[int, dict[int, list[int]]]:
    """Hash -> image that stands for others -> those that look like it."""
    found: defaultdict[int, dict[int, list[int]]] = defaultdict(dict)
    for position, value in enumerate(hashes):
        if value is None:
            continue
        likes = [likes for one, likes in found[value].items() if comparison.are_alike(one, position)]
        if likes:
            likes[0].append(position)
        elif len(found[value]) < _REPRESENTATIVES:
            found[value][position] = []
    return found


def _close_pairs(hashes: Sequence[int], progress: Progress | None) -> Iterator[tuple[int, int]]:
    """Positions of hashes that share a part and differ in few bits; a pair may come more than once."""
    parts, radius, done = _parts(), _radius(hashes), 0
    for number, (shift, mask) in enumerate(parts):
        next_shift, next_mask = parts[(number + 1) % _PARTS]
        for bucket in _bucketed(hashes, range(len(hashes)), shift, mask):
            smaller = [bucket] if len(bucket) <= _CROWDED else _bucketed(hashes, bucket, next_shift, next_mask)
            for part in smaller:
                yield from _close_in(hashes, part, radius)
            done += len(bucket)
            if progress:
                progress(done, _PARTS * len(hashes), "")


def _bucketed(hashes: Sequence[int], positions: Iterable[int], shift: int, mask: int) -> list[list[int]]:
    buckets: defaultdict[int, list[int]] = defaultdict(list)
    for position in positions:
        buckets[hashes[position] >> shift & mask].append(position)
    return list(buckets.values())


def _radius(hashes: Sequence[int]) -> int:
    """Bits of difference up to which images are compared, by a sample of pairs."""
    if len(hashes) < 2:
        return NEAR_BITS
    drawn = Random(0)
    apart = Counter((drawn.choice(hashes) ^ drawn.choice(hashes)).bit_count() for _ in range(_SAMPLE))
    most = 2 * _COMPARED / len(hashes) * _SAMPLE
    radius, near = _SURE_BITS, sum(apart[bits] for bits in range(1, _SURE_BITS + 1))
    while radius < NEAR_BITS and (near := near + apart[radius + 1]) <= most:
        radius += 1
    return radius


def _close_in(hashes: Sequence[int], bucket: list[int], radius: int) -> Iterator[tuple[int, int]]:
    for place, one in enumerate(bucket):
        value = hashes[one]
        for other in bucket[place + 1 :]:
            if (value ^ hashes[other]).bit_count() <= radius:
                yield one, other


def _parts() -> list[tuple[int, int]]:
    """Shift and mask of each part; `order[part::_PARTS]` deals 13, 13, 13, 13 and 12 bits."""
    parts, shift = [], 0
    for part in range(_PARTS):
        size = len(range(part, BITS, _PARTS))
        parts.append((shift, (1 << size) - 1))
        shift += size
    return parts


def _likeness(one: Look | None, other: Look | None) -> float:
    return likeness(one, other) if one is not None and other is not None else 0.0

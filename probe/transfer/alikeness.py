"""Which of many images look alike, pair by pair, once candidates are known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import add, mul
from typing import Final

from backbones.probe.transfer.likeness import GREY, Look, likeness

LEAST_CORRELATION: Final = 0.97
LEAST_REST: Final = 0.9
"""Of what is left of two pictures without what is common to all."""
_MOST_SIGNS: Final = 72
"""Of 256 signs, so many may differ: a correlation of 0.9 leaves 37 different where values are normally distributed."""
_MANY: Final = 200
"""What fewer images have in common says little."""


class Comparison:
    """Says of two images whether they show the same picture.

    Scans, X-rays or galaxies correlate by being what they are. So the mean picture of all is taken off each, and what is left
    has to agree too; its signs are compared first, in a hundredth of the time.
    """

    def __init__(self, looks: Sequence[Look | None]) -> None:
        self._looks = looks
        telling = [look for look in looks if look and not look.is_flat]
        common = _mean_picture(telling) if len(telling) >= _MANY else [0.0] * GREY
        self._shares = [sum(map(mul, look.grey, common)) if look else 0.0 for look in looks]
        self._signs = [
            _signs(look, share, common) if look else 0 for look, share in zip(looks, self._shares, strict=True)
        ]

    def are_alike(self, one: int, other: int) -> bool:
        """By their positions; nothing is like an image without a look."""
        if (self._signs[one] ^ self._signs[other]).bit_count() > _MOST_SIGNS:
            return False
        a, b = self._looks[one], self._looks[other]
        if a is None or b is None:
            return False
        correlation = likeness(a, b)
        if correlation < LEAST_CORRELATION or a.is_flat:
            return correlation >= LEAST_CORRELATION
        shared = self._shares[one] * self._shares[other]
        left = (1 - self._shares[one] ** 2) * (1 - self._shares[other] ** 2)
        return correlation - shared >= LEAST_REST * math.sqrt(max(0.0, left))


def _mean_picture(looks: Sequence[Look]) -> list[float]:
    """Of length 1."""
    total = [0.0] * GREY
    for look in looks:
        total = list(map(add, total, look.grey))
    length = math.sqrt(sum(map(mul, total, total)))
    return [value / length for value in total] if length else total


def _signs(look: Look, share: float, common: Sequence[float]) -> int:
    if look.is_flat:
        return 0
    bits = bytes(value > share * mean for value, mean in zip(look.grey, common, strict=True))
    return int.from_bytes(bits, "little")

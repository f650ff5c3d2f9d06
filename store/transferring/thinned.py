"""How many images of each class a time budget, or few shots, left to an evaluation, as its conditions say it.

`images=20`: at most 20 of a class in each split. `train_images=20`: so many to train and choose on, and all test images.
`validation=few`: of the validation images, which a share of the training images became, as many of a class as there are shots.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

EVERYWHERE: Final = "images"
TO_TRAIN: Final = "train_images"
VALIDATION: Final = "validation"
"""What settings were chosen on."""
WHOLE_VALIDATION: Final = "own"
"""All images of a validation split."""
FEW_VALIDATION: Final = "few"


class Thinned(NamedTuple):
    """In order of how far a budget took it: more to train on, and of equally many those that were tested on all."""

    images: float = float("inf")
    """Of a class, at most, to train and choose on; infinite where none were left out."""
    tests_all: bool = True

    @property
    def is_whole(self) -> bool:
        """Nothing was left out."""
        return self == Thinned()

    @property
    def condition(self) -> tuple[str, str] | None:
        """Key and value of the condition; None where there is none."""
        return None if self.is_whole else (TO_TRAIN if self.tests_all else EVERYWHERE, f"{self.images:.0f}")


def thinned(said: Mapping[str, str]) -> tuple[Thinned, dict[str, str]]:
    """What conditions say of it, and the other conditions."""
    others = {key: value for key, value in said.items() if key not in (EVERYWHERE, TO_TRAIN)}
    for key in (EVERYWHERE, TO_TRAIN):
        if said.get(key, "").isdecimal():
            return Thinned(float(said[key]), key == TO_TRAIN), others
    return Thinned(), others

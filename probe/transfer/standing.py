"""Where each model stands in successive halving, and what its next evaluation will cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from backbones.probe.transfer.expecting import CREATE_S, IMPORT_S
from backbones.probe.transfer.images import Image, ImageData
from backbones.probe.transfer.request import Model
from backbones.probe.transfer.speeds import Speeds
from backbones.store.transferring.outcome import Protocol

Look = tuple[Protocol, int]
"""An evaluation under a budget: the protocol, and how many images of a class it has at most."""


@dataclass(slots=True)
class Standing:
    """One model."""

    model: Model
    place: int
    """In the order that the user gave."""
    accuracy: float | None = None
    """By the protocol and the images of its last round, on the images that settings are chosen by; None where there are none."""
    create_s: float = CREATE_S
    most_images: int = 0
    """Of a class, that its features are there of."""
    has_all_tests: bool = False
    """Its features are there of all test images."""
    looks: list[Look] = field(default_factory=list)
    """What ended well and counts, in order."""
    key: str = ""
    """Of the last evaluation that ended well."""
    tested: set[Look] = field(default_factory=set)
    """What was evaluated again on all test images."""

    @property
    def name(self) -> str:
        """Of the model."""
        return self.model.name

    @property
    def rank(self) -> tuple[float, int]:
        """The best first; what nothing is known of keeps its place, and the test images say nothing about it."""
        return (0.0 if self.accuracy is None else -self.accuracy, self.place)


class Costs:
    """Expected seconds. Features that are there already cost nothing."""

    def __init__(self, data: ImageData, speeds: Speeds, models: int) -> None:
        """`models`: among how many the import of torch is shared."""
        self._sizes = [_sizes(part) for part in (data.train, data.val, data.test)]
        self._speeds, self._models = speeds, models
        self._sums: dict[int, tuple[int, int]] = {}
        self.most = max(max(sizes, default=0) for sizes in self._sizes)
        """Images of the largest class, in its largest split."""
        self.most_tests = max(self._sizes[2], default=0)
        self.is_first = True
        """Torch was not loaded yet."""

    def images(self, of_a_class: int, has_all_tests: bool = False) -> int:
        """How many images that comes to."""
        if of_a_class not in self._sums:
            taken = [sum(min(of_a_class, size) for size in sizes) for sizes in self._sizes]
            self._sums[of_a_class] = taken[0] + taken[1], taken[2]
        others, tests = self._sums[of_a_class]
        return others + (sum(self._sizes[2]) if has_all_tests else tests)

    def fresh(self, one: Standing, images: int) -> int:
        """Images of an evaluation that there are no features of."""
        return max(0, self.images(images, one.has_all_tests) - self.images(one.most_images, one.has_all_tests))

    def look_s(self, one: Standing, protocol: Protocol, images: int) -> float:
        """Of an evaluation on so many images of a class in each split."""
        importing = IMPORT_S * self.is_first / max(1, self._models)
        return self._extraction_s(one, self.fresh(one, images)) + self._classifying_s(protocol, images) + importing

    def test_s(self, one: Standing, look: Look) -> float:
        """Of the same evaluation on all test images."""
        return self._extraction_s(one, self._fresh_tests(one, one.most_images)) + self._classifying_s(*look)

    def test_after_s(self, one: Standing, look: Look) -> float:
        """Of the same, once the model has got to that look; nothing where it has all test images."""
        protocol, images = look
        if images >= self.most_tests:
            return 0.0
        fresh = self._fresh_tests(one, max(images, one.most_images))
        return self._extraction_s(one, fresh) + self._classifying_s(protocol, images)

    def _fresh_tests(self, one: Standing, there: int) -> int:
        return 0 if one.has_all_tests else self.images(there, has_all_tests=True) - self.images(there)

    def _extraction_s(self, one: Standing, images: int) -> float:
        return one.create_s + images * self._speeds.image_s(one.name) if images else 0.0

    def _classifying_s(self, protocol: Protocol, images: int) -> float:
        if protocol == "k-NN":
            return 0.1
        return 0.5 + sum(min(images, size) for size in self._sizes[0]) * len(self._sizes[0]) * 2e-4


def _sizes(images: Iterable[Image]) -> list[int]:
    return list(Counter(image.label for image in images).values())

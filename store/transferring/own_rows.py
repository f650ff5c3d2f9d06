"""The rows of `measured_result`, and which of them are runs of one setting."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, NamedTuple

from backbones.store.transferring.ranks import rank_of
from backbones.store.transferring.thinned import Thinned, thinned
from backbones.store.vocabulary import canonical_conditions, conditions_of

READ: Final = (
    "id", "datetime_utc", "host", "backbone", "checkpoint", "weights", "task", "dataset", "data_hash", "protocol", "metric", "value", "low",
    "high", "resolution", "conditions", "details", "key",
)  # fmt: skip
"""The columns of `Own`, in order."""


class Own(NamedTuple):
    """A row of `measured_result`."""

    id: int
    datetime_utc: str
    host: str | None
    backbone: str
    checkpoint: str | None
    weights: str | None
    task: str
    dataset: str
    data_hash: str | None
    protocol: str
    metric: str
    value: float
    low: float | None
    high: float | None
    resolution: int | None
    conditions: str | None
    details: str | None
    key: str | None

    @property
    def run(self) -> str:
        """What tells one run from another."""
        return self.key or f"row {self.id}"


class Under(NamedTuple):
    """What conditions say."""

    without_seed: str | None
    without_images: str | None
    """Without the seed, too."""
    seed: str | None
    images: Thinned
    rank: int
    rank_of_less: int
    """Where the same was evaluated with more images."""

    def rank_beside(self, most: Thinned) -> int:
        """The rank among evaluations that differ in the number of images only, and of which the largest had so many."""
        return self.rank if self.images >= most else self.rank_of_less


@lru_cache(maxsize=4096)
def under_of(conditions: str | None) -> Under:
    """Of a text of conditions; there are few different ones."""
    said = conditions_of(conditions)
    seed = said.pop("seed", None)
    images, others = thinned(said)
    return Under(
        canonical_conditions(said),
        canonical_conditions(others),
        seed,
        images,
        rank_of(said),
        rank_of(said, has_more=True),
    )


def alike(row: Own, under: Under) -> tuple[Any, ...]:
    """What evaluations share that differ in the seed and the number of images only."""
    return (
        row.backbone,
        row.checkpoint,
        row.weights,
        row.dataset,
        row.data_hash,
        row.protocol,
        row.resolution,
        under.without_images,
    )


def most_images(rows: Iterable[Own]) -> dict[tuple[Any, ...], Thinned]:
    """Of all that is `alike` the most images."""
    most: dict[tuple[Any, ...], Thinned] = {}
    for row in rows:
        under = under_of(row.conditions)
        key = alike(row, under)
        most[key] = max(most.get(key, under.images), under.images)
    return most

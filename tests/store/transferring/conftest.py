"""Made-up outcomes of toy models on images that nobody has."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from backbones.store.machine import host_id
from backbones.store.transferring.keeping import keep
from backbones.store.transferring.outcome import ClassScore, Cost, Evaluation, Outcome, Scores

if TYPE_CHECKING:
    from tests.store.conftest import World

Make = Callable[..., Outcome]

_EVALUATION = Evaluation(
    "toynet_small.in1k", "pretrained", "My Photos", "ab" * 8, "linear probing", 224, "fp32", details="pooling=avg"
)


def scores(top_1: float = 90.0, classes: int = 8) -> Scores:
    """All classes alike."""
    each = tuple(ClassScore(f"class {i}", 50, top_1, top_1, top_1) for i in range(classes))
    low, high = max(0.0, top_1 - 2), min(100.0, top_1 + 2)
    return Scores(
        400, top_1, low, high, top_1 - 1, top_1 - 1.5, each, (("class 0", "class 1", 7),), min(100.0, top_1 + 5)
    )


@pytest.fixture
def make() -> Make:
    """An outcome that went well; keywords change the evaluation or the outcome. Each starts later than the one before."""
    counter = itertools.count()

    def outcome(top_1: float = 90.0, **changes: Any) -> Outcome:
        asked = {name: changes.pop(name) for name in list(changes) if name in Evaluation.__dataclass_fields__}
        number = next(counter)
        made = Outcome(
            replace(_EVALUATION, **asked), "ok", host_id(), "Home CPU", "2.15.0", "1.0.31",
            f"2026-11-21T10:{number // 60:02}:{number % 60:02}.000Z", 3.0, scores(top_1), Cost(120.0, 3.3, 1.1, 512.0), "c=0.1",
        )  # fmt: skip
        if changes.get("status", "ok") != "ok":
            changes.setdefault("scores", None)
        return replace(made, **changes)

    return outcome


@pytest.fixture
def own(world: World, make: Make) -> World:
    """A world in which three files were evaluated on the user's photos, one of them by three seeds and on few images."""
    path = world.places.measurements
    for top_1, seed in ((88.0, 0), (91.0, 1), (90.0, 2)):
        keep(path, make(top_1, seed=seed))
    keep(path, make(85.0, model="toynet_small.other"))
    keep(path, make(70.0, model="lonely_net.in1k", resolution=160))
    keep(path, make(60.0, shots=5))
    keep(path, make(10.0, model="toynet_small", weights="random"))
    keep(path, make(75.0, protocol="k-NN"))
    world.build()
    return world

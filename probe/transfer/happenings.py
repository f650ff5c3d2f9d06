"""What a run tells while it goes on: for a progress line, or `--progress jsonl`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from backbones.store.transferring.outcome import Evaluation, Outcome


@dataclass(frozen=True, slots=True)
class Began:
    """The run begins."""

    models: int
    evaluations: int
    """0: not known before, as with a budget."""


@dataclass(frozen=True, slots=True)
class InPhase:
    """The worker goes on: `create`, `extract`, `k-NN`, `linear probing`, `train`; `epoch` and `going on` tell how many
    epochs of fine-tuning are over."""

    evaluation: Evaluation
    phase: str
    done: int = 0
    planned: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """An evaluation is over and kept, whatever its status."""

    outcome: Outcome
    is_resumed: bool = False
    """It was kept by an earlier run."""


@dataclass(frozen=True, slots=True)
class Retrying:
    """A first failure that a fresh worker may not have."""

    evaluation: Evaluation
    status: str
    error: str


@dataclass(frozen=True, slots=True)
class RoundBegan:
    """Successive halving goes on with some models."""

    round: int
    models: int
    protocol: str
    most_images: int
    """Of a class; 0: all."""
    expected_s: float


@dataclass(frozen=True, slots=True)
class TestsBegan:
    """Models that rounds tested on few images are tested on all, as far as time is left."""

    models: int
    test_images: int
    expected_s: float


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A model is not looked at any further, and why."""

    model: str
    reason: str
    is_ranked: bool = False
    """It was evaluated before, and stands in the ranking with that."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A round begins again with fewer images; outcomes on more of them do not count, and are forgotten."""

    most_images: int
    """Of a class, that they were on; 0: all."""
    keys: tuple[str, ...]
    """Of their evaluations."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The run is over."""

    evaluations: int
    wall_s: float
    is_stopped: bool


Happening = Began | InPhase | Taken | Retrying | RoundBegan | TestsBegan | LeftOut | GivenUp | Ended


def plain(happening: Happening) -> dict[str, Any]:
    """For JSON: the fields, and `event` with the name in small letters and underscores."""
    name = "".join("_" + c.lower() if c.isupper() else c for c in type(happening).__name__).lstrip("_")
    fields = asdict(happening)
    if isinstance(happening, Taken):
        fields["outcome"]["key"] = happening.outcome.key
        if scores := fields["outcome"]["scores"]:  # tables by class belong to the file, not to a progress line
            for table in ("classes", "confusions"):
                del scores[table]
    return {"event": name, **fields}

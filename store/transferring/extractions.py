"""What the features of a model took, of which several evaluations make use and one had them made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from backbones.store.transferring.outcome import Outcome


def extractions(outcomes: Iterable[Outcome]) -> dict[tuple[str, ...], float]:
    """Seconds by features: the evaluation that needed them first had them made, later ones what was still missing.

    Of an evaluation that was repeated the largest counts: the others found them on disk.
    """
    largest: dict[tuple[tuple[str, ...], str], float] = defaultdict(float)
    for one in outcomes:
        if one.status == "ok" and one.cost.extraction_s:
            place = features_of(one), one.key
            largest[place] = max(largest[place], one.cost.extraction_s)
    seconds: dict[tuple[str, ...], float] = defaultdict(float)
    for (features, _), taken in largest.items():
        seconds[features] += taken
    return dict(seconds)


def features_of(one: Outcome) -> tuple[str, ...]:
    """What outcomes share that have the same features; each by fine-tuning has none."""
    asked = one.evaluation
    frozen = "" if asked.protocol == "fine-tuning" else "frozen"
    return (
        frozen, asked.model, asked.weights, asked.data_hash, str(asked.resolution), asked.precision, one.device, one.host, one.timm,
    )  # fmt: skip

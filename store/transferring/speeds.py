"""How fast models were on this machine in earlier evaluations, as their outcomes tell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from backbones.store.machine import host_id
from backbones.store.transferring.keeping import reading


@dataclass(frozen=True, slots=True)
class Told:
    """One outcome's word on the speed of a model."""

    model: str
    """Without its tag: the speed does not depend on the weights."""
    data_hash: str
    resolution: int
    precision: str
    recipe: str
    device: str
    model_img_s: float | None
    """Of the model alone, in inference; None after fine-tuning."""
    training_img_s: float | None
    """Of training, decoding included; None of frozen features."""


def told_speeds(path: Path) -> list[Told]:
    """Of all outcomes of this machine that ended well, the oldest first."""
    with reading(path) as connection:
        if connection is None:
            return []
        rows = connection.execute(
            "select model, data_hash, resolution, precision, recipe, device, json_extract(facts, '$.cost.model_img_s'), "
            "json_extract(facts, '$.cost.training_img_s') "
            "from outcome where host = ? and status = 'ok' order by started, id",
            [host_id()],
        ).fetchall()
    return [Told(model.partition(".")[0], *rest) for model, *rest in rows]

"""What stands beside the weights that `--save-weights` keeps: all that their use needs and a state dictionary does not say. No torch here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from backbones.probe.transfer.preparation import Preparation
from backbones.store.output_file import write_text
from backbones.store.transferring.outcome import Evaluation, Scores


def beside(weights: Path) -> Path:
    """The description of a file of weights."""
    return weights.with_suffix(".json")


def describe(
    weights: Path, evaluation: Evaluation, preparation: Preparation, classes: Sequence[str], scores: Scores
) -> None:
    """Write it in one rename. `classes` in the order of the model's outputs; BackbonesError where the disk does not take it."""
    asked = asdict(evaluation)
    said = {
        "weights": weights.name,
        "model": asked["model"],
        "began_from": asked["weights"],
        **{key: asked[key] for key in ("recipe", "data", "data_hash", "shots", "seed", "precision")},
        "preparation": asdict(preparation),
        "classes": list(classes),
        "top_1": scores.top_1,
        "test_images": scores.images,
    }
    write_text(beside(weights), [json.dumps(said, indent=2), "\n"], replace=True)

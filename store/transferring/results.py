"""The result rows that an outcome stands for: one a metric, in the words and conditions of the catalogue."""

from __future__ import annotations

import json
from typing import Any, Final

from backbones.store.transferring.outcome import VERSION, Evaluation, Outcome
from backbones.store.vocabulary import canonical_conditions, conditions_of

COLUMNS: Final = (
    "key", "datetime_utc", "host", "backbone", "weights", "task", "dataset", "data_hash", "protocol", "metric", "value", "low", "high",
    "resolution", "conditions", "details",
)  # fmt: skip
"""Of the table `measured_result`, as far as outcomes fill it."""

METRICS: Final = {
    "top_1": "top_1",
    "top_5": "top_5",
    "balanced_accuracy": "mean_class_accuracy",
    "macro_f1": "macro_f1",
}
"""A number of `Scores` -> the catalogue's metric. Balanced accuracy is the mean per-class accuracy that papers report."""

PROTOCOL: Final = {"k-NN": "k-NN", "linear probing": "linear probing", "fine-tuning": "supervised"}
"""As a user says it -> as the public views say it."""


def result_rows(outcome: Outcome, key: str = "", version: int = VERSION) -> list[tuple[Any, ...]]:
    """The rows in the order of COLUMNS; none of an outcome that did not end well."""
    scores, asked = outcome.scores, outcome.evaluation
    if outcome.status != "ok" or scores is None:
        return []
    details = json.dumps({"images": scores.images, "classes": len(scores.classes) or None, "seed": asked.seed})
    rows = []
    for name, metric in METRICS.items():
        value = getattr(scores, name)
        if value is None:
            continue
        low, high = (scores.top_1_low, scores.top_1_high) if name == "top_1" else (None, None)
        rows.append((
            key or outcome.key, outcome.started, outcome.host, asked.model.partition(".")[0], _weights(asked), "classification",
            asked.data, asked.data_hash, PROTOCOL[asked.protocol], metric, value, low, high, asked.resolution,
            conditions(asked, version), details,
        ))  # fmt: skip
    return rows


def _weights(asked: Evaluation) -> str | None:
    """The released file by timm's name, also where the user says that a file is it (its hash stands in the conditions).

    A file of the user's own by its hash; none where weights are random.
    """
    if asked.weights == "pretrained" or ("." in asked.model and asked.weights != "random"):
        return asked.model
    return None if asked.weights == "random" else f"{asked.model} (file {asked.weights})"


def conditions(asked: Evaluation, version: int = VERSION) -> str | None:
    """What else the numbers depend on, in the canonical form. Runs that differ in the seed alone are of one setting.

    Grids that were searched (`k=1/5/20`) belong to the version of evaluating, and stay away.
    """
    parts = {key: value for key, value in conditions_of(asked.details).items() if "/" not in value}
    parts["precision"] = asked.precision
    if asked.shots:
        parts["shots"] = str(asked.shots)
    if asked.recipe:
        parts["recipe"] = asked.recipe
    if asked.weights != "pretrained":
        parts["weights"] = asked.weights
    if version != VERSION:
        parts["version"] = str(version)
    parts["seed"] = str(asked.seed)
    return canonical_conditions({key: value for key, value in parts.items() if value})

"""Predictions on their way into measurements.db, apart from what was measured."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from backbones.probe.predicting.prediction import Prediction
from backbones.store.measuring import predictions as kept
from backbones.store.measuring.predictions import Setting


def keep(path: Path, setting: Setting, predicted: Iterable[Prediction], count: int) -> int:
    """Replace all predictions of that setting by these, which rest on `count` measured models; how many there are now.

    BackbonesError where the file cannot be written.
    """
    rows = [
        kept.Prediction(p.model, p.resolution, p.throughput_img_s, p.low, p.high, p.confidence, count)
        for p in predicted
    ]
    return kept.keep_predictions(path, setting, rows)

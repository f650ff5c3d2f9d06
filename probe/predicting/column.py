"""Predicts a device's column from tables of other devices, and remembers what it learnt about the tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from backbones.probe.predicting.calibration import (
    FLOOR,
    Calibration,
    calibrate,
    errors_of_unseen,
    left_out,
    rehearse,
    scale_of,
)
from backbones.probe.predicting.grid import Grid, Index, Vector, grid_of
from backbones.probe.predicting.members import estimate
from backbones.probe.predicting.prediction import CONFIDENCE, ENOUGH, Prediction, too_few
from backbones.probe.predicting.tables import Key, Tables

_MANY: Final = 1.7
"""A calibration holds for that many times the models it was made with."""
_UNLIKE: Final = 2.0
"""From so many times the usual error on, no table is like the device, and intervals are likely to be too narrow."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How well the tables explain what was measured."""

    nearest: str
    """The table that is most like it."""
    error: float
    """Share by which the measured models are mispredicted, each by the others."""
    usual_error: float
    """The same where a known table is predicted from those of other devices."""
    strangest: Key
    """The measured model that the others mispredict most: measure it again before the column is doubted."""

    @property
    def is_unlike(self) -> bool:
        """Whether no table is like it: another kind of device or setting, or measurements that were disturbed."""
        return self.error > _UNLIKE * self.usual_error


class Column:
    """Predictions from one set of tables. What a set of measured models is worth is found out once."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.grid = grid_of(tables.tables, tables.traits)
        self._others: dict[str, Grid | None] = {}
        self._calibrations: list[tuple[frozenset[int], str, Calibration]] = []
        self._errors_of_unseen: Vector | None = None

    def predict(
        self, measured: Mapping[Key, float], wanted: Iterable[Key] | None = None, confidence: float = CONFIDENCE
    ) -> list[Prediction]:
        """As `prediction.predict`."""
        place, logs = self._measured(measured)
        asked = dict.fromkeys(self.grid.keys if wanted is None else wanted)
        keys = [key for key in asked if key in self.grid.at and key not in measured]
        at = self.grid.places(keys)
        centre = estimate(self.grid, place, logs, at).mean(axis=0)
        half = self._halves(place, logs, at, confidence)
        return [
            Prediction(*key, float(middle), float(low), float(high), confidence)
            for key, middle, low, high in zip(
                keys, np.exp(centre), np.exp(centre - half), np.exp(centre + half), strict=True
            )
        ]

    def fit(self, measured: Mapping[Key, float]) -> Fit:
        """How well these tables explain these measurements; BackbonesError where they are too few."""
        place, logs = self._measured(measured)
        errors, usual = left_out(self.grid, place, logs), self._calibration(place, logs).usual_scale
        strangest = self.grid.keys[place[int(np.argmax(np.abs(errors)))]]
        nearest = self.tables.tables[self._nearest(place, logs)].title
        return Fit(nearest, float(np.expm1(scale_of(errors))), float(np.expm1(usual)), strangest)

    def _measured(self, measured: Mapping[Key, float]) -> tuple[Index, Vector]:
        """Where the measured models stand, of those that any table knows, and the logs of their speeds."""
        seen = self.grid.is_seen
        known = {k: speed for k, speed in measured.items() if k in self.grid.at and seen[self.grid.at[k]] and speed > 0}
        if len(known) < ENOUGH:
            raise too_few(list(known), self.tables.tables)
        return self.grid.places(list(known)), np.log(np.array(list(known.values())))

    def _halves(self, measured: Index, logs: Vector, wanted: Index, confidence: float) -> Vector:
        """Half the width of each interval, in log units."""
        calibration = self._calibration(measured, logs)
        scale = calibration.scale(scale_of(left_out(self.grid, measured, logs)), len(measured))
        half = np.maximum(calibration.reach(confidence) * scale * calibration.factors[wanted], FLOOR)
        if not (seen := self.grid.is_seen[wanted]).all():
            if self._errors_of_unseen is None:
                self._errors_of_unseen = errors_of_unseen(self.grid)
            half = np.where(seen, half, np.hypot(half, np.quantile(self._errors_of_unseen, confidence)))
        return np.asarray(half)

    def _calibration(self, measured: Index, logs: Vector) -> Calibration:
        """That of these models, or of the first of them if they were not many fewer."""
        now, kind = frozenset(measured.tolist()), self.tables.tables[self._nearest(measured, logs)].kind
        for before, its_kind, calibration in self._calibrations:
            if before <= now and len(now) < _MANY * len(before) and kind == its_kind:
                return calibration
        rehearsals = []
        for table, told in zip(self.tables.tables, self.grid.told, strict=True):
            if table.kind == kind and (grid := self._without(table.device)) is not None:
                rehearsals.append(rehearse(grid, measured, told, table.device))
        made = calibrate([found for found in rehearsals if found is not None], len(self.grid.keys))
        self._calibrations.append((now, kind, made))
        return made

    def _nearest(self, measured: Index, logs: Vector) -> int:
        """The table that is most like the target, but for a factor."""
        return int(np.argmin((logs[None, :] - self.grid.logs[:, measured]).std(axis=1)))

    def _without(self, device: str) -> Grid | None:
        """The grid of the other devices' tables; None where there are none."""
        if device not in self._others:
            kept = [i for i, table in enumerate(self.tables.tables) if table.device != device]
            self._others[device] = self.grid.of(kept) if kept else None
        return self._others[device]

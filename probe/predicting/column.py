"""Predicts a device's column from tables of other devices, and remembers what it learnt about the tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from backbones.probe.predicting.calibration import (
    FLOOR,
    Calibration,
    Rehearsal,
    calibrate,
    left_out,
    rehearse,
    scale_of,
)
from backbones.probe.predicting.grid import Grid, Index, Vector, complete, grid_of
from backbones.probe.predicting.members import estimate
from backbones.probe.predicting.prediction import CONFIDENCE, ENOUGH, Prediction, too_few
from backbones.probe.predicting.tables import Key, Tables

_MANY: Final = 1.7
"""A calibration holds for that many times the models it was made with."""
_HIDDEN: Final = 150
"""Models that are hidden from all tables to see how well those are predicted that no table has."""


class Column:
    """Predictions from one set of tables. What a set of measured models is worth is found out once."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        keys = sorted(set(tables.traits))
        self.grid = grid_of(tables.tables, keys, dict(tables.traits))
        families = {name: number for number, name in enumerate(sorted({t.family for t in tables.traits.values()}))}
        self._family = np.array([families[tables.traits[key].family] for key in keys])
        self._own = np.where(self.grid.known, self.grid.logs, np.nan)
        self._others: dict[frozenset[str], Grid] = {}
        self._calibrations: list[tuple[frozenset[int], str, Calibration]] = []
        self._unseen: float | None = None

    def predict(
        self, measured: Mapping[Key, float], wanted: Iterable[Key] | None = None, confidence: float = CONFIDENCE
    ) -> list[Prediction]:
        """As `prediction.predict`."""
        known = {key: speed for key, speed in measured.items() if key in self.grid.at and speed > 0}
        place = self.grid.places(list(known))
        place_seen = self.grid.is_seen[place]
        logs = np.log(np.array(list(known.values())))
        if place_seen.sum() < ENOUGH:
            raise too_few(list(known), self.tables.tables)
        keys = [k for k in dict.fromkeys(self.grid.keys if wanted is None else wanted) if k in self.grid.at and k not in measured]
        at = self.grid.places(keys)
        centre = estimate(self.grid, place, logs, at).mean(axis=0)
        half = self._halves(place, logs, at, confidence)
        return [
            Prediction(*key, float(np.exp(c)), float(np.exp(c - h)), float(np.exp(c + h)), confidence)
            for key, c, h in zip(keys, centre, half)
        ]

    def _halves(self, measured: Index, logs: Vector, wanted: Index, confidence: float) -> Vector:
        """Half the width of each interval, in log units."""
        calibration = self._calibration(measured, logs)
        scale = calibration.scale(scale_of(left_out(self.grid, measured, logs)), len(measured))
        half = np.maximum(calibration.reach(confidence) * scale * calibration.factors[wanted], FLOOR)
        if not (seen := self.grid.is_seen[wanted]).all():
            half = np.where(seen, half, np.hypot(half, self._reach_of_unseen(confidence)))
        return half

    # ---- calibrating

    def _calibration(self, measured: Index, logs: Vector) -> Calibration:
        """That of these models, or of the first of them if they were not many fewer."""
        now, kind = frozenset(measured.tolist()), self._kind(measured, logs)
        for before, its_kind, calibration in self._calibrations:
            if before <= now and len(now) < _MANY * len(before) and kind == its_kind:
                return calibration
        made = calibrate(self._rehearsals(measured, kind), len(self.grid.keys))
        self._calibrations.append((now, kind, made))
        return made

    def _kind(self, measured: Index, logs: Vector) -> str:
        """`gpu` or `cpu`: of the table that is most like the target."""
        spread = (logs[None, :] - self.grid.logs[:, measured]).std(axis=1)
        return self.tables.tables[int(np.argmin(spread))].kind

    def _rehearsals(self, measured: Index, kind: str) -> list[Rehearsal]:
        """Of all tables of that kind, each predicted from other devices' tables."""
        found = []
        for table, logs in zip(self.tables.tables, self._own, strict=True):
            if table.kind == kind and (grid := self._without(table.device)) is not None:
                found.append(rehearse(grid, measured, logs, table.device))
        return [r for r in found if r is not None]

    def _without(self, device: str) -> Grid | None:
        """The grid of the other devices' tables."""
        key = frozenset([device])
        if key not in self._others:
            kept = [i for i, table in enumerate(self.tables.tables) if table.device != device]
            if not kept:
                return None
            grid = self.grid
            self._others[key] = complete(grid.keys, grid.at, self._own[kept], grid.traits, self._family)
        return self._others[key]

    def _reach_of_unseen(self, confidence: float) -> float:
        """How far off models are filled in that no table has: whole families are hidden, and looked at again."""
        if self._unseen is None:
            seen = np.flatnonzero(self.grid.is_seen)
            order = np.random.default_rng(0).permutation(np.unique(self._family[seen]))
            sizes = np.array([(self._family[seen] == f).sum() for f in order])
            hidden = seen[np.isin(self._family[seen], order[np.cumsum(sizes) <= max(_HIDDEN, int(sizes[0]))])]
            own = self._own.copy()
            own[:, hidden] = np.nan
            grid = complete(self.grid.keys, self.grid.at, own, self.grid.traits, self._family)
            errors = np.nanmean(np.where(self.grid.known, grid.logs - self._own, np.nan)[:, hidden], axis=0)
            self._unseen_errors = np.abs(errors)
            self._unseen = 1.0
        return float(np.quantile(self._unseen_errors, confidence))

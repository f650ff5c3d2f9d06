"""How wide intervals have to be: seen by predicting tables that are known, as if each one's device were new.

An error is said in units of the target's own scale, which leaving out each measured model in turn tells, times a model's own
factor: models that other devices surprised with are likely to surprise again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from backbones.probe.predicting.grid import Grid, Index, Vector
from backbones.probe.predicting.members import estimate

FLOOR: Final = 0.01
"""Log units that a prediction is never better than: two visits to one device differ by as much."""
_PRIOR: Final = 4.0
"""Devices' worth of belief that a model errs as all do."""
_PRIOR_SCALE: Final = 3.0
"""Measured models' worth of belief in the scale that is usual for tables."""

_HIDDEN: Final = 200
"""Models that are hidden to see how well those are predicted that no table has."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The errors of predicting one known table from the tables of other devices."""

    device: str
    errors: Vector
    """(models,): log units over `scale`; NaN where the table tells nothing or the model was among the measured."""
    scale: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """What rehearsals say of a set of measured models."""

    factors: Vector
    """(models,): how much a model errs over what is usual."""
    errors: Vector
    """Sorted: |error| over scale and factor, each device weighing the same."""
    weights: Vector
    """What each of `errors` weighs; together 1."""
    usual_scale: float

    def reach(self, confidence: float) -> float:
        """How many scales times factors an interval has to go to either side."""
        cumulated = np.cumsum(self.weights)
        return float(self.errors[min(int(np.searchsorted(cumulated, confidence)), len(self.errors) - 1)])

    def scale(self, own: float, count: int) -> float:
        """The scale of a target of which leaving out said `own`: drawn towards the usual one where few were measured."""
        drawn = (count * own**2 + _PRIOR_SCALE * self.usual_scale**2) / (count + _PRIOR_SCALE)
        return float(np.sqrt(drawn))


def left_out(grid: Grid, measured: Index, logs: Vector) -> Vector:
    """The error at each measured model when the others predict it."""
    errors = np.empty(len(measured))
    for i in range(len(measured)):
        others = np.delete(np.arange(len(measured)), i)
        predicted = estimate(grid, measured[others], logs[others], measured[i : i + 1]).mean(axis=0)
        errors[i] = logs[i] - predicted[0]
    return errors


def scale_of(errors: Vector) -> float:
    """The size of errors: half their mean, half their root mean square, so that one that is far out does not rule."""
    size = np.abs(errors)
    return float(max(FLOOR, 0.5 * (1.25 * size.mean() + np.sqrt((size**2).mean()))))


def rehearse(grid: Grid, measured: Index, logs: Vector, device: str) -> Rehearsal | None:
    """Predict a table (log speeds with NaN) from a grid that does not have its device; None where it has too few of the measured."""
    place = measured[~np.isnan(logs[measured])]
    if len(place) < max(3, len(measured) // 2):
        return None
    scale = scale_of(left_out(grid, place, logs[place]))
    predicted = estimate(grid, place, logs[place], np.arange(len(logs))).mean(axis=0)
    errors = (logs - predicted) / scale
    errors[place] = np.nan
    return Rehearsal(device, errors, scale)


def calibrate(rehearsals: list[Rehearsal], models: int) -> Calibration:
    """Factors and errors of all rehearsals; a device's own errors do not make the factors that judge it."""
    if not rehearsals:
        # Nothing to learn from: Laplace's distribution has tails as heavy as those of predicted speeds.
        quantiles = (np.arange(1000) + 0.5) / 1000
        return Calibration(np.ones(models), -np.log1p(-quantiles), np.full(1000, 1e-3), 0.1)
    devices = sorted({r.device for r in rehearsals})
    squares = {d: _mean_square([r for r in rehearsals if r.device == d], models) for d in devices}
    errors, weights = [], []
    for r in rehearsals:
        factors = _factors([s for d, s in squares.items() if d != r.device], models)
        told = ~np.isnan(r.errors)
        errors.append(np.abs(r.errors[told]) / factors[told])
        share = len(devices) * sum(other.device == r.device for other in rehearsals)
        weights.append(np.full(told.sum(), 1.0 / (share * max(told.sum(), 1))))
    pooled, weighed = np.concatenate(errors), np.concatenate(weights)
    order = np.argsort(pooled)
    usual = float(np.exp(np.mean([np.log(r.scale) for r in rehearsals])))
    return Calibration(_factors(list(squares.values()), models), pooled[order], weighed[order], usual)


def _mean_square(rehearsals: list[Rehearsal], models: int) -> Vector:
    """(models,): mean square error on one device; NaN where it tells nothing."""
    squares = np.array([r.errors**2 for r in rehearsals]).reshape(-1, models)
    told = (~np.isnan(squares)).sum(axis=0)
    total = np.nansum(squares, axis=0)
    return np.where(told > 0, total / np.maximum(told, 1), np.nan)


def _factors(squares: list[Vector], models: int) -> Vector:
    """(models,): root of the mean square error, drawn towards that of all models; 1 on the whole."""
    if not squares:
        return np.ones(models)
    table = np.array(squares)
    usual = np.nanmedian(table, axis=1, keepdims=True) * 2.2  # of a normal error, 2.2 medians are the mean
    relative = np.minimum(table / np.maximum(usual, 1e-12), 100.0)
    told = (~np.isnan(relative)).sum(axis=0)
    return np.asarray(np.sqrt((np.nansum(relative, axis=0) + _PRIOR) / (told + _PRIOR)))


def errors_of_unseen(grid: Grid) -> Vector:
    """How far off models are filled in that no table has: whole families are hidden from all tables, and looked at again."""
    seen = np.flatnonzero(grid.is_seen)
    group = grid.family[seen]
    if len(np.unique(group)) == 1:
        group = seen  # one family: some of its models
    groups, sizes = np.unique(group, return_counts=True)
    order = np.random.default_rng(0).permutation(len(groups))
    most = max(min(_HIDDEN, len(seen) // 2), int(sizes[order[0]]))
    hidden = seen[np.isin(group, groups[order][np.cumsum(sizes[order]) <= most])]
    told = grid.told
    blind = told.copy()
    blind[:, hidden] = np.nan
    errors = (grid.filled(blind).logs - told)[:, hidden]
    return np.asarray(np.abs(np.nanmean(errors, axis=0)))

"""Three ways from a few measured models to all, whose mean predicts better than each."""

from __future__ import annotations

from typing import Final

import numpy as np

from backbones.probe.predicting.grid import Grid, Index, Vector

_RIDGE: Final = 3.0
_DIRECTIONS: Final = 3
"""Of the directions in which tables differ, those that models are alike by."""
_LEVEL: Final = 0.25
"""Variance of the level of a device, in squared log units: it is as good as free."""
_NOISE: Final = 0.4
"""Of the Gaussian processes, as a share of what they explain."""


def estimate(grid: Grid, measured: Index, logs: Vector, wanted: Index) -> Vector:
    """(3, wanted): log speeds by each way, from the log speeds of the measured models. Needs two of them.

    The nearest table times a scale, what is left by a ridge regression on traits; the same with a Gaussian process; a mean
    table plus the directions in which tables differ, each as strong as it is between them, and a Gaussian process.
    """
    shift = (logs[None, :] - grid.logs[:, measured]).mean(axis=1)
    spread = (logs[None, :] - grid.logs[:, measured] - shift[:, None]).std(axis=1, ddof=1)
    nearest = int(np.argmin(spread))
    base = grid.logs[nearest] + shift[nearest]
    rest = logs - base[measured]
    alike = _alike(grid)
    near = _kernel(alike[measured], alike[measured])
    far = _kernel(alike[wanted], alike[measured])
    by_ridge = base[wanted] + _ridge(grid, measured, rest, wanted)
    by_process = base[wanted] + far @ np.linalg.solve(near + _NOISE * np.eye(len(rest)), rest)
    low = _low_rank(grid, measured, logs, float(spread.min()))
    left = logs - low[measured]
    by_rank = low[wanted] + far @ np.linalg.solve(near + 1.5 * _NOISE * np.eye(len(left)), left)
    return np.array([by_ridge, by_process, by_rank])


def _alike(grid: Grid) -> Vector:
    """(models, dimensions): models near each other are sped up and slowed down together."""
    if not grid.loadings.shape[1]:
        return grid.traits
    strongest = max(float(grid.loadings.std(axis=0).max()), 1e-9)
    return np.hstack([grid.traits, 1.5 * grid.loadings[:, :_DIRECTIONS] / strongest])


def _ridge(grid: Grid, measured: Index, rest: Vector, wanted: Index) -> Vector:
    strongest = max(float(grid.loadings.std(axis=0).max(initial=0.0)), 1e-9)
    x = np.hstack([grid.traits, grid.loadings[:, :_DIRECTIONS] / strongest])
    x = x - x[measured].mean(axis=0)
    a = x[measured]
    return np.asarray(x[wanted] @ np.linalg.solve(a.T @ a + _RIDGE * np.eye(a.shape[1]), a.T @ rest))


def _low_rank(grid: Grid, measured: Index, logs: Vector, spread: float) -> Vector:
    """The tables' mean, moved along the directions in which they differ as far as the measured models say."""
    mean = grid.logs.mean(axis=0)
    apart = logs - mean[measured]
    level, apart = apart.mean(), apart - apart.mean()
    covariance = 1.5 * grid.loadings[measured] @ grid.loadings[measured].T + _LEVEL
    weights = np.linalg.solve(covariance + (0.15 * spread**2 + 4e-4) * np.eye(len(logs)), apart)
    return np.asarray(
        mean + level + 1.5 * grid.loadings @ (grid.loadings[measured].T @ weights) + _LEVEL * weights.sum()
    )


def _kernel(a: Vector, b: Vector) -> Vector:
    """How alike models are: a wide and a narrow bell over their distance."""
    apart = ((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=-1)
    return np.asarray(0.6 * np.exp(-apart / 8.0) + 0.4 * np.exp(-apart / 0.98))

"""The tables as one complete matrix of log speeds: what a table lacks is filled in from the others and from the models' traits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from backbones.probe.predicting.tables import Key, Table, Traits

Vector: TypeAlias = npt.NDArray[np.float64]
Index: TypeAlias = npt.NDArray[np.intp]

_RANK: Final = 3
"""Directions in which tables differ that gaps are filled along."""
_SWEEPS: Final = 12
_NEIGHBOURS: Final = 6


@dataclass(frozen=True, slots=True)
class Grid:
    """Tables x models."""

    keys: tuple[Key, ...]
    at: dict[Key, int]
    """Where each model stands."""
    logs: Vector
    """(tables, models): log of images a second, complete."""
    known: npt.NDArray[np.bool_]
    """(tables, models): what the tables say themselves."""
    family: Index
    """(models,): a number for each family."""
    traits: Vector
    """(models, 4): standardised logs of GMACs, activations, parameters, resolution."""
    loadings: Vector
    """(models, directions): how far each model goes along with the directions in which tables differ."""

    @property
    def is_seen(self) -> npt.NDArray[np.bool_]:
        """Models of which at least one table tells."""
        return np.asarray(self.known.any(axis=0))

    @property
    def told(self) -> Vector:
        """(tables, models): what the tables say themselves, NaN elsewhere."""
        return np.where(self.known, self.logs, np.nan)

    def of(self, tables: Sequence[int]) -> Grid:
        """The grid of some of the tables: what they lack is filled in anew, from them alone."""
        return self.filled(self.told[list(tables)])

    def filled(self, told: Vector) -> Grid:
        """The grid of the same models from other log speeds."""
        return _complete(self.keys, self.at, told, self.traits, self.family)

    def places(self, keys: Sequence[Key]) -> Index:
        """Where these models stand."""
        return np.array([self.at[key] for key in keys], dtype=np.intp)


def grid_of(tables: Sequence[Table], traits: Mapping[Key, Traits]) -> Grid:
    """The complete matrix of these tables over all models whose traits are known."""
    keys = tuple(sorted(traits))
    at = {key: place for place, key in enumerate(keys)}
    logs = np.full((len(tables), len(keys)), np.nan)
    for line, table in zip(logs, tables, strict=True):
        for key, speed in table.speeds.items():
            if key in at:
                line[at[key]] = np.log(speed)
    told = [(t.gmacs, t.activations_m, t.params_m, float(key[1])) for key in keys for t in (traits[key],)]
    standard = np.log(np.array(told))
    standard = (standard - standard.mean(axis=0)) / np.maximum(standard.std(axis=0), 1e-9)
    families = {name: number for number, name in enumerate(sorted({traits[key].family for key in keys}))}
    family = np.array([families[traits[key].family] for key in keys])
    return _complete(keys, at, logs, standard, family)


def _complete(keys: tuple[Key, ...], at: dict[Key, int], logs: Vector, traits: Vector, family: Index) -> Grid:
    """Fill the gaps (NaN) in log speeds: of models that no table has by the models most like them, of others along the tables."""
    known = ~np.isnan(logs)
    seen = known.any(axis=0)
    regressors = np.c_[np.ones(len(keys)), traits, traits**2 / 2]
    by_traits = np.array([regressors @ _ridge(regressors[k], line[k], 0.1) for line, k in zip(logs, known)])
    filled = np.where(known, logs, by_traits)
    rank = min(_RANK, len(logs) - 1)
    some = filled[:, seen]
    for _ in range(_SWEEPS if rank else 0):
        mean = some.mean(axis=1, keepdims=True)
        u = _directions(some - mean)[:, :rank]
        some = np.where(known[:, seen], some, mean + u @ (u.T @ (some - mean)))
    filled[:, seen] = some
    unseen = np.flatnonzero(~seen)
    if len(unseen) and seen.any():
        filled[:, unseen] += _as_the_likes(filled - by_traits, traits, family, np.flatnonzero(seen), unseen)
    centred = filled - filled.mean(axis=1, keepdims=True)
    apart = centred - centred.mean(axis=0)
    loadings = apart.T @ _directions(apart) / np.sqrt(len(logs))
    return Grid(keys, at, filled, known, family, traits, loadings)


def _as_the_likes(rest: Vector, traits: Vector, family: Index, seen: Index, unseen: Index) -> Vector:
    """What the traits alone do not say of unseen models: as of the seen ones most like them, their own family first."""
    apart = ((traits[unseen][:, None, :] - traits[seen][None, :, :]) ** 2).sum(axis=-1)
    apart += np.where(family[unseen][:, None] == family[seen][None, :], 0.0, 4.0)
    count = min(_NEIGHBOURS, len(seen))
    nearest = np.argsort(apart, axis=1)[:, :count]
    weights = np.exp(-np.take_along_axis(apart, nearest, axis=1) / 2)
    weights /= weights.sum(axis=1, keepdims=True) + 0.2  # far from all, little is carried over
    return np.asarray(np.einsum("un,tun->tu", weights, rest[:, seen[nearest]]))


def _directions(lines: Vector) -> Vector:
    """(tables, directions): how the tables share in the directions in which they differ, the strongest first.

    The left singular vectors, by way of the small matrix of the tables' products: 20 times as fast.
    """
    values, vectors = np.linalg.eigh(lines @ lines.T)
    real = values > 1e-9 * max(float(values[-1]), 1e-12)
    return np.asarray(vectors[:, real][:, ::-1])


def _ridge(x: Vector, y: Vector, strength: float) -> Vector:
    return np.asarray(np.linalg.solve(x.T @ x + strength * np.eye(x.shape[1]), x.T @ y))

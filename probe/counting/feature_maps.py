"""The feature maps of one model, for those who build detectors: known from the shipped file, else found with timm."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from typing import Final

from backbones.probe.counting import crew
from backbones.probe.counting.names import chosen
from backbones.store.errors import BackbonesError, UnknownName
from backbones.store.measuring.count import Count, FeatureMap
from backbones.store.measuring.counts import models_of, shipped, shipped_version

COLUMNS: Final = ("model", "indices", "sizes", "params", "macs")
"""Of the shipped file; the numbers of one model's maps stand in one field, with blanks between them."""
_FILE: Final = "feature_maps.csv"


@dataclass(frozen=True, slots=True)
class Question:
    """Whose maps, at which size, in which form."""

    name: str
    resolution: int | None = None
    """None: the model's own test resolution."""
    fused: bool = False


def feature_maps(connection: sqlite3.Connection, question: Question, ask: Callable[[crew.Request], Count] | None = None) -> Count:  # fmt: skip
    """The model counted, with what every map is computed from; `feature_maps` is empty where timm gives none.

    UnknownName where no model is meant, BackbonesError where several are, or where torch is needed and missing.
    """
    version = crew.timm_version()
    is_shipped = version in (None, shipped_version(connection))
    counts = shipped(connection) if is_shipped else {}
    model = _meant(connection, question.name, sorted(counts) if is_shipped else crew.model_names())
    count = counts.get(model)
    if count and not question.fused and question.resolution in (None, count.resolution):
        known = _shipped_maps(count)
        if known:
            return known
    if version is None:
        where = f" at {question.resolution} px" if question.resolution else ""
        form = " in its fused form" if question.fused else ""
        crew.require_extra(f"finding the feature maps of {model}{where}{form}")
    return (ask or count_one)(crew.Request(model, question.resolution, question.fused, features=True))


def count_one(request: crew.Request) -> Count:
    """Counted in a process of its own; BackbonesError with the model's own sentence where that fails."""
    (found,) = crew.count_all([request])
    if isinstance(found, crew.Failure):
        raise BackbonesError(f"{found.model}: {found.why}")
    return found


def _meant(connection: sqlite3.Connection, name: str, known: list[str]) -> str:
    models = chosen([name], known, partial(models_of, connection))
    if not (models := [model for model in models if model in known]):
        raise UnknownName(name, "model of the installed timm")
    if len(models) > 1:
        said = ", ".join(models[:8]) + (f" and {len(models) - 8} more" if len(models) > 8 else "")
        raise BackbonesError(f"{name!r} means {len(models)} models of timm; name one of {said}")
    return models[0]


def _shipped_maps(count: Count) -> Count | None:
    """The shipped count with the shipped maps; None where there are none of that model."""
    from dataclasses import replace

    if not (row := _row_of(count.model)):
        return None
    maps = count.feature_maps or ()
    indices, sizes, params, macs = (row[name].split() for name in COLUMNS[1:])
    if not len(maps) == len(indices) == len(sizes):
        return None
    found = []
    for at, one in enumerate(maps):
        height, _, width = sizes[at].partition("x")
        found.append(
            FeatureMap(
                one.channels, one.stride, int(height) if height != "?" else None, int(width or height) if height != "?" else None,
                int(indices[at]), int(params[at]) if params else None, int(macs[at]) if macs else None,
            )
        )  # fmt: skip
    return replace(count, feature_maps=tuple(found))


def _row_of(model: str) -> dict[str, str] | None:
    file = files("backbones.probe.counting").joinpath(_FILE)
    if not file.is_file():
        return None
    with file.open(encoding="utf-8") as lines:
        return next((row for row in csv.DictReader(lines) if row["model"] == model), None)


def row_of(count: Count) -> dict[str, str]:
    """A model's row in the shipped file."""
    maps = count.feature_maps or ()
    sizes = (f"{m.height}" if m.height == m.width else f"{m.height}x{m.width}" for m in maps)
    knows = all(m.macs is not None and m.params is not None for m in maps)
    return {
        "model": count.model,
        "indices": " ".join(str(m.index) for m in maps),
        "sizes": " ".join(size if m.height else "?" for m, size in zip(maps, sizes, strict=True)),
        "params": " ".join(str(m.params) for m in maps) if knows else "",
        "macs": " ".join(str(m.macs) for m in maps) if knows else "",
    }

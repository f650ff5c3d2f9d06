"""What is known of the models that were asked for, and which of them have to be counted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from backbones.probe.counting import crew
from backbones.probe.counting.names import chosen
from backbones.store.measuring.count import Count
from backbones.store.measuring.counts import kept, models_of, shipped, shipped_version


@dataclass(frozen=True, slots=True)
class Question:
    """Which models, at which size, in which form."""

    wanted: tuple[str, ...]
    """Names and globs."""
    resolution: int | None = None
    """None: each model's own test resolution."""
    fused: bool = False
    features: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a question."""

    models: tuple[str, ...]
    """Of all that were asked for, in that order."""
    known: dict[str, Count]
    missing: tuple[crew.Request, ...]


def look_up(connection: sqlite3.Connection, measurements: Path, question: Question, again: bool = False) -> Standing:
    """What the catalogue and measurements.db know; `again`: only names are looked up.

    Shipped counts stand for the timm that they were made with: where another one is installed, its own definitions count.
    UnknownName for a name or glob that means no model.
    """
    version = crew.timm_version()
    is_shipped = version in (None, shipped_version(connection))
    in_train_form = shipped(connection) if is_shipped else {}
    names = sorted(in_train_form) if is_shipped else crew.model_names()
    models = chosen(question.wanted, names, partial(models_of, connection))
    known: dict[str, Count] = {}
    if not again:
        if version is not None:
            known |= kept(measurements, version, question.resolution, question.fused)
        known |= _of_shipped(connection, in_train_form, question)
    answers = {model: known[model] for model in models if model in known and _says_enough(known[model], question)}
    requests = (
        crew.Request(model, question.resolution, question.fused, question.features)
        for model in models
        if model not in answers
    )
    return Standing(tuple(models), answers, tuple(requests))


def _of_shipped(
    connection: sqlite3.Connection, in_train_form: dict[str, Count], question: Question
) -> Iterable[tuple[str, Count]]:
    """Shipped counts that answer; fused forms are shipped where they differ from the train form."""
    if question.fused:
        fused = shipped(connection, fused=True)
        counts = {model: fused.get(model) or replace(count, fused=True) for model, count in in_train_form.items()}
        counts = {model: _with_maps(count, in_train_form[model]) for model, count in counts.items()}
    else:
        counts = in_train_form
    return [(m, c) for m, c in counts.items() if question.resolution in (None, c.resolution)]


def _with_maps(count: Count, other: Count) -> Count:
    """Merged branches put out the maps that they put out apart."""
    return count if count.feature_maps is not None else replace(count, feature_maps=other.feature_maps)


def _says_enough(count: Count, question: Question) -> bool:
    return count.feature_maps is not None or not question.features

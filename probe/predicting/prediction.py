"""The whole column of a device from a few measured models: predictions with intervals, never of a model that was measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from backbones.probe.predicting.tables import Key, Table, Tables
from backbones.store.errors import BackbonesError

if TYPE_CHECKING:
    from backbones.probe.predicting.column import Column

CONFIDENCE: Final = 0.9
ENOUGH: Final = 4
"""Measured models below which nothing is predicted: their scatter says how wide an interval has to be."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """The speed of a model that was not measured, and between which numbers it lies with that confidence."""

    model: str
    resolution: int
    throughput_img_s: float
    low: float
    high: float
    confidence: float

    @property
    def key(self) -> Key:
        """As tables of speeds name it."""
        return self.model, self.resolution


def predict(
    measured: Mapping[Key, float], tables: Tables, wanted: Iterable[Key] | None = None, confidence: float = CONFIDENCE
) -> list[Prediction]:
    """The speeds of the wanted models (None: of all that are known) on the device on which some were measured, images a second.

    Measured models are left out of the answer, as are models of which nothing is known. BackbonesError where too little was
    measured, no table is there to learn from, or numpy is missing.
    """
    return column_of(tables.other_than(measured)).predict(measured, wanted, confidence)


def column_of(tables: Tables) -> Column:
    """What predicts from these tables, time after time; BackbonesError where numpy is missing or no table is there."""
    try:
        from backbones.probe.predicting.column import Column
    except ImportError as missing:
        raise BackbonesError(
            f"predicting needs numpy, which comes with torch, and {missing.name} is missing; "
            "install them with: pip install 'backbones[probe]'"
        ) from None
    if not tables.tables:
        raise BackbonesError("no table of speeds is left to predict from; another device's column is needed")
    return Column(tables)


def too_few(measured: Sequence[Key], tables: Sequence[Table]) -> BackbonesError:
    """What is said where predicting is not possible."""
    return BackbonesError(
        f"{len(measured)} measured models are too few to predict from {len(tables)} tables; {ENOUGH} that the tables know are needed"
    )

"""What a question leaves open: the columns of a table for which none were asked, and the metric that decides which rows there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from backbones.store.compile import DEFAULT_ANCHOR
from backbones.store.filters import parse_filter, references_of
from backbones.store.references import Reference, parse_reference
from backbones.store.vocabulary import METRICS

OPTIONAL_COLUMNS: Final = ("protocol", "conditions", "setting", "backbone", "head", "train_epochs", "weights", "gmacs")
"""Of the default columns, those that a table leaves out where no row says anything in them."""


def main_metric(filter_text: str, columns: Sequence[str] = ()) -> Reference:
    """The first metric that is named, else ImageNet-1k top-1."""
    asked = [*references_of(parse_filter(filter_text)), *map(parse_reference, columns)]
    return next((r for r in asked if r.is_metric), DEFAULT_ANCHOR)


def default_columns(filter_text: str) -> tuple[str, ...]:
    """Columns that fit a question: who, in which setting, what was asked for, at what cost, from where."""
    asked = list(dict.fromkeys(references_of(parse_filter(filter_text))))
    anchor = next((r for r in asked if r.is_metric), DEFAULT_ANCHOR)
    if METRICS[anchor.name].is_classification:
        own = ["backbone"] if "weights" in dict(anchor.keys) else []  # random weights have no other name
        setting = [*own, "resolution", "protocol", "conditions"]
    else:
        setting = ["backbone", "head", "train_epochs", "conditions", "setting"]
    found = ["checkpoint", *setting, str(anchor), *(str(r) for r in asked), "params_m", "gmacs", "weights", "source"]
    return tuple(dict.fromkeys(found))

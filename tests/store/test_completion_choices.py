"""What pickers offer: only what has rows, with as many rows as an answer then has points."""

from __future__ import annotations

import random
import sqlite3

import pytest

from backbones.store.choices import choices, points
from backbones.store.explorer import Choice
from backbones.store.query import CatalogExplorer
from backbones.store.references import parse_reference
from backbones.store.view import View

ANCHORS = (
    "top_1@imagenet-1k",
    "box_ap@coco-val",
    "box_ap@coco-val:head=mask-r-cnn",
    "miou_ss@ade20k-val",
    "recall_1@xtd10",
)


def drawn(explorer: CatalogExplorer, x: str, y: str) -> int:
    """How many points a plot has."""
    answer = explorer.answer(View(x=x, y=y, columns=("checkpoint",), sort=(), pareto=False))
    return sum(value is not None for value in answer.rows.values(str(parse_reference(x))))


@pytest.mark.parametrize("anchor", ANCHORS)
def test_an_x_axis_counts_the_points_that_the_plot_then_has(
    catalog: sqlite3.Connection, explorer: CatalogExplorer, anchor: str
) -> None:
    found = choices(catalog, "axis", anchor, is_beside=True)
    for choice in {*found[:6], *random.Random(1).sample(found, min(14, len(found)))}:
        assert drawn(explorer, choice.reference, anchor) == choice.count, choice


def test_a_y_axis_counts_the_rows_of_its_own(catalog: sqlite3.Connection, explorer: CatalogExplorer) -> None:
    found = [c for c in choices(catalog, "axis") if parse_reference(c.reference).is_metric]
    for choice in random.Random(2).sample(found, 15):
        assert drawn(explorer, choice.reference, choice.reference) == choice.count, choice


def test_the_most_useful_stands_first(catalog: sqlite3.Connection) -> None:
    first = [choice.reference for choice in choices(catalog, "axis", "box_ap@coco-val")]
    assert first[:4] == ["params_m", "gmacs", "published", "box_ap@coco-val"]
    speeds = [i for i, r in enumerate(first) if parse_reference(r).is_speed]
    others = [i for i, r in enumerate(first) if r.startswith("top_1@")]
    assert speeds and max(speeds) < min(others)


def test_an_axis_is_never_text_and_labels_name_the_data_set(
    catalog: sqlite3.Connection, explorer: CatalogExplorer
) -> None:
    found = choices(catalog, "axis")
    assert all(explorer.describe(c.reference).kind in ("number", "date") for c in found)
    assert Choice("top_1@imagenet-1k", "top-1 ImageNet-1k", 2837).label in {c.label for c in found}


def test_points_of_a_reference_that_means_nothing_are_left_out(catalog: sqlite3.Connection) -> None:
    assert points(catalog, ("params_m", "top_1@nowhere", "((", "top_1@"), "top_1@imagenet-1k").keys() == {"params_m"}


def test_choices_are_counted_once(catalog: sqlite3.Connection) -> None:
    first = choices(catalog, "column")
    statements: list[str] = []
    catalog.set_trace_callback(statements.append)
    assert choices(catalog, "column") == first
    catalog.set_trace_callback(None)
    assert len(statements) <= 2  # whether the catalogue is still the same

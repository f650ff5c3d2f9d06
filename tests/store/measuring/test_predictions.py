"""What was predicted stands apart from what was measured, and is said to be predicted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from backbones.store.errors import BackbonesError, QueryError
from backbones.store.measuring.keeping import keep
from backbones.store.measuring.predictions import (
    Prediction,
    Setting,
    keep_predictions,
    predicted_settings,
    predictions,
)
from backbones.store.view import View

if TYPE_CHECKING:
    from tests.store.conftest import World
    from tests.store.measuring.conftest import Make

HERE = Setting("Home GPU", "fp16")
SMALL = Prediction("toynet_small", 224, 300.0, 250.0, 360.0, 0.9, 12, "2026-11-21T10:00:00Z")
LARGE = replace(SMALL, backbone="ToyNet-L", throughput_img_s=80.0, low=60.0, high=100.0)


def ask(world: World, *columns: str, text: str = "checkpoint = 'ToyNet-S IN-1k'") -> tuple[tuple[Any, ...], ...]:
    explorer = world.explorer()
    rows = explorer.answer(View(filter=text, columns=columns, x="", y="", group="", sort=())).rows.rows
    explorer.close()
    return rows


@pytest.fixture
def predicted(world: World, make: Make) -> World:
    """A world with one measured model on this machine and two predicted ones, of which one was measured too."""
    keep(world.places.measurements, make(100.0))
    keep_predictions(world.places.measurements, HERE, [SMALL, LARGE])
    return world


def test_predictions_come_back_the_fastest_first(predicted: World) -> None:
    assert predictions(predicted.places.measurements, HERE) == [SMALL, LARGE]
    assert [n for _, n in predicted_settings(predicted.places.measurements)] == [2]


def test_a_setting_s_predictions_are_replaced_as_a_whole_and_others_stay(predicted: World) -> None:
    path = predicted.places.measurements
    keep_predictions(path, replace(HERE, precision="bf16"), [SMALL])
    assert keep_predictions(path, HERE, [LARGE]) == 1
    assert predictions(path, HERE) == [LARGE] and predictions(path, replace(HERE, precision="bf16")) == [SMALL]
    assert keep_predictions(path, HERE, []) == 0 and len(predicted_settings(path)) == 1


@pytest.mark.parametrize(
    "changes", [{"throughput_img_s": float("nan")}, {"low": 400.0}, {"high": 1.0}, {"low": 0.0}, {"confidence": 1.0}, {"resolution": 0}]
)  # fmt: skip
def test_an_impossible_prediction_leaves_the_old_ones(predicted: World, changes: dict[str, Any]) -> None:
    with pytest.raises(BackbonesError, match="cannot be true"):
        keep_predictions(predicted.places.measurements, HERE, [LARGE, replace(SMALL, **changes)])
    assert len(predictions(predicted.places.measurements, HERE)) == 2


def test_a_prediction_answers_only_where_it_is_asked_for(predicted: World) -> None:
    references = [
        "throughput@here",
        "throughput@here:origin=predicted",
        "throughput@here:origin=measured",
        "throughput@here:origin=reported",
    ]
    assert ask(predicted, *references) == ((100.0, 300.0, 100.0, None),)
    of_large = ask(
        predicted, *references, "throughput@home-gpu:origin=predicted", text="checkpoint = 'ToyNet-L IN-22k'"
    )
    assert {row[0] for row in of_large} == {None}


def test_a_filter_can_ask_for_either(predicted: World) -> None:
    assert ask(predicted, "checkpoint", text="throughput@here > 200 and checkpoint = 'ToyNet-S IN-1k'") == ()
    either = "(throughput@here > 200 or throughput@here:origin=predicted > 200) and checkpoint = 'ToyNet-S IN-1k'"
    assert ask(predicted, "checkpoint", text=either) == (("ToyNet-S IN-1k",),)


@pytest.mark.parametrize(
    "keys, value",
    [("precision=fp16", 300.0), ("precision=bf16", None), ("compiled=no", 300.0), ("compiled=yes", None), ("memory_format=nhwc", None),
     ("mode=training", None), ("resolution=224", 300.0), ("resolution=512", None), ("framework=PyTorch", None)],
)  # fmt: skip
def test_conditions_narrow_predictions(predicted: World, keys: str, value: float | None) -> None:
    assert ask(predicted, f"throughput@here:origin=predicted,{keys}") == ((value,),)


def test_latency_is_never_predicted(predicted: World) -> None:
    assert ask(predicted, "latency@here:origin=predicted", "peak_memory@here:origin=predicted") == ((None, None),)


def test_an_unknown_origin_is_pointed_at(predicted: World) -> None:
    with pytest.raises(QueryError, match="no origin is called 'guessed'"):
        ask(predicted, "throughput@here:origin=guessed")


def test_the_view_says_of_each_row_where_it_is_from(predicted: World) -> None:
    rows = predicted.ask(
        "select backbone, origin, throughput_img_s, latency_ms, mode, device, source_ref from throughput where device = 'Home GPU' order by 2, 1"
    )
    assert [(row[0], row[1], row[2]) for row in rows] == [
        ("ToyNet-S", "measured", 100.0), ("ToyNet-L", "predicted", 80.0), ("ToyNet-S", "predicted", 300.0),
    ]  # fmt: skip
    assert rows[1][3:] == (None, "inference", "Home GPU", "90 % between 60 and 100, from 12 measured models")


def test_reported_and_measured_can_be_asked_for_apart_on_a_device_that_has_both(world: World, make: Make) -> None:
    keep(world.places.measurements, make(2000.0, device="NVIDIA V100", host="b" * 12))
    references = [f"throughput@v100:precision=fp16{more}" for more in ("", ",origin=measured", ",origin=reported")]
    assert ask(world, *references) == ((2000.0, 2000.0, None),)
    assert ask(world, "throughput@v100", "throughput@v100:origin=reported") == ((2000.0, 1500.0),)


def test_without_predictions_everything_is_as_before(world: World, make: Make) -> None:
    assert ask(world, "throughput@here:origin=predicted") == ((None,),)
    keep(world.places.measurements, make(100.0))
    assert ask(world, "throughput@here:origin=predicted", "throughput@here") == ((None, 100.0),)
    assert predictions(Path("/nowhere/measurements.db"), HERE) == []

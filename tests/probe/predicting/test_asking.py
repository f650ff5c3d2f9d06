"""From the words of a question to an answer, over the shipped catalogue and with one of its tables as the machine."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from backbones.probe.predicting.asking import ask, check
from backbones.probe.predicting.candidates import field_of, reaching
from backbones.probe.predicting.keeping import keep
from backbones.probe.predicting.prediction import Prediction
from backbones.probe.predicting.question import parse_question
from backbones.probe.predicting.tables import Table, Tables
from backbones.store.catalog import connect
from backbones.store.errors import BackbonesError, QueryError
from backbones.store.measuring.counts import shipped
from backbones.store.measuring.predictions import Setting
from backbones.store.places import Places
from backbones.store.query import CatalogExplorer
from backbones.store.view import View


def test_candidates_are_models_of_timm_with_the_weights_that_reach_the_most(
    explorer: CatalogExplorer, tables: Tables
) -> None:
    field = field_of(explorer, parse_question("top_1@imagenet-1k where throughput@here > 1"), tables.traits.keys())
    values = [c.value for c in field.candidates]
    assert values == sorted(values, reverse=True) and len({c.key for c in field.candidates}) == len(values)
    assert {c.model for c in field.candidates} <= {model for model, _ in tables.traits} and all(
        c.checkpoint for c in field.candidates
    )
    first = next(c for c in field.candidates if c.weights)
    assert first.weights.startswith(f"{first.model}.") and first.value > 89
    at_384 = {c.model for c in field.candidates if c.resolution == 384}
    assert "maxvit_large_tf_384" in at_384 and "maxvit_large_tf_224" not in at_384  # one architecture, two names
    assert field.not_in_timm > 100  # papers' own models


def test_lower_is_better_where_the_objective_says_so(explorer: CatalogExplorer, tables: Tables) -> None:
    field = field_of(
        explorer, parse_question("params_m where throughput@here > 1 and top_1@imagenet-1k > 80"), tables.traits.keys()
    )
    values = [c.value for c in field.candidates]
    assert values == sorted(values) and not field.higher_is_better and 3 < values[0] < 10


def test_a_limit_on_parameters_holds_for_the_model_that_is_timed(explorer: CatalogExplorer, tables: Tables) -> None:
    """Some sources print them without the classifier: 2.97 M of MobileNetV3-Large, whose model in timm has 5.48 M."""
    counts = explorer.ask(shipped)
    printed = View(
        "params_m < 3 and backbone = MobileNetV3-Large",
        ("backbone", "params_m"),
        (),
        x="",
        y="",
        group="",
        pareto=False,
    )
    assert explorer.answer(printed).rows  # there is such a row
    for text in ("params_m < 3", "params_m < 3M and params_m > 0.5"):
        field = field_of(
            explorer, parse_question(f"top_1@imagenet-1k where throughput@here > 1 and {text}"), tables.traits.keys()
        )
        assert len(field.candidates) > 30
        for c in field.candidates:
            assert c.params_m < 3 and counts[c.model].params / 1e6 < 3
    within = parse_question("top_1@imagenet-1k where throughput@here > 1 and (params_m < 3 or params_m > 1000)")
    assert all(not 3 < c.params_m < 1000 for c in field_of(explorer, within, tables.traits.keys()).candidates)
    fewest = field_of(
        explorer, parse_question("params_m where throughput@here > 1 and top_1@imagenet-1k > 60"), tables.traits.keys()
    )
    assert all(c.value == c.params_m >= 0.95 * counts[c.model].params / 1e6 for c in fewest.candidates[:50])


def test_weights_of_timms_own_are_judged_by_what_timm_prints_of_them(explorer: CatalogExplorer, tables: Tables) -> None:
    """TinyViT is built with the classifier of ImageNet-22k; fine-tuned weights have the small one."""
    text = "top_1@imagenet-1k where throughput@here > 1 and params_m < 6 and backbone = tiny_vit_5m_224"
    (one,) = field_of(explorer, parse_question(text), tables.traits.keys()).candidates
    assert one.weights.startswith("tiny_vit_5m_224.") and one.params_m == pytest.approx(5.39, abs=0.01)


def test_a_question_that_no_model_passes_is_found_out_at_once(explorer: CatalogExplorer) -> None:
    with pytest.raises(BackbonesError, match="no model of timm passes"):
        check(parse_question("top_1@imagenet-1k where throughput@here > 1 and params_m < 0.1"), explorer)
    with pytest.raises(QueryError, match="'tiny' is none"):
        check(parse_question("top_1@imagenet-1k where throughput@here > 1 and params_m < tiny"), explorer)
    small = parse_question("top_1@imagenet-1k where throughput@here > 1 and params_m < 3")
    check(small, explorer)
    with pytest.raises(BackbonesError, match="no model of timm passes"):
        check(small, explorer, {"resnet50"})


def test_an_objective_without_a_better_side_is_a_mistake(explorer: CatalogExplorer) -> None:
    for objective in ("resolution", "family"):
        with pytest.raises(QueryError, match=f"{objective} is neither better"):
            field_of(explorer, parse_question(f"{objective} where throughput@here > 1"), {("resnet50", 224)})
    with pytest.raises(QueryError, match="imagenet-9k"):
        field_of(explorer, parse_question("top_1@imagenet-9k where throughput@here > 1"), {("resnet50", 224)})


def test_models_that_the_installed_timm_lacks_are_no_candidates(explorer: CatalogExplorer) -> None:
    field = field_of(
        explorer, parse_question("top_1@imagenet-1k where throughput@here > 1"), {("resnet50", 224), ("resnet18", 224)}
    )
    assert {c.model for c in field.candidates} == {"resnet50", "resnet18"}


def test_a_resolution_that_nobody_measured_has_the_traits_of_its_area(
    explorer: CatalogExplorer, tables: Tables
) -> None:
    field = field_of(explorer, parse_question("top_1@imagenet-1k where throughput@here > 1"), tables.traits.keys())
    whole = reaching(tables, field)
    assert {c.key for c in field.candidates} <= set(whole.traits)
    for key in set(whole.traits) - set(tables.traits):
        known = next(k for k in tables.traits if k[0] == key[0])
        area = (key[1] / known[1]) ** 2
        assert whole.traits[key].gmacs == pytest.approx(tables.traits[known].gmacs * area)


def test_a_question_in_words_is_answered(explorer: CatalogExplorer, table_of: Callable[..., Table]) -> None:
    pytest.importorskip("numpy")
    table = table_of("PRO 6000", "amp_fp16")
    question = parse_question(
        "top_1@imagenet-1k where throughput@here > 4200 and params_m < 60 and licence_class = permissive"
    )
    reply = ask(question, explorer, table.speeds.get, without=[table.device])
    assert reply.best is not None and reply.throughput_img_s is not None and reply.throughput_img_s > 4200
    assert reply.is_certain and len(reply.measured) + len(reply.failed) <= 16 and reply.not_measured > 100
    assert reply.best.weights and "PRO 6000" not in reply.fit.nearest
    assert {len(speeds) for speeds in reply.visits.values()} == {1}


def test_nothing_is_measured_for_a_question_that_no_model_can_answer(explorer: CatalogExplorer) -> None:
    def measure(key: tuple[str, int]) -> float:
        raise AssertionError(f"{key} was measured in vain")

    with pytest.raises(BackbonesError, match="no model of timm passes"):
        ask(parse_question("top_1@imagenet-1k where throughput@here > 1 and params_m < 0.01"), explorer, measure)


def test_predictions_are_kept_apart_from_what_was_measured(shipped: Places, tmp_path: Path) -> None:
    setting, path = Setting("NVIDIA H200", "bf16"), tmp_path / "measurements.db"
    predicted = [
        Prediction("resnet50", 224, 100.0, 80.0, 125.0, 0.9),
        Prediction("vit_base_patch16_224", 224, 50.0, 40.0, 62.0, 0.9),
    ]
    assert keep(path, setting, predicted, 10) == 2
    assert keep(path, setting, predicted[:1], 11) == 1  # those of a setting are replaced as a whole
    connection = connect(Places(shipped.catalog, path, (), tmp_path / "state.json", shipped.shipped))
    rows = connection.execute(
        "select throughput_img_s, origin, source_ref from throughput where device = 'NVIDIA H200'"
    ).fetchall()
    connection.close()
    assert rows == [(100.0, "predicted", "90 % between 80 and 125, from 11 measured models")]
    with sqlite3.connect(path) as plain:
        assert plain.execute("select count(*) from measurement").fetchone() == (0,)
    plain.close()

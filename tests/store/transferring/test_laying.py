"""Own results stand beside the papers': they join, filter, complete and are shown, and random weights answer only when asked for."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from backbones.store.catalog import open_catalog
from backbones.store.completion import complete
from backbones.store.errors import QueryError
from backbones.store.pages import find, page_of
from backbones.store.transferring.keeping import keep
from backbones.store.transferring.outcome import Outcome
from backbones.store.values import values_of
from backbones.store.view import View

if TYPE_CHECKING:
    from tests.store.conftest import World


Make = Callable[..., Outcome]


def test_own_results_join_the_papers_of_the_same_checkpoint(own: World) -> None:
    assert own.rows_of("top_1@my-photos > 60", "weights", "top_1@my-photos", "top_1@imagenet-1k", sort="-top_1@my-photos") == [
        ("toynet_small.in1k", 90.0, 80.1), ("toynet_small.other", 85.0, 79.2), ("lonely_net.in1k", 70.0, 61.5),
    ]  # fmt: skip


def test_reported_rows_find_their_own_value(own: World) -> None:
    rows = own.rows_of("top_1@imagenet-1k > 60 and top_1@my-photos > 0", "checkpoint", "top_1@my-photos", "origin")
    assert ("ToyNet-S IN-1k", 90.0, "reported") in rows and all(row[2] == "reported" for row in rows)


def test_the_chosen_run_is_the_median_of_the_seeds(own: World) -> None:
    rows = own.ask(
        "select value, spread, n_sources, conditions from best_results where metric = 'top_1' and dataset = 'My Photos' "
        "and weights = 'toynet_small.in1k' and protocol = 'linear probing' and conditions not like 'shots%'"
    )
    assert rows == [(90.0, 3.0, 1, "precision=fp32,pooling=avg,seed=2")]
    assert own.rows_of("top_1@my-photos > 89", "top_1@my-photos", "macro_f1@my-photos") == [(90.0, 88.5)]
    assert own.ask("select count(*) from results where metric = 'top_1' and origin = 'measured'") == [(8,)]


def test_random_weights_answer_only_where_they_are_asked_for(own: World) -> None:
    assert own.rows_of("top_1@my-photos < 50", "backbone") == []
    assert own.rows_of("top_1@my-photos:collection=probe < 50", "backbone") == []
    assert own.rows_of(
        "top_1@my-photos:weights=random > 0", "backbone", "top_1@my-photos:weights=random", "top_1@my-photos"
    ) == [("ToyNet-S", 10.0, None)]
    assert own.ask("select count(*) from best_results where conditions like '%weights=random%'") == [(0,)]
    assert own.ask("select count(*) from results where conditions like '%weights=random%' and metric = 'top_1'") == [
        (1,)
    ]


def test_few_shots_answer_only_where_they_are_asked_for(own: World) -> None:
    asked = own.rows_of("top_1@my-photos:shots=5 > 0", "weights", "top_1@my-photos:shots=5", "top_1@my-photos")
    assert asked == [("toynet_small.in1k", 60.0, 90.0)]
    assert own.ask("select value from best_results where conditions like 'shots=5%' and metric = 'top_1'") == [(60.0,)]


def test_of_images_that_a_budget_left_the_most_answer(world: World, make: Make) -> None:
    for top_1, details in ((60.0, "images=20,pooling=avg"), (70.0, "images=100,pooling=avg")):
        keep(world.places.measurements, make(top_1, details=details))
        keep(world.places.measurements, make(top_1 + 5, details=details, model="toynet_small.other"))
    keep(world.places.measurements, make(90.0, model="toynet_small.other"))
    assert world.rows_of("top_1@my-photos > 0", "weights", "top_1@my-photos", sort="top_1@my-photos") == [
        ("toynet_small.in1k", 70.0), ("toynet_small.other", 90.0),
    ]  # fmt: skip
    assert world.rows_of(
        "top_1@my-photos:images=20 > 0", "top_1@my-photos:images=20", sort="top_1@my-photos:images=20"
    ) == [(60.0,), (65.0,)]
    connection = open_catalog(world.places)
    found = complete(connection, "top_1@my-photos:images=", 23).items
    assert [(item.text, item.count) for item in found] == [("100", 2), ("20", 2)]
    connection.close()


def test_what_was_tested_on_all_images_answers_before_what_was_not(world: World, make: Make) -> None:
    for top_1, details in ((60.0, "images=20,pooling=avg"), (55.0, "pooling=avg,train_images=20")):
        keep(world.places.measurements, make(top_1, details=details))
    keep(world.places.measurements, make(65.0, details="images=20,pooling=avg", model="toynet_small.other"))
    assert world.rows_of("top_1@my-photos > 0", "weights", "top_1@my-photos", sort="top_1@my-photos") == [
        ("toynet_small.in1k", 55.0), ("toynet_small.other", 65.0),
    ]  # fmt: skip
    of_few, of_all = "top_1@my-photos:images=20", "top_1@my-photos:train_images=20"
    assert world.rows_of(f"{of_few} > 0", of_few, sort=of_few) == [(60.0,), (65.0,)]
    assert world.rows_of(f"{of_all} > 0", of_all) == [(55.0,)]


def test_without_a_protocol_it_is_the_one_that_most_models_have(own: World) -> None:
    plain = View(filter="top_1@my-photos > 0", columns=("weights",), x="", y="", group="", sort=())
    assert (
        own.explorer()
        .explain(plain)
        .startswith("one row per checkpoint and setting that has top-1 My Photos (linear probing)")
    )
    assert own.rows_of("top_1@my-photos:protocol=k-nn > 0", "top_1@my-photos:protocol=k-nn") == [(75.0,)]


def test_a_mistyped_name_is_answered_with_the_user_s_data_set(own: World) -> None:
    with pytest.raises(QueryError, match="My Photos"):
        own.rows_of("top_1@my-fotos > 0", "weights")


def test_names_and_conditions_are_completed(own: World) -> None:
    connection = open_catalog(own.places)

    def texts(text: str) -> list[str]:
        return [item.text for item in complete(connection, text, len(text)).items]

    assert texts("top_1@my-p") == ["my-photos"]
    assert {"shots=", "weights=", "protocol="} <= set(texts("top_1@my-photos:"))
    assert texts("top_1@my-photos:shots=") == ["5"] and texts("top_1@my-photos:weights=") == ["random"]
    (name,) = (i for i in complete(connection, "top_1@my-p", 10).items)
    assert name.count == 3
    connection.close()


def test_values_say_where_they_are_from_and_why_they_are_chosen(own: World) -> None:
    connection = open_catalog(own.places)
    kind, _, number = find(connection, "toynet_small.in1k", "weights")
    rows = values_of(connection, kind, number, "top_1@my-photos").records()
    told = {(r["value"], r["why"], r["source_ref"]) for r in rows if r["protocol"] == "linear probing"}
    assert (90.0, "the median of 3 runs", "measured 2026-11-21; 95 % 88.00-92.00; seed 2") in told
    assert (88.0, "not the median of 3 runs", "measured 2026-11-21; 95 % 86.00-90.00; seed 0") in told
    assert any(value == 60.0 and "shots=" in str(why) for value, why, _ in told)
    connection.close()


def test_pages_show_own_results(own: World) -> None:
    connection = open_catalog(own.places)
    page = page_of(connection, "My Photos")
    facts = dict(page.sections[0].rows.rows)
    assert (facts["classes"], facts["test images"]) == (8, 400)
    (section,) = (s for s in page.sections if s.title == "on your own images")
    assert len(section.rows) == 8 and "measured 2026-11-21" in str(section.rows.values("source_ref"))
    assert any(s.title == "on your own images" for s in page_of(connection, "ToyNet-S").sections)
    assert any(s.title == "on your own images" for s in page_of(connection, "toynet_small.in1k", "weights").sections)
    assert not any(s.title == "on your own images" for s in page_of(connection, "Otter-B").sections)
    connection.close()


def test_facts_of_a_row_tell_its_runs(own: World) -> None:
    explorer = own.explorer()
    answer = explorer.answer(View(filter="top_1@my-photos > 89", columns=("weights",), x="", y="", group="", sort=()))
    first = explorer.facts(answer.keys[0])[0]
    assert first.value == "90 percent" and first.note == "the median of 3 runs; ±1.5, 1 source"
    explorer.close()


def test_names_of_unknown_models_and_files_stay_visible(world: World, make: Make) -> None:
    keep(world.places.measurements, make(66.0, model="brand_new_net.tag"))
    keep(world.places.measurements, make(77.0, model="toynet_small", weights="0123456789abcdef"))
    rows = world.rows_of("top_1@my-photos > 0", "backbone", "weights", "checkpoint", "params_m", sort="top_1@my-photos")
    assert rows == [
        ("brand_new_net", "brand_new_net.tag", None, None), ("ToyNet-S", "toynet_small (file 0123456789abcdef)", None, 20.0),
    ]  # fmt: skip


def test_a_file_that_stands_for_a_tag_joins_its_checkpoint(world: World, make: Make) -> None:
    keep(world.places.measurements, make(66.0, weights="0123456789abcdef"))
    rows = world.rows_of("top_1@my-photos > 0", "weights", "checkpoint", "top_1@imagenet-1k", "conditions")
    said = "precision=fp32,pooling=avg,weights=0123456789abcdef,seed=0"
    assert rows == [("toynet_small.in1k", "ToyNet-S IN-1k", 80.1, said)]


def test_names_are_data_and_never_sql(world: World, make: Make) -> None:
    name = "x'); drop table result; -- [b]\x1b[31m"
    keep(world.places.measurements, make(90.0, data=name, model="a'b\"c"))
    assert world.ask("select dataset, backbone from results where origin = 'measured' and metric = 'top_1'")[0][0] == (
        "x'); drop table result; -- [b][31m"
    )


def test_lists_hold_own_results_once(own: World) -> None:
    from backbones.store.listing import listing

    connection = sqlite3.connect(own.places.measurements)
    with connection:  # a speed beside them
        connection.execute(
            "insert into measurement (datetime_utc, host, backbone, device, mode, throughput_img_s) "
            "values ('2026-01-02T03:04:05Z', 'elsewhere', 'ToyNet-S', 'NVIDIA V100', 'inference', 5.0)"
        )
    connection.close()
    opened = open_catalog(own.places)
    found = listing(opened, "results")
    names = [column.name for column in found.columns]
    for typed, count in (("", 32), ("photos", 32), ("origin = measured", 32), ("shots", 4), ("toynet_small.other", 4)):
        rows = [dict(zip(names, row, strict=True)) for row in found.rows(found.order(typed))]
        assert sum(row["origin"] == "measured" for row in rows) == count, typed
    assert opened.execute("select max(id) = count(*) from result").fetchone() == (1,)
    found.close(), opened.close()

"""How far sources disagree is said beside a value, all values of a fact stand side by side, and the choice can be changed."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from backbones.store.errors import QueryError
from backbones.store.formats import render
from backbones.store.pages import find
from backbones.store.query import CatalogExplorer
from backbones.store.rows import Answer
from backbones.store.spread import Spread, beside, merged, spreads, within
from backbones.store.values import values_of
from backbones.store.view import View

if TYPE_CHECKING:
    from tests.store.conftest import World

TOP_1 = "top_1@imagenet-1k"


def ask(explorer: CatalogExplorer, text: str, *columns: str) -> Answer:
    return explorer.answer(View(filter=text, columns=columns, x="", y="", group="", sort=()))


@pytest.mark.parametrize(
    ("spread", "text"),
    [
        (Spread(0.4, 6), "±0.2, 6 sources"),
        (Spread(0.0, 3), "±0, 3 sources"),
        (Spread(0.5, 1), "±0.25, 1 source"),
        (Spread(0.0, 1), ""),
    ],
)
def test_half_of_the_range_stands_on_both_sides(spread: Spread, text: str) -> None:
    assert str(spread) == text


def test_the_spread_of_an_answer_is_that_of_best_results(
    explorer: CatalogExplorer, catalog: sqlite3.Connection
) -> None:
    answer = ask(explorer, "family = Swin", "checkpoint", "resolution", TOP_1, "n_sources", "spread")
    known = spreads(explorer.connection, answer)
    assert len(answer.rows) > 8
    for i, row in enumerate(answer.rows):
        assert known[i, 2] == (row[4], row[3])
    assert any(spread.n_sources > 1 for spread in known.values())


def test_another_data_sets_metric_has_its_own_spread(explorer: CatalogExplorer, catalog: sqlite3.Connection) -> None:
    answer = ask(explorer, "family = Swin", "checkpoint", TOP_1, "top_1@imagenet-v2")
    known = spreads(explorer.connection, answer)
    checked = 0
    for i, (checkpoint, _, value) in enumerate(answer.rows):
        if value is None:
            assert (i, 2) not in known
            continue
        truth = catalog.execute(
            "select spread, n_sources from best_results where dataset = 'ImageNet-V2' and metric = 'top_1' and checkpoint = ? and value = ?",
            [checkpoint, value],
        ).fetchall()
        assert tuple(known[i, 2]) in truth
        checked += 1
    assert checked > 3


def test_machines_get_two_columns_more(explorer: CatalogExplorer) -> None:
    answer = ask(explorer, "family = Swin", "checkpoint", TOP_1)
    rows = beside(answer, spreads(explorer.connection, answer))
    assert [c.name for c in rows.columns] == ["checkpoint", TOP_1, f"{TOP_1}_spread", f"{TOP_1}_n_sources"]
    assert [row[:2] for row in rows] == list(answer.rows)


def test_a_table_keeps_numbers_in_line(explorer: CatalogExplorer) -> None:
    answer = ask(explorer, "family = Swin", "checkpoint", TOP_1)
    known = spreads(explorer.connection, answer)
    body = render(within(answer, known, aligned=True), "table").splitlines()[2:]
    assert len({line.index(".", 20) for line in body}) == 1
    assert any("±" in line for line in body)
    assert not any("  |" in line for line in render(within(answer, known, aligned=False), "markdown").splitlines()[2:])


def test_a_page_writes_the_spread_beside_the_chosen_value_only(catalog: sqlite3.Connection) -> None:
    from backbones.store.pages import page_of

    results = next(s for s in page_of(catalog, "Swin-T IN-1k", most=0).sections if s.title == "results")
    rows = merged(results.rows)
    names = [c.name for c in rows.columns]
    assert not {"n_sources", "spread"} & set(names)
    marked = [row for row in rows if "±" in str(row[names.index("value")])]
    assert marked
    assert all(row[names.index("chosen")] != 0 for row in marked)


def test_all_values_of_a_fact_with_the_chosen_one_first(catalog: sqlite3.Connection) -> None:
    kind, _, number = find(catalog, "Swin-T IN-1k", "checkpoint")
    rows = values_of(catalog, kind, number, f"{TOP_1}:resolution=224").records()
    of_setting = [r for r in rows if r["why"] != "the only value"]
    assert of_setting[0]["collection"] == "heedless"
    assert {r["collection"] for r in rows} >= {"heedless", "timm", "cuqs"}
    assert str(of_setting[0]["why"]).startswith("preference 10")
    assert [r["chosen"] for r in of_setting].count(1) == 1
    assert all(r["resolution"] == 224 and r["source_ref"] for r in rows)


@pytest.mark.parametrize("metric", ["params_m", "throughput", "top_1", "top_1@nowhere", f"{TOP_1}:head=nothing"])
def test_values_of_what_is_no_result_are_refused(catalog: sqlite3.Connection, metric: str) -> None:
    with pytest.raises(QueryError):
        values_of(catalog, "checkpoint", 1, metric)


def test_a_device_has_no_values(catalog: sqlite3.Connection) -> None:
    kind, _, number = find(catalog, "V100")
    with pytest.raises(QueryError, match="name a family, backbone, checkpoint or weights"):
        values_of(catalog, kind, number, TOP_1)


PREFERENCE = "sheet: {name}\nkind: collections\ncolumns: [collection, preference]\nrows:\n- [timm, 1]\n"


@pytest.mark.parametrize("name", ["aaa", "zzz", "toy words two"])
def test_a_users_own_preference_wins_whatever_its_sheet_is_called(world: World, name: str) -> None:
    of = "from best_results where checkpoint = 'ToyNet-S IN-1k' and metric = 'top_1' and dataset = 'ImageNet-1k'"
    best = f"select value, collection {of} and weights is 'toynet_small.in1k'"
    chosen = f"select value {of} order by value desc limit 1"
    assert world.ask(chosen) == [(80.1,)]
    path = world.write("preferences.yaml", PREFERENCE.format(name=name))
    assert world.ask(best) == [(80.0, "timm")]
    assert world.ask("select preference, title from collection where collection = 'timm'") == [(1, "timm")]
    path.unlink()
    assert world.ask(chosen) == [(80.1,)]


def test_a_preference_in_a_later_folder_beats_the_data_folders(world: World) -> None:
    from dataclasses import replace

    from backbones.store.build import build
    from backbones.store.catalog import connect

    world.write("preferences.yaml", PREFERENCE.format(name="one"))
    other = world.places.catalog.parent / "other"
    other.mkdir()
    (other / "p.yaml").write_text(PREFERENCE.format(name="two").replace("timm, 1", "timm, 7"))
    places = replace(world.places, families=(*world.places.families, other))
    build(places)
    connection = connect(places)
    assert connection.execute("select preference from collection where collection = 'timm'").fetchone() == (7,)
    connection.close()

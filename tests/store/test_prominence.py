"""Which rows are prominent, and that the reason given is true."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

import pytest

from backbones.store import prominence
from backbones.store.advising.scope import is_other_test
from backbones.store.pareto import front
from backbones.store.query import CatalogExplorer
from backbones.store.view import Sort, View

if TYPE_CHECKING:
    from tests.store.conftest import World

COLUMNS = (
    "checkpoint",
    "top_1@imagenet-1k",
    "params_m",
    "gmacs",
    "prominent",
    "prominent_because",
    "backbone",
    "published",
)


def rows(explorer: CatalogExplorer, filter_text: str = "", **changes: object) -> list[dict[str, object]]:
    view = View(filter=filter_text, columns=COLUMNS, x="", y="top_1@imagenet-1k").with_(**changes)
    return explorer.answer(view).rows.records()  # type: ignore[return-value]


def test_of_thousands_of_rows_a_few_hundred_are_prominent(explorer: CatalogExplorer) -> None:
    every, some = rows(explorer), rows(explorer, "prominent = yes")
    assert len(every) > 2000
    assert 100 <= len(some) <= 300
    assert len(rows(explorer, "prominent = no")) == len(every) - len(some)
    assert all(bool(row["prominent"]) == bool(row["prominent_because"]) for row in every)


@pytest.mark.parametrize(
    "question",
    [
        "backbone = ResNet-50", "backbone = ConvNeXt-T", "backbone = Swin-T", "backbone = EfficientNet-B0",
        "backbone = MobileNetV3-Large", "checkpoint = vit_base_patch16_384.augreg_in21k",
        "checkpoint = vit_base_patch16_clip_224.openai", "checkpoint = eva02_large_patch14_448.mim_m38m",
        "checkpoint = 'ViT-B (DeiT III) IN-22k'", "checkpoint = 'Swin-T IN-1k'", "checkpoint = 'ConvNeXt-T IN-22k'",
    ],
)  # fmt: skip
def test_what_everybody_knows_is_prominent(explorer: CatalogExplorer, question: str) -> None:
    assert rows(explorer, f"{question} and prominent = yes")


@pytest.mark.parametrize(
    "name", ["resnet50.b1k_in1k", "resnet50.am_in1k", "convnext_tiny_hnf.a2h_in1k", "test_vit.r160_in1k"]
)
def test_what_few_look_for_is_not(explorer: CatalogExplorer, name: str) -> None:
    assert [row["prominent"] for row in rows(explorer, f"weights = {name}")]
    assert not rows(explorer, f"weights = {name} and prominent = yes")


def test_dinov2_is_prominent_for_linear_probing(explorer: CatalogExplorer) -> None:
    y = "top_1@imagenet-1k:protocol='linear probing'"
    found = rows(explorer, "checkpoint ~ dinov2 and prominent = yes", y=y, columns=("checkpoint", "prominent_because"))
    assert any("front of top-1" in str(row["prominent_because"]) for row in found)


@pytest.mark.parametrize(("axis", "word"), [("params_m", "params"), ("gmacs", "MACs")])
def test_the_front_is_the_front_of_the_answer(explorer: CatalogExplorer, axis: str, word: str) -> None:
    every = rows(explorer)
    least = sorted(row["top_1@imagenet-1k"] for row in every)[len(every) // 10]  # type: ignore[type-var]
    on = front([r[axis] for r in every], [r["top_1@imagenet-1k"] for r in every], False, True)  # type: ignore[misc]
    high = [every[i] for i in on if every[i]["top_1@imagenet-1k"] >= least]  # type: ignore[operator]
    assert len(high) > 10
    for row in high:
        reason = str(row["prominent_because"])
        assert reason.startswith("front of top-1 by ") and (word in reason or "more" in reason), row


def test_values_of_another_test_are_in_no_contest(catalog: sqlite3.Connection) -> None:
    groups = prominence._groups(catalog)
    judged = {row.setting for rows_ in groups.values() for row in rows_}
    sql = "select t.id, k.conditions from setting t join condition k on k.id = t.condition"
    others = {setting for setting, conditions in catalog.execute(sql) if is_other_test(conditions)}
    assert others and not others & judged
    reasons = dict(catalog.execute("select setting, because from prominence").fetchall())
    assert all("front of" not in reasons.get(setting, "") for setting in others)


def test_a_number_of_collections_is_what_the_results_say(
    catalog: sqlite3.Connection, explorer: CatalogExplorer
) -> None:
    every = [
        (row["checkpoint"], re.search(r"reported by (\d+)", str(row["prominent_because"]))) for row in rows(explorer)
    ]
    told = {name: found for name, found in every if found}
    assert len(told) > 30
    for name, found in told.items():
        sql = "select count(distinct collection) from results where checkpoint = ?"
        assert int(found[1]) == catalog.execute(sql, [name]).fetchone()[0] >= prominence.COLLECTIONS


def test_recent_is_what_was_published_shortly_before_the_newest_family(catalog: sqlite3.Connection) -> None:
    newest = catalog.execute("select max(published) from families").fetchone()[0]
    since = prominence._recent_since(catalog)
    assert since is not None
    months = [int(date[:4]) * 12 + int(date[5:7]) for date in (since, newest)]
    assert months[1] - months[0] == prominence.MONTHS
    dates = [d for (d,) in catalog.execute("select because from prominence where because like '%published%'")]
    assert dates and all(re.search(r"published ([\d-]+)", d)[1] >= since for d in dates)  # type: ignore[index]


def test_rows_of_other_metrics_have_the_prominence_of_their_checkpoint(explorer: CatalogExplorer) -> None:
    columns = ("checkpoint", "prominent_because")
    found = rows(explorer, "prominent = yes", y="recall_1@xm3600:protocol=zero-shot", columns=columns)
    assert found
    assert all(str(row["prominent_because"]).startswith("its checkpoint, for top-1 ImageNet-1k") for row in found)


def test_recent_first_puts_rows_without_a_date_last(explorer: CatalogExplorer) -> None:
    for descending in (True, False):
        dates = [row["published"] for row in rows(explorer, sort=(Sort("published", descending),))]
        known = [date for date in dates if date is not None]
        assert known and None in dates
        assert dates[: len(known)] == sorted(known, reverse=descending)  # type: ignore[type-var]


SHEET = "sheet: {0}\nkind: results\ncollection: {0}\nshared: {{source: {0}}}\ncolumns: [checkpoint, dataset, resolution, top_1]\nrows:\n{1}"
ROW = "- [ToyNet-S IN-1k, ImageNet-1k, {}, {}]\n"


def test_equal_rows_are_prominent_together_and_a_new_collection_changes_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql = (
        "select t.resolution from prominence g join setting t on t.id = g.setting "
        "where t.checkpoint = 'ToyNet-S IN-1k' and t.resolution > 0 and g.because like '%reported by%' order by 1"
    )
    known = world.ask("select count(distinct collection) from results where checkpoint = 'ToyNet-S IN-1k'")[0][0]
    assert isinstance(known, int)
    monkeypatch.setattr(prominence, "COLLECTIONS", known + 1)
    assert world.ask(sql) == []
    world.write("one.yaml", SHEET.format("one", ROW.format(400, 99) + ROW.format(416, 99)))
    assert world.ask(sql) == [(400,), (416,)]
    world.write("one.yaml", SHEET.format("one", ROW.format(400, 99) + ROW.format(416, 98)))
    assert world.ask(sql) == [(400,)]
    (world.places.families[0] / "one.yaml").unlink()
    assert world.ask(sql) == []


def test_a_catalogue_without_dates_or_results_has_nothing_prominent() -> None:
    from backbones.store import schema

    connection = sqlite3.connect(":memory:")
    for table, columns in schema.TABLES.items():
        connection.execute(f'create table "{table}" ({", ".join(f"{c!r}" for c in columns)})'.replace("'", '"'))
    assert prominence.prominent(connection) == {}
    prominence.judge(connection)
    connection.close()

"""All values of a fact: every condition of the language is understood as in a query, and what is not asked for is a rival still."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from backbones.store.errors import QueryError
from backbones.store.findings import FACT
from backbones.store.pages import find, page_of
from backbones.store.query import CatalogExplorer
from backbones.store.references import RESULT_KEYS
from backbones.store.rows import Value
from backbones.store.values import values_of
from backbones.store.view import View

if TYPE_CHECKING:
    from tests.store.conftest import World

COLUMNS = (
    "head", "resolution", "crop_size", "protocol", "train_dataset", "train_epochs", "fine_tuning_dataset", "conditions",
    "setting", "task",
)  # fmt: skip
SAID = {
    "head": ("UPerNet", "up-er-net"), "resolution": ("384", "384"), "crop_size": ("640", "640"),
    "protocol": ("zero-shot", "ZERO_SHOT"), "train_dataset": ("Toy set", "toyset"), "train_epochs": ("36", "36"),
    "fine_tuning_dataset": ("Toy set", "toyset"), "conditions": ("zoom=2,aa=1", "'aa=1,zoom=2'"),
    "setting": ("toy_1x-b", "TOY_1X_B"), "task": ("retrieval", "Retrieval"),
}  # fmt: skip
"""Each column of a condition with a value as its file spells it, and as somebody asks for it."""
PARTS = {
    **{key: ("some-value", "SOME_VALUE") for key in RESULT_KEYS if key not in SAID and key != "collection"},
    "crop": ("512x1024", "512X1024"),
    "schedule": ("160k", "160K"),
    "part": ("5-6", "5_6"),
    "eps": ("8/255", "8/255"),
    "shots": ("1", "1"),
}
"""The same for what stands within `conditions`."""
TOP_1 = "top_1@imagenet-1k"


def _results(name: str, collection: str, rows: list[str]) -> str:
    return (
        f"sheet: {name}\nkind: results\ncollection: {collection}\nshared: {{source: own}}\n"
        f"columns: [checkpoint, {', '.join(COLUMNS)}, top_1@ImageNet-1k, source_ref]\nrows:\n"
        + "".join(f"- [Val IN-1k, {row}]\n" for row in rows)
    )


def _row(value: float, ref: str, **said: str) -> str:
    told = [said.get(column, "null") for column in COLUMNS]
    return ", ".join([*(v if v.isdigit() or v == "null" else f"'{v}'" for v in told), f"{value}, {ref}"])


@pytest.fixture
def everything(world: World) -> Iterator[CatalogExplorer]:
    """A checkpoint with one result under each condition, and one under a condition that only begins like it."""
    rows = [_row(70 + i / 10, key, **{key: said}) for i, (key, (said, _)) in enumerate(SAID.items())]
    for i, (key, (said, _)) in enumerate(PARTS.items()):
        rows.append(_row(75 + i / 10, key, conditions=f"{key}={said},aa=1"))
        rows.append(_row(65 + i / 10, f"{key} longer", conditions=f"{key}={said}0,aa=1"))
    world.write("mine.yaml", _results("mine", "mine", rows))
    world.write("other.yaml", _results("other", "other", [_row(60, "collection")]))
    world.build()
    explorer = world.explorer()
    yield explorer
    explorer.close()


def _refs(explorer: CatalogExplorer, reference: str) -> set[Value]:
    kind, _, number = find(explorer.connection, "Val IN-1k")
    rows = values_of(explorer.connection, kind, number, reference).records()
    return {row["source_ref"] for row in rows}


@pytest.mark.parametrize("key", [*RESULT_KEYS, "crop", "schedule"])
def test_every_condition_of_the_language_finds_its_values(everything: CatalogExplorer, key: str) -> None:
    _, asked = (SAID | PARTS).get(key, ("other", "OTHER"))
    reference = f"{TOP_1}:{key}={asked}"
    assert _refs(everything, reference) == {key}
    view = View(filter="checkpoint = 'Val IN-1k'", columns=("source_ref", reference), x="", y="", group="", sort=())
    assert {row[0] for row in everything.answer(view).rows} == {key}


def test_without_a_condition_all_values_stand_there(everything: CatalogExplorer) -> None:
    assert len(_refs(everything, TOP_1)) == len(SAID) + 2 * len(PARTS) + 1


@pytest.mark.parametrize(
    ("reference", "known", "at"),
    [
        (f"{TOP_1}:shots=3", {"1", "10"}, "3"),
        (f"{TOP_1}:protocol=zero-shot,eps=9/255", {"8/255", "8/2550"}, "9/255"),
        (f"{TOP_1}:crop=512x102", {"512x1024", "512x10240"}, "512x102"),
        (f"{TOP_1}:shots=1x", {"1", "10"}, "1x"),
    ],
)
def test_a_condition_that_nothing_has_is_a_mistake_with_the_values_that_there_are(
    everything: CatalogExplorer, reference: str, known: set[str], at: str
) -> None:
    with pytest.raises(QueryError, match=f"is called '{at}'") as caught:
        _refs(everything, reference)
    assert set(caught.value.suggestions) <= known
    assert caught.value.suggestions
    text = caught.value.text
    assert text[caught.value.position :].startswith(at)


def test_a_mistake_is_pointed_at_after_its_equals_sign(everything: CatalogExplorer) -> None:
    reference = f"{TOP_1}:protocol=zero-shot,resolution=t"
    with pytest.raises(QueryError, match="resolution is a number, not 't'") as caught:
        _refs(everything, reference)
    assert caught.value.position == len(reference) - 1


RIVALS = (
    "sheet: {c}\nkind: results\ncollection: {c}\nshared: {{source: {c}}}\n"
    "columns: [checkpoint, resolution, top_1@ImageNet-1k, source_ref]\nrows:\n- [Val IN-1k, 224, {value}, row of {c}]\n"
)
ORDER = "sheet: order\nkind: collections\ncolumns: [collection, preference]\nrows:\n- [first, 1]\n- [second, 2]\n"


def test_a_named_collection_is_explained_beside_the_others(world: World) -> None:
    for collection, value in (("first", 80), ("second", 81), ("unlisted", 82)):
        world.write(f"{collection}.yaml", RIVALS.format(c=collection, value=value))
    world.write("order.yaml", ORDER)
    explorer = world.explorer()
    kind, _, number = find(explorer.connection, "Val IN-1k")
    for collection, chosen, why in (
        ("FIRST", 1, "preference 1 before 2"),
        ("second", 0, "preference 2 after 1"),
        ("unlisted", 0, "preference 1000 after 1"),
    ):
        rows = values_of(explorer.connection, kind, number, f"{TOP_1}:collection={collection}").records()
        assert [(r["collection"], r["chosen"], r["why"]) for r in rows] == [(collection.lower(), chosen, why)]
    with pytest.raises(QueryError, match="no collection is called 'third'"):
        values_of(explorer.connection, kind, number, f"{TOP_1}:collection=third")
    explorer.close()


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("Swin-T", "top_1@imagenet-1k:shots=10"),
        ("Swin-T", "miou_ss@ade20k-val:train_epochs=160k"),
        ("ResNet-50", "miou_ss@cityscapes-val:crop=512x1024"),
    ],
)
def test_a_condition_that_others_have_is_no_mistake(catalog: sqlite3.Connection, name: str, metric: str) -> None:
    kind, _, number = find(catalog, name)
    key, _, value = metric.partition(":")[2].partition("=")
    wanted = f"{'schedule' if key == 'train_epochs' else key}={value}"
    rows = values_of(catalog, kind, number, metric).records()
    assert all(wanted in str(row["conditions"]).split(",") for row in rows)
    assert rows or key == "shots"


def test_a_doubt_about_a_fact_without_a_reference_stands_beside_it(world: World) -> None:
    world.write(
        "mine.yaml", RIVALS.format(c="first", value=80).replace(", source_ref]", "]").replace(", row of first", "")
    )
    world.write(
        "doubts.yaml", "sheet: d\nkind: suspects\ncolumns: [fact, kind, text]\nrows:\n- [first first, value, odd]\n"
    )
    explorer = world.explorer()
    assert explorer.connection.execute(
        f"select {FACT.format(t='r')} from result r where collection = 'first'"
    ).fetchall() == [("first first",)]
    kind, _, number = find(explorer.connection, "Val IN-1k")
    assert [r["doubt"] for r in values_of(explorer.connection, kind, number, TOP_1).records()] == ["maybe: odd"]
    results = next(s.rows for s in page_of(explorer.connection, "Val IN-1k").sections if s.title == "results").records()
    assert [r["doubt"] for r in results] == ["maybe: odd"]
    explorer.close()

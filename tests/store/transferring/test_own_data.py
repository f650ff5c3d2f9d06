"""Which data set the user's images are: one of the catalogue's, one of their own, or another under the same name."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from backbones.store.catalog import open_catalog
from backbones.store.completion import complete
from backbones.store.facets import facets
from backbones.store.pages import find, page_of
from backbones.store.transferring.keeping import keep
from backbones.store.transferring.outcome import Outcome
from backbones.store.transferring.own_data import asked_in, note_asked
from backbones.store.values import values_of
from backbones.store.view import View

if TYPE_CHECKING:
    from tests.store.conftest import World


Make = Callable[..., Outcome]


def test_a_name_that_the_catalogue_knows_is_no_data_set_of_its_own(world: World, make: Make) -> None:
    before = world.rows_of("top_1@imagenet-1k > 0", "checkpoint", "top_1@imagenet-1k", sort="-top_1@imagenet-1k")
    keep(world.places.measurements, make(99.0, data="imagenet 1K", protocol="fine-tuning"))
    keep(world.places.measurements, make(98.0, data="ImageNet-1k", protocol="fine-tuning", data_hash="cd" * 8, shots=5))
    names = world.ask("select distinct dataset from results where origin = 'measured' order by 1")
    assert names == [("ImageNet-1k (yours)",), ("ImageNet-1k (yours) (abababab)",)]
    after = world.rows_of("top_1@imagenet-1k > 0", "checkpoint", "top_1@imagenet-1k", sort="-top_1@imagenet-1k")
    assert after == before and all(value < 99 for _, value in after)
    assert world.rows_of("top_1@imagenet-1k-yours-abababab > 0", "top_1@imagenet-1k") == [(80.1,)]


def test_images_that_were_found_to_be_a_known_data_set_stand_below_what_is_reported(world: World, make: Make) -> None:
    file = world.places.measurements
    for top_1, seed in ((97.0, 0), (99.0, 1), (98.0, 2)):
        keep(file, make(top_1, data="mine", protocol="fine-tuning", seed=seed))
    keep(file, make(96.0, data="mine", protocol="fine-tuning", shots=5))
    keep(file, make(95.0, data="mine", protocol="fine-tuning", weights="random", model="toynet_small"))
    keep(file, make(55.0, data="mine", protocol="k-NN", data_hash="cd" * 8))
    note_asked(file, "mine", "ab" * 8, "11" * 8, "ImageNet-1k")
    assert world.ask("select distinct dataset from results where origin = 'measured' order by 1") == [("ImageNet-1k",), ("mine",)]  # fmt: skip
    asked = "top_1@imagenet-1k"
    assert (
        world.rows_of(f"{asked} > 94", "checkpoint") == [] and world.rows_of(f"{asked}:shots=5 > 0", "checkpoint") == []
    )
    assert world.ask("select count(*) from best_results where origin = 'measured' and dataset = 'ImageNet-1k'") == [
        (0,)
    ]
    found = world.rows_of(f"{asked}:collection=probe > 0", "checkpoint", f"{asked}:collection=probe", asked)
    assert found == [("ToyNet-S IN-1k", 98.0, None)]
    assert world.rows_of(f"{asked} > 0 and origin = measured", "weights", asked) == [("toynet_small.in1k", 98.0)]
    explorer = world.explorer()
    view = View(filter=f"{asked} > 0 and origin = measured", columns=("weights",), x="", y="", group="", sort=())
    (families,) = (f for f in explorer.ask(lambda c: facets(c, view)) if f.reference == "family")
    assert [(value.value, value.count) for value in families.values if value.count] == [("ToyNet", 1)]
    explorer.close()
    few = f"{asked}:collection=probe,shots=5"
    assert world.rows_of(f"{few} > 0", few) == [(96.0,)]
    random = f"{asked}:collection=probe,weights=random"
    assert world.rows_of(f"{random} > 0", random) == [(95.0,)]
    connection = open_catalog(world.places)
    values = values_of(connection, *find(connection, "toynet_small.in1k", "weights")[::2], asked).records()
    told = {row["value"]: (row["chosen"], row["why"]) for row in values if row["collection"] == "probe"}
    assert told[98.0] == (
        0,
        "the median of 3 runs; beside what is reported: where collection=probe is asked for",
    )
    assert told[97.0][1].startswith("not the median of 3 runs") and "shots=" in told[96.0][1]
    for text, options in ((f"{asked}:collection=", {"probe": 1}), (f"{asked}:collection=probe,shots=", {"5": 1})):
        items = complete(connection, text, len(text)).items
        assert {item.text: item.count for item in items if item.text in options} == options
    connection.close()


def test_of_two_sets_of_images_the_one_asked_for_last_is_the_known_one(world: World, make: Make) -> None:
    file = world.places.measurements
    keep(file, make(90.0, data="one")), keep(file, make(80.0, data="two", data_hash="cd" * 8))
    (
        note_asked(file, "one", "ab" * 8, "11" * 8, "ImageNet-1k"),
        note_asked(file, "two", "cd" * 8, "22" * 8, "ImageNet-1k"),
    )
    sql = "select dataset, value from results where origin = 'measured' and metric = 'top_1' order by 2"
    assert world.ask(sql) == [("ImageNet-1k", 80.0), ("one", 90.0)]
    note_asked(file, "one", "ab" * 8, "11" * 8)  # what it was found to be once stays
    assert [one.dataset for one in asked_in(file)] == ["ImageNet-1k"] * 2


def test_other_images_under_the_same_name_are_another_data_set(own: World, make: Make) -> None:
    keep(own.places.measurements, make(50.0, data_hash="cd" * 8))
    names = own.ask("select distinct dataset from results where origin = 'measured' order by 1")
    assert names == [("My Photos",), ("My Photos (abababab)",)]
    assert own.rows_of("top_1@my-photos > 0", "top_1@my-photos") == [(50.0,)]
    assert len(own.rows_of('top_1@"My Photos (abababab)" > 0', "weights")) == 3


def test_the_split_that_was_asked_for_last_has_the_plain_name(world: World, make: Make) -> None:
    file = world.places.measurements
    for top_1, data_hash, images in (
        (90.0, "ab" * 8, "11" * 8),
        (80.0, "cd" * 8, "11" * 8),
        (70.0, "ef" * 8, "22" * 8),
    ):
        note_asked(file, "My Photos", data_hash, images)
        keep(file, make(top_1, data_hash=data_hash, started=datetime.now(UTC).isoformat(timespec="milliseconds")))
    sql = "select value, dataset from results where origin = 'measured' and metric = 'top_1' order by 1"
    assert world.ask(sql) == [
        (70.0, "My Photos"), (80.0, "My Photos (other images cdcdcdcd)"), (90.0, "My Photos (other images abababab)"),
    ]  # fmt: skip
    note_asked(file, "My Photos", "ab" * 8, "11" * 8)  # as with --seed of the first run again, which is resumed
    assert world.ask(sql) == [
        (70.0, "My Photos (other images efefefef)"), (80.0, "My Photos (other split cdcdcdcd)"), (90.0, "My Photos"),
    ]  # fmt: skip
    assert world.rows_of("top_1@my-photos-other-split-cdcdcdcd > 0", "weights") == [("toynet_small.in1k",)]


def test_the_same_data_asked_for_again_writes_nothing(world: World, make: Make) -> None:
    file = world.places.measurements
    keep(file, make(90.0)), note_asked(file, "My Photos", "ab" * 8, "11" * 8)
    before = file.read_bytes()
    note_asked(file, "My Photos", "ab" * 8, "11" * 8)
    assert file.read_bytes() == before


def test_the_page_says_how_the_images_are_split(world: World, make: Make) -> None:
    file = world.places.measurements
    keep(file, make(80.0, data_hash="cd" * 8)), keep(file, make(90.0))
    note_asked(file, "My Photos", "cd" * 8, "11" * 8, "", 60, 0, "given")
    note_asked(file, "My Photos", "ab" * 8, "11" * 8, "", 1200, 300, "20 % drawn to test on, seed 7")
    connection = open_catalog(world.places)
    facts = dict(page_of(connection, "My Photos", "dataset").sections[0].rows.rows)
    other = dict(page_of(connection, "My Photos (other split cdcdcdcd)", "dataset").sections[0].rows.rows)
    connection.close()
    names = ("train images", "validation images", "test images", "split")
    assert [facts.get(name) for name in names] == [1200, 300, 400, "20 % drawn to test on, seed 7"]
    assert [other.get(name) for name in names] == [60, None, 400, "given"]


def test_an_older_file_tells_of_no_split_and_learns_to(world: World, make: Make) -> None:
    file = world.places.measurements
    keep(file, make(90.0)), note_asked(file, "My Photos", "ab" * 8, "11" * 8)
    with contextlib.closing(sqlite3.connect(file)) as connection:
        for column in ("train_images", "val_images", "split"):
            connection.execute(f"alter table own_data drop column {column}")
        connection.execute("delete from _sqlite_migrations where name = 'add_split_of_own_data'")
        connection.commit()
    assert [one[:4] for one in asked_in(file)] == [("My Photos", "ab" * 8, "11" * 8, "")]
    assert world.ask("select distinct dataset from results where origin = 'measured'") == [("My Photos",)]
    note_asked(file, "My Photos", "ab" * 8, "11" * 8, "", 60, 0, "given")
    note_asked(file, "My Photos", "ab" * 8, "11" * 8)  # what is known stays
    assert [one[5:] for one in asked_in(file)] == [(60, 0, "given")]

"""Other images, or another split, under a name that is in use: listed, forgotten and told apart as the views tell them apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from backbones.store.transferring.keeping import keep
from backbones.store.transferring.listed import forget_outcomes, listed_outcomes, outcomes_to_forget, sets_of_images
from backbones.store.transferring.outcome import Outcome
from backbones.store.transferring.own_data import note_asked
from backbones.store.transferring.versions import renamed

if TYPE_CHECKING:
    from tests.store.conftest import World

Make = Callable[..., Outcome]

FIRST, SPLIT, OTHER = "ab" * 8, "cd" * 8, "ef" * 8


def _evaluated(path: Path, make: Make) -> None:
    """Three sets under one name: the first, another split of it, and other images last."""
    for number, (data_hash, images) in enumerate(((FIRST, "11" * 8), (SPLIT, "11" * 8), (OTHER, "22" * 8))):
        note_asked(path, "two", data_hash, images)
        keep(path, make(80.0 + number, data="two", data_hash=data_hash))
    note_asked(path, "two", OTHER, "22" * 8)
    keep(path, make(90.0, data="two", data_hash=OTHER, model="toynet_small.other"))


def test_a_list_calls_images_as_the_views_do(world: World, make: Make) -> None:
    path = world.places.measurements
    _evaluated(path, make)
    note_asked(path, "two", SPLIT, "11" * 8)  # asked for again, which needs no new outcome
    names = {"two (other images efefefef)": {82.0, 90.0}, "two (other split abababab)": {80.0}, "two": {81.0}}
    rows = listed_outcomes(path).records()
    assert {name: {row["top_1"] for row in rows if row["data"] == name} for name in names} == names
    assert [row["data"] for row in rows] == sorted(str(row["data"]) for row in rows)
    world.build()
    views = world.ask("select distinct dataset from results where origin = 'measured'")
    assert {name for (name,) in views} == set(names)


def test_what_failed_does_not_take_the_name(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "m.db"
    keep(path, make(80.0, data="two", data_hash=FIRST))
    keep(path, make(status="crash", data="two", data_hash=OTHER))
    rows = listed_outcomes(path).records()
    assert [(row["data"], row["status"]) for row in rows] == [("two", "ok"), ("two (efefefef)", "crash")]


def test_one_of_them_is_forgotten_by_its_full_name(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "m.db"
    _evaluated(path, make)

    def meant(data: str) -> dict[str, int]:
        found = outcomes_to_forget(path, data=data)
        assert len(listed_outcomes(path, data=data)) == len(found)
        return sets_of_images(path, found)

    every = {"two": 2, "two (other images abababab)": 1, "two (other images cdcdcdcd)": 1}
    assert meant("two") == meant("Two*") == every
    assert meant("two (other*") == {name: 1 for name in every if name != "two"}
    assert (
        meant("Two (other images ABABABAB)")
        == meant("two (yours) (other images abababab)")
        == {"two (other images abababab)": 1}
    )
    assert forget_outcomes(path, outcomes_to_forget(path, data="two (other images abababab)")) == 1
    assert meant("two") == {name: n for name, n in every.items() if "abab" not in name}


def test_it_is_told_before_a_name_passes_to_other_images(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "m.db"
    assert renamed(path, "two", FIRST, "11" * 8) == ""  # there is no file yet
    keep(path, make(data="two", data_hash=FIRST)), note_asked(path, "two", FIRST, "11" * 8)
    assert renamed(path, "two", FIRST, "11" * 8) == renamed(path, "three", OTHER, "22" * 8) == ""
    assert renamed(path, "two", SPLIT, "11" * 8) == (
        "another split of these images had the name 'two': their results are called 'two (other split abababab)' once these have results"
    )
    assert renamed(path, "Two", OTHER, "22" * 8, "Two (yours)") == (
        "other images had the name 'Two': their results are called 'Two (yours) (other images abababab)' once these have results"
    )

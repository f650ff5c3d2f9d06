"""The copy of the catalogue that holds own results: made when something changed, shared, tidied, and done without where it must be."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backbones.store.catalog import connect, open_catalog
from backbones.store.transferring import laid_in, laying
from backbones.store.transferring.keeping import keep
from backbones.store.transferring.laid_in import SUFFIX, file_to_open
from backbones.store.transferring.listed import forget_outcomes, outcomes_to_forget
from backbones.store.transferring.outcome import Outcome

if TYPE_CHECKING:
    from tests.store.conftest import World

Make = Callable[..., Outcome]


def test_the_copy_follows_the_results_and_the_catalogue(own: World, make: Make) -> None:
    connect(own.places).close()
    copy = own.places.catalog.with_name(own.places.catalog.stem + SUFFIX)
    assert file_to_open(own.places) == copy
    before = copy.stat().st_ino
    connect(own.places).close()
    assert copy.stat().st_ino == before  # nothing has changed
    keep(own.places.measurements, make(99.0, model="toynet_small.other"))
    assert own.ask("select weights from results where dataset = 'My Photos' and metric = 'top_1' and value > 98") == [
        ("toynet_small.other",)
    ]
    own.write(
        "new.yaml",
        "family: Newt\ncollection: papers\nsource: arxiv:2401.00001\nbackbones: [{backbone: Newt-S, params_m: 5}]\n",
    )
    own.build()
    assert own.ask("select count(*) from backbones where backbone = 'Newt-S'") == [(1,)]
    assert own.ask("select count(*) from results where origin = 'measured'")[0][0] == 32
    forget_outcomes(own.places.measurements, outcomes_to_forget(own.places.measurements, "*"))
    assert file_to_open(own.places) == own.places.catalog
    assert own.ask("select count(*) from results where origin = 'measured'") == [(0,)]


def test_the_catalogue_itself_knows_nothing_of_its_user(own: World) -> None:
    own.ask("select 1")
    plain = sqlite3.connect(own.places.catalog)
    assert plain.execute("select count(*) from results where origin <> 'reported'").fetchone() == (0,)
    assert plain.execute("select count(*) from datasets where dataset = 'My Photos'").fetchone() == (0,)
    plain.close()


def test_a_catalogue_that_somebody_named_gets_no_file_beside_it(own: World, tmp_path: Path) -> None:
    shared = replace(own.places, is_named=True)
    first = file_to_open(shared)
    assert first.parent == own.places.measurements.parent
    (tmp_path / "other").mkdir()
    other = replace(
        shared, catalog=Path(shutil.copy2(own.places.catalog, tmp_path / "other" / own.places.catalog.name))
    )
    assert file_to_open(other) != first
    before = first.stat().st_ino
    assert file_to_open(shared) == first and first.stat().st_ino == before  # each has its own


def test_machines_that_share_a_home_share_the_copy(own: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = file_to_open(own.places).stat().st_ino
    monkeypatch.setattr("backbones.store.machine.host_id", lambda: "another")
    for module in [m for name, m in sys.modules.items() if name.startswith("backbones.store.transferring.")]:
        if hasattr(module, "host_id"):
            monkeypatch.setattr(module, "host_id", lambda: "another")
    plain = Path.stat

    def elsewhere(path: Path, **options: bool) -> os.stat_result:
        found = plain(path, **options)
        return os.stat_result((*found[:2], found.st_dev + 1, *found[3:10]), {"st_mtime_ns": found.st_mtime_ns})

    monkeypatch.setattr(Path, "stat", elsewhere)
    copy = file_to_open(own.places)
    monkeypatch.undo()
    assert copy.name.endswith(SUFFIX) and copy.stat().st_ino == before


def test_what_a_killed_program_left_is_taken_away(own: World, make: Make) -> None:
    copy = file_to_open(own.places)
    old, new = (copy.with_name(f".{copy.name}.{name}") for name in ("0" * 32, "1" * 32))
    old.write_bytes(b"half"), new.write_bytes(b"half")
    os.utime(old, (time.time() - 120,) * 2)
    keep(own.places.measurements, make(99.0, model="toynet_small.other"))
    assert file_to_open(own.places) == copy and not old.exists() and new.exists()


def test_a_copy_that_cannot_be_made_is_said_once_and_not_tried_at_every_command(
    own: World, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.ask("select 1")
    tried, said = [], list[str]()

    def broken(connection: sqlite3.Connection) -> None:
        tried.append(connection)
        raise TypeError("no number")

    monkeypatch.setattr(laying, "lay", broken)
    monkeypatch.setattr(laid_in, "fallback_catalog", lambda: own.places.state.parent / "elsewhere" / "catalog.db")
    keep(own.places.measurements, make(99.0, model="toynet_small.other"))
    keep(own.places.measurements, make(99.0, data="imagenet-1k", model="toynet_small.other"))
    connection = open_catalog(own.places, said.append)  # the catalogue opens all the same
    assert connection.execute("select count(*) from results where origin = 'measured'").fetchone() == (36,)
    names = connection.execute(
        "select distinct dataset from best_results where origin = 'measured' order by 1"
    ).fetchall()
    assert names == [("My Photos",), ("imagenet-1k (yours)",)]
    assert len(said) == 1 and "TypeError: no number" in said[0] and len(tried) == 2
    connection.close(), laid_in._failed.clear()  # as in another program
    open_catalog(own.places, said.append).close()
    assert len(said) == 1 and len(tried) == 2
    monkeypatch.undo()
    keep(own.places.measurements, make(98.0, model="toynet_small.other"))  # other results are tried
    copy = file_to_open(own.places)
    assert copy.name.endswith(SUFFIX) and not list(copy.parent.glob("*.failed"))


def test_a_damaged_copy_is_made_anew(own: World) -> None:
    own.ask("select 1")
    own.places.catalog.with_name(own.places.catalog.stem + SUFFIX).write_bytes(b"no database" * 1000)
    assert own.ask("select count(*) from results where origin = 'measured'")[0][0] == 32

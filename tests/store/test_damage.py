"""Whatever happens to the file, it is mended or a sentence tells how to mend it, and nothing else is written over."""

from __future__ import annotations

import random
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backbones.store import schema
from backbones.store.catalog import connect, open_catalog
from backbones.store.errors import CatalogError, ForeignFile
from backbones.store.places import Places, places
from backbones.store.query import CatalogExplorer
from backbones.store.view import View

if TYPE_CHECKING:
    from tests.store.conftest import World


def _damage(path: Path, how: str) -> None:
    data = bytearray(path.read_bytes())
    page = 4096
    if how == "truncated":
        data = data[: len(data) // 2]
    elif how == "one page short":
        data = data[:-page]
    elif how == "garbage":
        data = bytearray(random.Random(1).randbytes(len(data)))
    elif how == "text":
        data = bytearray(b"family: not a database\n" * 100)
    elif how == "empty":
        data = bytearray()
    elif how == "head only":
        data = data[:100]
    elif how.startswith("flipped"):
        dice = random.Random(2)
        first = len(data) // page // 3 * page if how == "flipped late" else page * 2
        for start in range(first, len(data), page if how == "flipped late" else page * 2):
            data[start : start + 64] = dice.randbytes(64)
    path.write_bytes(data)


DAMAGES = ["truncated", "one page short", "garbage", "text", "empty", "head only", "flipped", "flipped late"]


@pytest.mark.parametrize("how", DAMAGES)
def test_a_build_mends_a_damaged_catalogue(world: World, how: str) -> None:
    world.build()
    before = world.everything()
    _damage(world.places.catalog, how)
    world.write("mine.yaml", "family: Mine\nsource: own\nbackbones: [{backbone: Mine-T}]\n")
    world.build()
    (world.places.families[0] / "mine.yaml").unlink()
    world.build()
    assert world.everything() == before


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_catalogue_answers_or_says_how_to_mend_it(world: World, how: str) -> None:
    world.build()
    before = world.everything()
    _damage(world.places.catalog, how)
    try:
        open_catalog(world.places).close()
        explorer = world.explorer()
        try:
            assert explorer.answer(View(columns=("checkpoint", "params_m"), x="", y="")).total == 5
        finally:
            explorer.close()
    except CatalogError as error:
        assert "backbones build --fresh" in str(error)
        world.build(from_scratch=True)
    else:
        assert how == "flipped late" or world.everything() == before


@pytest.mark.parametrize("version", [0, schema.VERSION - 1, schema.VERSION + 1])
def test_a_catalogue_of_another_version_is_built_anew(world: World, version: int) -> None:
    world.build()
    connection = sqlite3.connect(world.places.catalog)
    connection.execute("drop view results")
    connection.execute(f"pragma user_version = {version}")
    connection.close()
    assert world.ask("select count(*) from results") == [(11,)]


def test_a_catalogue_that_is_not_there_is_a_sentence(world: World) -> None:
    with pytest.raises(CatalogError, match=r"cannot be read: .*Run `backbones build --fresh`"):
        connect(world.places)


def test_the_catalogue_cannot_be_written_through_a_connection(world: World) -> None:
    world.build()
    connection = connect(world.places)
    for sql in (
        "delete from result",
        "drop view results",
        "create table x (a)",
        "update family set family = 'x'",
        "pragma user_version = 9",
    ):
        with pytest.raises(sqlite3.OperationalError, match=r"readonly|read-only"):
            connection.execute(sql)
    connection.close()


@pytest.mark.parametrize("name", ["with space", "per%cent", "que?stion", "ha#sh", "ünïcode", "quo'te"])
def test_a_path_with_awkward_characters_works(world: World, tmp_path: Path, name: str) -> None:
    from backbones.store.measurements import migrate

    home = tmp_path / name
    odd = replace(world.places, catalog=home / "catalog.db", measurements=home / "measurements.db")
    migrate(odd.measurements)
    connection = open_catalog(odd)
    assert connection.execute("select count(*) from results").fetchone() == (11,)
    connection.close()


def test_a_question_to_a_damaged_page_is_a_sentence(shipped: Places, tmp_path: Path) -> None:
    mine = replace(shipped, catalog=tmp_path / "catalog.db")
    data = bytearray(shipped.catalog.read_bytes())
    with sqlite3.connect(shipped.catalog) as connection:
        (root,) = connection.execute("select rootpage from sqlite_master where name = 'placement'").fetchone()
    connection.close()
    data[(root - 1) * 4096 : (root - 1) * 4096 + 200] = bytes(200)
    mine.catalog.write_bytes(data)
    explorer = CatalogExplorer(lambda: open_catalog(mine))
    with pytest.raises(CatalogError, match=r"the catalogue is damaged: .*Run `backbones build --fresh`"):
        explorer.answer(View())
    explorer.close()


def test_a_build_over_a_damaged_page_starts_anew(world: World) -> None:
    asked = View(columns=("checkpoint",), x="", y="top_1@imagenet-1k", sort=())
    world.build()
    with sqlite3.connect(world.places.catalog) as connection:
        (root,) = connection.execute("select rootpage from sqlite_master where name = 'placement'").fetchone()
    connection.close()
    data = bytearray(world.places.catalog.read_bytes())
    data[(root - 1) * 4096 : (root - 1) * 4096 + 200] = bytes(200)
    world.places.catalog.write_bytes(data)
    explorer = world.explorer()
    with pytest.raises(CatalogError, match=r"the catalogue is damaged: .*Run `backbones build --fresh`"):
        explorer.answer(asked)
    explorer.close()
    world.write("mine.yaml", "family: Mine\nsource: own\nbackbones: [{backbone: Mine-T}]\n")
    report = world.build()  # copies the damaged file to save work, and starts anew
    assert report.parsed == report.files
    explorer = world.explorer()
    assert explorer.answer(asked).total == 5
    explorer.close()


@pytest.mark.parametrize("content", [b"my notes\n", b"SQLite format 3\0" + bytes(4080)])
def test_a_named_file_that_is_no_catalogue_is_never_written_over(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "notes.txt"
    file.write_bytes(content)
    with pytest.raises(ForeignFile, match="is no catalogue; it stays as it is"):
        open_catalog(places(file, env={"BACKBONES_HOME": str(tmp_path)}))
    assert file.read_bytes() == content

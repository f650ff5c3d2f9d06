"""A build parses what changed and nothing else, and ends where a build from nothing would."""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backbones.store.build import build
from backbones.store.catalog import connect, is_current, open_catalog
from backbones.store.errors import CatalogError, FileProblems
from backbones.store.places import Places, places

if TYPE_CHECKING:
    from tests.store.conftest import World

FILES = 10
OWN = "family: Mine\nsource: own\nbackbones:\n- backbone: Mine-T\n  params_m: {params}\n"


def test_a_first_build_parses_all_and_a_second_nothing(world: World) -> None:
    assert (world.build().parsed, world.build().parsed) == (FILES, 0)


def test_a_changed_file_alone_is_parsed_again(world: World) -> None:
    path = world.write("mine.yaml", OWN.format(params=1))
    assert world.build().parsed == FILES + 1
    path.write_text(OWN.format(params=2))
    assert not is_current(world.places)
    assert world.build().parsed == 1
    assert world.ask("select params_m from backbones where backbone = 'Mine-T'") == [(2.0,)]


def test_a_touched_file_of_the_same_content_is_not_parsed(world: World) -> None:
    path = world.write("mine.yaml", OWN.format(params=1))
    world.build()
    os.utime(path, (1, 1))
    assert not is_current(world.places)
    assert world.build().parsed == 0
    assert is_current(world.places)


def test_a_change_that_keeps_the_size_is_seen(world: World) -> None:
    path = world.write("mine.yaml", OWN.format(params=1))
    world.build()
    path.write_text(OWN.format(params=7))
    assert world.ask("select params_m from backbones where backbone = 'Mine-T'") == [(7.0,)]


def test_a_removed_file_takes_its_facts_along(world: World) -> None:
    world.build()
    (world.places.shipped / "toynet.yaml").unlink()
    report = world.build()
    assert (report.files, report.parsed) == (FILES - 1, 0)
    assert world.ask("select count(*) from results where collection = 'papers' and family = 'ToyNet'") == [(0,)]
    assert world.ask("select count(*) from families where family = 'ToyNet'") == [(0,)]


def test_opening_builds_what_is_missing_and_says_nothing_when_all_is_well(world: World) -> None:
    said: list[str] = []
    open_catalog(world.places, said.append).close()
    assert said == []
    assert is_current(world.places)


def test_opening_a_current_catalogue_does_not_write(world: World) -> None:
    world.build()
    before = world.places.catalog.stat()
    open_catalog(world.places).close()
    assert world.places.catalog.stat().st_mtime_ns == before.st_mtime_ns
    assert world.places.catalog.stat().st_ino == before.st_ino


def test_progress_counts_each_file_up_to_the_whole(world: World) -> None:
    seen: list[tuple[int, int, str]] = []
    build(world.places, lambda done, total, name: seen.append((done, total, name)))
    assert [done for done, _, _ in seen] == list(range(1, FILES + 2))
    assert {total for _, total, _ in seen} == {FILES + 1}


CHANGES = {
    "one more backbone": lambda text: text + "- backbone: Otter-XL\n  params_m: 900\n  aliases: [toynet_small]\n",
    "another value": lambda text: text.replace("83.6", "83.9"),
    "another name": lambda text: text.replace("Otter-B", "OTTER b"),
    "another family": lambda text: text.replace("family: Otter", "family: ToyNet Two"),
    "same results as another file": lambda text: text.replace("Otter-B IN-1k", "ToyNet-S IN-1k").replace(
        "83.6", "80.1"
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_build_of_the_change_equals_a_build_from_nothing(world: World, change: str, tmp_path: Path) -> None:
    world.build()
    path = world.places.shipped / "otter.yaml"
    path.write_text(CHANGES[change](path.read_text()))
    assert world.build().parsed == 1
    fresh = world.elsewhere(tmp_path / "fresh.db")
    assert fresh.build().parsed == FILES
    assert world.everything() == fresh.everything()


def test_files_that_come_change_and_go_leave_no_trace(world: World, tmp_path: Path) -> None:
    world.build()
    one = (
        "family: {name}\nsource: own-{name}\nbackbones:\n- backbone: ToyNet-S\n  checkpoints:\n"
        "  - checkpoint: ToyNet-S IN-1k\n    results:\n    - {{task: classification, dataset: ImageNet-1k, resolution: 224, values: {{top_1: {value}}}}}\n"
    )
    first, second = (
        world.write("a.yaml", one.format(name="A", value=81)),
        world.write("b.yaml", one.format(name="B", value=82)),
    )
    world.build()
    first.write_text(one.format(name="A", value=81.5))
    world.build()
    fresh = world.elsewhere(tmp_path / "fresh.db")
    fresh.build()
    assert world.everything() == fresh.everything()
    first.unlink()
    second.unlink()
    world.build()
    fresh.build(from_scratch=True)
    assert world.everything() == fresh.everything()


def test_the_shipped_catalogue_is_the_same_after_a_file_came_and_went(shipped: Places, tmp_path: Path) -> None:
    mine = replace(shipped, catalog=tmp_path / "catalog.db", families=(tmp_path / "families",))
    (tmp_path / "catalog.db").write_bytes(shipped.catalog.read_bytes())
    (tmp_path / "families").mkdir()
    own = tmp_path / "families" / "convnext.yaml"
    own.write_text((shipped.shipped / "convnext.yaml").read_text().replace("params_m: 198", "params_m: 199"))
    assert build(mine).parsed == 1
    own.unlink()
    assert build(mine).parsed <= 1
    with sqlite3.connect(mine.catalog) as connection:
        connection.execute("attach database ? as shipped", [str(shipped.catalog)])
        results = "collection, source_ref, metric, dataset, value, origin, weights, checkpoint, backbone, family, params_m, gmacs"
        for view, what in (
            ("families", "*"),
            ("backbones", "*"),
            ("checkpoints", "*"),
            ("weights", "*"),
            ("aliases", "*"),
            ("results", results),
            ("best_results", "*"),
            ("throughput", "*"),
            ("suspects", "*"),
            ("rankings", "*"),
        ):
            before, after = (
                Counter(connection.execute(f"select {what} from {name}.{view}")) for name in ("shipped", "main")
            )
            assert len(before) > 10 and before == after, view
    connection.close()


# ---- mistakes in files


def test_a_users_file_with_mistakes_is_left_out_and_reported(world: World) -> None:
    world.write("good.yaml", OWN.format(params=3))
    bad = world.write(
        "bad.yaml", "family: Bad\nsource: own\nbackbones:\n- backbone: Bad-T\n  params_m: many\n  shininess: 3\n"
    )
    report = world.build()
    assert report.problems == (
        f"{bad}: backbones.0.params_m: has to be a valid number, not 'many'",
        f"{bad}: backbones.0.shininess: unknown key",
    )
    assert world.ask("select backbone from backbones where backbone like 'Mine%' or backbone like 'Bad%'") == [
        ("Mine-T",)
    ]
    assert world.ask("select count(*) from results where family = 'ToyNet'")[0][0] == 9


def test_the_same_mistakes_are_not_parsed_again_and_still_reported(world: World) -> None:
    world.write("bad.yaml", "family: [")
    first, second = world.build(), world.build()
    assert (first.parsed, second.parsed) == (FILES + 1, 0)
    assert first.problems == second.problems != ()


def test_opening_tells_of_files_that_were_left_out(world: World) -> None:
    said: list[str] = []
    world.write("bad.yaml", "family: [")
    open_catalog(world.places, said.append).close()
    assert any("bad.yaml: line " in line for line in said)
    assert "files with mistakes are left out of the catalogue" in said


def test_a_mended_file_is_in(world: World) -> None:
    path = world.write("bad.yaml", "family: [")
    world.build()
    path.write_text(OWN.format(params=3))
    report = world.build()
    assert (report.parsed, report.problems) == (1, ())
    assert world.ask("select count(*) from backbones where backbone = 'Mine-T'") == [(1,)]


def test_a_damaged_shipped_file_asks_for_a_new_installation_and_keeps_the_old_catalogue(world: World) -> None:
    world.build()
    before = world.everything()
    (world.places.shipped / "toynet.yaml").write_text("family: [")
    with pytest.raises(FileProblems, match="this file came with the package; install the package again"):
        world.build()
    assert world.everything() == before


def test_no_shipped_files_at_all_is_a_sentence(tmp_path: Path) -> None:
    empty = Places(tmp_path / "catalog.db", tmp_path / "m.db", (), tmp_path / "state", tmp_path / "none")
    with pytest.raises(CatalogError, match=r"no YAML files in .*; install the package again"):
        build(empty)


def test_files_that_are_no_yaml_or_hidden_are_passed_over(world: World) -> None:
    world.write("notes.txt", "family: [")
    world.write(".hidden.yaml", "family: [")
    world.write("old.yaml~", "family: [")
    assert world.build().files == FILES


def test_a_folder_named_like_a_file_is_passed_over(world: World) -> None:
    (world.places.families[0] / "odd.yaml").mkdir(parents=True)
    assert world.build().files == FILES


# ---- places


def test_one_folder_holds_everything_when_the_environment_says_so(tmp_path: Path) -> None:
    found = places(env={"BACKBONES_HOME": str(tmp_path)})
    assert (found.catalog, found.measurements, found.families) == (
        tmp_path / "catalog.db",
        tmp_path / "measurements.db",
        (tmp_path / "family_data",),
    )


def test_an_option_beats_the_environment(tmp_path: Path) -> None:
    env = {"BACKBONES_HOME": str(tmp_path), "BACKBONES_CATALOG": str(tmp_path / "env.db")}
    assert places(env=env).catalog == tmp_path / "env.db"
    assert places(tmp_path / "option.db", ("x",), env).catalog == tmp_path / "option.db"


def test_later_folders_of_families_win(world: World, tmp_path: Path) -> None:
    for name, params in (("one", 1), ("two", 2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.yaml").write_text(OWN.format(params=params))
    both = replace(world.places, families=(tmp_path / "one", tmp_path / "two"))
    build(both)
    connection = connect(both)
    assert connection.execute("select params_m from backbones where backbone = 'Mine-T'").fetchall() == [(2.0,)]
    connection.close()

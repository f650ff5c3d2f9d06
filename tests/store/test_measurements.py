"""measurements.db grows, is migrated and never rebuilt; its rows stand beside the catalogue's."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from backbones.store.catalog import connect, has_measurements, open_catalog
from backbones.store.machine import host_id
from backbones.store.measurements import migrate
from backbones.store.places import Places
from backbones.store.query import CatalogExplorer
from backbones.store.view import View

if TYPE_CHECKING:
    from tests.store.conftest import World


def measure(path: Path, **values: Any) -> None:
    row = {
        "datetime_utc": "2026-01-02T03:04:05Z",
        "host": "elsewhere",
        "backbone": "ToyNet-S",
        "device": "NVIDIA V100",
        "mode": "inference",
    } | values
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(
            f"insert into measurement ({', '.join(row)}) values ({', '.join('?' * len(row))})", list(row.values())
        )
    connection.close()


def schema_of(path: Path) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(
            "select name, sql from sqlite_master where name not like '%migrations%' order by name"
        ).fetchall()
    finally:
        connection.close()


def test_migrating_twice_is_migrating_once_and_rows_survive(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "measurements.db"
    migrate(path)
    before = schema_of(path)
    measure(path, throughput_img_s=5.0, resolution=224)
    migrate(path)
    migrate(path)
    assert schema_of(path) == before
    connection = sqlite3.connect(path)
    assert connection.execute("select throughput_img_s, origin from measurement").fetchall() == [(5.0, "measured")]
    connection.close()


def test_an_older_file_gains_the_later_tables_and_keeps_its_rows(tmp_path: Path) -> None:
    import sqlite_utils

    from backbones.store.measurements import migrations

    path = tmp_path / "measurements.db"
    connection = sqlite3.connect(path)
    migrations().apply(sqlite_utils.Database(connection), stop_before="create_measured_result")
    connection.commit()
    connection.close()
    assert [name for name, _ in schema_of(path) if not name.startswith(("idx", "sqlite"))] == ["measurement"]
    measure(path, throughput_img_s=7.0)
    migrate(path)
    assert {"measurement", "measured_result", "model_call", "saved_view", "note"} <= {
        name for name, _ in schema_of(path)
    }
    connection = sqlite3.connect(path)
    assert connection.execute("select throughput_img_s from measurement").fetchall() == [(7.0,)]
    connection.close()


def test_there_is_no_write_ahead_log(tmp_path: Path) -> None:
    path = tmp_path / "measurements.db"
    migrate(path)
    measure(path, throughput_img_s=5.0)
    connection = sqlite3.connect(path)
    assert connection.execute("pragma journal_mode").fetchone() == ("delete",)
    connection.close()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["measurements.db"]


def test_a_file_in_wal_mode_is_brought_back(tmp_path: Path) -> None:
    path = tmp_path / "measurements.db"
    connection = sqlite3.connect(path)
    connection.execute("pragma journal_mode = wal")
    connection.execute("create table other (a)")
    connection.close()
    migrate(path)
    connection = sqlite3.connect(path)
    assert connection.execute("pragma journal_mode").fetchone() == ("delete",)
    connection.close()


@pytest.mark.parametrize("missing", ["datetime_utc", "host", "backbone", "device", "mode"])
def test_a_measurement_without_its_circumstances_is_refused(tmp_path: Path, missing: str) -> None:
    path = tmp_path / "measurements.db"
    migrate(path)
    with pytest.raises(sqlite3.IntegrityError, match="NOT NULL"):
        measure(path, **{missing: None})


@pytest.fixture
def measured(world: World) -> World:
    """A world in which two speeds were measured: on a known device, and on this machine's unknown one."""
    migrate(world.places.measurements)
    measure(
        world.places.measurements, throughput_img_s=1234.5, resolution=224, precision="fp16", backbone="toynet_small"
    )
    measure(
        world.places.measurements,
        throughput_img_s=99.0,
        latency_ms=10.1,
        resolution=224,
        device="Home GPU",
        host=host_id(),
        peak_memory_mib=512.0,
    )
    return world


def test_a_measured_speed_stands_in_the_view_with_its_origin(measured: World) -> None:
    rows = measured.ask(
        "select family, backbone, device, precision, throughput_img_s, params_m, origin, collection, source from throughput where origin <> 'reported'"
    )
    assert rows == [
        ("ToyNet", "ToyNet-S", "NVIDIA V100", "fp16", 1234.5, 20.0, "measured", "probe", "probe:elsewhere"),
        ("ToyNet", "ToyNet-S", "Home GPU", None, 99.0, 20.0, "measured", "probe", f"probe:{host_id()}"),
    ]
    assert measured.ask("select count(*) from throughput where origin = 'reported'") == [(5,)]


def test_the_views_keep_their_columns_with_measurements_beside_them(measured: World) -> None:
    connection = open_catalog(measured.places)
    for view in ("throughput", "results", "best_results", "devices"):
        temporary, stored = (
            [r[1] for r in connection.execute(f"pragma {schema}.table_info({view})")] for schema in ("temp", "main")
        )
        assert temporary == stored
        connection.execute(f"select * from {view}").fetchall()
    connection.close()


def test_the_stored_views_stay_without_measurements(measured: World) -> None:
    measured.build()
    plain = sqlite3.connect(measured.places.catalog)
    assert plain.execute("select count(*) from throughput").fetchone() == (5,)
    plain.close()


def ask(
    explorer: CatalogExplorer, *columns: str, text: str = "checkpoint = 'ToyNet-S IN-1k'"
) -> tuple[tuple[Any, ...], ...]:
    rows = explorer.answer(View(filter=text, columns=columns, x="", y="", group="", sort=())).rows.rows
    explorer.close()
    return rows


def test_a_measured_speed_answers_for_its_device(measured: World) -> None:
    rows = ask(
        measured.explorer(), "throughput@v100:precision=fp16", "throughput@v100", "throughput@v100:precision=fp32"
    )
    assert rows == ((1234.5, 1500.0, 700.0),)


def test_a_measured_speed_can_be_asked_for_alone(measured: World) -> None:
    assert ask(measured.explorer(), "throughput@v100:collection=probe", "throughput@v100:collection=timm") == (
        (1234.5, 1500.0),
    )


def test_here_is_what_was_measured_on_this_machine(measured: World) -> None:
    assert ask(measured.explorer(), "throughput@here", "latency@here", "peak_memory@here") == ((99.0, 10.1, 512.0),)


def test_here_is_nothing_where_nothing_was_measured(world: World) -> None:
    assert ask(world.explorer(), "throughput@here") == ((None,),)


def test_a_device_that_only_measurements_know_can_be_asked_for(measured: World) -> None:
    assert measured.ask("select device from devices where device = 'Home GPU'") == [("Home GPU",)]
    assert ask(measured.explorer(), "throughput@home-gpu") == ((99.0,),)


def test_a_measured_speed_of_another_resolution_does_not_join(measured: World) -> None:
    assert ask(measured.explorer(), "throughput@here", text="checkpoint = 'ToyNet-L IN-22k'") == ((None,),)


def test_a_measured_accuracy_stands_beside_the_reported_ones(measured: World) -> None:
    connection = sqlite3.connect(measured.places.measurements)
    with connection:
        connection.execute(
            "insert into measured_result (datetime_utc, backbone, task, dataset, protocol, metric, value) "
            "values ('2026', 'toynet_small', 'classification', 'my photos', 'k-NN', 'top_1', 91.5)"
        )
    connection.close()
    for view in ("results", "best_results"):
        sql = f"select family, backbone, dataset, protocol, value, unit, higher_is_better, origin, published from {view} where origin = 'measured'"
        assert measured.ask(sql) == [
            ("ToyNet", "ToyNet-S", "my photos", "k-NN", 91.5, "percent", 1, "measured", "2021-05-01")
        ]


def test_neither_file_can_be_written_through_the_catalogue(measured: World) -> None:
    connection = open_catalog(measured.places)
    for sql in (
        "delete from measurements.measurement",
        "insert into measurements.note (text) values ('x')",
        "delete from main.family",
    ):
        with pytest.raises(sqlite3.OperationalError, match=r"readonly|read-only"):
            connection.execute(sql)
    connection.close()


def test_a_file_without_our_tables_is_passed_over(world: World) -> None:
    connection = sqlite3.connect(world.places.measurements)
    connection.execute("create table other (a)")
    connection.close()
    assert world.ask("select count(*) from throughput") == [(5,)]


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 100, b"SQLite format 3\0" + bytes(500)])
def test_a_damaged_measurements_file_does_not_hide_the_catalogue_without_a_word(world: World, content: bytes) -> None:
    from backbones.store.errors import CatalogError

    world.build()
    world.places.measurements.write_bytes(content)
    try:
        connection = connect(world.places)
    except CatalogError as error:
        assert str(world.places.measurements) in str(error)
    else:
        assert connection.execute("select count(*) from throughput").fetchone() == (5,)
        connection.close()


def test_a_rebuilt_catalogue_keeps_the_measurements(measured: World) -> None:
    measured.build()
    measured.build(from_scratch=True)
    assert measured.ask("select count(*) from throughput where origin = 'measured'") == [(2,)]


def test_whether_there_are_measurements_is_known(measured: World, tmp_path: Path) -> None:
    measured.build()
    with_some = connect(measured.places)
    without = connect(replace(measured.places, measurements=tmp_path / "none.db"))
    assert (has_measurements(with_some), has_measurements(without)) == (True, False)
    with_some.close()
    without.close()


def test_a_migration_leaves_a_stranger_s_data_alone(tmp_path: Path) -> None:
    path = tmp_path / "measurements.db"
    connection = sqlite3.connect(path)
    connection.execute("create table other (a)")
    connection.execute("insert into other values (1)")
    connection.commit()
    connection.close()
    migrate(path)
    connection = sqlite3.connect(path)
    assert connection.execute("select a from other").fetchall() == [(1,)]
    connection.close()


def test_the_machine_has_a_stable_name_that_is_not_its_host_name() -> None:
    import platform

    assert host_id() == host_id()
    assert len(host_id()) == 12 and platform.node() not in host_id()


def test_places_of_measurements_are_beside_the_users_data(tmp_path: Path) -> None:
    from backbones.store.places import places

    found: Places = places(env={"BACKBONES_HOME": str(tmp_path)})
    assert found.measurements.parent == found.families[0].parent

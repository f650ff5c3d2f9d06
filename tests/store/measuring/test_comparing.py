"""Ratios of two sides, and which changes are more than the spread of their rounds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from backbones.store.catalog import open_catalog
from backbones.store.documents import dump_yaml
from backbones.store.errors import BackbonesError
from backbones.store.measuring.comparing import Comparison, compared
from backbones.store.measuring.export import export_sheet
from backbones.store.measuring.keeping import keep, visits

if TYPE_CHECKING:
    from tests.store.conftest import World
    from tests.store.measuring.conftest import Make


@pytest.fixture
def before_and_after(world: World, make: Make) -> World:
    """Two days with a driver update between: one model became slower, one faster, one stayed, one has a single round."""
    days = (
        ("2026-11-20", "580.65", {"slow": 100.0, "fast": 100.0, "same": 100.0}),
        ("2026-11-21", "590.10", {"slow": 90.0, "fast": 112.0, "same": 100.5}),
    )
    for day, driver, speeds in days:
        for model, speed in speeds.items():
            for number, factor in ((1, 0.995), (2, 1.0), (3, 1.005)):
                started = f"{day}T10:00:{number:02d}Z"
                keep(
                    world.places.measurements, make(speed * factor, number, model=model, driver=driver, started=started)
                )
        keep(world.places.measurements, make(speed, model="once", driver=driver, started=f"{day}T11:00:00Z"))
        keep(
            world.places.measurements,
            make(
                None,
                quantity="latency",
                latency_ms=500 / speeds["slow"],
                model="slow",
                driver=driver,
                started=f"{day}T12:00:00Z",
            ),
        )
    return world


@pytest.fixture
def connection(before_and_after: World) -> Iterator[sqlite3.Connection]:
    found = open_catalog(before_and_after.places)
    yield found
    found.close()


def changes(found: Comparison) -> dict[tuple[Any, Any], tuple[float, Any]]:
    names = [c.name for c in found.rows.columns]
    rows = [dict(zip(names, row, strict=True)) for row in found.rows]
    return {(row["model"], row["quantity"]): (round(row["ratio"], 3), row["change"]) for row in rows}


def test_a_driver_s_update_is_told_from_noise(connection: sqlite3.Connection, before_and_after: World) -> None:
    path = before_and_after.places.measurements
    found = compared(connection, path, "2026-11-20", "2026-11-21")
    assert changes(found) == {
        ("slow", "throughput"): (0.9, "slower"), ("slow", "latency"): (0.9, None), ("same", "throughput"): (1.005, "within the spread"),
        ("once", "throughput"): (1.005, None), ("fast", "throughput"): (1.12, "faster"),
    }  # fmt: skip
    assert (ratios := list(found.rows.values("ratio"))) == sorted(ratios) and found.slower == 1
    assert "5 in common" in found.told[0] and found.told[1].startswith("1 slower and 1 faster")
    assert found.told[2].startswith("2 with a single round")
    assert changes(compared(connection, path, "2026-11-20")) == changes(found)
    fingerprints = [
        next(v for v in visits(path) if v.started.startswith(day)).conditions.fingerprint
        for day in ("2026-11-20", "2026-11-21")
    ]
    assert changes(compared(connection, path, fingerprints[0][:8], fingerprints[1])) == changes(found)
    turned = changes(compared(connection, path, "2026-11-21", "2026-11-20"))
    assert turned["slow", "throughput"] == (1.111, "faster")


def test_this_machine_beside_what_is_reported_of_a_device(world: World, make: Make) -> None:
    path = world.places.measurements
    keep(path, make(3000.0, precision="amp_fp16"))
    keep(path, make(2000.0, precision="amp_fp16", memory_format="channels_last"))
    keep(path, make(9999.0, precision="fp16"))
    keep(path, make(9999.0, precision="amp_fp16", resolution=160, model="toynet_small2"))
    connection = open_catalog(world.places)
    found = compared(connection, path, "v100")
    assert changes(found) == {("ToyNet-S", "throughput"): (2.0, None)} or changes(found) == {
        ("toynet_small", "throughput"): (2.0, None)
    }
    names = [c.name for c in found.rows.columns]
    row = dict(zip(names, found.rows.rows[0], strict=True))
    assert (row["a"], row["b"], row["batch_a"], row["batch_b"], row["resolution"]) == (1500.0, 3000.0, 256, 64, 224)
    turned = compared(connection, path, "here", "NVIDIA V100")
    assert next(iter(changes(turned).values())) == (0.5, None) and found.slower == 0
    connection.close()


def test_a_sheet_that_came_from_here_is_no_report_of_others(world: World, make: Make, tmp_path: Path) -> None:
    path = world.places.measurements
    keep(path, make(100.0))
    world.write("own.yaml", dump_yaml(export_sheet(path)))
    connection = open_catalog(world.places)
    with pytest.raises(BackbonesError, match="Home GPU has nothing"):
        compared(connection, path, "Home GPU", "here")
    connection.close()
    keep(tmp_path / "theirs.db", make(150.0, host="b" * 12))
    world.write("theirs.yaml", dump_yaml(export_sheet(tmp_path / "theirs.db", every_host=True)))
    connection = open_catalog(world.places)
    assert list(changes(compared(connection, path, "Home GPU", "here")).values()) == [(0.667, None)]
    connection.close()


def test_of_several_drivers_the_latest_counts_and_it_is_said(world: World, make: Make) -> None:
    path = world.places.measurements
    for number, (speed, driver) in enumerate(((100.0, "580"), (300.0, "580"), (100.0, "590"), (102.0, "590")), start=1):
        keep(path, make(speed, number, driver=driver, precision="amp_fp16"))
    connection = open_catalog(world.places)
    found = compared(connection, path, "v100", "here")
    assert list(found.rows.values("b")) == [101.0]  # not the median of both drivers
    latest = make(driver="590").conditions.fingerprint
    assert any("1 measured under several conditions" in told and latest in told for told in found.told)
    connection.close()


def test_days_are_compared_by_what_was_measured_on_them(world: World, make: Make) -> None:
    """One key over both days, and two drivers on the second: what is put together is what belongs together."""
    path = world.places.measurements
    for number, (day, speed, driver) in enumerate(
        (("20", 100.0, "580"), ("20", 102.0, "580"), ("21", 500.0, "580"), ("21", 90.0, "590"), ("21", 92.0, "590")),
        start=1,
    ):
        keep(path, make(speed, number, driver=driver, started=f"2026-11-{day}T10:00:0{number}Z"))
    connection = open_catalog(world.places)
    found = compared(connection, path, "2026-11-20", "2026-11-21")
    assert [*found.rows.values("a"), *found.rows.values("b")] == [101.0, 91.0] and found.slower == 1
    assert len(found.told) == 3 and found.told[2].startswith("2026-11-21: 1 measured under several conditions")
    connection.close()


def test_two_cards_of_a_box_are_compared_each_with_itself(world: World, make: Make) -> None:
    path = world.places.measurements
    for day, speeds in (("20", (100.0, 50.0)), ("21", (100.0, 40.0))):
        for number, (card, speed) in enumerate(zip(("GPU-aaaaaaaa-1", "GPU-bbbbbbbb-1"), speeds, strict=True)):
            keep(path, make(speed, extra={"uuid": card}, started=f"2026-11-{day}T10:00:0{number}Z"))
    connection = open_catalog(world.places)
    found = compared(connection, path, "2026-11-20", "2026-11-21")
    assert list(zip(found.rows.values("card"), found.rows.values("ratio"), strict=True)) == [
        ("bbbbbbbb", 0.8),
        ("aaaaaaaa", 1.0),
    ]
    connection.close()


def test_a_card_that_was_replaced_is_compared_with_its_successor(world: World, make: Make) -> None:
    path = world.places.measurements
    for day, card in (("20", "GPU-1"), ("21", "GPU-2")):
        keep(path, make(100.0, extra={"uuid": card}, started=f"2026-11-{day}T10:00:00Z"))
    connection = open_catalog(world.places)
    found = compared(connection, path, "2026-11-20")
    assert list(found.rows.values("ratio")) == [1.0] and list(found.rows.values("card")) == [None]
    connection.close()


def test_merged_branches_are_compared_with_merged_branches_only(world: World, make: Make, tmp_path: Path) -> None:
    path = world.places.measurements
    keep(path, make(100.0))
    keep(path, make(400.0, fused=True))
    keep(tmp_path / "theirs.db", make(200.0, fused=True, host="b" * 12, device="Their GPU"))
    world.write("theirs.yaml", dump_yaml(export_sheet(tmp_path / "theirs.db", every_host=True)))
    connection = open_catalog(world.places)
    found = compared(connection, path, "Their GPU", "here")
    assert list(zip(found.rows.values("fused"), found.rows.values("ratio"), strict=True)) == [(1, 2.0)]
    connection.close()


def test_nothing_in_common_says_what_there_is(world: World, make: Make) -> None:
    keep(world.places.measurements, make(3000.0, precision="bf16"))
    connection = open_catalog(world.places)
    with pytest.raises(BackbonesError, match=r"nothing in common.*amp_fp16 eager throughput.*bf16 eager throughput"):
        compared(connection, world.places.measurements, "v100")
    connection.close()


@pytest.mark.parametrize(
    "a, b, sentence",
    [("v101", "", "did you mean"), ("2026-12-24", "", "nothing was measured on this machine on 2026-12-24"), ("today", "", "nothing was measured"),
     ("ffff", "", "is no device"), ("2026-02-30", "", "there is no '2026-02-30'"),
     ("2026-11-21", "", "nothing was measured after"), ("", "", "is no device"), ("here", "x\x1b[31m", "is no device")],
)  # fmt: skip
def test_a_side_that_there_is_not_is_a_sentence(
    connection: sqlite3.Connection, before_and_after: World, a: str, b: str, sentence: str
) -> None:
    with pytest.raises(BackbonesError, match=sentence):
        compared(connection, before_and_after.places.measurements, a, b)


def test_what_others_measured_stands_in_where_nobody_reports(world: World, make: Make) -> None:
    path = world.places.measurements
    keep(path, make(100.0))
    keep(path, make(150.0, host="b" * 12, device="Friend's GPU"))
    connection = open_catalog(world.places)
    assert list(changes(compared(connection, path, "friends gpu")).values()) == [(0.667, None)]
    connection.close()

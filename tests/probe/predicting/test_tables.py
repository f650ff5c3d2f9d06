"""What tables of speeds are made of."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from backbones.probe.predicting.anchors import ANCHORS, anchors
from backbones.probe.predicting.tables import Table, Tables, tables_of
from backbones.store.catalog import connect
from backbones.store.machine import host_id
from backbones.store.measurements import migrate
from backbones.store.measuring.predictions import Setting
from backbones.store.places import Places

HERE = Setting("NVIDIA H200", "bf16")


def test_the_catalogue_has_the_twenty_tables_of_timm(tables: Tables) -> None:
    assert len(tables.tables) == 20
    assert sum(table.kind == "gpu" for table in tables.tables) == 17
    assert all(700 < len(table.speeds) < 1700 for table in tables.tables)
    assert set().union(*(t.speeds for t in tables.tables)) <= set(tables.traits)


def test_a_device_is_left_out_in_any_spelling(tables: Tables) -> None:
    assert {t.device for t in tables.tables} - {t.device for t in tables.without("nvidia rtx-3090").tables} == {
        "NVIDIA RTX 3090"
    }


def test_speeds_of_another_form_or_definition_are_not_those_of_the_model(table_of: Callable[..., Table]) -> None:
    merged, apart = table_of("5090"), table_of("3090", "2.4.0", "contiguous")
    assert ("repvgg_a2", 224) in apart.speeds and ("repvgg_a2", 224) not in merged.speeds
    assert ("ecaresnext50t_32x4d", 224) not in merged.speeds  # timm defined it anew
    assert not any(model.startswith("test_") for model, _ in merged.speeds)


def test_traits_at_another_resolution_grow_as_the_area(tables: Tables) -> None:
    small, large = tables.traits["resnet50", 224], tables.traits["resnet50", 288]
    assert large.gmacs / small.gmacs == pytest.approx((288 / 224) ** 2)
    assert large.params_m == small.params_m == pytest.approx(25.56, abs=0.01)


def test_every_anchor_is_in_all_tables_of_a_recent_torch_but_merged_ones(tables: Tables) -> None:
    recent = [table for table in tables.tables if "2.9" in table.framework or "2.4" in table.framework]
    for anchor in ANCHORS:
        lacking = [table.title for table in recent if anchor.key not in table.speeds]
        assert not lacking or anchor.kind == "re-parameterised", (anchor, lacking)
        assert tables.traits[anchor.key].gmacs == pytest.approx(anchor.gmacs, rel=0.05, abs=0.01)


def test_anchors_stand_in_for_those_that_timm_does_not_have() -> None:
    assert [a.model for a in anchors(3, {"vit_tiny_patch16_224", "resnet50", "mobilevit_s", "levit_256"})] == [
        "resnet50", "vit_tiny_patch16_224", "levit_256",
    ]  # fmt: skip
    assert len({a.kind for a in anchors()}) >= 7


def measured(path: Path, rows: list[tuple[str, int, float, str, int]]) -> None:
    """Put measured rows (model, resolution, speed, device, fused) of this machine into a new measurements.db."""
    migrate(path)
    with sqlite3.connect(path) as connection:
        connection.executemany(
            "insert into measurement (datetime_utc, host, origin, backbone, device, mode, resolution, throughput_img_s, precision, "
            "memory_format, compiled, quantity, fused) values ('2026-11-21', ?, 'measured', ?, ?, 'inference', ?, ?, 'bf16', "
            "'contiguous', 0, 'throughput', ?)",
            [(host_id(), model, device, resolution, speed, fused) for model, resolution, speed, device, fused in rows],
        )
    connection.close()


def test_what_was_measured_here_is_read_by_setting_and_is_a_table_once_it_is_long(
    shipped: Places, tables: Tables, tmp_path: Path
) -> None:
    known = sorted(tables.tables[-1].speeds)[:250]
    rows = [(model, resolution, 100.0 + i, HERE.device, 0) for i, (model, resolution) in enumerate(known)]
    rows += [("resnet18", 224, 7.0, "another", 0), ("resnet34", 224, 8.0, HERE.device, 1)]
    path = tmp_path / "measurements.db"
    measured(path, rows)
    places = Places(shipped.catalog, path, (), tmp_path / "state.json", shipped.shipped)
    connection = connect(places)
    here = {key: 100.0 + i for i, key in enumerate(known)}
    found = tables_of(connection)
    connection.close()
    (own,) = [table for table in found.tables if table.device == HERE.device]
    assert own.speeds == here and len(found.tables) == 21


def test_a_table_that_holds_the_very_measurements_is_no_evidence(lawful: Tables) -> None:
    own = lawful.tables[1]
    few = dict(list(own.speeds.items())[:10])
    assert [t.device for t in lawful.other_than(few).tables] == ["A", "C", "D"]
    again = {key: speed * 1.002 for key, speed in few.items()}  # measured anew
    assert lawful.other_than(again).tables == lawful.tables


def test_latencies_and_what_was_measured_again_since_are_in_no_table(
    shipped: Places, tables: Tables, tmp_path: Path
) -> None:
    known = sorted(tables.tables[-1].speeds)[:250]
    path = tmp_path / "measurements.db"
    measured(path, [(model, resolution, 9999.0, HERE.device, 0) for model, resolution in known])
    with sqlite3.connect(path) as connection:
        names = ", ".join(
            row[1]
            for row in connection.execute("pragma table_info(measurement)")
            if row[1] not in ("id", "datetime_utc", "quantity", "fingerprint", "throughput_img_s")
        )
        again = (
            f"insert into measurement ({names}, datetime_utc, quantity, fingerprint, throughput_img_s) select {names}"
        )
        connection.execute(f"{again}, '2026-11-22', 'throughput', 'ffffffffffff', 100.0 from measurement")
        connection.execute(
            f"{again}, '2026-11-23', 'latency', 'ffffffffffff', 8888.0 from measurement where fingerprint = ''"
        )
    connection.close()
    opened = connect(Places(shipped.catalog, path, (), tmp_path / "state.json", shipped.shipped))
    (own,) = [table for table in tables_of(opened).tables if table.device == HERE.device]
    opened.close()
    assert set(own.speeds.values()) == {100.0} and len(own.speeds) == 250

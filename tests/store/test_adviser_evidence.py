"""What an advice says of its numbers: where they come from, what was measured here, and which limits a command can repeat."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from backbones.store.adviser import Wish, advise
from backbones.store.advising.task import devices
from backbones.store.catalog import connect
from backbones.store.compare import compare
from backbones.store.facet_rows import ATTRIBUTES, Candidates, Memory, key_of
from backbones.store.machine import host_id
from backbones.store.measurements import migrate
from backbones.store.measuring.predictions import Prediction, Setting, keep_predictions
from backbones.store.places import Places
from backbones.store.query import CatalogExplorer
from backbones.store.view import View

KEY_OF_BACKBONE = len(ATTRIBUTES) + 1
"""Where the id of its backbone stands in a row of candidates."""


@pytest.mark.parametrize(
    "wish",
    [
        Wish("detection", head="mask-r-cnn", max_memory_mib=8000),
        Wish("detection", max_memory_mib=6000, max_params_m=60),
        Wish(device="v100", max_memory_mib=2000),
        Wish("semantic segmentation", device="a100", precision="fp32", max_memory_mib=9000),
        Wish(max_memory_mib=2000),
    ],
)
def test_the_command_of_an_advice_keeps_the_limit_on_the_memory_or_says_that_it_does_not(
    catalog: sqlite3.Connection, explorer: CatalogExplorer, wish: Wish
) -> None:
    advice = advise(catalog, wish)
    assert ("memory" in advice.filter) != advice.omits_memory
    assert advice.omits_memory == (wish.task == "classification" and not wish.device)
    if not advice.omits_memory:
        found = explorer.answer(advice.view())
        assert found.total == advice.meeting
        assert not advice.answers or found.keys[0] == advice.answers[0].key
    assert any("leaves this limit out" in note for note in advice.notes) == advice.omits_memory


def test_speeds_of_this_machine_are_measured_ones(generated: sqlite3.Connection, tmp_path: Path) -> None:
    nothing = advise(generated, Wish(device="here", min_img_s=10))
    assert not nothing.answers and nothing.notes[0].startswith("nothing was measured on this machine yet")
    path = tmp_path / "measurements.db"
    migrate(path)
    file = sqlite3.connect(path)
    with file:
        for resolution in (160, 224, 288):
            file.execute(
                "insert into measurement (datetime_utc, host, backbone, device, mode, resolution, throughput_img_s, peak_memory_mib) "
                "values ('2026-01-01T00:00:00Z', ?, 'net3', 'some GPU', 'inference', ?, 50.0, 900)",
                [host_id(), resolution],
            )
    file.close()
    predicted = [Prediction("net4", r, 70.0, 60.0, 80.0, 0.9, 12, "2026-01-01T00:00:00Z") for r in (160, 224, 288)]
    keep_predictions(path, Setting("some GPU", "fp16"), predicted)
    catalog = Path(generated.execute("pragma database_list").fetchone()[2])
    connection = connect(Places(catalog, path, (), tmp_path / "state.json", tmp_path))
    try:
        advice = advise(connection, Wish(device="here", min_img_s=10, max_memory_mib=1000))
        assert {answer.backbone for answer in advice.answers} == {"net3"}
        assert advice.notes[0].startswith("3 speeds of this machine are measured, on some GPU; 3 are predicted")
        for answer in advice.answers:
            assert answer.evidence.sources[1].startswith("measured 2026-01-01T00:00:00Z")
        assert devices(connection)[0].reference == "here"
        asked = advise(connection, Wish(where="throughput@here:origin=predicted > 60"))
        assert {answer.backbone for answer in asked.answers} == {"net4"}
        column = [c.name for c in asked.columns].index("throughput@here:origin=predicted")
        for answer in asked.answers:
            source = answer.evidence.sources[column]
            assert source == "predicted 2026-01-01T00:00:00Z; fp16; 90 % between 60 and 80, from 12 measured models"
    finally:
        connection.close()


def measured_beside(generated: sqlite3.Connection, folder: Path, rows: list[tuple[object, ...]]) -> sqlite3.Connection:
    """The generated catalogue with measurements: date, host, backbone, device, precision, mode, resolution, img/s, MiB."""
    path = folder / "measurements.db"
    migrate(path)
    file = sqlite3.connect(path)
    with file:
        file.executemany(
            "insert into measurement (datetime_utc, host, origin, backbone, device, precision, mode, resolution, throughput_img_s, "
            "peak_memory_mib) values (?, ?, 'measured', ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
    file.close()
    catalog = Path(generated.execute("pragma database_list").fetchone()[2])
    return connect(Places(catalog, path, (), folder / "state.json", folder))


def test_the_measurement_that_is_named_is_the_one_of_the_answer(generated: sqlite3.Connection, tmp_path: Path) -> None:
    own = [("right", host_id(), "net3", "some GPU", "fp16", "inference", r, 50.0, 900.0) for r in (160, 224, 288)]
    others = [
        (("another host", "elsewhere", "net3", "some GPU", "fp16", "inference"), (160, 224, 288)),
        (("another device", host_id(), "net3", "NVIDIA A100", "fp32", "inference"), (160, 224, 288)),
        (("another precision", host_id(), "net3", "some GPU", "fp32", "inference"), (160, 224, 288)),
        (("another mode", host_id(), "net3", "some GPU", "fp16", "training"), (160, 224, 288)),
        (("another resolution", host_id(), "net3", "some GPU", "fp16", "inference"), (512,)),
    ]
    also = [(*who, resolution, 50.0, 900.0) for who, resolutions in others for resolution in resolutions]
    connection = measured_beside(generated, tmp_path, own + also)
    try:
        for wish in (
            Wish(device="here", precision="fp16", min_img_s=10),
            Wish(device="here", precision="fp16", max_memory_mib=1000),
        ):
            answers = advise(connection, wish).answers
            assert answers
            for answer in answers:
                assert all(source.startswith("measured right; fp16") for source in answer.evidence.sources[1:-1])
    finally:
        connection.close()


def test_a_measurement_under_another_spelling_is_of_the_backbone(generated: sqlite3.Connection, tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [
        ("d", host_id(), "Net_3", "some GPU", "fp32", "inference", r, 50.0, 900.0) for r in (160, 224, 288)
    ]
    connection = measured_beside(generated, tmp_path, rows)
    try:
        advice = advise(connection, Wish(max_memory_mib=1000))
        assert {answer.backbone for answer in advice.answers} == {"net3"}
        assert advice.answers[0].evidence.sources[1].startswith("measured d; fp32")
        lines = [line.label for line in compare(connection, ["net3 t3", "net3 t53"]).lines]
        assert "img/s some GPU fp32 measured" in lines
        found = Candidates(connection, View(), Memory())
        named = {row[KEY_OF_BACKBONE] for row in found.rows if "some GPU" in found.devices().get(key_of(row), ())}
        assert named == {connection.execute("select id from backbone where backbone = 'net3'").fetchone()[0]}
    finally:
        connection.close()


def test_a_reported_speed_of_another_precision_is_no_evidence(catalog: sqlite3.Connection) -> None:
    for precision in ("amp", "fp32", "fp16"):
        advice = advise(catalog, Wish(device="v100", precision=precision, limit=8))
        at = [column.name for column in advice.columns].index(f"throughput@v100:precision={precision}")
        for answer in advice.answers:
            if answer.values[at] is not None:
                assert f"; {precision}" in answer.evidence.sources[at], answer.evidence.sources


def test_two_spellings_of_a_device_are_one_cost(catalog: sqlite3.Connection) -> None:
    own = "throughput@nvidia-v100:precision=amp > 500"
    advice = advise(catalog, Wish(where=own, device="v100", precision="amp", min_img_s=100))
    assert [column.name.partition("@")[0] for column in advice.columns] == ["top_1", "throughput", "params_m"]
    assert len(advice.relaxed) == 2 and advice.answers
    assert len(advise(catalog, Wish(where=own, device="v100", precision="amp")).columns) == 3

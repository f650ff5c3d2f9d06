"""What was measured becomes a sheet that answers on another machine as it did here."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from backbones.store.documents import dump_yaml
from backbones.store.errors import BackbonesError
from backbones.store.machine import host_id
from backbones.store.measuring.export import disturbed, export_sheet
from backbones.store.measuring.keeping import keep
from backbones.store.measuring.predictions import Prediction, Setting, keep_predictions
from backbones.store.reading import parse_document
from backbones.store.sheet import Sheet

if TYPE_CHECKING:
    from tests.store.conftest import World
    from tests.store.measuring.conftest import Make


@pytest.fixture
def path(tmp_path: Path, make: Make) -> Path:
    """Two rounds of a model, its latency, another model under another driver, a failure, another machine and a prediction."""
    path = tmp_path / "there" / "measurements.db"
    for visit in (
        make(100.0, 1), make(102.0, 2, cautions=("throttled",)), make(None, quantity="latency", latency_ms=3.25, batch_size=1),
        make(123.456789, model="lonely_net", driver="590.1", gmacs=0.3, params_m=1.5), make(status="crash", model="broken"),
        make(7.0, host="b" * 12), make(9.0, device="Home CPU", device_kind="cpu", precision="fp32"),
    ):  # fmt: skip
        keep(path, visit)
    keep_predictions(path, Setting("Home GPU", "fp16"), [Prediction("ToyNet-L", 224, 80.0, 60.0, 100.0, 0.9, 12)])
    return path


def test_the_sheet_is_one_that_can_be_checked_and_says_what_all_rows_share(path: Path) -> None:
    sheet = export_sheet(path, "home gpu")
    read = parse_document(dump_yaml(sheet, "../sheet.schema.json"), "my-gpu.yaml")
    assert isinstance(read, Sheet) and (read.kind, read.collection) == ("throughput", "probe")
    assert sheet["shared"] == {
        "resolution": 224, "precision": "fp16", "memory_format": "contiguous", "compiled": False, "mode": "inference",
        "device": "Home GPU", "framework": "PyTorch 2.15.0 cu132",
    }  # fmt: skip
    assert {row[0] for row in sheet["rows"]} == {"toynet_small", "lonely_net"} and len(sheet["rows"]) == 3


def test_predictions_failures_and_other_machines_are_left_out(path: Path) -> None:
    text = dump_yaml(export_sheet(path))
    assert "ToyNet-L" not in text and "broken" not in text and "b" * 12 not in text
    assert "Home CPU" in text
    assert f"probe:{'b' * 12}" in dump_yaml(export_sheet(path, every_host=True))


def test_where_numbers_come_from_is_kept(path: Path) -> None:
    sheet = export_sheet(path, "Home GPU")
    at = {name: i for i, name in enumerate(sheet["columns"])}
    row = next(r for r in sheet["rows"] if r[at["throughput_img_s"]] == 101.0)
    assert "2 rounds, spread 2 %" in row[at["source_ref"]] and "throttled" in row[at["source_ref"]]
    source = sheet["sources"][row[at["source"]]]
    assert row[at["source"]].startswith(f"probe:{host_id()}/") and source["retrieved"] == "2026-11-21"
    assert "driver 580.65" in source["version"] and "timm 1.0.31" in source["version"]
    assert len(sheet["sources"]) == 2  # another driver is another source
    assert "throttled" in sheet["note"]


def test_dropped_into_another_catalogue_it_answers(path: Path, world: World) -> None:
    world.write("my-gpu.yaml", dump_yaml(export_sheet(path, "Home GPU")))
    rows = world.ask(
        "select backbone, throughput_img_s, latency_ms, gmacs, origin, collection from throughput where device = 'Home GPU' order by 1, 2"
    )
    assert rows == [
        ("ToyNet-S", None, 3.25, rows[0][3], "reported", "probe"),
        ("ToyNet-S", 101.0, None, rows[1][3], "reported", "probe"),
        ("lonely_net", 123.457, None, 0.3, "reported", "probe"),
    ]
    from backbones.store.view import View

    explorer = world.explorer()
    columns = ("throughput@home-gpu", "latency@home-gpu", "throughput@here")
    view = View(filter="checkpoint = 'ToyNet-S IN-1k'", columns=columns, x="", y="", group="", sort=())
    assert explorer.answer(view).rows.rows == ((101.0, 3.25, None),)
    explorer.close()


@pytest.mark.parametrize(
    "changes", [{"device": "GPU: [x], #1 'y'"}, {"model": "- evil: {a}"}, {"driver": "1\n2", "system": "\x1b[31mred"}]
)
def test_odd_names_do_not_break_the_sheet(tmp_path: Path, make: Make, changes: dict[str, Any]) -> None:
    path = tmp_path / "measurements.db"
    keep(path, make(**changes))
    assert isinstance(parse_document(dump_yaml(export_sheet(path)), "x.yaml"), Sheet)


def test_nothing_to_export_is_a_sentence(tmp_path: Path, path: Path, make: Make) -> None:
    with pytest.raises(BackbonesError, match="nothing was measured on this machine yet"):
        export_sheet(tmp_path / "none.db")
    with pytest.raises(BackbonesError, match="Home GPU"):
        export_sheet(path, "home gpv")


def test_rows_of_an_older_version_are_exported_too(tmp_path: Path) -> None:
    from backbones.store.measurements import migrate

    path = tmp_path / "measurements.db"
    migrate(path)
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(
            "insert into measurement (datetime_utc, host, backbone, device, mode, throughput_img_s) "
            "values ('2026-01-01T00:00:00Z', ?, 'x', 'y', 'inference', 3)",
            [host_id()],
        )
    connection.close()
    assert isinstance(parse_document(dump_yaml(export_sheet(path)), "x.yaml"), Sheet)


def test_devices_keep_what_is_known_of_them_and_a_catalogue_s_own_facts_stay(
    tmp_path: Path, make: Make, world: World
) -> None:
    path = tmp_path / "measurements.db"
    keep(path, make(100.0, device="NVIDIA Home"))
    sheet = export_sheet(path)
    assert sheet["devices"] == {"NVIDIA Home": {"kind": "gpu", "vendor": "NVIDIA", "memory_gib": 16}}
    world.write("my-gpu.yaml", dump_yaml(sheet))
    asked = "select kind, vendor, memory_gib from devices where device = 'NVIDIA Home'"
    assert world.ask(asked) == [("gpu", "NVIDIA", 16.0)]
    maker = "sheet: zz\nkind: devices\ncolumns: [device, kind, vendor, memory_gib]\nrows:\n- [NVIDIA Home, null, null, 18]\n"
    world.write("zz.yaml", maker)
    assert world.ask(asked) == [("gpu", "NVIDIA", 18.0)]


def test_disturbed_rows_are_counted_and_can_be_left_out(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "measurements.db"
    cpu = {"device": "Home CPU", "device_kind": "cpu", "precision": "fp32", "threads": 1}
    keep(path, make(10.0, 1, cautions=("busy_cpu",), **cpu))
    keep(path, make(300.0, 2, cautions=("busy_cpu",), **cpu))
    keep(path, make(50.0, model="lonely_net", cautions=("batch_reduced",), **cpu))
    assert disturbed(path) == (1, [("busy_cpu", 1), ("rounds_disagree", 1)])
    sheet = export_sheet(path)
    assert "spread 190 %" in dump_yaml(sheet) and "e+0" not in dump_yaml(sheet)
    (source,) = sheet["sources"].values()
    assert "on Home CPU with 1 thread, " in source["title"]
    left = export_sheet(path, without_disturbed=True)
    assert len(sheet["rows"]) == 2 and len(left["rows"]) == 1 and "lonely_net" in dump_yaml(left)
    with pytest.raises(BackbonesError, match="every row was disturbed"):
        keep(path, make(50.0, 2, model="lonely_net", cautions=("throttled",), **cpu))
        export_sheet(path, without_disturbed=True)

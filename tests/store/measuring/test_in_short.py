"""Few columns on a terminal: what is shared is said once, what says nothing is no number, and names stay whole as long as they can."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backbones.store.catalog import open_catalog
from backbones.store.formats import render
from backbones.store.measuring.cautions import CAUTIONS
from backbones.store.measuring.keeping import keep
from backbones.store.measuring.listed import Level, listed
from backbones.store.measuring.mixture import told_of
from backbones.store.measuring.predictions import Prediction, Setting, keep_predictions
from backbones.store.measuring.short_list import SHORT, failures, in_short, percent
from backbones.store.pages import find
from backbones.store.references import parse_reference
from backbones.store.speed_values import in_short as values_in_short
from backbones.store.values import values_of
from backbones.store.view import View

if TYPE_CHECKING:
    from tests.store.conftest import World
    from tests.store.measuring.conftest import Make

LONG = "swin_tiny_patch4_window7_224"


def test_every_caution_has_a_word() -> None:
    assert list(SHORT) == list(CAUTIONS) and len(set(SHORT.values())) == len(SHORT)
    assert max(map(len, SHORT.values())) <= 11


@pytest.mark.parametrize("level", ["measurements", "visits", "runs"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_list_fits_the_terminal(tmp_path: Path, make: Make, level: Level, width: int) -> None:
    path = tmp_path / "measurements.db"
    keep(path, make(1234.5, model=LONG, cautions=("busy_cpu", "wide_spread")))
    keep(path, make(None, model=LONG, quantity="latency", latency_ms=3.25, batch_size=1))
    keep(path, make(status="out_of_memory", model="big", error="no\nmore"))
    rows = listed(path, level)
    table, shared = in_short(rows, level, width)
    lines = render(table, "table", width).splitlines()
    assert max(map(len, lines)) <= width and "Home GPU" in shared and len(table) == len(rows)
    whole = rows.records()[0]["fingerprint"] if level == "runs" else LONG
    assert width < 80 or str(whole) in lines[2]  # neither a fingerprint nor a name is cut


def test_what_differs_is_a_column_and_what_does_not_is_said_once(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "measurements.db"
    keep(path, make(100.0))
    keep(path, make(140.0, precision="bf16"))
    table, shared = in_short(listed(path), "measurements", None)
    assert [c.name for c in table.columns] == [
        "model", "resolution", "precision", "batch_size", "speed", "uncertainty_percent", "rounds", "day",
    ]  # fmt: skip
    assert table.values("speed") == [140.0, 100.0] and table.columns[4].label == "img/s"
    assert "fp16" not in shared and "contiguous" in shared


def test_a_cpu_says_its_threads_and_a_wild_figure_is_none(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "measurements.db"
    keep(path, make(1.0, 1, device="Home CPU", device_kind="cpu", threads=1))
    keep(path, make(9.0, 2, device="Home CPU", device_kind="cpu", threads=1, cautions=("busy_cpu", "wide_spread")))
    table, shared = in_short(listed(path), "measurements", 80)
    assert "Home CPU, 1 thread," in shared and table.values("uncertainty_percent") == [80.0]
    keep(path, make(30.0, 3, device="Home CPU", device_kind="cpu", threads=1, cautions=("busy_cpu", "wide_spread")))
    table, _ = in_short(listed(path), "measurements", 80)
    assert table.values("uncertainty_percent") == ["?"] and table.values("cautions") == ["busy CPU +2"]


def test_failures_are_told_with_their_first_line(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "measurements.db"
    for number in range(5):
        keep(path, make(status="crash", model=f"m{number}", error=f"why {number}\ntrace", round=number + 1))
    rows = listed(path, "visits")
    assert failures(rows) == [*(f"m{n}: crash: why {n}" for n in (2, 3, 4)), "2 more failed; --wide tells all errors"]
    assert in_short(rows, "visits", 80)[0].values("cautions") == ["crash"] * 5
    assert failures(listed(path)) == []


@pytest.mark.parametrize(
    ("share", "text"), [(0.0035, "0.35 %"), (0.12, "12 %"), (0.996, "100 %"), (21.3, "2100 %"), (0.0, "0 %")]
)
def test_a_spread_is_never_in_powers_of_ten(share: float, text: str) -> None:
    assert percent(share) == text


def test_values_of_a_speed_have_an_interval(world: World, make: Make) -> None:
    path = world.places.measurements
    keep(path, make(100.123456, 1))
    keep(path, make(110.0, 2))
    keep(path, make(140.0, precision="bf16", ci=0.1))
    keep_predictions(path, Setting("Home GPU", "fp32"), [Prediction("toynet_small", 224, 80.0, 60.0, 100.0, 0.9, 12)])
    connection = open_catalog(world.places)
    rows = values_of(connection, *find(connection, "ToyNet-S")[::2], "throughput@here")
    assert {(r["precision"], r["low"], r["high"]) for r in rows.records()} == {
        ("fp16", 100.123456, 110.0), ("bf16", 126.0, 154.0), ("fp32", 60.0, 100.0),
    }  # fmt: skip
    table, told = values_in_short(rows, 80)
    text = render(table, "table", 80)
    assert "100.1-110.0" in text and "126.0-154.0" in text and "100.123" not in text
    assert max(map(len, text.splitlines())) <= 80 and "chosen" in text
    assert any("predicted: where the speed is likely to be" in line for line in told)
    connection.close()


def test_mixed_precisions_and_predictions_are_said(world: World, make: Make) -> None:
    path = world.places.measurements
    keep(path, make(100.0))
    keep_predictions(path, Setting("Home GPU", "fp32"), [Prediction("toynet_small", 224, 80.0, 60.0, 100.0, 0.9, 12)])
    explorer = world.explorer()
    anchor = parse_reference(explorer.main_metric(""))

    def told(*columns: str) -> tuple[str, ...]:
        answer = explorer.answer(View(filter="", columns=("checkpoint", *columns), x="", y="", group="", sort=()))
        asked = [parse_reference(column) for column in columns]
        return explorer.ask(lambda connection: told_of(connection, asked, anchor, answer.keys))

    assert told("throughput@here") == () and told("throughput@v100") == ()
    (line,) = told("throughput@here:origin=predicted")
    assert "90 % are expected within -25 % to +25 %" in line
    keep(path, make(140.0, precision="bf16"))
    keep(path, make(999.0, precision="fp32", resolution=1024))  # of no row
    explorer.close()
    explorer = world.explorer()
    assert told("throughput@here") == (
        "throughput@here: the fastest of bf16, fp16; throughput@here:precision=bf16 is one of them",
    )
    assert told("throughput@here:precision=bf16") == ()
    keep(path, make(150.0, precision="bf16", compiled=True))
    (line,) = told("throughput@here:precision=bf16")
    assert "the fastest of compiled no, yes" in line and "compiled=" in line
    explorer.close()

"""`here` is one device of this machine; a device that was measured is listed and has a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backbones.store.catalog import open_catalog
from backbones.store.inventory import choices
from backbones.store.listing import open_listing
from backbones.store.measured_backbones import device_here
from backbones.store.measuring.keeping import keep
from backbones.store.measuring.predictions import Prediction, Setting, keep_predictions
from backbones.store.pages import page_of
from backbones.store.view import View

if TYPE_CHECKING:
    from tests.store.conftest import World
    from tests.store.measuring.conftest import Make


def ask(world: World, *columns: str) -> tuple[tuple[Any, ...], ...]:
    explorer = world.explorer()
    view = View(filter="checkpoint = 'ToyNet-S IN-1k'", columns=columns, x="", y="", group="", sort=())
    rows = explorer.answer(view).rows.rows
    explorer.close()
    return rows


def here(world: World) -> str | None:
    connection = open_catalog(world.places)
    try:
        return device_here(connection)
    finally:
        connection.close()


def test_here_is_the_gpu_however_much_was_measured_on_the_cpu(world: World, make: Make) -> None:
    path = world.places.measurements
    assert here(world) is None
    for number in range(1, 4):
        keep(path, make(5.0, device="Home CPU", device_kind="cpu", precision="fp32", model=f"net{number}"))
    keep(path, make(5.0, device="Home CPU", device_kind="cpu", precision="fp32"))
    assert here(world) == "Home CPU" and ask(world, "throughput@here") == ((5.0,),)
    keep(path, make(100.0))
    assert here(world) == "Home GPU"
    assert ask(world, "throughput@here", "throughput@home-cpu") == ((100.0, 5.0),)


def test_of_two_gpus_here_is_the_one_with_more_measurements(world: World, make: Make) -> None:
    path = world.places.measurements
    keep(path, make(200.0, device="Other GPU"))
    keep(path, make(100.0))
    keep(path, make(100.0, precision="bf16"))
    assert here(world) == "Home GPU" and ask(world, "throughput@here") == ((100.0,),)


def test_what_was_merged_from_another_machine_is_not_here(world: World, make: Make) -> None:
    keep(world.places.measurements, make(900.0, host="b" * 12))
    assert here(world) is None and ask(world, "throughput@here", "throughput@home-gpu") == ((None, 900.0),)


def test_latency_and_memory_here(world: World, make: Make) -> None:
    path = world.places.measurements
    keep(path, make(100.0))
    keep(path, make(None, quantity="latency", latency_ms=3.5, latency_p90_ms=4.0, batch_size=1, peak_memory_mib=100.0))
    keep(path, make(30.0, quantity="training", peak_memory_mib=4000.0))
    told = ask(world, "throughput@here", "latency@here", "peak_memory@here", "throughput@here:mode=training")
    assert told == ((100.0, 3.5, 100.0, 30.0),)
    assert ask(world, "peak_memory@here:mode=training,batch_size=64") == ((4000.0,),)


def test_this_machine_s_device_is_in_the_list_with_its_counts(world: World, make: Make) -> None:
    path = world.places.measurements
    keep(path, make(100.0))
    keep(path, make(900.0, host="b" * 12))
    keep_predictions(path, Setting("Home GPU", "fp16"), [Prediction("ToyNet-L", 224, 80.0, 60.0, 100.0, 0.9, 12)])
    connection = open_catalog(world.places)
    listing = open_listing(connection, "devices")
    names = [c.name for c in listing.columns]
    rows = {row[0]: dict(zip(names, row, strict=True)) for row in listing.rows(listing.order())}
    assert {n: rows["Home GPU"][n] for n in ("kind", "memory_gib", "speeds", "measured", "predicted")} == {
        "kind": "gpu", "memory_gib": 16.0, "speeds": 0, "measured": 2, "predicted": 1,
    }  # fmt: skip
    assert (rows["NVIDIA V100"]["measured"], rows["NVIDIA V100"]["predicted"]) == (0, 0)
    connection.close()


def test_a_measured_device_has_a_page(world: World, make: Make) -> None:
    path = world.places.measurements
    for number in (1, 2):
        keep(path, make(100.0 + number, number, cautions=("throttled",)))
    keep(path, make(status="crash", model="broken"))
    keep_predictions(path, Setting("Home GPU", "fp16"), [Prediction("ToyNet-L", 224, 80.0, 60.0, 100.0, 0.9, 12)])
    connection = open_catalog(world.places)
    page = page_of(connection, "home gpu")
    sections = {section.title: section for section in page.sections}
    facts = dict(sections["facts"].rows.rows)
    assert (page.name, facts["kind"], facts["measurements of yours"]) == ("Home GPU", "gpu", 1)
    assert "this machine" in facts and str(facts["predicted speeds"]).startswith("1,")
    measured = sections["measured"]
    told = dict(zip([c.name for c in measured.rows.columns], measured.rows.rows[0], strict=True))
    assert (told["backbone"], told["throughput_img_s"], told["rounds"], told["cautions"]) == (
        "toynet_small",
        101.5,
        2,
        "throttled",
    )
    assert "improve its cooling" in measured.note
    assert "broken" not in repr(page)
    conditions = sections["conditions of measuring"].rows
    assert dict(zip([c.name for c in conditions.columns], conditions.rows[0], strict=True))["driver"] == "580.65"
    assert [row[0] for row in sections["predicted"].rows] == ["ToyNet-L"]
    connection.close()


def test_a_backbone_s_page_tells_rounds_and_cautions(world: World, make: Make) -> None:
    keep(world.places.measurements, make(100.0, cautions=("shared_device",)))
    connection = open_catalog(world.places)
    section = next(s for s in page_of(connection, "ToyNet-S").sections if s.title == "measured here")
    assert "shared device" in repr(section.rows.rows)
    connection.close()


def test_here_can_be_picked_as_a_column(world: World, make: Make) -> None:
    keep(world.places.measurements, make(100.0))
    connection = open_catalog(world.places)
    assert any(choice.reference.startswith("throughput@here") for choice in choices(connection, "column"))
    connection.close()


def test_the_facts_of_a_row_tell_what_was_measured_and_what_was_predicted(world: World, make: Make) -> None:
    path = world.places.measurements
    for number in (1, 2):
        keep(path, make(100.0 + number, number, cautions=("shared_device",)))
    keep_predictions(path, Setting("Home GPU", "bf16"), [Prediction("toynet_small", 224, 80.0, 60.0, 100.0, 0.9, 12)])
    explorer = world.explorer()
    view = View(filter="checkpoint = 'ToyNet-S IN-1k'", columns=("checkpoint",), x="", y="", group="", sort=())
    facts = {fact.label: fact for fact in explorer.facts(explorer.answer(view).keys[0])}
    own, predicted = facts["Home GPU"], facts["Home GPU predicted"]
    assert (own.value, own.source) == ("101.5 img/s", "measured here, 2026-11-21")
    assert "2 rounds, spread 0.99 %" in own.note and "stop them and measure again" in own.doubt
    assert predicted.value == "80 img/s" and "90 % between 60 and 100" in predicted.note
    assert predicted.source.startswith("predicted, not measured")
    assert facts["NVIDIA V100"].source.endswith("(via papers)") or "via" in facts["NVIDIA V100"].source
    explorer.close()

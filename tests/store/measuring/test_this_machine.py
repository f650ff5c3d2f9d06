"""This machine as a thing of the catalogue: its page and its names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from backbones.store.listing import open_listing
from backbones.store.machine import host_id
from backbones.store.measuring.keeping import keep
from backbones.store.page import Page
from backbones.store.pages import find, page_of
from backbones.store.search import search

if TYPE_CHECKING:
    from tests.store.conftest import World
    from tests.store.measuring.conftest import Make


def page(world: World, name: str, kind: str | None = None) -> Page:
    with world.opened() as connection:
        return page_of(connection, name, kind)


def facts(found: Page) -> dict[str, Any]:
    return dict(next(section for section in found.sections if section.title == "facts").rows.rows)


# The page


@pytest.mark.parametrize("name", ["here", "This Machine", "this-machine"])
def test_the_page_of_this_machine_says_how_to_measure_it(world: World, name: str) -> None:
    found = page(world, name)
    assert (found.kind, found.name) == ("device", "this machine")
    told = facts(found)
    assert told["host"] == host_id() and "nothing was measured" in told["measured"]
    assert told["measure only what an answer needs"].startswith("backbones probe --answer '")
    assert page(world, found.name, found.kind) == found  # as the app comes back to it


def test_the_page_of_this_machine_is_that_of_its_device(world: World, make: Make) -> None:
    keep(world.places.measurements, make(100.0, energy_j_per_image=0.25))
    keep(world.places.measurements, make(80.0, precision="bf16", started="2026-11-22T10:00:00.250Z"))
    found = page(world, "here")
    assert found.name == "Home GPU" == page(world, "this machine", "device").name
    told = facts(found)
    assert told["this machine"] == "@here is this device"
    assert told["measured here"] == "2 measurements of 1 model, the last on 2026-11-22"
    assert (told["host"], told["driver"], told["PyTorch"], told["memory GiB"]) == (
        host_id(),
        "580.65",
        "2.15.0+cu132",
        16.0,
    )
    fastest = next(s for s in found.sections if s.title == "fastest at an accuracy, measured here")
    assert {(r["precision"], r["throughput_img_s"]) for r in fastest.rows.records()} == {
        ("fp16", 100.0),
        ("bf16", 80.0),
    }
    assert [s.title for s in found.sections].count("fastest at an accuracy") == 0  # the same speeds are not told twice
    assert "devices of this machine" not in [s.title for s in found.sections]


def test_of_several_devices_each_page_says_which_one_here_is(world: World, make: Make) -> None:
    keep(world.places.measurements, make(100.0))
    keep(world.places.measurements, make(5.0, device="Home CPU 9", device_kind="cpu", precision="fp32"))
    for name in ("here", "Home CPU 9"):
        section = next(s for s in page(world, name).sections if s.title == "devices of this machine")
        assert [row[:4] for row in section.rows] == [
            ("Home GPU", "gpu", "throughput@here", 1), ("Home CPU 9", "cpu", "throughput@home-cpu-9", 1),
        ]  # fmt: skip
        assert section.link(1, 0) is not None
    told = facts(page(world, "Home CPU 9"))
    assert told["@here"] == "Home GPU" and told["this machine"].startswith("throughput@home-cpu-9;")
    assert "GPUs first" in facts(page(world, "here"))["this machine"]


def test_a_device_of_another_machine_is_not_called_this_one(world: World, make: Make) -> None:
    keep(world.places.measurements, make(900.0, host="b" * 12))
    told = facts(page(world, "Home GPU"))
    assert "this machine" not in told and "host" not in told and told["measurements of yours"] == 1
    assert page(world, "here").name == "this machine"


def test_several_units_of_one_name_are_said_to_be_one_device(world: World, make: Make) -> None:
    for number in range(2):
        keep(world.places.measurements, make(100.0, model=f"net{number}", extra={"uuid": f"GPU-{number}"}))
    assert facts(page(world, "here"))["units"].startswith("2 of this name")


def test_of_many_measurements_a_page_has_the_first_and_says_how_many_there_are(world: World, make: Make) -> None:
    for number in range(3):
        keep(world.places.measurements, make(100.0 + number, model=f"net{number}"))
    with world.opened() as connection:
        for most, count, total, note in (
            (2, 2, 3, "The first 2 of 3. "),
            (3, 3, 0, "The median"),
            (0, 3, 0, "The median"),
        ):
            section = next(s for s in page_of(connection, "here", most=most).sections if s.title == "measured")
            assert (len(section.rows), section.total) == (count, total) and section.note.startswith(note)


def test_measured_speeds_are_compared_with_reported_ones_of_a_precision_that_was_not_said(
    world: World, make: Make
) -> None:
    names = ["neta", "netb", "netc"]
    rows = "\n".join(f"- [{name}, 224, NVIDIA A100, amp, {100 * (i + 1)}]" for i, name in enumerate(names))
    world.write(
        "sheets/speeds.yaml",
        "sheet: speeds\nkind: throughput\ncollection: user\nfile: a.csv\nfirst_line: 2\nshared: {source: 'github:toy/library'}\n"
        f"columns: [backbone, resolution, device, precision, throughput_img_s]\nrows:\n{rows}\n",
    )
    for number, name in enumerate(names):
        keep(world.places.measurements, make(200.0 * (number + 1), model=name, precision="amp_fp16"))
    section = next(s for s in page(world, "here").sections if s.title == "compared with other devices")
    told = dict(zip([c.name for c in section.rows.columns], section.rows.rows[0], strict=True))
    assert (told["device"], told["precision"], told["ratio"]) == ("NVIDIA A100", "amp_fp16 to amp", 2.0)


def test_the_page_of_a_backbone_says_how_to_measure_it(world: World, make: Make) -> None:
    assert (
        facts(page(world, "ToyNet-S"))["on this machine"] == "nothing of it was measured: backbones probe toynet_small"
    )
    assert facts(page(world, "Otter-B"))["on this machine"] == "nothing of it was measured"
    keep(world.places.measurements, make(100.0))
    assert facts(page(world, "ToyNet-S"))["on this machine"] == "1 measurement"


# Names


def test_this_machine_is_found_by_its_names(world: World, make: Make) -> None:
    with world.opened() as connection:
        for text in ("here", "this machine"):
            assert [(hit.kind, hit.name) for hit in search(connection, text)][:1] == [("device", "this machine")]
    keep(world.places.measurements, make(100.0))
    keep(world.places.measurements, make(5.0, device="Odd CPU", device_kind="cpu"))
    with world.opened() as connection:
        for text in ("here", "this machine", "home gpu"):
            first = search(connection, text)[0]
            assert (first.kind, first.name) == ("device", "Home GPU") and first.score >= 99
            assert find(connection, first.name, first.kind)[1] == "Home GPU"
        assert [hit.name for hit in search(connection, "odd cpu")][:1] == ["Odd CPU"]
        assert len([h for h in search(connection, "this machine") if h.name == "Home GPU"]) == 1


def test_a_measured_device_of_the_catalogue_is_one_thing_under_both_names(world: World, make: Make) -> None:
    keep(world.places.measurements, make(100.0, device="NVIDIA V100"))
    with world.opened() as connection:
        hits = [hit for hit in search(connection, "this machine") if hit.kind == "device"]
        assert [hit.name for hit in hits] == ["NVIDIA V100"] and hits[0].facts > 0
        assert find(connection, "here") == find(connection, "this machine", "device")


def test_the_list_of_devices_marks_those_of_this_machine(world: World, make: Make) -> None:
    path = world.places.measurements
    with world.opened() as connection:
        listed = open_listing(connection, "devices")
        assert {row[1] for row in listed.rows(listed.order())} == {None}
    keep(path, make(5.0, device="Home CPU", device_kind="cpu"))
    keep(path, make(100.0))
    keep(path, make(100.0, device="Far GPU", host="b" * 12))
    with world.opened() as connection:
        listed = open_listing(connection, "devices")
        rows = listed.rows(listed.order())
    assert [row[:2] for row in rows[:2]] == [("Home GPU", "here"), ("Home CPU", "in this machine")]
    assert {row[1] for row in rows[2:]} == {None} and "Far GPU" in [row[0] for row in rows]

"""This machine as a thing of the catalogue: its page, its names, its columns, and what is said where nothing was measured."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from backbones.store.catalog import open_catalog
from backbones.store.completion import complete
from backbones.store.errors import QueryError
from backbones.store.filters import parse_filter
from backbones.store.listing import open_listing
from backbones.store.machine import host_id
from backbones.store.measuring.here import answer_command, measure_command
from backbones.store.measuring.keeping import keep
from backbones.store.measuring.predictions import Prediction, Setting, keep_predictions
from backbones.store.page import Page
from backbones.store.pages import find, page_of
from backbones.store.references import parse_reference
from backbones.store.search import search
from backbones.store.values import values_of
from backbones.store.view import View

if TYPE_CHECKING:
    from tests.store.conftest import World
    from tests.store.measuring.conftest import Make

TOP_1 = parse_reference("top_1@imagenet-1k")
COMMAND = "`backbones probe --answer 'top_1@imagenet-1k where throughput@here > 1000'`"


@contextmanager
def opened(world: World) -> Iterator[sqlite3.Connection]:
    connection = open_catalog(world.places)
    try:
        yield connection
    finally:
        connection.close()


def view(text: str = "", *columns: str) -> View:
    return View(filter=text, columns=columns or ("checkpoint",), x="", y="", group="", sort=())


def page(world: World, name: str, kind: str | None = None) -> Page:
    with opened(world) as connection:
        return page_of(connection, name, kind)


def facts(found: Page) -> dict[str, Any]:
    return dict(next(section for section in found.sections if section.title == "facts").rows.rows)


def explained(world: World, *columns: str) -> str:
    explorer = world.explorer()
    text = explorer.explain(view("", *columns))
    explorer.close()
    return text.partition("\n\n")[0]


def advice(world: World, text: str) -> tuple[str, ...]:
    explorer = world.explorer()
    answer = explorer.answer(view(text))
    explorer.close()
    assert not answer.total
    return answer.advice


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
    with opened(world) as connection:
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
    with opened(world) as connection:
        for text in ("here", "this machine"):
            assert [(hit.kind, hit.name) for hit in search(connection, text)][:1] == [("device", "this machine")]
    keep(world.places.measurements, make(100.0))
    keep(world.places.measurements, make(5.0, device="Odd CPU", device_kind="cpu"))
    with opened(world) as connection:
        for text in ("here", "this machine", "home gpu"):
            first = search(connection, text)[0]
            assert (first.kind, first.name) == ("device", "Home GPU") and first.score >= 99
            assert find(connection, first.name, first.kind)[1] == "Home GPU"
        assert [hit.name for hit in search(connection, "odd cpu")][:1] == ["Odd CPU"]
        assert len([h for h in search(connection, "this machine") if h.name == "Home GPU"]) == 1


def test_a_measured_device_of_the_catalogue_is_one_thing_under_both_names(world: World, make: Make) -> None:
    keep(world.places.measurements, make(100.0, device="NVIDIA V100"))
    with opened(world) as connection:
        hits = [hit for hit in search(connection, "this machine") if hit.kind == "device"]
        assert [hit.name for hit in hits] == ["NVIDIA V100"] and hits[0].facts > 0
        assert find(connection, "here") == find(connection, "this machine", "device")


def test_the_list_of_devices_marks_those_of_this_machine(world: World, make: Make) -> None:
    path = world.places.measurements
    with opened(world) as connection:
        listed = open_listing(connection, "devices")
        assert {row[1] for row in listed.rows(listed.order())} == {None}
    keep(path, make(5.0, device="Home CPU", device_kind="cpu"))
    keep(path, make(100.0))
    keep(path, make(100.0, device="Far GPU", host="b" * 12))
    with opened(world) as connection:
        listed = open_listing(connection, "devices")
        rows = listed.rows(listed.order())
    assert [row[:2] for row in rows[:2]] == [("Home GPU", "here"), ("Home CPU", "in this machine")]
    assert {row[1] for row in rows[2:]} == {None} and "Far GPU" in [row[0] for row in rows]


# What a column takes


def test_explain_says_which_device_and_which_settings(world: World, make: Make) -> None:
    path = world.places.measurements
    assert "nothing was measured on this machine yet" in explained(world, "throughput@here")
    keep(path, make(100.0))
    told = explained(world, "throughput@here")
    assert "throughput@here: here is Home GPU, 1 measurement of 1 model, the last of 2026-11-21" in told
    assert "throughput@here: measured, all fp16 contiguous batch 64 (1 model)" in told
    keep(path, make(60.0, precision="fp32", compiled=True, memory_format="channels_last"))
    keep(path, make(70.0, precision="fp32", fused=True, model="toynet_large"))
    keep(path, make(5.0, device="Home CPU", device_kind="cpu", precision="fp32"))
    told = explained(world, "throughput@here")
    assert "the other device of this machine by name: throughput@home-cpu" in told
    assert "a row takes the highest of its own in" in told and "fp32 channels_last compiled batch 64 (1 model)" in told
    assert (
        "fused=yes asks for the 1 model measured with merged branches" in told
        and "compiled=, fused= or batch_size= fix one setting" in told
    )
    narrowed = explained(world, "throughput@here:precision=fp16")
    assert "all fp16 contiguous" in narrowed and "channels_last" not in narrowed
    assert "nothing was measured under these conditions" in explained(world, "throughput@here:precision=bf16")
    assert "nothing was measured under these conditions" in explained(world, "latency@here")
    assert "measured, all fp32 contiguous" in explained(world, "throughput@home-cpu")
    assert "measured" not in explained(world, "throughput@v100")


def test_of_several_settings_the_best_counts_and_each_can_be_fixed(world: World, make: Make) -> None:
    path = world.places.measurements
    keep(path, make(100.0))
    keep(path, make(60.0, precision="fp32"))
    keep(path, make(140.0, compiled=True, memory_format="channels_last"))
    explorer = world.explorer()
    columns = (
        "throughput@here",
        "throughput@here:precision=fp32",
        "throughput@here:compiled=no",
        "throughput@here:batch_size=1",
    )
    rows = explorer.answer(view("checkpoint = 'ToyNet-S IN-1k'", *columns)).rows.rows
    assert rows == ((140.0, 60.0, 100.0, None),)
    assert explorer.answer(view("checkpoint = 'ToyNet-S IN-1k'", 'throughput@"this machine"')).rows.rows == ((140.0,),)
    explorer.close()


def test_values_of_a_speed_stand_side_by_side(world: World, make: Make) -> None:
    path = world.places.measurements
    keep(path, make(100.0, cautions=("shared_device",)))
    keep(path, make(140.0, precision="bf16"))
    keep(path, make(60.0, resolution=288, memory_format="channels_last"))
    keep_predictions(path, Setting("Home GPU", "fp32"), [Prediction("toynet_small", 224, 80.0, 60.0, 100.0, 0.9, 12)])
    with opened(world) as connection:
        kind, _, number = find(connection, "ToyNet-S")
        found = values_of(connection, kind, number, "throughput@here").records()
        assert [(r["resolution"], r["value"], r["origin"], r["chosen"]) for r in found] == [
            (224, 140.0, "measured", 1), (224, 100.0, "measured", 0), (224, 80.0, "predicted", 0), (288, 60.0, "measured", 1),
        ]  # fmt: skip
        assert found[1]["how"] == "measured here" and "stop them and measure again" in str(found[1]["doubt"])
        assert found[2]["why"] == "predicted: only where origin=predicted is asked for"
        asked = values_of(connection, kind, number, "throughput@here:origin=predicted").records()
        assert [(r["value"], r["chosen"]) for r in asked] == [(80.0, 1)]
        reported = values_of(connection, kind, number, "throughput@v100").records()
        assert {r["origin"] for r in reported} == {"reported"} and len(reported) >= 2
        best = max(float(str(r["value"])) for r in reported)
        assert [r["value"] for r in reported if r["chosen"] and r["resolution"] == 224] == [best]
        with pytest.raises(QueryError, match="a family has no speeds of its own"):
            values_of(connection, *find(connection, "ToyNet")[::2], "throughput@here")


def test_facts_of_a_row_tell_measurements_at_other_resolutions_last_and_say_so(world: World, make: Make) -> None:
    path = world.places.measurements
    keep(path, make(60.0, resolution=288, fused=True, energy_j_per_image=0.5))
    keep(path, make(100.0))
    explorer = world.explorer()
    key = explorer.answer(view("checkpoint = 'ToyNet-S IN-1k'")).keys[0]
    found = [fact for fact in explorer.facts(key) if "Home GPU" in fact.label]
    explorer.close()
    assert [fact.label for fact in found] == ["Home GPU", "Home GPU at 288 px"]
    assert (
        "not at the row's resolution" in found[1].note
        and "branches merged" in found[1].note
        and "0.5 J/image" in found[1].note
    )
    assert "resolution" not in found[0].note and found[1].source == "measured here, 2026-11-21"


# Nothing measured


def test_an_empty_answer_says_what_to_run(world: World, make: Make) -> None:
    told = advice(world, "throughput@here > 1000")
    assert told[0] == "nothing was measured on this machine yet: throughput@here is empty"
    assert told[1].startswith(COMMAND)
    keep(world.places.measurements, make(100.0))
    told = advice(world, "throughput@here > 1000")
    assert told[0].startswith("`throughput@here > 1000` removed the last")
    assert told[1].startswith("throughput@here: here is Home GPU") and told[2].startswith(COMMAND)
    assert any("nearest has throughput@here = 100" in line for line in told)
    told = advice(world, "throughput@here:origin=predicted > 10")
    assert "predicted for this machine (Home GPU): nothing yet" in told
    keep_predictions(
        world.places.measurements, Setting("Home GPU", "fp16"), [Prediction("net", 224, 80.0, 60.0, 100.0, 0.9, 12)]
    )
    assert any(line.startswith("predicted of it: 1 speed;") for line in advice(world, "throughput@here > 1000"))


def test_a_row_with_a_head_is_said_to_have_no_speed_here(world: World) -> None:
    told = advice(world, "box_ap@coco-val > 1 and throughput@here > 5")
    assert "the probe measures bare backbones" in told[0] and not any("--answer" in line for line in told)


def test_other_answers_say_nothing_of_this_machine(world: World) -> None:
    assert not any("machine" in line for line in advice(world, "top_1@imagenet-1k > 99"))


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("throughput@here > 1000", "where throughput@here > 1000'"),
        (
            "(params_m < 30 and throughput@here >= 1000) and family != ViT",
            "where params_m < 30 and throughput@here >= 1000 and family != ViT'",
        ),
        ("throughput@here:precision=amp > 5", "where throughput@here:precision=amp_fp16 > 5'"),
        ("throughput@here:origin=predicted > 5", "where throughput@here > 5'"),
        (
            "(params_m < 3 or gmacs < 1) and throughput@here < 5",
            "where (params_m < 3 or gmacs < 1) and throughput@here < 5'",
        ),
        ("throughput@here:precision=int8 > 5", None),
        ("throughput@here:mode=training > 5", None),
        ("throughput@here > 5 or params_m < 3", None),
        ("not throughput@here > 5", None),
        ("latency@here < 5", None),
        ("throughput@here:precision=fp16 > 5 and throughput@here:precision=bf16 > 5", None),
        ("params_m < 5", None),
        ("", None),
    ],
)
def test_the_command_asks_what_was_asked(text: str, command: str | None) -> None:
    found = answer_command(TOP_1, parse_filter(text))
    assert (found is None) == (command is None)
    if found is not None and command is not None:
        assert found == f"backbones probe --answer 'top_1@imagenet-1k {command}"


def test_the_command_is_one_that_the_probe_understands() -> None:
    import shlex

    from backbones.probe.predicting.question import parse_question

    text = "(params_m < 3 or family = 'Otter') and throughput@here:precision=amp,compiled=no >= 5 and throughput@here:precision=amp_fp16 < 900"
    command = answer_command(TOP_1, parse_filter(text))
    assert command is not None
    *words, question = shlex.split(command)
    asked = parse_question(question)
    assert words == ["backbones", "probe", "--answer"] and str(asked.objective) == "top_1@imagenet-1k"
    assert (asked.limits.low, asked.limits.high) == (5, 900) and dict(asked.setting)["precision"] == "amp_fp16"
    assert "Otter" in asked.filter and "here" not in asked.filter


def test_what_cannot_be_answered_with_few_is_measured_whole() -> None:
    asked = [parse_reference("latency@here:precision=amp"), parse_reference("throughput@here:mode=training")]
    tree = parse_filter("latency@here < 5 and params_m < 30")
    assert measure_command(tree, asked) == "backbones probe --where 'params_m < 30' --precision amp_fp16 --train"
    assert measure_command(None, asked[:1]) == "backbones probe NAME… --precision amp_fp16"


# Suggestions


def suggestions(connection: sqlite3.Connection, text: str) -> dict[str, Any]:
    return {item.text: item for item in complete(connection, text, len(text)).items}


def test_here_is_suggested_with_its_device_rows_and_range(world: World, make: Make) -> None:
    with opened(world) as connection:
        before = suggestions(connection, "throughput@he")
        assert before["here"].count == 0 and before["here"].label == "this machine: nothing was measured yet"
        assert "here" not in suggestions(connection, "box_ap@coco-val > 1 and throughput@")
    keep(world.places.measurements, make(100.0))
    keep(world.places.measurements, make(60.0, precision="bf16"))
    keep(world.places.measurements, make(None, quantity="latency", latency_ms=3.5, batch_size=1, peak_memory_mib=100.0))
    explorer = world.explorer()
    rows = sum(value is not None for (value,) in explorer.answer(view("", "throughput@here")).rows.rows)
    explorer.close()
    with opened(world) as connection:
        found = complete(connection, "throughput@", len("throughput@")).items
        assert (found[0].text, found[0].label, found[0].count) == ("here", "this machine: Home GPU", rows)
        assert {"fp16", "bf16"} <= set(suggestions(connection, "throughput@here:precision="))
        (hint,) = [i for i in complete(connection, "latency@here < ", 15).items if not i.text]
        assert hint.label == "3.5 .. 3.5 ms"
        assert "here" in suggestions(connection, "peak_memory@h")

"""This machine in answers: what its columns take, and what is said where nothing was measured."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from backbones.store.catalog import has_measurements
from backbones.store.completion import complete
from backbones.store.errors import QueryError
from backbones.store.filters import parse_filter
from backbones.store.measuring.here import answer_command, measure_command
from backbones.store.measuring.keeping import keep
from backbones.store.measuring.predictions import Prediction, Setting, keep_predictions
from backbones.store.page import Page
from backbones.store.pages import find
from backbones.store.references import parse_reference
from backbones.store.values import values_of
from backbones.store.view import View

if TYPE_CHECKING:
    from tests.store.conftest import World
    from tests.store.measuring.conftest import Make


TOP_1 = parse_reference("top_1@imagenet-1k")


COMMAND = "`backbones probe --answer 'top_1@imagenet-1k where throughput@here > 1000'`"


def view(text: str = "", *columns: str) -> View:
    return View(filter=text, columns=columns or ("checkpoint",), x="", y="", group="", sort=())


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


# What a column takes


def test_an_interruption_while_the_catalogue_is_opened_hides_no_speeds(
    world: World, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(world.places.measurements, make(100.0))
    explorer = world.explorer()
    counted = (
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 9999) select sum(stop(i)) from n"
    )
    asked: list[bool] = []

    def interrupted(connection: sqlite3.Connection) -> bool:
        connection.create_function("stop", 1, lambda i: explorer.interrupt() if i == 9 else i)
        asked.append(True)
        connection.execute(counted).fetchone()  # a newer question comes meanwhile
        return has_measurements(connection)

    monkeypatch.setattr("backbones.store.query.has_measurements", interrupted)
    speeds: set[Any] = set()
    while not speeds:
        with contextlib.suppress(InterruptedError):
            speeds = {row[1] for row in explorer.answer(view("", "checkpoint", "throughput@here")).rows.rows}
    explorer.close()
    assert 100.0 in speeds and len(asked) == 1


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


def test_a_slip_in_here_is_told(world: World) -> None:
    explorer = world.explorer()
    with pytest.raises(QueryError, match="did you mean here"):
        explorer.answer(view("throughput@hre > 100"))
    explorer.close()


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
    with world.opened() as connection:
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
    with world.opened() as connection:
        before = suggestions(connection, "throughput@he")
        assert before["here"].count == 0 and before["here"].label == "this machine: nothing was measured yet"
        assert "here" not in suggestions(connection, "box_ap@coco-val > 1 and throughput@")
    keep(world.places.measurements, make(100.0))
    keep(world.places.measurements, make(60.0, precision="bf16"))
    keep(world.places.measurements, make(None, quantity="latency", latency_ms=3.5, batch_size=1, peak_memory_mib=100.0))
    explorer = world.explorer()
    rows = sum(value is not None for (value,) in explorer.answer(view("", "throughput@here")).rows.rows)
    explorer.close()
    with world.opened() as connection:
        found = complete(connection, "throughput@", len("throughput@")).items
        assert (found[0].text, found[0].label, found[0].count) == ("here", "this machine: Home GPU", rows)
        assert {"fp16", "bf16"} <= set(suggestions(connection, "throughput@here:precision="))
        (hint,) = [i for i in complete(connection, "latency@here < ", 15).items if not i.text]
        assert hint.label == "3.5 .. 3.5 ms"
        assert "here" in suggestions(connection, "peak_memory@h")

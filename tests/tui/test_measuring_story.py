"""What is understood of a child: events in any order and state, lines of any length, and the command line of a wish."""

from __future__ import annotations

import asyncio
import json
import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbones.store.measuring.cautions import CAUTIONS
from backbones.store.view import View
from backbones.tui.measuring_answers import has_one, references_of, shows_own, with_speed
from backbones.tui.measuring_child import LONGEST_LINE, lines
from backbones.tui.measuring_models import words_of_rows
from backbones.tui.measuring_panel import lines_of, table
from backbones.tui.measuring_story import PHASES, Story, in_words
from backbones.tui.measuring_wish import SETTINGS, Wish, Words, arguments, choices, command, said, turned

NAMES = (
    "planned", "would_measure", "left_out", "started", "worker_ready", "resumed", "in_phase", "taken", "retrying", "round_done",
    "device_lost", "not_kept", "held", "finished", "hear", "_plan", "",
)  # fmt: skip
FIELDS = (
    "tasks", "models", "expected_s", "known_devices", "names", "rows", "device", "conditions", "task", "round", "phase", "visit", "seen",
    "status", "error", "cautions", "done", "planned", "model", "quantity", "precision", "resolution", "batch_size", "throughput_img_s",
    "latency_ms", "is_stopped",
)  # fmt: skip
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(("ok", "latency", "x[/]y")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=8),
    max_leaves=12,
)
EVENTS = st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=10).flatmap(
    lambda fields: st.sampled_from(NAMES).map(lambda name: {"event": name, **fields})
)


def task(model: str = "resnet18", quantity: str = "throughput", device: str = "cpu", side: int = 0) -> dict[str, Any]:
    return {"model": model, "quantity": quantity, "device": device, "precision": "fp32", "resolution": side}


def taken(speed: float | None, done: int = 1, **of: Any) -> dict[str, Any]:
    what = task(**of)
    figure = {"throughput_img_s": speed, "latency_ms": speed, "batch_size": 16, "resolution": what["resolution"] or 224}
    status, error = ("ok", "") if speed is not None else ("out_of_memory", "tried [/] 1.5 GiB")
    visit = {
        "task": what,
        "status": status,
        "seen": figure if speed is not None else None,
        "cautions": ["throttled"],
        "error": error,
    }
    return {"event": "taken", "visit": visit, "done": done, "planned": 4}


@given(st.lists(EVENTS, max_size=12))
def test_no_event_breaks_it(events: list[dict[str, Any]]) -> None:
    story = Story()
    for event in events:
        story.hear(event)
    assert isinstance(story.line, str) and isinstance(story.summary(1, ""), str) and len(story.sentences()) >= 0
    assert all(len(line) <= 70 for line in lines_of(story, 70))
    json.dumps([str(one) for one in story.sentences()])


def test_a_run_is_told_in_few_words() -> None:
    story = Story()
    assert story.line == "starting torch"
    assert story.hear({"event": "planned", "tasks": 4, "models": 2, "expected_s": 80, "known_devices": ["cpu"]})
    assert story.hear({"event": "in_phase", "task": task(), "round": 1, "phase": "warm_up"})
    assert story.line == f"0/4 resnet18 throughput: {PHASES['warm_up']}"
    story.hear(taken(100.0))
    story.hear(taken(None, 2, model="vit"))
    story.hear({"event": "in_phase", "task": task(quantity="latency"), "round": 2, "phase": "something_new"})
    assert story.line == "round 2 0/4 resnet18 latency: something_new"
    story.hear(taken(110.0))
    story.hear(taken(2.5, quantity="latency"))
    assert story.measured == ("resnet18",) and story.failed == ("vit",)
    assert story.summary(0, "") == "1 measured, 1 failed"
    assert story.found["resnet18", 224, "cpu", "fp32"].speed == 105.0
    assert story.sentences() == [
        "vit, throughput in fp32 on cpu: out of memory: tried [/] 1.5 GiB",
        f"resnet18: {CAUTIONS['throttled']}",
    ]
    assert [line.split() for line in table(story, 70)] == [
        ["model", "px", "img/s", "batch", "p50", "ms"], ["resnet18", "224", "105.0", "16", "2.50"],
    ]  # fmt: skip
    story.hear(taken(90.0, model="vit"))
    assert not story.failed and story.summary(0, "") == "2 measured"


def test_how_a_run_can_end() -> None:
    story = Story()
    assert story.summary(1, "no torch here") == "no torch here"
    assert story.summary(-9, "") == "the measurement ended with exit code -9"
    story.hear({"event": "resumed", "device": "cpu", "tasks": 4})
    assert story.summary(0, "") == "4 figures were known already"
    story.hear(taken(100.0))
    assert (
        story.summary(1, "the disk is full")
        == "1 measured, 4 figures were known already; it ended early: the disk is full"
    )
    story.is_ending = True
    assert story.summary(130, "") == "stopped: 1 measured, 4 figures were known already"


@pytest.mark.asyncio
async def test_lines_come_whole_however_they_are_cut_and_endless_ones_do_not() -> None:
    stream, found = asyncio.StreamReader(), []
    reading = asyncio.create_task(lines(stream, found.append))
    for part in (b"on", b"e\ntwo\n\nth", b"ree\n", b"y" * (LONGEST_LINE + 5), b"yy", b"y\nfour\nfi", b"ve"):
        stream.feed_data(part)
        await asyncio.sleep(0)
    stream.feed_eof()
    await reading
    assert found == [b"one", b"two", b"", b"three", b"four", b"five"]


def test_a_wish_is_a_command_line() -> None:
    words = Words(("resnet18@288", "-x", "ViT-B/16 (a [b])"))
    assert command(Wish(), words) == "backbones probe resnet18@288 -x 'ViT-B/16 (a [b])' --skip-unknown --retry"
    assert arguments(Wish(), words, "--dry-run")[-4:] == ("--", *words.names)
    wish = Wish("all", "bf16", 64, False, True, False)
    assert shlex.split(command(wish, Words(where="params_m < 30")))[2:] == [
        "--where", "params_m < 30", "--retry", "--devices", "all", "--precision", "bf16", "--batch-size", "64", "--no-latency", "--train",
    ]  # fmt: skip
    assert "--" not in arguments(wish, Words(where="params_m < 30"))
    for setting in SETTINGS:
        seen = {said(wish, setting.name)}
        turning = wish
        for _ in range(len(choices(setting.name, ("cuda:0", "cpu"))) - 1):
            turning = turned(turning, setting.name, 1, ("cuda:0", "cpu"))
            seen.add(said(turning, setting.name))
        assert len(seen) == len(choices(setting.name, ("cuda:0", "cpu"))), setting
    assert turned(Wish(batch_size=48), "batch_size", 1, ()).batch_size == 64
    assert turned(Wish(batch_size=48), "batch_size", -1, ()).batch_size == 32


def test_rows_name_their_weights_else_their_backbone_once_each() -> None:
    rows = (("a.b", "A", 224), ("a.b", "A", 224), ("a.b", "A", 288), (None, "A", None), (None, None, 224))
    assert words_of_rows(rows) == Words(("a.b@224", "a.b@288", "A"), unnamed=("a row without a backbone",))


def test_the_column_is_that_of_the_device_and_stands_where_it_is_seen() -> None:
    story = Story()
    assert references_of(story, "") == ("throughput@here",)
    story.hear({"event": "worker_ready", "device": "cpu", "conditions": {"device": "AMD EPYC 9575F"}})
    assert references_of(story, "AMD EPYC 9575F") == ("throughput@here", "throughput@amd-epyc-9575f")
    assert references_of(story, "NVIDIA H200") == ("throughput@amd-epyc-9575f",)
    view = with_speed(View(), "throughput@here")
    assert view.columns.index("throughput@here") == view.columns.index("top_1@imagenet-1k") + 1
    assert with_speed(View(columns=("family",), y=""), "throughput@here").columns == ("family", "throughput@here")
    precise = View(columns=("checkpoint", "throughput@here:precision=bf16"))
    assert has_one(precise, ("throughput@here",)) and not has_one(View(), ("throughput@here",))
    assert shows_own(precise, story) and not shows_own(View(), story)
    assert shows_own(View(filter="throughput@amd-epyc-9575f > 3"), story)


def test_times_are_said_roughly() -> None:
    assert [in_words(s) for s in (0.2, 40, 125, 12_600)] == ["1 s", "40 s", "2 min", "3.5 h"]


def test_visits_that_were_not_kept_and_a_device_that_another_has_are_told() -> None:
    story = Story()
    assert story.hear({"event": "held", "device": "cpu", "by": "process 7 on host"})
    assert story.line == "waiting: another probe measures cpu (process 7 on host)"
    lost = {"event": "not_kept", "visits": ["resnet18 throughput fp32 cpu"], "error": "locked"}
    assert story.hear({**lost, "file": "beside.db"}) and story.hear({**lost, "file": ""})
    assert story.sentences() == [
        "1 visit could not be kept: locked; kept in beside.db instead, for backbones measurements merge",
        "1 visit could not be kept: locked; lost",
    ]

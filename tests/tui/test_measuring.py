"""Measuring from the screen: the form, a run told by a made-up child, its end, and the column that shows what came of it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backbones.store.places import Places
from backbones.store.view import View
from backbones.tui.anywhere import AnywherePanel
from backbones.tui.measuring_form import MeasureForm
from backbones.tui.measuring_panel import MeasuringPanel
from backbones.tui.navigation import Place
from backbones.tui.page import PageScreen

pytestmark = pytest.mark.asyncio
FAKE = Path(__file__).with_name("fake_probe.py")
SMALL = View(
    filter='weights = "resnet18.a1_in1k" or weights = "resnet34.a1_in1k" or weights = "mobilenetv3_small_100.lamb_in1k"'
)


@pytest.fixture
def probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder through which a test and the made-up child talk; a home of its own."""
    monkeypatch.setenv("BACKBONES_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("backbones.tui.measuring_child.COMMAND", (sys.executable, str(FAKE), str(tmp_path)))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [*sys.path, os.environ.get("PYTHONPATH", "")])))
    return tmp_path


@pytest.fixture
def measured(catalogue: Callable[..., Any], shipped: Places, probe: Path) -> Callable[..., Any]:
    """The screen over the shipped catalogue, and no measurements so far."""

    def started(**options: Any) -> Any:
        return catalogue(**{"view": SMALL, "size": (80, 24), **options})

    return started


def at_home(s: Any, shipped: Places, probe: Path) -> None:
    s.app.places = replace(shipped, measurements=probe / "home" / "measurements.db")


def asked(probe: Path) -> list[dict[str, Any]]:
    """What children were asked so far."""
    file = probe / "asked.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def runs(probe: Path) -> list[dict[str, Any]]:
    return [one for one in asked(probe) if "--dry-run" not in one["words"]]


def is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def form_of(s: Any) -> MeasureForm:
    """The form, with the models known."""
    await s.press("M")
    form = s.app.screen
    assert isinstance(form, MeasureForm)
    await s.until(lambda: form.words is not None)
    return form


async def over(s: Any) -> None:
    """Until the run has ended and its end was said."""
    await s.until(lambda: s.app.measuring.has_story and not s.app.measuring.is_running)
    await s.until(lambda: any(note.title == "measuring" for note in s.app.said))
    await s.settle()


def plain(s: Any) -> str:
    """What is on the screen, without frames and however it is broken."""
    return " ".join(s.text().replace("│", " ").split())


def said(s: Any) -> str:
    """The last sentence about a measurement."""
    return next(note.text for note in reversed(s.app.said) if note.title == "measuring")


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 15)])
async def test_the_form_offers_marks_row_front_and_all_and_says_the_command(
    measured: Any, probe: Path, size: tuple[int, int]
) -> None:
    async with measured(size=size) as s:
        form = await form_of(s)
        count = len(s.explore.shown.answer.keys)
        assert [offer.label.split(":")[0] for offer in form.offers] == [
            "the row under the cursor", f"the {len(s.explore.shown.answer.front)} rows on the Pareto front", f"all {count} rows of the view",
        ]  # fmt: skip
        assert all(len(line) <= size[0] for line in s.text().splitlines())
        assert "backbones probe resnet34.a1_in1k@288 --skip-unknown --retry" in plain(s)
        await s.until(lambda: "about 2 min for 1 model" in s.text())
        assert asked(probe)[-1]["words"][:4] == ["probe", "--progress", "jsonl", "--yes"]
        assert asked(probe)[-1]["home"] == str(probe / "home")
        await s.press("left")
        await s.until(lambda: form.words is not None)
        assert form.words.where == SMALL.filter
        await s.press("left")
        await s.until(lambda: form.words is not None)
        assert {"resnet34.a1_in1k@288", "mobilenetv3_small_100.lamb_in1k@224"} <= set(form.words.names)
        await s.press("escape", "space", "space")
        form = await form_of(s)
        assert form.offers[0].label.startswith("the 2 marked: ") and len(form.words.names) == 2
        await s.press("q")
    assert not runs(probe)


async def test_settings_change_the_command_and_are_remembered(measured: Any, probe: Path) -> None:
    async with measured() as s:
        form = await form_of(s)
        for keys in ("j", "right"), ("j", "right"), ("j", "right"), ("j", "l"), ("j", "space"), ("j", "right"):
            await s.press(*keys)
        assert form.wish.options() == (
            "--devices",
            "cpu",
            "--precision",
            "fp32",
            "--batch-size",
            "1",
            "--train",
            "--quick",
        )
        assert "--devices cpu --precision fp32 --batch-size 1 --train --quick" in " ".join(
            s.text().replace("│", " ").split()
        )
        await s.press("b", *"\x7f", "4", "8")
        s.app.screen.field.value = "many"
        await s.press("enter")
        assert "'many' is no batch size" in s.text()
        s.app.screen.field.value = "48"
        await s.press("enter")
        assert s.app.screen is form and form.wish.batch_size == 48
        await s.press("g", "j", "j", "j", "right")
        assert form.wish.batch_size == 64
        await s.press("enter")
        await over(s)
        assert "--batch-size" in runs(probe)[-1]["words"]
        again = await form_of(s)
        assert again.wish == form.wish
        await s.press("r")
        assert isinstance(s.app.screen, MeasuringPanel) and "1 measured" in s.text()


async def test_a_run_is_followed_and_its_column_shown(measured: Any, probe: Path, shipped: Places) -> None:
    (probe / "hold").touch()
    (probe / "keep").touch()
    async with measured(size=(120, 40)) as s:
        at_home(s, shipped, probe)
        keys = {key for key, row in zip(s.explore.shown.answer.keys, s.explore.shown.answer.rows.rows, strict=True)}
        s.app.marks.update({f"#{key}": "x[/]y" for key in keys})
        s.app.marks["unknown net"] = "unknown net"
        await form_of(s)
        await s.press("enter")
        await s.until(lambda: "warming up" in s.text().splitlines()[-1])
        assert (
            f"0/{len(runs(probe)[0]['words'][runs(probe)[0]['words'].index('--') + 1 :])}" in s.text().splitlines()[-1]
        )
        for place in (
            Place("list", "backbones"),
            Place("page", "backbone", "ResNet-18"),
            Place("views"),
            Place("pick"),
        ):
            s.app.go(place)
            await s.settle()
            assert "warming up" in s.text().splitlines()[-1], place
        s.app.go(Place())
        await s.press("M")
        panel = s.app.screen
        assert (
            isinstance(panel, MeasuringPanel) and "nothing is measured yet" in s.text() and "of about 2 min" in s.text()
        )
        (probe / "go0").touch()
        await s.until(lambda: "1,600.0" in s.text())
        await s.until(lambda: s.app.opening.explorer is not s.explorer)
        assert "Other processes kept the CPU busy" in plain(s)
        await s.press("M")
        assert s.app.screen is s.explore
        (probe / "hold").unlink()
        await over(s)
        assert "measured" in said(s) and said(s).endswith("throughput@here is a column now")
        assert "throughput@here" in s.explore.view.columns
        await s.until(lambda: any(c.name == "throughput@here" for c in s.explore.shown.answer.rows.columns))
        at = [c.name for c in s.explore.shown.answer.rows.columns].index("throughput@here")
        speeds = [row[at] for row in s.explore.shown.answer.rows.rows]
        assert 1600.0 in speeds and sum(speed is not None for speed in speeds) >= 3
        assert "warming" not in s.text() and s.app.measuring.line == ""
        await s.press("u")
        assert "throughput@here" not in s.explore.view.columns


async def test_failures_have_their_reason_and_what_is_no_event_is_left_out(measured: Any, probe: Path) -> None:
    async with measured() as s:
        measuring = s.app.measuring
        from backbones.tui.measuring_wish import Wish, Words

        names = ("damaged_net@160", "error_net", "unknown one", "resnet18")
        assert measuring.start(Wish(), Words(names), "four")
        assert not measuring.start(Wish(), Words(names), "four again")
        assert "goes on already" in s.app.said[-1].text
        await over(s)
        assert said(s).startswith("2 measured, 1 failed, 1 left out: not in timm")
        assert measuring.story.damaged == 2 and measuring.story.done == 3
        await form_of(s)
        await s.press("r")
        text = plain(s)
        assert "error_net, throughput in fp32 on cpu: error: expected [/] 3 channels" in text
        assert "not in timm, left out: unknown one" in text


async def test_without_torch_the_sentence_is_shown(measured: Any, probe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with measured() as s:
        s.app.go(Place("page", "backbone", "ResNet-18"))
        await s.until(lambda: isinstance(s.app.screen, PageScreen) and s.app.screen.page is not None)
        form = await form_of(s)
        form._words[0] = replace(form.words, names=("notorch",))
        form._ask_soon()
        await s.until(lambda: "pip install 'backbones[probe]'" in plain(s))
        await s.press("enter")
        await over(s)
        assert s.app.said[-1].severity == "error"
        assert said(s).startswith("measuring needs torch and timm") and "looking around" not in said(s)


async def test_x_ends_a_run_after_the_block_and_again_at_once(measured: Any, probe: Path) -> None:
    (probe / "hold").touch()
    async with measured() as s:
        from backbones.tui.measuring_wish import Wish, Words

        s.app.measuring.start(Wish(), Words(("resnet18", "resnet34")), "two")
        (probe / "go0").touch()
        await s.until(lambda: s.app.measuring.story.done == 1)
        await s.press("M", "x")
        await over(s)
        assert said(s).startswith("stopped: 1 measured") and s.app.measuring.story.is_stopped
        await s.press("n")
        assert isinstance(s.app.screen, MeasureForm)
        await s.press("escape")
        s.app.measuring.start(Wish(), Words(("deaf_net",)), "one")
        await s.until(lambda: "warming up" in s.app.measuring.line)
        pid = runs(probe)[-1]["pid"]
        await s.press("M", "x")
        assert s.app.measuring.is_running and "ending" in s.text() and "x again ends it at once" in s.text()
        await s.press("x")
        await s.until(lambda: not s.app.measuring.is_running)
        assert not is_there(pid) and s.app.measuring.outcome == "stopped: 0 measured"


@pytest.mark.parametrize("name", ["resnet18", "deaf_net"])
async def test_leaving_the_app_leaves_no_child(
    measured: Any, probe: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backbones.tui.measuring.PATIENCE_S", 1.0)
    (probe / "hold").touch()
    async with measured() as s:
        from backbones.tui.measuring_wish import Wish, Words

        s.app.measuring.start(Wish(is_quick=True), Words((name,)), "one")
        await s.until(lambda: "warming up" in s.app.measuring.line)
        pid = runs(probe)[-1]["pid"]
        assert is_there(pid)
        await s.press("q")
        await s.until(lambda: s.app._exit)
        (farewell,) = s.app._exit_renderables
        assert f"backbones probe {name} --skip-unknown --retry --quick" in str(farewell)
    for _ in range(300):
        await asyncio.sleep(0.01 * is_there(pid))
    assert not is_there(pid)


async def test_closing_the_form_ends_the_question_what_it_takes(
    measured: Any, probe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeper = f"import os, time; open({str(probe / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    monkeypatch.setattr("backbones.tui.measuring_child.COMMAND", (sys.executable, "-c", sleeper))
    async with measured() as s:
        await form_of(s)
        await s.until(lambda: (probe / "pid").exists() and (probe / "pid").read_text() != "")
        pid = int((probe / "pid").read_text())
        await s.press("escape")
        await s.until(lambda: not is_there(pid))


async def test_lists_pages_and_comparisons_offer_their_models(measured: Any, probe: Path) -> None:
    async with measured(size=(120, 40)) as s:
        s.app.go(Place("list", "backbones"))
        await s.until(lambda: s.app.screen is not s.explore and s.app.screen.table.count > 0)
        form = await form_of(s)
        assert form.offers[0].label.startswith("the one under the cursor: ") and len(form.words.names) == 1
        await s.press("escape")
        for of, name, first, word in (
            ("backbone", "ResNet-18", "ResNet-18, at its own resolution", "ResNet-18"),
            ("weights", "resnet18.a1_in1k", "resnet18.a1_in1k, at each resolution of its rows", "resnet18.a1_in1k@288"),
        ):
            s.app.go(Place("page", of, name))
            await s.until(lambda: isinstance(s.app.screen, PageScreen) and s.app.screen.page is not None)
            await s.settle()
            form = await form_of(s)
            assert form.offers[0].label == first and word in form.words.names
            await s.press("escape")
        s.app.go(Place("compare", names=("resnet18.a1_in1k", "ConvNeXt-T")))
        await s.until(lambda: getattr(s.app.screen, "comparison", None) is not None)
        form = await form_of(s)
        assert [offer.label for offer in form.offers] == [
            "all 2 that are compared",
            "the one under the cursor: resnet18.a1_in1k",
        ]
        assert form.words.names == ("resnet18.a1_in1k", "ConvNeXt-T")
        await s.press("escape")
        s.app.go(Place("views"))
        await s.settle()
        await s.press("M")
        assert not s.app.screen.is_modal and "no model is chosen here" in s.app.said[-1].text


async def test_it_is_a_command_to_search_for(measured: Any, probe: Path) -> None:
    async with measured() as s:
        await s.press("colon", *"measure")
        assert isinstance(s.app.screen, AnywherePanel)
        await s.until(lambda: "Measure speed on this machine" in s.text())
        await s.press("enter")
        await s.until(lambda: isinstance(s.app.screen, MeasureForm))

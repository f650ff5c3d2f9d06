"""Keys of panels in one packet, as they come over SSH: each acts where it is meant, in its order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from monkey import press

from backbones.store.places import places
from backbones.store.saved_views import saved_views
from backbones.store.view import View
from backbones.tui.navigation import Place
from backbones.tui.pick import PickScreen
from backbones.tui.prompt import PromptPanel

pytestmark = pytest.mark.asyncio


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKBONES_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


async def burst(s: Any, *keys: str) -> None:
    """Keys without a pause between them; then all that they set off."""
    for key in keys:
        press(s.app, key)
    await s.settle()


@pytest.mark.parametrize("opened_before", [True, False])
async def test_a_page_is_searched_for(catalogue: Any, opened_before: bool) -> None:
    async with catalogue(size=(100, 30)) as s:
        gone: list[Place] = []
        s.app.go = gone.append
        if opened_before:
            await s.press("ctrl+k")
            await burst(s, *"convnext", "enter")
        else:
            await burst(s, "ctrl+k", *"convnext", "enter")
        await s.until(lambda: gone == [Place("page", "family", "ConvNeXt")])
        assert s.app.screen is s.explore


async def test_a_command_is_searched_for_and_done(catalogue: Any) -> None:
    async with catalogue(view=View(filter="params_m < 9")) as s:
        await s.press("colon")
        await burst(s, *"starts with", "enter", "j")
        await s.until(lambda: s.explore.view == View(), 10)


async def test_a_group_is_coloured_and_what_follows_goes_to_the_screen_behind(catalogue: Any) -> None:
    async with catalogue() as s:
        await s.press("m")
        await burst(s, *"swin", "down", "up", "enter", "escape", "j", "j")
        assert s.explore.view.focus == ("Swin",)
        assert s.app.screen is s.explore and s.explore.table.row == 2


async def test_a_view_is_saved_with_its_note_under_the_whole_name(catalogue: Any) -> None:
    async with catalogue() as s:
        await s.press("w")
        await burst(s, *"packet", "tab", *"for us", "shift+tab", *"2", "enter", "j")
        await s.until(lambda: s.app.screen is s.explore)
        (saved,) = saved_views(places().measurements)
        assert (saved.name, saved.note) == ("packet2", "for us")
        assert s.explore.table.row == 1


async def test_a_file_is_named(catalogue: Any, tmp_path: Path) -> None:
    async with catalogue() as s:
        await s.press("E")
        await burst(s, "w", "ctrl+u", *"t.csv", "enter", "j")
        await s.until(lambda: s.app.screen is s.explore)
        assert (tmp_path / "t.csv").exists() and s.explore.table.row == 1


async def test_a_view_is_renamed_by_keys_behind_the_one_that_asks_for_the_name(catalogue: Any) -> None:
    async with catalogue() as s:
        for name in "ab":
            await s.press("w", name, "enter")
        await s.press("5")
        await s.until(lambda: s.app.screen.views)
        second = s.app.screen.views[1].name
        await burst(s, "g", "j", "R", "z", "z", "enter")
        await s.until(lambda: not s.app.screen.is_modal)
        names = {view.name for view in saved_views(places().measurements)}
        assert names == {"a", "b"} - {second} | {f"{second}zz"}


async def test_the_adviser_asks_for_what_was_typed(catalogue: Any) -> None:
    async with catalogue() as s:
        await s.press("4")
        await s.until(lambda: isinstance(s.app.screen, PickScreen))
        await s.press("enter")
        await burst(s, *"seman", "enter")
        assert s.app.screen.wish.task == "semantic segmentation"


async def test_a_number_is_asked_for_and_taken_whole(catalogue: Any) -> None:
    async with catalogue() as s:
        await s.press("4")
        await s.until(lambda: isinstance(s.app.screen, PickScreen))
        pick = s.app.screen
        while not isinstance(s.app.screen, PromptPanel):
            await s.press("escape") if s.app.screen is not pick else await s.press("j", "enter")
        taken: list[str] = []
        s.app.screen._work = lambda text, is_sure: taken.append(text)
        s.app.screen._then = lambda found: None
        await burst(s, "ctrl+u", *"30", "enter")
        assert taken == ["30"] and s.app.screen is pick


@pytest.mark.parametrize("opened_before", [True, False])
async def test_a_value_is_narrowed_to_and_ticked(catalogue: Any, opened_before: bool) -> None:
    async with catalogue() as s:
        await s.press("F")
        await s.until(lambda: s.app.screen.facets)
        if opened_before:
            await s.press("slash")
        await burst(s, *([] if opened_before else ["slash"]), *"swin", "enter")
        assert s.explore.view.filter == "family = Swin"
        await burst(s, "home", *"x", "end", "escape", "j", "q", "j")
        assert s.app.screen is s.explore and s.explore.table.row == 1


async def test_a_reference_is_picked(catalogue: Any) -> None:
    async with catalogue() as s:
        await s.press("x")
        await burst(s, *"gmacs", "enter", "j", "j")
        await s.until(lambda: s.explore.view.x == "gmacs" and s.explore.table.row == 2)


async def test_limits_are_taken_once_however_often_enter_is_pressed(catalogue: Any) -> None:
    async with catalogue() as s:
        await s.press("z")
        await burst(s, *"5", "tab", *"70", "enter", "enter")
        await s.until(lambda: s.explore.view.x_range == "5..70")
        assert s.app._exception is None


@pytest.mark.parametrize("key", ["question_mark", "exclamation_mark", "e", "i", "E", "m", "w", "z", "F", "colon"])
async def test_a_panel_closes_once_and_says_its_keys(catalogue: Any, key: str) -> None:
    async with catalogue(size=(80, 24)) as s:
        await s.press(key)
        panel = s.app.screen
        assert panel is not s.explore
        await s.press("ctrl+g")
        if key != "question_mark":
            assert s.app.screen is not panel and "This panel" in s.text()
            await s.press("escape")
            assert s.app.screen is panel
            await burst(s, "escape", "escape", "escape")
        assert s.app.screen is s.explore and s.app._exception is None

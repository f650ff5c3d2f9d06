"""What holds on every screen: small windows, help, search, messages, another look, coming back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from backbones.tui.anywhere import AnywherePanel
from backbones.tui.help import HelpPanel
from backbones.tui.log import LogPanel
from backbones.tui.navigation import Place
from backbones.tui.place import PlaceScreen

PLACES = (
    Place("page", "family", "Swin"), Place("page", "dataset", "COCO val"), Place("list"), Place("list", "families"), Place("compare"), Place("pick"),
    Place("views"),
)  # fmt: skip


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKBONES_HOME", str(tmp_path))


@pytest.mark.asyncio
async def test_each_place_has_help_search_messages_a_cover_and_a_way_back(catalogue: Any) -> None:
    async with catalogue(size=(80, 24)) as s:
        for place in PLACES:
            s.app.go(place)
            await s.settle()
            here = s.app.screen
            assert isinstance(here, PlaceScreen) and here.place == place
            assert len(s.text().strip()) > 40, place
            assert "? help" in s.text() and "q quit" in s.text(), place
            for key, panel in (("question_mark", HelpPanel), ("ctrl+k", AnywherePanel), ("exclamation_mark", LogPanel)):
                if here.focused is None or key == "ctrl+k" or not hasattr(here.focused, "value"):
                    await s.press(key)
                    assert isinstance(s.app.screen, panel), (place, key)
                    await s.press("escape")
                    assert s.app.screen is here, (place, key)
            focused = here.focused
            await s.pilot.resize_terminal(50, 12)
            await s.settle()
            assert "needs 60 x 15 cells" in s.text() and len(s.text().split("\n")[0].strip()) == 0, place
            await s.pilot.resize_terminal(80, 24)
            await s.settle()
            assert "needs 60 x 15" not in s.text() and here.focused is focused, place
        s.app.action_look("Theme: for a light ground")
        await s.settle()
        assert s.app.screen.look.light and s.app.screen.place == PLACES[-1], "made anew in the other look"
        for _ in PLACES:
            await s.press("less_than_sign")
        assert s.app.screen is s.explore


@pytest.mark.asyncio
async def test_keys_quicker_than_a_place_are_no_bug(catalogue: Any) -> None:
    async with catalogue(size=(80, 24)) as s:
        for key in "5432<>15<<>4":
            await s.tap(key)
        await s.settle()
        await s.press("1")
        assert s.app.screen is s.explore and s.app._exception is None


@pytest.mark.asyncio
async def test_errors_stay_longer_and_everything_said_can_be_read_again(screen: Any) -> None:
    async with screen() as s:
        s.app.notify("an error of [/] x[bold]", severity="error", markup=False)
        s.app.notify("all is well")
        await s.settle()
        stay = {n.severity: n.timeout for n in s.app._notifications}
        assert stay["error"] > stay["information"]
        await s.press("exclamation_mark")
        text = s.text()
        assert text.index("all is well") < text.index("an error of [/] x[bold]"), "the newest first"
        await s.press("j", "k", "G", "g", "q")
        assert s.app.screen is s.explore

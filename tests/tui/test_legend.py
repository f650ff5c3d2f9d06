"""Focus chosen from the legend."""

from __future__ import annotations

from typing import Any

import pytest

from backbones.tui.legend import LegendPanel

pytestmark = pytest.mark.asyncio


async def test_groups_are_put_into_focus_from_the_legend(catalogue: Any) -> None:
    async with catalogue() as s:
        await s.press("m", *"swin", "enter")
        assert isinstance(s.app.screen, LegendPanel)
        assert len(s.explore.view.focus) == 1 and "Swin" in s.explore.view.focus[0]
        await s.press("ctrl+u", *"resnext", "enter", "escape")
        assert s.app.screen is s.explore and len(s.explore.shown.view.focus) == 2
        assert "focus" in s.explore.status.text
        await s.press("u", "u")
        assert s.explore.shown.view.focus == ()


async def test_the_legend_takes_all_out_of_focus(catalogue: Any) -> None:
    async with catalogue() as s:
        await s.press("f", "m", "ctrl+x", "escape")
        assert s.explore.shown.view.focus == ()


async def test_letters_allow_sixty_groups_in_focus(catalogue: Any) -> None:
    async with catalogue() as s:
        await s.press("A", "m", *["enter", "down"] * 12, "escape")
        assert len(s.explore.shown.view.focus) > 7

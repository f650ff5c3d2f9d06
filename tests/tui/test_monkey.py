"""Random keys: nothing may break, whatever is pressed."""

from __future__ import annotations

import random
from typing import Any

import pytest

KEYS = (
    *"jkhlgGsxycCbutfpPLAXURnYm", "slash", "tab", "shift+tab", "enter", "escape", "up", "down", "left", "right", "plus", "minus",
    "0", "shift+left", "shift+up", "pageup", "pagedown", "home", "end", "question_mark", "space", "backspace", "ctrl+l", "1", "<", "ctrl+p", "colon",
)  # fmt: skip


@pytest.mark.asyncio
@pytest.mark.parametrize(("size", "seed"), [((80, 24), 1), ((120, 40), 2)])
async def test_five_hundred_random_keys_leave_a_working_screen(screen: Any, size: tuple[int, int], seed: int) -> None:
    dice = random.Random(seed)
    async with screen(size=size) as s:
        for _ in range(500):
            await s.tap(dice.choice(KEYS))
        await s.settle()
        for _ in range(4):
            await s.press("escape")
        assert s.app.is_running
        assert s.app.screen is s.explore
        await s.press("R")
        await s.until(lambda: len(s.explore.shown.answer.rows) == 1_500)

"""Random keys over all screens: nothing may break, whatever is pressed. `bench/monkey.py` plays for longer."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest
from monkey import come_home, play

KEYS = (
    *"jkhlgGsxycCbutfpPLAXURnYm", "slash", "tab", "shift+tab", "enter", "escape", "up", "down", "left", "right", "plus", "minus",
    "0", "shift+left", "shift+up", "pageup", "pagedown", "home", "end", "question_mark", "space", "backspace", "ctrl+l", "1", "<", "ctrl+p", "colon",
)  # fmt: skip
KEYS_EACH = max(180, int(os.environ.get("BACKBONES_TEST_STEPS", "0")))
STUCK_S = 0.4
"""Of computing in one go: what no key waits for. On a machine that is slow; else it is 0.2 (`bench/monkey.py`)."""


@pytest.fixture(autouse=True)
def somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is saved or exported by chance goes to a folder of the test."""
    monkeypatch.setenv("BACKBONES_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.asyncio
async def test_random_keys_on_the_first_screen_leave_a_working_screen(screen: Any) -> None:
    dice = random.Random(1)
    async with screen(size=(80, 24)) as s:
        for _ in range(200):
            await s.tap(dice.choice(KEYS))
        await s.settle()
        await come_home(s.app)
        assert s.app.is_running
        assert s.app.screen is s.explore
        await s.press("R")
        await s.until(lambda: len(s.explore.shown.answer.rows) == 1_500)


@pytest.mark.asyncio
@pytest.mark.parametrize(("size", "seed"), [((80, 24), 1), ((120, 40), 4)])
async def test_random_keys_on_all_screens_break_nothing(catalogue: Any, size: tuple[int, int], seed: int) -> None:
    async with catalogue(size=size) as s:
        played = await play(s.app, seed, KEYS_EACH)
        await s.settle()
        assert s.app._exception is None and s.app.is_running
        await come_home(s.app)
        assert s.app.screen is s.explore
        assert played.keys >= KEYS_EACH - 10 and len(played.places) > 6, played.places
        assert played.packed > KEYS_EACH / 10
        assert played.hardest_s < STUCK_S, played.hardest_keys

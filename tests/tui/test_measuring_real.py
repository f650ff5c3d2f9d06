"""The app measures timm's test models for real, through the real command; and a command whose reader has gone ends itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from backbones.store.catalog import connect
from backbones.store.measuring.keeping import visits
from backbones.store.places import places
from backbones.store.query import CatalogExplorer
from backbones.store.view import View
from backbones.tui.measuring_wish import Wish, Words, arguments

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        find_spec("torch") is None or find_spec("timm") is None,
        reason="measuring needs torch and timm: pip install 'backbones[probe]'",
    ),
]
COMMAND = (sys.executable, "-P", "-m", "backbones.cli.entry")
WISH = Wish(devices="cpu", batch_size=1, is_quick=True)


@pytest.fixture
def home(tmp_path: Path, furnish: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the shipped catalogue, which the app and its child share."""
    folder = furnish(tmp_path / "home")
    monkeypatch.setenv("BACKBONES_HOME", str(folder))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [*sys.path, os.environ.get("PYTHONPATH", "")])))
    monkeypatch.setattr("backbones.tui.measuring_child.COMMAND", COMMAND)
    return folder


@pytest.mark.asyncio
async def test_the_app_measures_and_answers(screen: Any, home: Path) -> None:
    explorer = CatalogExplorer(lambda: connect(places()))
    explorer.delay_s = 0.0  # type: ignore[attr-defined]
    view = View(filter='weights ~ "test_resnet" or weights ~ "test_vit.r160"')
    async with screen(size=(80, 24), explorer=explorer, view=view) as s:
        rows = {f"#{key}": "a row" for key in s.explore.shown.answer.keys}
        assert 2 <= len(rows) <= 4
        s.app.marks.update(rows)
        s.app.measuring.wish = WISH
        await s.press("M")
        await s.until(lambda: s.app.screen.words is not None)
        await s.press("enter")
        await s.until(lambda: "test_" in s.app.measuring.line, 300)
        await s.until(lambda: not s.app.measuring.is_running, 300)
        await s.until(lambda: "throughput@here is a column now" in s.app.measuring.outcome)
        await s.settle()
        assert not s.app.measuring.story.failures and s.app.measuring.story.damaged == 0
        columns = [column.name for column in s.explore.shown.answer.rows.columns]
        speeds = [row[columns.index("throughput@here")] for row in s.explore.shown.answer.rows.rows]
        assert len(speeds) == len(rows) and all(speed and speed > 0 for speed in speeds)
    assert {visit.status for visit in visits(home / "measurements.db")} == {"ok"}


def test_a_measurement_whose_reader_has_gone_ends_by_itself(home: Path) -> None:
    words = Words(("test_resnet@160", "test_vit@160", "test_efficientnet@160"))
    child = subprocess.Popen(
        [*COMMAND, *arguments(WISH, words)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    )
    assert child.stdout is not None
    for line in child.stdout:
        if json.loads(line)["event"] == "taken":
            break
    child.stdout.close()
    child.wait(180)  # whatever its exit code: nobody reads that either
    assert 1 <= len(visits(home / "measurements.db")) <= 2, "what was finished is kept; not all was measured"

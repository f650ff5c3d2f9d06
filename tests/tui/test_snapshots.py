"""A dozen screens as text and styles, compared with what is kept in `snapshots/`.

`UPDATE_SNAPSHOTS=1 pytest tests/tui/test_snapshots.py` writes them anew; look at the difference before it is kept. Made-up
rows and a fixed size: nothing here depends on the catalogue, the clock or the terminal.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from backbones.plot.palette import Look
from backbones.store.view import View

SNAPSHOTS = Path(__file__).parent / "snapshots"
SCREENS: dict[str, tuple[tuple[int, int], dict[str, Any], tuple[str, ...]]] = {
    "explore_80x24": ((80, 24), {}, ()),
    "explore_120x40": ((120, 40), {}, ("j", "j")),
    "explore_60x15": ((60, 15), {}, ()),
    "too_small": ((50, 12), {}, ()),
    "table_alone": ((100, 24), {}, ("t", "l", "l", "s", "space")),
    "plot_alone_light": ((100, 24), {"look": Look(24, light=True)}, ("t", "t")),
    "plot_alone_colour_blind": ((100, 24), {"look": Look(24, palette="colour-blind")}, ("t", "t")),
    "sixteen_colours": ((80, 24), {"look": Look(4)}, ()),
    "no_colour_ascii": ((80, 24), {"look": Look(0, ascii=True)}, ()),
    "mistake_in_the_filter": ((80, 24), {}, ("slash", *"parms < 2", "enter")),
    "nothing_found": ((80, 24), {"view": View(filter="params_m > 99999")}, ()),
    "help": ((80, 24), {}, ("question_mark",)),
    "commands": ((80, 24), {}, ("colon", *"axis")),
    "columns": ((80, 24), {}, ("C",)),
}


def snapshot(app: Any) -> str:
    """The lines of the screen, and below them each stretch that is not in the terminal's plain style."""
    lines, styles = [], []
    for y, strip in enumerate(app.screen._compositor.render_strips()):
        lines.append("".join(segment.text for segment in strip).rstrip())
        x, runs = 0, []
        for segment in strip:
            style = (
                str(segment.style or "").replace("none", "").replace(" on default", "").removeprefix("default").strip()
            )
            style = " ".join(word for word in style.split() if word not in ("not", "default"))
            end = x + segment.cell_length
            if style and segment.text.strip():
                if runs and runs[-1][1] == x and runs[-1][2] == style:
                    runs[-1] = (runs[-1][0], end, style)
                else:
                    runs.append((x, end, style))
            x = end
        if runs:
            styles.append(f"{y}: " + "; ".join(f"{begin}-{end} {style}" for begin, end, style in runs))
    return "\n".join([*lines, "-- styles", *styles]) + "\n"


@pytest.mark.asyncio
@pytest.mark.parametrize("name", SCREENS)
async def test_the_screen_looks_as_it_did(
    screen: Any, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKBONES_HOME", str(tmp_path))
    size, options, keys = SCREENS[name]
    async with screen(size=size, **options) as s:
        await s.press(*keys)
        kept = SNAPSHOTS / f"{name}.txt"
        now, before, wanted = snapshot(s.app), "", kept.read_text(encoding="utf-8") if kept.exists() else ""
        while now not in (before, wanted):  # what is asked in a thread arrives when it is known
            await asyncio.sleep(0.3)
            now, before = snapshot(s.app), now
        if os.environ.get("UPDATE_SNAPSHOTS"):
            kept.parent.mkdir(exist_ok=True)
            kept.write_text(now, encoding="utf-8")
        assert now.splitlines() == wanted.splitlines() or os.environ.get("UPDATE_SNAPSHOTS")

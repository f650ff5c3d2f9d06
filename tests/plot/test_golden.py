"""Whole frames as text. After a change that is meant, write them anew with UPDATE_GOLDEN=1 and read the difference."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from backbones.plot.palette import Look
from backbones.plot.raster import draw
from backbones.plot.scatter import Scatter
from backbones.plot.spec import Axis

GOLDEN = Path(__file__).parent / "golden"
SPEED = Axis("throughput [img/s] (log)", "log", more_is_better=True)
CASES: dict[str, tuple[int, int, bool, tuple[str, Axis | None], dict[str, object]]] = {
    "utf8_80x24": (80, 24, True, ("gmacs", None), {}),
    "ascii_80x24": (80, 24, True, ("gmacs", None), {"look": Look(0, ascii=True)}),
    "letters_120x40": (120, 40, False, ("gmacs", None), {"letters": True}),
    "focus_80x24": (80, 24, False, ("gmacs", None), {"focus": ("convnext", "vit")}),
    "dates_100x30": (100, 30, False, ("days", Axis("published", "date")), {}),
    "throughput_100x30": (100, 30, False, ("speed", SPEED), {}),
    "smallest_20x8": (20, 8, False, ("gmacs", None), {}),
}


@pytest.mark.parametrize("name", CASES)
def test_the_frame_is_the_one_on_file(name: str, plot_of: Callable[..., Scatter]) -> None:
    width, height, has_cursor, (column, x), options = CASES[name]
    made = plot_of(column, x, **options)
    cursor = made.points.group.index(1) if has_cursor else None
    text = draw(made.spec, made.points, width, height, cursor).text() + "\n"
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")

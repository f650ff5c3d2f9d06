"""Small images of their own, in folders, and nothing remembered of any."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Draw = Callable[..., Path]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is remembered of images goes into a folder of the test's own."""
    home = tmp_path / "home"
    monkeypatch.setenv("BACKBONES_HOME", str(home))
    return home


@pytest.fixture
def draw(tmp_path: Path) -> Draw:
    """Draws an image of its own for each number into tmp_path."""
    from PIL import Image as Picture

    def one(name: str, number: int, side: int = 12) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        colour = (number * 37 % 256, number * 91 % 256, number % 256)
        picture = Picture.new("RGB", (side, side + 1), colour)
        picture.putpixel((number % side, number // side % side), (255, 255, 255))
        picture.save(path)
        return path

    return one


@pytest.fixture
def folder(tmp_path: Path, draw: Draw) -> Path:
    """Two classes of ten."""
    for number in range(20):
        draw(f"pets/{'cat' if number % 2 else 'dog'}/{number}.png", number)
    return tmp_path / "pets"
